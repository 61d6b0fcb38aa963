"""Sessions and secret blocks: a sign-in's progress on its way through the client."""

import base64
import binascii
from typing import Final

import msgspec
from msgspec.structs import replace

from poolhouse.auth.attempt import Attempt
from poolhouse.crypto.sealer import Unsealable
from poolhouse.entities.auth_session import AuthSession
from poolhouse.errors.auth import InvalidSession
from poolhouse.rules.auth import challenges
from poolhouse.services.context import Services
from poolhouse.wire.enums import ChallengeNameType

LONGEST: Final = 16_384
"""Characters of a Session that are looked at."""

_CONTEXT: Final = "sign-in"

_decode = msgspec.msgpack.Decoder(AuthSession).decode
_encode = msgspec.msgpack.Encoder().encode


def next_step(attempt: Attempt, progress: AuthSession, *awaits: ChallengeNameType) -> AuthSession:
    """The progress at a new step: with a name of its own, a new lifetime, and what it awaits."""
    return replace(
        progress,
        id=attempt.call.ids.token_id(),
        awaits=awaits,
        expires_at=attempt.call.now + challenges.session_lifetime(attempt.client),
    )


def seal(attempt: Attempt, progress: AuthSession) -> str:
    """The progress as a string that only this server can open."""
    return seal_session(attempt.call.services, progress)


def seal_session(services: Services, progress: AuthSession) -> str:
    """The same outside of a sign-in: `opened` reads it."""
    sealed = services.sealer.seal(_encode(progress), _CONTEXT)
    return base64.b64encode(sealed).decode()


def unseal(attempt: Attempt, session: str) -> AuthSession:
    """Raises InvalidSession for what `seal` didn't make, or made for another pool or app client."""
    progress = unseal_session(attempt.call.services, session)
    if (progress.pool_id, progress.client_id) != (attempt.pool.id, attempt.client.id):
        raise InvalidSession().because("it belongs to another pool or app client")
    return progress


def unseal_session(services: Services, session: str) -> AuthSession:
    """What a Session says, before anything else is known: also of which pool and app client.

    Raises InvalidSession for whatever `seal` didn't make.
    """
    try:
        if len(session) > LONGEST:
            raise InvalidSession().because("it is longer than any Session")
        # Some clients make the alphabet of Base64 safe for URLs.
        standard = session.replace("-", "+").replace("_", "/")
        sealed = base64.b64decode(standard, validate=True)
        return _decode(services.sealer.unseal(sealed, _CONTEXT))
    except (binascii.Error, ValueError, Unsealable):
        raise InvalidSession().because("it isn't a Session of this server") from None
