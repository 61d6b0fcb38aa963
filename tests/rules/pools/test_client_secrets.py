"""The one or two secrets of an app client. Facts of ev:users-4.3."""

from datetime import UTC, datetime, timedelta

import pytest

from poolhouse.entities.clients import Client
from poolhouse.errors.pools import SecretNotFound, TooManySecrets
from poolhouse.errors.protocol import InvalidParameter
from poolhouse.rules.pools import client_secrets
from poolhouse.wire.structs import CreateUserPoolClientRequest, UserPoolClientType

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
EPOCH = int(NOW.timestamp())
LATER = NOW + timedelta(days=1)


def client(*, generate: bool | None = None, own: str | None = None) -> Client:
    request = CreateUserPoolClientRequest(
        UserPoolId="p_1", ClientName="c", GenerateSecret=generate, ClientSecret=own
    )
    return Client(
        id="c1",
        pool_id="p_1",
        settings=UserPoolClientType(),
        secrets=client_secrets.at_creation(request, "c1", "fresh", NOW),
        created_at=NOW,
        modified_at=NOW,
    )


def values(client: Client) -> list[str]:
    return [secret.value for secret in client.secrets]


def test_create_client_has_the_secret_that_was_requested() -> None:
    assert values(client()) == []
    assert values(client(generate=False)) == []
    assert values(client(generate=True)) == ["fresh"]
    assert values(client(own="own")) == ["own"]
    assert values(client(generate=False, own="own")) == ["own"]


def test_create_client_with_generated_and_given_secret_is_refused() -> None:
    """The API model; the sentence isn't known."""
    with pytest.raises(InvalidParameter):
        client(generate=True, own="own")


def test_client_secret_id_has_client_and_creation_time() -> None:
    """The API model's <client-id>--<epoch-create-time>."""
    assert client(generate=True).secrets[0].id == f"c1--{EPOCH}"


def test_client_secret_ids_of_one_second_differ() -> None:
    both = client_secrets.add(client(generate=True), "second", NOW)
    assert [secret.id for secret in both.secrets] == [f"c1--{EPOCH}", f"c1--{EPOCH + 1}"]


def test_add_client_secret_beyond_two_is_refused() -> None:
    """As floci."""
    both = client_secrets.add(client(generate=True), "second", LATER)
    assert values(both) == ["fresh", "second"]
    assert both.modified_at == LATER
    with pytest.raises(TooManySecrets) as refusal:
        client_secrets.add(both, "third", LATER)
    assert str(refusal.value) == "Client secrets cannot exceed limit of 2 secrets."


def test_add_client_secret_to_a_public_client_is_refused() -> None:
    """The API model: for confidential clients; the sentence isn't known."""
    with pytest.raises(InvalidParameter):
        client_secrets.add(client(), "secret", NOW)


def test_delete_client_secret_of_the_last_is_refused() -> None:
    """The API model; the sentences aren't known."""
    both = client_secrets.add(client(generate=True), "second", LATER)
    left = client_secrets.remove(both, both.secrets[0].id, LATER)
    assert values(left) == ["second"]
    with pytest.raises(InvalidParameter, match="last client secret"):
        client_secrets.remove(left, left.secrets[0].id, LATER)
    with pytest.raises(SecretNotFound):
        client_secrets.remove(left, both.secrets[0].id, LATER)


def test_described_client_secret_is_revealed_only_on_request() -> None:
    secret = client(generate=True).secrets[0]
    assert client_secrets.described(secret).ClientSecretValue is None
    assert client_secrets.described(secret, revealed=True).ClientSecretValue == "fresh"
