"""PASSWORD_VERIFIER: the second half of SRP.

Clients answer it without a Session, so the state travels in SECRET_BLOCK, which they have to send
back in any case (auth.md §5).
"""

import base64
import binascii
import hashlib
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from poolhouse.entities.codes import Action
from poolhouse.entities.progress import Progress
from poolhouse.entities.users import PasswordCredential
from poolhouse.flows import sealed_progress
from poolhouse.flows.attempts import Asked, Attempt
from poolhouse.operations.proving import is_stand_in
from poolhouse.rules import challenges, lockout, srp
from poolhouse.sign_in_errors import IncorrectPassword, MalformedSrpA
from poolhouse.store import codes
from poolhouse.wire.enums import ChallengeNameType

MOST_SKEW: Final = timedelta(minutes=5)
"""UNVERIFIED: how far may a client's TIMESTAMP be from our time?"""


async def ask(attempt: Attempt, progress: Progress) -> Asked:
    """Answer the client's SRP_A with salt and SRP_B; users who don't exist have both too."""
    client_public = srp.parse_public(attempt.required("SRP_A"))
    if client_public is None:
        raise MalformedSrpA
    if client_public % srp.N == 0:
        # UNVERIFIED: the answer? With this value anybody would know the shared secret.
        raise MalformedSrpA
    credential = await _credential(attempt)
    secret = attempt.call.ids.srp_secret()
    asked = replace(
        progress,
        awaits=(ChallengeNameType.PASSWORD_VERIFIER,),
        srp_a=srp.pad(client_public),
        srp_b=secret.to_bytes(32, "big"),
    )
    return Asked(
        name=ChallengeNameType.PASSWORD_VERIFIER,
        parameters={
            "SALT": credential.salt.hex(),
            "SRP_B": f"{srp.server_public(credential.verifier, secret):x}",
            "SECRET_BLOCK": sealed_progress.seal(attempt, asked),
            "USERNAME": attempt.user.username,
            "USER_ID_FOR_SRP": attempt.user.username,
        },
        progress=asked,
    )


async def answer(attempt: Attempt, progress: Progress) -> Progress:
    """Check the client's signature; a failure is counted like a wrong password."""
    call, user = attempt.call, attempt.user
    signature = attempt.required("PASSWORD_CLAIM_SIGNATURE")
    block = attempt.required("PASSWORD_CLAIM_SECRET_BLOCK")
    timestamp = attempt.required("TIMESTAMP")
    failures = await call.store.codes.attempts(user, Action.PASSWORD)
    lockout.check(failures, call.now)
    credential = await _credential(attempt)
    is_right = _is_in_time(timestamp, call.caller.received_at or call.now) and srp.proves_password(
        signature,
        srp.session_key(
            int.from_bytes(progress.srp_a, "big"),
            int.from_bytes(progress.srp_b, "big"),
            credential.verifier,
        ),
        pool_name=attempt.pool.id.split("_", 1)[1],
        user_id=user.username,
        secret_block=_decoded(block),
        timestamp=timestamp,
    )
    if not is_right or is_stand_in(user):
        failed = lockout.failed(failures, user, Action.PASSWORD, call.now)
        await attempt.refuse(IncorrectPassword(), failed)
    challenges.check_may_sign_in(user, credential, call.now)
    if failures is not None:
        attempt.writes.append(codes.forget(failures))
    return replace(progress, proofs=(*progress.proofs, challenges.PASSWORD), srp_a=b"", srp_b=b"")


async def _credential(attempt: Attempt) -> PasswordCredential:
    """The user's; for who has none one that no password fits, always the same for the same name."""
    call, user = attempt.call, attempt.user
    if (credential := await call.store.users.password(user)) is not None:
        return credential
    digest = call.services.sealer.digest("no password", f"{user.pool_id}/{user.sub}".encode())
    numbers = hashlib.shake_256(digest).digest(384 + 15)
    return PasswordCredential(
        sub=user.sub,
        pool_id=user.pool_id,
        salt=bytes([digest[0] or 1]) + numbers[384:],
        verifier=srp.pad(int.from_bytes(numbers[:384], "big") % srp.N),
        set_at=call.now,
    )


def _is_in_time(timestamp: str, now: datetime) -> bool:
    at = srp.parse_timestamp(timestamp)
    return at is not None and abs(at - now) <= MOST_SKEW


def _decoded(block: str) -> bytes:
    """The bytes that the client has signed."""
    try:
        return base64.b64decode(block.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        return b""
