"""An SRP exchange: put to a client, and looked at when its signature comes back.

Clients answer it without a Session, so the state travels in SECRET_BLOCK, which they have to send
back in any case (ev:auth-5).
"""

from typing import NamedTuple

from poolhouse.auth import session_codec
from poolhouse.auth.attempt import Attempt
from poolhouse.entities.auth_session import AuthSession, DeviceSrpPending, SrpPending
from poolhouse.errors.auth import MalformedSrpA, MalformedTimestamp
from poolhouse.rules.auth import srp
from poolhouse.services.guesses import SrpClaim, SrpIdentity


def client_public(attempt: Attempt) -> int:
    """Return the client's SRP_A."""
    public = srp.parse_public(attempt.required("SRP_A"))
    if public is None:
        raise MalformedSrpA
    if public % srp.N == 0:
        # UNVERIFIED: the answer? With this value every client would know the shared secret.
        raise MalformedSrpA
    return public


class Exchange(NamedTuple):
    """One exchange: the client's public value, the server's secret and public ones, and u."""

    srp_a: bytes
    secret: bytes
    srp_b: int
    u: bytes


def respond_to_srp_a(attempt: Attempt, identity: SrpIdentity, public: int) -> Exchange:
    """Return the server's half for the client's SRP_A."""
    secret = attempt.call.ids.srp_secret()
    server_public = srp.server_public(identity.verifier, secret)
    return Exchange(
        srp_a=srp.pad(public),
        secret=secret.to_bytes(32, "big"),
        srp_b=server_public,
        u=srp.srp_u(public, server_public).to_bytes(32, "big"),
    )


def parameters(
    attempt: Attempt, identity: SrpIdentity, exchange: Exchange, asked: AuthSession
) -> dict[str, str]:
    """Return the challenge parameters; `asked` is the session with the exchange pending."""
    return {
        "SALT": identity.salt.lstrip(b"\0").hex(),
        "SRP_B": f"{exchange.srp_b:x}",
        "SECRET_BLOCK": session_codec.seal(attempt, asked),
        "USERNAME": attempt.shown_username,
    }


def parse_response(
    attempt: Attempt, srp_a: bytes, pending: SrpPending | DeviceSrpPending
) -> SrpClaim:
    """Return what answers the pending exchange.

    Raises MissingParameter or MalformedTimestamp before anything is compared or counted.
    """
    signature = attempt.required("PASSWORD_CLAIM_SIGNATURE")
    block = attempt.required("PASSWORD_CLAIM_SECRET_BLOCK")
    at = srp.parse_timestamp(attempt.required("TIMESTAMP"))
    if at is None:
        raise MalformedTimestamp
    exchange = (srp_a, pending.secret, pending.u)
    return SrpClaim(signature, block, at, *(int.from_bytes(part, "big") for part in exchange))
