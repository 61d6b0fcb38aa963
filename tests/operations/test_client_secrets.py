"""Rotating an app client's secret: add, switch, delete. Facts of ev:users-4.3."""

import base64
import hmac
from typing import Any

import pytest
from support.refusals import refused
from support.served_pools import NewPool, PoolForTest


@pytest.fixture
def confidential(new_pool: NewPool) -> PoolForTest:
    """A pool whose client has a secret."""
    return new_pool(client={"GenerateSecret": True})


def named(pool: PoolForTest) -> dict[str, str]:
    return {"UserPoolId": pool.id, "ClientId": pool.client_id}


def add(pool: PoolForTest, **members: Any) -> dict[str, Any]:
    added: dict[str, Any] = pool.cognito.add_user_pool_client_secret(**named(pool), **members)[
        "ClientSecretDescriptor"
    ]
    return added


def listed(pool: PoolForTest) -> list[dict[str, Any]]:
    secrets: list[dict[str, Any]] = pool.cognito.list_user_pool_client_secrets(**named(pool))[
        "ClientSecrets"
    ]
    return secrets


def delete(pool: PoolForTest, secret_id: str) -> None:
    pool.cognito.delete_user_pool_client_secret(**named(pool), ClientSecretId=secret_id)


def secret_hash(pool: PoolForTest, username: str, secret: str) -> str:
    message = (username + pool.client_id).encode()
    return base64.b64encode(hmac.digest(secret.encode(), message, "sha256")).decode()


def test_secret_of_new_client_is_listed_without_value(confidential: PoolForTest) -> None:
    (secret,) = listed(confidential)
    assert set(secret) == {"ClientSecretId", "ClientSecretCreateDate"}
    assert secret["ClientSecretId"].startswith(f"{confidential.client_id}--")


def test_generated_secret_is_shown_once_and_given_one_never(confidential: PoolForTest) -> None:
    """The API model."""
    generated = add(confidential)
    assert len(generated["ClientSecretValue"]) == 51
    delete(confidential, generated["ClientSecretId"])
    assert "ClientSecretValue" not in add(confidential, ClientSecret="a" * 24)
    assert all("ClientSecretValue" not in secret for secret in listed(confidential))


def test_third_secret_is_refused(confidential: PoolForTest) -> None:
    """As floci."""
    add(confidential)
    with refused("LimitExceededException", "Client secrets cannot exceed limit of 2 secrets."):
        add(confidential)


def test_client_secrets_authenticate_until_deleted(confidential: PoolForTest) -> None:
    """Zero-downtime rotation: add, switch, delete."""
    first = confidential.client["ClientSecret"]
    first_id = listed(confidential)[0]["ClientSecretId"]
    second = add(confidential)["ClientSecretValue"]
    for username, secret in (("alice", first), ("bob", second)):
        confidential.sign_up(username, SecretHash=secret_hash(confidential, username, secret))
    delete(confidential, first_id)
    with refused(
        "NotAuthorizedException",
        f"Unable to verify secret hash for client {confidential.client_id}",
    ):
        confidential.sign_up("carol", SecretHash=secret_hash(confidential, "carol", first))
    confidential.sign_up("carol", SecretHash=secret_hash(confidential, "carol", second))


def test_describe_client_shows_first_secret_only(cognito: Any, confidential: PoolForTest) -> None:
    """floci#345: a later secret isn't promoted."""
    first_id = listed(confidential)[0]["ClientSecretId"]
    add(confidential)
    described = cognito.describe_user_pool_client(**named(confidential))["UserPoolClient"]
    assert described["ClientSecret"] == confidential.client["ClientSecret"]
    delete(confidential, first_id)
    described = cognito.describe_user_pool_client(**named(confidential))["UserPoolClient"]
    assert "ClientSecret" not in described


def test_last_secret_cannot_be_deleted(confidential: PoolForTest) -> None:
    """The API model; the sentence isn't known."""
    (secret,) = listed(confidential)
    with refused("InvalidParameterException"):
        delete(confidential, secret["ClientSecretId"])


def test_unknown_secret_is_not_found(confidential: PoolForTest) -> None:
    with refused("ResourceNotFoundException"):
        delete(confidential, f"{confidential.client_id}--1")


def test_public_client_gets_no_secret(pool: PoolForTest) -> None:
    """The API model: for existing confidential clients."""
    assert listed(pool) == []
    with refused("InvalidParameterException"):
        add(pool)


def test_secrets_of_a_client_of_another_pool_are_out_of_reach(
    new_pool: NewPool, confidential: PoolForTest
) -> None:
    other = new_pool()
    other.client_id = confidential.client_id
    sentence = f"User pool client {confidential.client_id} does not exist."
    for attempt in (add, listed):
        with refused("ResourceNotFoundException", sentence):
            attempt(other)
    with refused("ResourceNotFoundException", sentence):
        delete(other, listed(confidential)[0]["ClientSecretId"])
