"""ClientSecret: how operations without a username authenticate an app client (ev:auth-1.2)."""

import hmac

from poolhouse.entities.clients import Client
from poolhouse.errors.auth import SecretMissing, SecretUnexpected, SecretWrong


def check(client: Client, given: str | None) -> None:
    """Refuse a secret that is missing, wrong, or of a client without one: three errors."""
    if not client.secrets:
        if given:
            raise SecretUnexpected(client_id=client.id)
        return
    if not given:
        raise SecretMissing(client_id=client.id)
    # Not any(): the time that it takes must not reveal which of them it was.
    matches = [
        hmac.compare_digest(secret.value.encode(), given.encode()) for secret in client.secrets
    ]
    if True not in matches:
        raise SecretWrong(client_id=client.id)
