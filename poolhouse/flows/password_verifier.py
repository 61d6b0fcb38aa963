"""PASSWORD_VERIFIER: the second half of SRP."""

import hashlib

from msgspec.structs import replace

from poolhouse.entities.progress import Progress
from poolhouse.entities.users import PasswordCredential
from poolhouse.flows import passwords, srp_exchange
from poolhouse.flows.attempts import Asked, Attempt
from poolhouse.flows.sealed_progress import next_step
from poolhouse.flows.srp_exchange import Prover
from poolhouse.rules import lockout, srp
from poolhouse.wire.enums import ChallengeNameType


async def ask(attempt: Attempt, progress: Progress) -> Asked:
    """Answer the client's SRP_A with salt and SRP_B; users who don't exist have both too.

    A custom sign-in brings SRP_A at its start, and may ask for the password later.
    """
    public = int.from_bytes(progress.srp_a, "big") or srp_exchange.client_public(attempt)
    step = next_step(attempt, progress, ChallengeNameType.PASSWORD_VERIFIER)
    password = await attempt.call.store.users.password(attempt.user)
    prover = _prover(attempt, password or _made_up(attempt))
    asked, told = srp_exchange.put(attempt, step, prover, public)
    return Asked(
        name=ChallengeNameType.PASSWORD_VERIFIER,
        parameters={**told, "USER_ID_FOR_SRP": prover.name},
        progress=asked,
    )


async def answer(attempt: Attempt, progress: Progress) -> Progress:
    """Check the client's signature; a failure is counted like a wrong password."""
    call, user = attempt.call, attempt.user
    claim = srp_exchange.claim(attempt)
    password, failures = await call.store.users.password_with_failures(user)
    lockout.check(failures, call.now)
    credential = password or _made_up(attempt)
    is_right = srp_exchange.is_proved(attempt, progress, _prover(attempt, credential), claim)
    proved = await passwords.judged(attempt, progress, credential, failures, is_right=is_right)
    # SRP_A stays: by it a device is known again that answers the next challenge without a Session.
    return replace(proved, srp_b=b"", srp_u=b"")


def _prover(attempt: Attempt, credential: PasswordCredential) -> Prover:
    pool_name = attempt.pool.id.split("_", 1)[1]
    return Prover(pool_name, attempt.told_username, credential.salt, credential.verifier)


def _made_up(attempt: Attempt) -> PasswordCredential:
    """For who has none: one that no password fits, always the same for the same name."""
    call, user = attempt.call, attempt.user
    digest = call.services.sealer.digest("no password", f"{user.pool_id}/{user.sub}".encode())
    numbers = hashlib.shake_256(digest).digest(384 + 15)
    return PasswordCredential(
        sub=user.sub,
        pool_id=user.pool_id,
        salt=bytes([digest[0] or 1]) + numbers[384:],
        verifier=srp.pad(int.from_bytes(numbers[:384], "big") % srp.N),
        set_at=call.now,
    )
