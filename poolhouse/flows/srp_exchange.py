"""An SRP exchange: put to a client, and looked at when its signature comes back.

Clients answer it without a Session, so the state travels in SECRET_BLOCK, which they have to send
back in any case (auth.md §5).
"""

import base64
import binascii
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from msgspec.structs import replace

from poolhouse.entities.progress import Progress
from poolhouse.flows import sealed_progress
from poolhouse.flows.attempts import Attempt
from poolhouse.rules import srp
from poolhouse.sign_in_errors import MalformedSrpA, MalformedTimestamp

MOST_SKEW: Final = timedelta(days=1)
"""How far a client's TIMESTAMP may be from our time. UNVERIFIED: how far on AWS?

Clocks that were an hour off have signed in there (amplify-js#2014, identity-js#495), and a Go
library that writes the hours of the afternoon as 01 to 12 (alexrudd/cognito-srp). Nothing depends
on it: the secret block has an end of its own, and is good for one answer.
"""


class Prover(NamedTuple):
    """Who proves to know a secret: a user of a pool, or a device of a group."""

    group: str
    name: str
    salt: bytes
    verifier: bytes


def client_public(attempt: Attempt) -> int:
    """The client's SRP_A."""
    public = srp.parse_public(attempt.required("SRP_A"))
    if public is None:
        raise MalformedSrpA
    if public % srp.N == 0:
        # UNVERIFIED: the answer? With this value anybody would know the shared secret.
        raise MalformedSrpA
    return public


def put(
    attempt: Attempt, progress: Progress, prover: Prover, public: int
) -> tuple[Progress, dict[str, str]]:
    """Answer the client's SRP_A: the progress with both halves, and what the client is told."""
    secret = attempt.call.ids.srp_secret()
    server_public = srp.server_public(prover.verifier, secret)
    asked = replace(
        progress,
        srp_a=srp.pad(public),
        srp_b=secret.to_bytes(32, "big"),
        srp_u=srp.scrambler(public, server_public).to_bytes(32, "big"),
    )
    return asked, {
        "SALT": prover.salt.lstrip(b"\0").hex(),
        "SRP_B": f"{server_public:x}",
        "SECRET_BLOCK": sealed_progress.seal(attempt, asked),
        "USERNAME": attempt.told_username,
    }


class Claim(NamedTuple):
    """What answers an exchange."""

    signature: str
    block: str
    at: datetime


def claim(attempt: Attempt) -> Claim:
    """Refuses an answer that lacks a part, or has no moment that can be read, before anything is
    looked at or counted.
    """
    signature = attempt.required("PASSWORD_CLAIM_SIGNATURE")
    block = attempt.required("PASSWORD_CLAIM_SECRET_BLOCK")
    at = srp.parse_timestamp(attempt.required("TIMESTAMP"))
    if at is None:
        raise MalformedTimestamp
    return Claim(signature, block, at)


def is_proved(attempt: Attempt, progress: Progress, prover: Prover, claimed: Claim) -> bool:
    """Whether the client has signed with the key that only who knows the secret can have."""
    caller = attempt.call.caller
    skew = abs(claimed.at - (caller.received_at or caller.now))
    return skew <= MOST_SKEW and srp.proves_password(
        claimed.signature,
        srp.session_key(
            int.from_bytes(progress.srp_a, "big"),
            int.from_bytes(progress.srp_b, "big"),
            int.from_bytes(progress.srp_u, "big"),
            prover.verifier,
        ),
        pool_name=prover.group,
        user_id=prover.name,
        secret_block=_decoded(claimed.block),
        timestamp=srp.timestamp_of(claimed.at),
    )


def _decoded(block: str) -> bytes:
    """The bytes that the client has signed."""
    try:
        return base64.b64decode(block.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        return b""
