"""PASSWORD_VERIFIER: the second half of SRP."""

import hashlib

from msgspec.structs import replace

from poolhouse.entities.progress import Progress
from poolhouse.entities.users import PasswordCredential
from poolhouse.flows import passwords, srp_exchange
from poolhouse.flows.attempts import Asked, Attempt
from poolhouse.flows.sealed_progress import next_step
from poolhouse.operations import guesses
from poolhouse.operations.guesses import Prover
from poolhouse.rules import srp
from poolhouse.wire.enums import ChallengeNameType


async def ask(attempt: Attempt, progress: Progress) -> Asked:
    """Answer the client's SRP_A with salt and SRP_B; users who don't exist have both too.

    A custom sign-in brings SRP_A at its start, and may ask for the password later.
    """
    public = int.from_bytes(progress.srp_a, "big") or srp_exchange.client_public(attempt)
    step = next_step(attempt, progress, ChallengeNameType.PASSWORD_VERIFIER)
    password = await attempt.call.store.users.password(attempt.user)
    prover = _prover(attempt, password)
    asked, told = srp_exchange.put(attempt, step, prover, public)
    return Asked(
        name=ChallengeNameType.PASSWORD_VERIFIER,
        parameters={**told, "USER_ID_FOR_SRP": prover.name},
        progress=asked,
    )


async def answer(attempt: Attempt, progress: Progress) -> Progress:
    """Check the client's signature; a failure is counted like a wrong password."""
    claim = srp_exchange.claim(attempt, progress)
    credential = await guesses.claimed_password(
        attempt.call, attempt.user, claim, lambda stored: _prover(attempt, stored)
    )
    proved = passwords.proved(attempt, progress, credential)
    # SRP_A stays: by it a device is known again that answers the next challenge without a Session.
    return replace(proved, srp_b=b"", srp_u=b"")


def _prover(attempt: Attempt, stored: PasswordCredential | None) -> Prover:
    credential = stored or _made_up(attempt)
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
