"""The one or two secrets of an app client: add one, move over to it, delete the other.

Facts of ev:users-4.3.
"""

from datetime import datetime
from typing import Final

from msgspec.structs import replace

from poolhouse.entities.clients import Client, ClientSecret
from poolhouse.errors.pools import SecretNotFound, TooManySecrets
from poolhouse.errors.protocol import InvalidParameter
from poolhouse.wire.enums import ClientTypeType
from poolhouse.wire.structs import ClientSecretDescriptorType, CreateUserPoolClientRequest

MOST: Final = 2


def at_creation(
    req: CreateUserPoolClientRequest, client_id: str, fresh: str, now: datetime
) -> tuple[ClientSecret, ...]:
    """Return the secret of a new client: its own, the fresh one if it asks for one, or none."""
    if req.GenerateSecret and req.ClientSecret:
        # UNVERIFIED: the sentence; the model says that the two exclude each other
        raise InvalidParameter(text="GenerateSecret and ClientSecret cannot be used together.")
    value = req.ClientSecret or (fresh if req.GenerateSecret else None)
    if value is None:
        return ()
    return (
        ClientSecret(id=_new_id(client_id, (), now), value=value, created_at=now, is_first=True),
    )


def add(client: Client, value: str, now: datetime) -> Client:
    """Return the client with one more secret at the end."""
    if not client.secrets:
        # UNVERIFIED: the sentence; the model mentions confidential clients only
        raise InvalidParameter(text="Client secrets can be added to confidential clients only.")
    if client.settings.ClientType is ClientTypeType.DCR:
        # UNVERIFIED: the sentence
        raise InvalidParameter(
            text="Client secrets cannot be added to dynamically registered clients."
        )
    if len(client.secrets) >= MOST:
        raise TooManySecrets(limit=MOST)
    secret = ClientSecret(id=_new_id(client.id, client.secrets, now), value=value, created_at=now)
    return replace(client, secrets=(*client.secrets, secret), modified_at=now)


def remove(client: Client, secret_id: str, now: datetime) -> Client:
    """Return the client without this secret, which must not be its last."""
    if client.settings.ClientType is ClientTypeType.DCR:
        # UNVERIFIED: the sentence
        raise InvalidParameter(
            text="Client secrets cannot be deleted from dynamically registered clients."
        )
    left = tuple(secret for secret in client.secrets if secret.id != secret_id)
    if left == client.secrets:
        raise SecretNotFound(secret_id=secret_id)
    if not left:
        # UNVERIFIED: the sentence; the model says that it cannot be done
        raise InvalidParameter(text="The last client secret of an app client cannot be deleted.")
    return replace(client, secrets=left, modified_at=now)


def described(secret: ClientSecret, *, revealed: bool = False) -> ClientSecretDescriptorType:
    """Return a secret as answers show it: its value once, to the caller that had it generated."""
    return ClientSecretDescriptorType(
        ClientSecretId=secret.id,
        ClientSecretValue=secret.value if revealed else None,
        ClientSecretCreateDate=secret.created_at.timestamp(),
    )


def _new_id(client_id: str, others: tuple[ClientSecret, ...], now: datetime) -> str:
    """Return `<client id>--<epoch create time>`, a second later if that id is taken."""
    taken = {secret.id for secret in others}
    moment = int(now.timestamp())
    while f"{client_id}--{moment}" in taken:
        moment += 1
    return f"{client_id}--{moment}"
