"""An SRP exchange: put to a client, and looked at when its signature comes back.

Clients answer it without a Session, so the state travels in SECRET_BLOCK, which they have to send
back in any case (ev:auth-5).
"""

from msgspec.structs import replace

from poolhouse.auth import session_codec
from poolhouse.auth.attempt import Attempt
from poolhouse.entities.auth_session import AuthSession
from poolhouse.errors.auth import MalformedSrpA, MalformedTimestamp
from poolhouse.rules.auth import srp
from poolhouse.services.guesses import Prover, SrpClaim


def client_public(attempt: Attempt) -> int:
    """The client's SRP_A."""
    public = srp.parse_public(attempt.required("SRP_A"))
    if public is None:
        raise MalformedSrpA
    if public % srp.N == 0:
        # UNVERIFIED: the answer? With this value anybody would know the shared secret.
        raise MalformedSrpA
    return public


def respond_to_srp_a(
    attempt: Attempt, progress: AuthSession, prover: Prover, public: int
) -> tuple[AuthSession, dict[str, str]]:
    """Answer the client's SRP_A: the progress with both halves, and what the client is told."""
    secret = attempt.call.ids.srp_secret()
    server_public = srp.server_public(prover.verifier, secret)
    asked = replace(
        progress,
        srp_a=srp.pad(public),
        srp_b=secret.to_bytes(32, "big"),
        srp_u=srp.srp_u(public, server_public).to_bytes(32, "big"),
    )
    return asked, {
        "SALT": prover.salt.lstrip(b"\0").hex(),
        "SRP_B": f"{server_public:x}",
        "SECRET_BLOCK": session_codec.seal(attempt, asked),
        "USERNAME": attempt.shown_username,
    }


def parse_response(attempt: Attempt, progress: AuthSession) -> SrpClaim:
    """Return what answers the exchange of this step.

    Raises MissingParameter or MalformedTimestamp before anything is compared or counted.
    """
    signature = attempt.required("PASSWORD_CLAIM_SIGNATURE")
    block = attempt.required("PASSWORD_CLAIM_SECRET_BLOCK")
    at = srp.parse_timestamp(attempt.required("TIMESTAMP"))
    if at is None:
        raise MalformedTimestamp
    exchange = (progress.srp_a, progress.srp_b, progress.srp_u)
    return SrpClaim(signature, block, at, *(int.from_bytes(part, "big") for part in exchange))
