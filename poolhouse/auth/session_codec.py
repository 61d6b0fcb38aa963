"""Sessions and secret blocks: a sign-in's state on its way through the client."""

import base64
import binascii
from typing import Final

import msgspec
from msgspec.structs import replace

from poolhouse.auth.attempt import Attempt
from poolhouse.crypto.contexts import Context
from poolhouse.crypto.sealer import Unsealable
from poolhouse.entities.auth_session import AuthSession, Pending, SignUpPending
from poolhouse.errors.auth import InvalidSession, SessionExpired
from poolhouse.rules.auth import challenges
from poolhouse.services.context import Services
from poolhouse.wire.enums import ChallengeNameType

LONGEST: Final = 16_384
"""Characters of a Session that are looked at."""


_FORM: Final = b"\x02"
"""The first byte of what is sealed. The form before had none, and began with a msgpack map.

Another form needs another byte, so that no worker of the version before reads half of a Session.
"""

_decode = msgspec.msgpack.Decoder(AuthSession).decode
_encode = msgspec.msgpack.Encoder().encode


def next_step(
    attempt: Attempt,
    session: AuthSession,
    *awaits: ChallengeNameType,
    pending: Pending | None = None,
) -> AuthSession:
    """Return the session at a new step: with an id, a lifetime, and a challenge of its own."""
    return replace(
        session,
        id=attempt.call.ids.token_id(),
        awaits=awaits,
        pending=pending,
        expires_at=attempt.call.now + challenges.session_lifetime(attempt.client),
    )


def seal(attempt: Attempt, session: AuthSession) -> str:
    """Return the auth session as a string that only this server can open."""
    return seal_session(attempt.call.services, session)


def seal_session(services: Services, session: AuthSession) -> str:
    """Seal an auth session outside of a sign-in; `unseal_session` reads it."""
    sealed = services.sealer.seal(_FORM + _encode(session), Context.AUTH_SESSION)
    return base64.b64encode(sealed).decode()


def unseal(attempt: Attempt, sealed: str) -> AuthSession:
    """Return what `seal` made for this pool and app client.

    Raises InvalidSession for anything else, and SessionExpired for a Session of another version.
    """
    session = unseal_session(attempt.call.services, sealed)
    if (session.pool_id, session.client_id) != (attempt.pool.id, attempt.client.id):
        raise InvalidSession().because("it belongs to another pool or app client")
    if session.by_page and not attempt.by_page:
        # A page's sign-in may use flows that the app client doesn't allow.
        raise InvalidSession().because("it belongs to a page")
    if attempt.by_page and not session.by_page and not isinstance(session.pending, SignUpPending):
        # A step at the API may have credit of an access token, which must not suffice for the
        # session of a browser. Sign-ups of pages are confirmed by the API's operation.
        raise InvalidSession().because("it belongs to the API")
    return session


def unseal_session(services: Services, sealed: str) -> AuthSession:
    """Return what a Session contains, before anything else is known: also its pool and app client.

    Raises InvalidSession for whatever `seal` didn't make. A Session that a worker of another
    version sealed can't be answered here: it has expired (SessionExpired), so clients start again.
    """
    try:
        if len(sealed) > LONGEST:
            raise InvalidSession().because("it is longer than any Session")
        # Some clients make the alphabet of Base64 safe for URLs.
        standard = sealed.replace("-", "+").replace("_", "/")
        decoded = base64.b64decode(standard, validate=True)
        plain = services.sealer.unseal(decoded, Context.AUTH_SESSION)
    except (binascii.Error, ValueError, Unsealable):
        raise InvalidSession().because("it isn't a Session of this server") from None
    try:
        if plain[:1] == _FORM:
            return _decode(plain[1:])
    except msgspec.MsgspecError:
        pass
    raise SessionExpired().because("a worker of another version sealed it")
