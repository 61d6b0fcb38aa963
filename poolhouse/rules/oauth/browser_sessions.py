"""Decide how long a browser session lives, and when it answers an app without asking the user.

Evidence: ev:oauth-8 (one hour, not sliding), ev:domain-1.1 (renewal), ev:oauth-3 (`prompt`),
ev:oauth-16 (`acr_values`, `max_age`).
"""

from datetime import datetime, timedelta
from typing import Final

from poolhouse.entities.amr import Amr
from poolhouse.entities.authorization import AuthorizationRequest, BrowserSession
from poolhouse.entities.clients import Client
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import PasswordCredential, User, UserStatus
from poolhouse.rules.auth import acr
from poolhouse.rules.oauth import document_urls
from poolhouse.rules.tokens import session_tracking
from poolhouse.wire.enums import ClientTypeType

LIFETIME: Final = timedelta(hours=1)
"""Time after an interactive sign-in; silent returns don't prolong it (ev:oauth-8)."""

RECENT: Final = timedelta(minutes=10)
"""Time after a sign-in in which a user may change what they sign in with."""

_UNFINISHED: Final = frozenset(
    {UserStatus.UNCONFIRMED, UserStatus.RESET_REQUIRED, UserStatus.FORCE_CHANGE_PASSWORD}
)


def reuse_limit(pool: Pool, client: Client) -> timedelta:
    """Return the time after a sign-in in which an app client reuses it. Zero: it always asks.

    `SetUserPoolClientSessionConfiguration` sets it; where the pool doesn't track sessions the
    setting rests (ev:domain-1.1).
    """
    if not session_tracking.is_on(pool):
        return LIFETIME
    return timedelta(minutes=client.sso_minutes)


def lifetime(pool: Pool, client: Client) -> timedelta:
    """Return the lifetime of a session that begins at this app client.

    UNVERIFIED: does another app client reuse it for an hour if this one has a shorter time? Here
    it does, as record and cookie are made even with zero minutes (ev:domain-1.2).
    """
    return max(LIFETIME, reuse_limit(pool, client))


def is_reusable(pool: Pool, client: Client, session: BrowserSession, now: datetime) -> bool:
    """Return whether the app client may take a valid session for a sign-in of its own.

    Where sessions are tracked the client's time counts from the sign-in, and no renewal prolongs it
    (ev:domain-1.1).
    """
    renewed_at = None if session_tracking.is_on(pool) else session.renewed_at
    return now < (renewed_at or session.started_at) + reuse_limit(pool, client)


def may_add_passkey(pool: Pool, client: Client, session: BrowserSession, now: datetime) -> bool:
    """Return whether an app client may have a user of this session add a passkey.

    It may if it could take the session for a sign-in of its own. If it always asks, the sign-in
    must be recent.
    """
    return now < session.started_at + RECENT or is_reusable(pool, client, session, now)


def answers(
    pool: Pool, session: BrowserSession, request: AuthorizationRequest, now: datetime
) -> bool:
    """Return whether a session is new and strong enough for the app's request.

    A level that the pool doesn't know is ignored: `acr_values` is voluntary (OpenID Connect Core
    §3.1.2.1). UNVERIFIED: of several levels any one will do.
    """
    if request.max_age is not None and now - session.started_at > timedelta(
        seconds=request.max_age
    ):
        return False
    # As OpenID Connect has it, zero asks always: also within the same moment (§15.1).
    if request.max_age == 0:
        return False
    wanted = acr.named(pool, " ".join(request.acr_values))
    return not wanted or session.level >= min(wanted)


def asks_first(client: Client) -> bool:
    """Return whether users press a button before an app gets a code of their session.

    Apps that register themselves, or that a document names, choose where their codes go. No
    administrator has seen them: a link alone must not give them an account.

    DIFFERS: AWS has no page for this (ev:oauth-3). UNVERIFIED: also for such apps?
    """
    is_registered = client.settings.ClientType is ClientTypeType.DCR
    return is_registered or document_urls.looks_like_url(client.id)


def may_go_on(user: User) -> bool:
    """Return whether the user may go on without a sign-in, in which they'd learn what is missing.

    Not if an administrator has disabled the account, or has reset its password.
    """
    return user.enabled and user.status not in _UNFINISHED


def is_proved_still(session: BrowserSession, password: PasswordCredential | None) -> bool:
    """Return whether the password that a session began with, if it did, is still the user's.

    UNVERIFIED: does a new password end the service's sessions? Here it does: it is what users
    change when another person has been in their account.
    """
    if Amr.PWD not in session.proofs:
        return True
    return password is not None and password.version == session.password_version
