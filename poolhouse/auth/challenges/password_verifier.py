"""PASSWORD_VERIFIER: the second half of SRP."""

import hashlib

from msgspec.structs import replace

from poolhouse.auth import password_check
from poolhouse.auth.attempt import Attempt, ChallengeIssued
from poolhouse.auth.challenges import srp_exchange
from poolhouse.auth.session_codec import next_step
from poolhouse.crypto.contexts import Context
from poolhouse.entities.auth_session import AuthSession, SrpPending
from poolhouse.entities.users import PasswordCredential
from poolhouse.rules.auth import challenges, srp
from poolhouse.services import guesses
from poolhouse.services.guesses import SrpIdentity
from poolhouse.wire.enums import ChallengeNameType


async def ask(attempt: Attempt, session: AuthSession) -> ChallengeIssued:
    """Answer the client's SRP_A with salt and SRP_B; users who don't exist have both too.

    A custom sign-in has SRP_A at its start, and may ask for the password later.
    """
    public = int.from_bytes(session.srp_a, "big") or srp_exchange.client_public(attempt)
    step = next_step(attempt, session, ChallengeNameType.PASSWORD_VERIFIER)
    password = await attempt.call.store.users.password(attempt.user)
    identity = _srp_identity(attempt, password)
    exchange = srp_exchange.respond_to_srp_a(attempt, identity, public)
    pending = SrpPending(secret=exchange.secret, u=exchange.u)
    asked = replace(step, srp_a=exchange.srp_a, pending=pending)
    shown = srp_exchange.parameters(attempt, identity, exchange, asked)
    return ChallengeIssued(
        name=ChallengeNameType.PASSWORD_VERIFIER,
        parameters={**shown, "USER_ID_FOR_SRP": identity.name},
        session=asked,
    )


async def answer(attempt: Attempt, session: AuthSession) -> AuthSession:
    """Check the client's signature; a failure is counted like a wrong password."""
    pending = challenges.pending(session, SrpPending)
    claim = srp_exchange.parse_response(attempt, session.srp_a, pending)
    credential = await guesses.verify_srp_password(
        attempt.call, attempt.user, claim, lambda stored: _srp_identity(attempt, stored)
    )
    # SRP_A stays: by it a device is known again that answers the next challenge without a Session.
    return password_check.with_password_proof(attempt, session, credential)


def _srp_identity(attempt: Attempt, stored: PasswordCredential | None) -> SrpIdentity:
    credential = stored or _decoy_credential(attempt)
    pool_name = attempt.pool.srp_name
    return SrpIdentity(pool_name, attempt.shown_username, credential.salt, credential.verifier)


def _decoy_credential(attempt: Attempt) -> PasswordCredential:
    """Return a deterministic credential that no password matches, for users without one."""
    call, user = attempt.call, attempt.user
    key = f"{user.pool_id}/{user.sub}".encode()
    digest = call.services.sealer.digest(key, Context.DECOY_PASSWORD)
    numbers = hashlib.shake_256(digest).digest(384 + 15)
    return PasswordCredential(
        sub=user.sub,
        pool_id=user.pool_id,
        salt=bytes([digest[0] or 1]) + numbers[384:],
        verifier=srp.pad(int.from_bytes(numbers[:384], "big") % srp.N),
        set_at=call.now,
    )
