"""WEB_AUTHN: the user authenticates with a passkey."""

import msgspec
from msgspec.structs import replace

from poolhouse.auth.attempt import Attempt, ChallengeIssued
from poolhouse.auth.session_codec import next_step
from poolhouse.crypto.contexts import Context
from poolhouse.entities.auth_session import AuthSession, WebAuthnPending
from poolhouse.entities.passkeys import Passkey
from poolhouse.rules.auth import challenges, webauthn
from poolhouse.rules.auth import passkeys as rules
from poolhouse.rules.users import usernames
from poolhouse.services.registered_factors import relying_party, usable_passkeys
from poolhouse.store import passkeys
from poolhouse.wire.enums import ChallengeNameType as Challenge


async def ask(attempt: Attempt, session: AuthSession) -> ChallengeIssued:
    """Let the authenticator sign a challenge. Users may still choose to begin with something else.

    The challenge isn't stored: the Session contains it, and is single use.
    """
    challenge = attempt.call.ids.random_bytes(rules.CHALLENGE_BYTES)
    options = rules.request_options(
        attempt.pool, await _party(attempt), challenge, await _to_ask_for(attempt)
    )
    pending = WebAuthnPending(challenge=challenge)
    awaits = (Challenge.WEB_AUTHN, Challenge.SELECT_CHALLENGE)
    return ChallengeIssued(
        name=Challenge.WEB_AUTHN,
        parameters={"CREDENTIAL_REQUEST_OPTIONS": msgspec.json.encode(options).decode()},
        session=next_step(attempt, session, *awaits, pending=pending),
    )


async def answer(attempt: Attempt, session: AuthSession) -> AuthSession:
    """Verify the signature. Failures aren't counted: a signature can't be guessed."""
    signed = webauthn.parse(attempt.required("CREDENTIAL"))
    challenge = challenges.pending(session, WebAuthnPending).challenge
    return await verified(attempt, session, signed, challenge)


async def verified(
    attempt: Attempt, session: AuthSession, signed: webauthn.Signed, challenge: bytes
) -> AuthSession:
    """Return the session with the proof that the user's passkey has signed the challenge."""
    pool, user = attempt.pool, attempt.user
    there = await _to_ask_for(attempt)
    passkey = webauthn.verify_assertion(
        pool, user, signed, challenge=challenge, party=await _party(attempt), there=there
    )
    challenges.check_may_sign_in(user, None, attempt.call.now)
    if passkey not in there:
        attempt.writes.append(passkeys.save(passkey))
    return replace(session, proofs=(*session.proofs, *rules.proofs_of(pool, user, passkey)))


async def _to_ask_for(attempt: Attempt) -> list[Passkey]:
    """Return the user's passkeys; for decoys and users without one a decoy passkey."""
    call, user = attempt.call, attempt.user
    name = usernames.case_folded(attempt.pool, user.username)
    digest = call.services.sealer.digest(f"{user.pool_id}/{name}".encode(), Context.DECOY_PASSKEY)
    return await usable_passkeys(call, attempt.pool, user) or [
        rules.decoy_passkey(user, await _party(attempt), digest)
    ]


async def _party(attempt: Attempt) -> str:
    return await relying_party(attempt.call, attempt.pool)
