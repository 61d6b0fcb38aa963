"""Verify secrets of app clients: of operations without a username, and of a domain's endpoints.

ev:auth-1.2, ev:domain-1.5
"""

import hmac
from collections.abc import Sequence
from typing import Final

from poolhouse.entities.clients import Client
from poolhouse.errors.auth import SecretMissing, SecretUnexpected

_DECOY: Final = "0" * 51
"""Is compared for clients that don't exist: it has the length of a generated secret."""


def matches(client: Client | None, readings: Sequence[str]) -> bool:
    """Return whether one of the readings of a given secret is one of the client's.

    Unknown clients cost the same. Every secret is compared with every reading, in constant time.
    """
    secrets = [secret.value for secret in client.secrets] if client else []
    found = [
        hmac.compare_digest(secret.encode(), reading.encode())
        for secret in secrets or [_DECOY]
        for reading in readings
    ]
    return bool(secrets) and True in found


def check_given(client: Client, given: str | None) -> None:
    """Refuse a secret that is missing, or that is sent to a client without one."""
    if not client.secrets:
        if given:
            raise SecretUnexpected(client_id=client.id)
    elif not given:
        raise SecretMissing(client_id=client.id)
