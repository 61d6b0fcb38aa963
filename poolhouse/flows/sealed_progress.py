"""Sessions and secret blocks: a sign-in's progress on its way through the client."""

import base64
import binascii
from typing import Final

import msgspec
from msgspec.structs import replace

from poolhouse.entities.progress import Progress
from poolhouse.flows.attempts import Attempt
from poolhouse.keys import Unsealable
from poolhouse.operations.calls import Services
from poolhouse.rules import challenges
from poolhouse.sign_in_errors import InvalidSession
from poolhouse.wire.enums import ChallengeNameType

LONGEST: Final = 16_384
"""Characters of a Session that are looked at."""

_CONTEXT: Final = "sign-in"

_decode = msgspec.msgpack.Decoder(Progress).decode
_encode = msgspec.msgpack.Encoder().encode


def next_step(attempt: Attempt, progress: Progress, *awaits: ChallengeNameType) -> Progress:
    """The progress at a new step: with a name of its own, a new lifetime, and what it awaits."""
    return replace(
        progress,
        id=attempt.call.ids.token_id(),
        awaits=awaits,
        expires_at=attempt.call.now + challenges.session_lifetime(attempt.client),
    )


def seal(attempt: Attempt, progress: Progress) -> str:
    """The progress as a string that only this server can open."""
    return closed(attempt.call.services, progress)


def closed(services: Services, progress: Progress) -> str:
    """The same outside of a sign-in: `opened` reads it."""
    sealed = services.sealer.seal(_encode(progress), _CONTEXT)
    return base64.b64encode(sealed).decode()


def unseal(attempt: Attempt, session: str) -> Progress:
    """Raises InvalidSession for what `seal` didn't make, or made for another pool or app client."""
    progress = opened(attempt.call.services, session)
    if (progress.pool_id, progress.client_id) != (attempt.pool.id, attempt.client.id):
        raise InvalidSession().because("it belongs to another pool or app client")
    return progress


def opened(services: Services, session: str) -> Progress:
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
