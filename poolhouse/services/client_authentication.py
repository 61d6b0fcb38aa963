"""Authenticate app clients by SECRET_HASH."""

from poolhouse.entities.clients import Client
from poolhouse.errors.auth import NoSecretExpected, SecretHashMissing, SecretHashWrong
from poolhouse.rules.auth import secret_hash


def check_secret_hash(client: Client, given: str | None, *names: str) -> None:
    """Verify the secret hash of a request. It is right if it was made of any of the names.

    Raises SecretHashMissing, SecretHashWrong, or NoSecretExpected if the client has no secret.
    """
    if not client.secrets:
        if given:
            raise NoSecretExpected(client_id=client.id)
        return
    if not given:
        raise SecretHashMissing(client_id=client.id)
    secrets = [secret.value for secret in client.secrets]
    # Not any(): the time that it takes must not tell which secret or name it was.
    matches = [secret_hash.matches(secrets, name, client.id, given) for name in names]
    if True not in matches:
        raise SecretHashWrong(client_id=client.id).because(
            "it isn't Base64 of HMAC-SHA256 of the username and the client id under the secret"
        )
