"""Scopes of resource servers on app clients and in tokens (ev:oauth-12)."""

from typing import Any

import pytest
from support.refusals import refused
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import claims_of

from operations.test_tokens_of_clients import token_of_client

READ, WRITE = "https://api.home.example/read", "https://api.home.example/write"
SCOPES = [
    {"ScopeName": "read", "ScopeDescription": "Read"},
    {"ScopeName": "write", "ScopeDescription": "Write"},
]


@pytest.fixture
def server_of_scopes(pool: PoolForTest) -> dict[str, Any]:
    """What names a resource server, which has two scopes."""
    named = {"UserPoolId": pool.id, "Identifier": "https://api.home.example"}
    pool.cognito.create_resource_server(**named, Name="API", Scopes=SCOPES)
    return named


def machine(pool: PoolForTest, *scopes: str) -> dict[str, Any]:
    made = pool.cognito.create_user_pool_client(
        UserPoolId=pool.id,
        ClientName="machine",
        GenerateSecret=True,
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthScopes=list(scopes),
    )
    client: dict[str, Any] = made["UserPoolClient"]
    return client


def scope_of(pool: PoolForTest, client: dict[str, Any], **more: Any) -> str:
    pool.client, pool.client_id = client, client["ClientId"]
    return str(claims_of(token_of_client(pool, **more)["AccessToken"])["scope"])


@pytest.mark.parametrize("scope", ["nowhere/read", "https://api.home.example/none"])
def test_client_with_a_scope_of_no_resource_server_is_refused(
    pool: PoolForTest, server_of_scopes: dict[str, Any], scope: str
) -> None:
    """aws-cloudformation-user-guide#564; for creation and for changes."""
    sentence = f"Invalid scope requested: {scope}"
    with refused("ScopeDoesNotExistException", sentence):
        machine(pool, READ, scope)
    client = machine(pool, READ)
    named = {"UserPoolId": pool.id, "ClientId": client["ClientId"]}
    with refused("ScopeDoesNotExistException", sentence):
        pool.cognito.update_user_pool_client(**named, AllowedOAuthScopes=[scope])
    found = pool.cognito.describe_user_pool_client(**named)["UserPoolClient"]
    assert found["AllowedOAuthScopes"] == [READ]


def test_client_with_a_scope_of_another_pools_server_is_refused(
    server_of_scopes: dict[str, Any], new_pool: NewPool
) -> None:
    with refused("ScopeDoesNotExistException"):
        machine(new_pool(), READ)


def test_update_client_with_a_custom_scope_gives_it(
    pool: PoolForTest, server_of_scopes: dict[str, Any]
) -> None:
    client = machine(pool, READ)
    pool.cognito.update_user_pool_client(
        UserPoolId=pool.id,
        ClientId=client["ClientId"],
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthScopes=[READ, WRITE],
    )
    assert scope_of(pool, client) == f"{READ} {WRITE}"


def test_client_token_has_custom_scopes_as_requested(
    pool: PoolForTest, server_of_scopes: dict[str, Any]
) -> None:
    """ev:oauth-4: custom scopes only; all of the client's if none are requested."""
    client = machine(pool, READ, WRITE)
    assert scope_of(pool, client) == f"{READ} {WRITE}"
    assert scope_of(pool, client, Scopes=[WRITE]) == WRITE


@pytest.mark.both_stores
def test_client_token_ignores_a_deleted_scope_and_refuses_one_never_given(
    pool: PoolForTest, server_of_scopes: dict[str, Any]
) -> None:
    """ev:oauth-12."""
    client = machine(pool, READ, WRITE)
    reader = machine(pool, READ)
    pool.cognito.update_resource_server(**server_of_scopes, Name="API", Scopes=SCOPES[:1])
    named = {"UserPoolId": pool.id, "ClientId": client["ClientId"]}
    found = pool.cognito.describe_user_pool_client(**named)["UserPoolClient"]
    assert found["AllowedOAuthScopes"] == [READ, WRITE], "inactive, and still there"
    assert scope_of(pool, client) == READ
    assert scope_of(pool, client, Scopes=[READ, WRITE]) == READ
    with refused("InvalidParameterException", f"Invalid scope requested: {WRITE}"):
        scope_of(pool, reader, Scopes=[READ, WRITE])
    pool.cognito.delete_resource_server(**server_of_scopes)
    with refused("InvalidParameterException", "No scope can be granted."):
        scope_of(pool, client)
    pool.cognito.create_resource_server(**server_of_scopes, Name="API", Scopes=SCOPES)
    assert scope_of(pool, client) == f"{READ} {WRITE}"
