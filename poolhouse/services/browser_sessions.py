"""Begin, find and resume browser sessions: users who are signed in at a pool's domain.

The cookie holds the keys of the session's row, and a secret of which the row has a keyed hash.
"""

import hmac
from datetime import timedelta
from typing import Final, NamedTuple

from msgspec.structs import replace

from poolhouse.crypto.contexts import Context
from poolhouse.entities.amr import Amr
from poolhouse.entities.authorization import BrowserSession
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User
from poolhouse.rules.oauth import browser_sessions as rules
from poolhouse.rules.tokens import user_agents
from poolhouse.services import sealed_cookies
from poolhouse.services.context import Call, Services
from poolhouse.store import browser_sessions

MOST_READ: Final = 500
"""Sessions of a user that are looked at."""

_SECRET_BYTES: Final = 16
_LONGEST: Final = 1_024
"""Characters of a cookie that are looked at."""


class _Cookie(NamedTuple):
    pool_id: str
    sub: str
    session_id: str
    secret: bytes


class SignedIn(NamedTuple):
    """A valid browser session and its user."""

    session: BrowserSession
    user: User


def begin(
    call: Call,
    user: User,
    *,
    client_id: str,
    domain: str,
    proofs: tuple[str, ...],
    password_version: int,
    level: int,
    device_key: str | None,
    lifetime: timedelta = rules.LIFETIME,
) -> tuple[BrowserSession, str]:
    """Return a new session of the user and its cookie.

    `client_id` is the app client that the user signs in for, `domain` the address of the pages.
    """
    secret = call.ids.random_bytes(_SECRET_BYTES)
    session = BrowserSession(
        id=call.ids.event_id(),
        sub=user.sub,
        pool_id=user.pool_id,
        handle=call.ids.auth_session_id("sso"),
        client_id=client_id,
        digest=_digest(call.services, secret),
        domain=domain,
        started_at=call.now,
        expires_at=call.now + lifetime,
        proofs=proofs,
        password_version=password_version,
        level=level,
        device_key=device_key,
        source_ip=call.caller.source_ip,
        user_agent=user_agents.stored(call.caller.user_agent),
    )
    return session, _cookie(call.services, session, secret)


async def find(call: Call, pool: Pool, cookie: str, domain: str) -> SignedIn | None:
    """Return the valid session of a cookie at this address; None for any other text.

    A session ends with its time, with its user, and with the password that it began with.
    GlobalSignOut ends tokens, and leaves it valid (ev:oauth-6).
    """
    held = sealed_cookies.unseal(
        call.services, cookie, _Cookie, Context.BROWSER_SESSION, longest=_LONGEST
    )
    if held is None or held.pool_id != pool.id:
        return None
    session = await call.store.browser_sessions.find(pool.id, held.sub, held.session_id)
    if session is None or session.revoked or session.domain != domain:
        return None
    if not hmac.compare_digest(session.digest, _digest(call.services, held.secret)):
        return None
    user = await call.store.users.by_sub(pool.id, held.sub)
    if user is None or not await _valid(call, user, [session]):
        return None
    return SignedIn(session, user)


async def of_user(call: Call, user: User) -> list[BrowserSession]:
    """Return the valid sessions of a user."""
    there = await call.store.browser_sessions.of_user(user, MOST_READ)
    return await _valid(call, user, [session for session in there if not session.revoked])


async def _valid(call: Call, user: User, sessions: list[BrowserSession]) -> list[BrowserSession]:
    if not rules.may_go_on(user):
        return []
    lasting = [session for session in sessions if call.now < session.expires_at]
    if not any(Amr.PWD in session.proofs for session in lasting):
        return lasting
    password = await call.store.users.password(user)
    return [session for session in lasting if rules.is_proved_still(session, password)]


async def renew(call: Call, signed_in: SignedIn, lifetime: timedelta) -> SignedIn:
    """Prolong the session of a user who chose to go on as themselves (ev:domain-1.1).

    The sign-in itself stays as old as it is: `auth_time` of tokens doesn't move.
    """
    session = signed_in.session
    expires_at = max(session.expires_at, call.now + lifetime)
    changed = replace(session, renewed_at=call.now, expires_at=expires_at)
    await call.commit(browser_sessions.save(changed))
    return SignedIn(replace(changed, version=session.version + 1), signed_in.user)


async def begin_again(call: Call, session: BrowserSession) -> None:
    """Let a session count from now: its user has just given the password, to change it.

    Sessions of other browsers that began with the old password end by the change. This one ends by
    the next, also if that has come already.
    """
    current = await call.store.browser_sessions.find(session.pool_id, session.sub, session.id)
    if current is None or current.revoked:
        return
    version = session.password_version and session.password_version + 1
    again = replace(current, started_at=call.now, password_version=version)
    await call.commit(browser_sessions.save(again))


async def end(call: Call, pool: Pool, cookie: str, domain: str) -> User | None:
    """End the session of a cookie, and return its user, if it was a valid one."""
    signed_in = await find(call, pool, cookie, domain)
    if signed_in is None:
        return None
    session = signed_in.session
    await call.commit(browser_sessions.drop((session.sub, session.pool_id, session.id)))
    return signed_in.user


def _cookie(services: Services, session: BrowserSession, secret: bytes) -> str:
    content = _Cookie(session.pool_id, session.sub, session.id, secret)
    return sealed_cookies.seal(services, content, Context.BROWSER_SESSION)


def _digest(services: Services, secret: bytes) -> bytes:
    return services.sealer.digest(secret, Context.BROWSER_SESSION)
