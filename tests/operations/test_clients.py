"""App clients over the wire. The rules have tests of their own: here is that they are asked."""

from typing import Any

import pytest
from support.refusals import refused
from support.served_pools import NewPool, PoolForTest


def create(cognito: Any, pool: PoolForTest, **members: Any) -> dict[str, Any]:
    made: dict[str, Any] = cognito.create_user_pool_client(
        **{"UserPoolId": pool.id, "ClientName": "c", **members}
    )["UserPoolClient"]
    return made


def describe(cognito: Any, pool: PoolForTest, client_id: str) -> dict[str, Any]:
    found: dict[str, Any] = cognito.describe_user_pool_client(
        UserPoolId=pool.id, ClientId=client_id
    )["UserPoolClient"]
    return found


def test_create_client_returns_defaults_as_describe_does(cognito: Any, pool: PoolForTest) -> None:
    """A dump of 2025, ev:users-4.1; absent is what was not set."""
    made = create(cognito, pool)
    assert len(made["ClientId"]) == 26
    assert {name: value for name, value in made.items() if not name.endswith("Date")} == {
        "UserPoolId": pool.id,
        "ClientName": "c",
        "ClientId": made["ClientId"],
        "RefreshTokenValidity": 30,
        "TokenValidityUnits": {},
        "AllowedOAuthFlowsUserPoolClient": False,
        "EnableTokenRevocation": True,
        "EnablePropagateAdditionalUserContextData": False,
        "AuthSessionValidity": 3,
    }
    assert made["CreationDate"] == made["LastModifiedDate"]
    assert describe(cognito, pool, made["ClientId"]) == made


def test_create_client_generates_or_takes_secret(cognito: Any, pool: PoolForTest) -> None:
    generated = create(cognito, pool, GenerateSecret=True)
    assert len(generated["ClientSecret"]) == 51
    brought = create(cognito, pool, ClientSecret="a" * 24)
    assert brought["ClientSecret"] == "a" * 24
    assert describe(cognito, pool, generated["ClientId"]) == generated


@pytest.mark.parametrize("wanted", [True, False])
def test_create_user_pool_client_without_secret_ignores_secrets_manager(
    cognito: Any, pool: PoolForTest, wanted: bool
) -> None:
    """The model: the member applies only to app clients with a generated secret."""
    made = create(cognito, pool, PublishSecretsInAWSSecretsManager=wanted)
    assert not made.keys() & {"ClientSecret", "ClientSecretArn"}
    updated = cognito.update_user_pool_client(
        UserPoolId=pool.id, ClientId=made["ClientId"], PublishSecretsInAWSSecretsManager=wanted
    )["UserPoolClient"]
    assert updated.keys() == made.keys()


def test_client_whose_secret_stays_here_is_created_and_updated(
    cognito: Any, pool: PoolForTest
) -> None:
    here: dict[str, Any] = {"PublishSecretsInAWSSecretsManager": False}
    made = create(cognito, pool, GenerateSecret=True, **here)
    updated = cognito.update_user_pool_client(
        UserPoolId=pool.id, ClientId=made["ClientId"], **here
    )["UserPoolClient"]
    assert updated["ClientSecret"] == made["ClientSecret"]


def test_update_client_resets_missing_members_except_secret(
    cognito: Any, pool: PoolForTest
) -> None:
    """ev:users-4.1."""
    made = create(cognito, pool, GenerateSecret=True, PreventUserExistenceErrors="ENABLED")
    updated = cognito.update_user_pool_client(
        UserPoolId=pool.id,
        ClientId=made["ClientId"],
        AccessTokenValidity=30,
        TokenValidityUnits={"AccessToken": "minutes"},
    )["UserPoolClient"]
    assert "PreventUserExistenceErrors" not in updated
    assert updated["ClientSecret"] == made["ClientSecret"]
    assert updated["ClientName"] == "c"
    assert updated["TokenValidityUnits"] == {
        "AccessToken": "minutes",
        "IdToken": "hours",
        "RefreshToken": "days",
    }
    assert describe(cognito, pool, made["ClientId"]) == updated


@pytest.mark.parametrize(
    ("members", "code", "sentence"),
    [
        (
            {"WriteAttributes": ["custom:x"]},
            "InvalidParameterException",
            "Invalid write attributes specified while creating a client",
        ),
        (
            {"AccessTokenValidity": 25},
            "InvalidParameterException",
            "Invalid range for token validity.",
        ),
        (
            {"AllowedOAuthFlows": ["client_credentials"], "AllowedOAuthScopes": ["openid"]},
            "InvalidOAuthFlowException",
            "client_credentials flow can not be selected if client does not have a client secret.",
        ),
        (
            {"AllowedOAuthScopes": ["Cognito"]},
            "ScopeDoesNotExistException",
            "Invalid scope requested: Cognito",
        ),
        ({"GenerateSecret": True, "ClientSecret": "a" * 24}, "InvalidParameterException", None),
    ],
)
def test_invalid_client_is_refused(
    cognito: Any, pool: PoolForTest, members: dict[str, Any], code: str, sentence: str | None
) -> None:
    with refused(code, sentence):
        create(cognito, pool, **members)


def test_choice_based_sign_in_needs_the_essentials_plan(cognito: Any, new_pool: NewPool) -> None:
    lite = new_pool(UserPoolTier="LITE")
    with refused("FeatureUnavailableInTierException"):
        create(cognito, lite, ExplicitAuthFlows=["ALLOW_USER_AUTH"])


@pytest.mark.parametrize(
    "operation",
    ["describe_user_pool_client", "update_user_pool_client", "delete_user_pool_client"],
)
def test_client_of_another_pool_is_not_found(
    cognito: Any, new_pool: NewPool, operation: str
) -> None:
    """aws-sdk-php#2183."""
    here, there = new_pool(), new_pool()
    for client_id in (there.client_id, "unknown"):
        with refused("ResourceNotFoundException", f"User pool client {client_id} does not exist."):
            getattr(cognito, operation)(UserPoolId=here.id, ClientId=client_id)


def test_deleted_client_is_not_found(cognito: Any, pool: PoolForTest) -> None:
    made = create(cognito, pool)
    answer = cognito.delete_user_pool_client(UserPoolId=pool.id, ClientId=made["ClientId"])
    assert set(answer) == {"ResponseMetadata"}
    with refused("ResourceNotFoundException"):
        describe(cognito, pool, made["ClientId"])


def test_list_clients_returns_pages(cognito: Any, pool: PoolForTest) -> None:
    """ev:users-4.1: an item holds the ids and the name."""
    made = {create(cognito, pool, ClientName=f"c{n}")["ClientId"] for n in range(4)}
    pages = cognito.get_paginator("list_user_pool_clients").paginate(
        UserPoolId=pool.id, MaxResults=2
    )
    listed = [page["UserPoolClients"] for page in pages]
    assert [len(page) for page in listed] == [2, 2, 1]
    clients = [client for page in listed for client in page]
    assert {client["ClientId"] for client in clients} == {*made, pool.client_id}
    assert all(set(c) == {"ClientId", "UserPoolId", "ClientName"} for c in clients)


def test_clients_are_listed_by_type(cognito: Any, pool: PoolForTest) -> None:
    regular = cognito.list_user_pool_clients(UserPoolId=pool.id, ClientType="REGULAR")
    assert [client["ClientId"] for client in regular["UserPoolClients"]] == [pool.client_id]
    dcr = cognito.list_user_pool_clients(UserPoolId=pool.id, ClientType="DCR")
    assert dcr["UserPoolClients"] == []


def test_pagination_token_is_bound_to_pool_and_list(cognito: Any, new_pool: NewPool) -> None:
    """aws-sdk-js#3705."""
    pool, other = new_pool(), new_pool()
    create(cognito, pool)
    token = cognito.list_user_pool_clients(UserPoolId=pool.id, MaxResults=1)["NextToken"]
    for mismatch in ({"UserPoolId": other.id}, {"UserPoolId": pool.id, "ClientType": "DCR"}):
        with refused("InvalidParameterException", "Paging Marker is Invalid for Request"):
            cognito.list_user_pool_clients(**mismatch, NextToken=token)
