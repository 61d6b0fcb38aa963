"""Sign in with a passkey that names its user, whose name no form has asked for yet.

Pages offer such passkeys in the field for the name. The challenge is made before the user is known:
it travels sealed in a Session of no user, which answers nothing else and is used up with its user.
"""

import re
from datetime import timedelta
from typing import Final

import msgspec

from poolhouse.auth import first_factors, session_codec
from poolhouse.auth.attempt import Attempt
from poolhouse.auth.challenges import web_authn
from poolhouse.auth.initiation import open_sign_in
from poolhouse.entities.auth_session import AuthSession, WebAuthnPending
from poolhouse.errors.auth import ChallengeNotOffered, IncorrectPassword, InvalidSession
from poolhouse.rules.auth import challenges, webauthn
from poolhouse.rules.auth import passkeys as rules
from poolhouse.services.context import ClientCall
from poolhouse.services.registered_factors import relying_party
from poolhouse.store import sessions
from poolhouse.wire.enums import AuthFlowType
from poolhouse.wire.enums import ChallengeNameType as Challenge

LIFETIME: Final = timedelta(hours=1)
"""How long a page may stay open until its user chooses a passkey."""

_SUB: Final = re.compile(rb"[0-9a-f-]{36}")


async def challenge(call: ClientCall) -> tuple[str, str]:
    """Return what a browser asks authenticators for, as JSON, and the Session for the answer."""
    random = call.ids.random_bytes(rules.CHALLENGE_BYTES)
    party = await relying_party(call, call.pool)
    options = rules.request_options(call.pool, party, random, ())
    issued = AuthSession(
        id=call.ids.token_id(),
        event_id=call.ids.event_id(),
        pool_id=call.pool.id,
        client_id=call.client.id,
        sub="",
        username="",
        flow=AuthFlowType.USER_AUTH,
        expires_at=call.now + LIFETIME,
        is_unknown=True,
        by_page=True,
        pending=WebAuthnPending(challenge=random),
    )
    sealed = session_codec.seal_session(call.services, issued)
    return msgspec.json.encode(options).decode(), sealed


async def begin(attempt: Attempt) -> AuthSession:
    """Return the sign-in of the user whom the signed credential names. Its Session is single use.

    The handle names a user as a username does. The signature verifies that it is the passkey's own.
    """
    issued = session_codec.unseal(attempt, attempt.session or "")
    challenges.check_in_time(issued, attempt.call.now)
    pending = challenges.pending(issued, WebAuthnPending)
    if issued.sub:
        raise InvalidSession().because("it is of a step whose user is known")
    signed = webauthn.parse(attempt.required("CREDENTIAL"))
    handle = signed.credential.response.user_handle or b""
    if not _SUB.fullmatch(handle):
        raise IncorrectPassword
    attempt.given = {**attempt.given, "USERNAME": handle.decode()}
    session = await open_sign_in(attempt, AuthFlowType.USER_AUTH)
    verified = await web_authn.verified(attempt, session, signed, pending.challenge)
    if Challenge.WEB_AUTHN not in await first_factors.offered(attempt, session):
        raise ChallengeNotOffered
    attempt.writes.append(
        sessions.mark_used(attempt.pool.id, attempt.user.sub, issued.id, issued.expires_at)
    )
    return verified
