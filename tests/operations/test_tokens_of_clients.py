"""GetClientToken: tokens of app clients that speak for themselves (ev:auth-16)."""

from typing import Any

import pytest
from support.functions_server import FunctionError, FunctionsServer, arn
from support.refusals import refused
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import claims_of

SCOPE = "aws.cognito/dcr/register"
MACHINE = {
    "GenerateSecret": True,
    "AllowedOAuthFlows": ["client_credentials"],
    "AllowedOAuthScopes": [SCOPE],
    "AllowedOAuthFlowsUserPoolClient": True,
    "AccessTokenValidity": 10,
    "TokenValidityUnits": {"AccessToken": "minutes"},
}


@pytest.fixture
def machine(new_pool: NewPool) -> PoolForTest:
    made: PoolForTest = new_pool(client=MACHINE)
    return made


def token_of_client(pool: PoolForTest, **more: Any) -> dict[str, Any]:
    request = {"ClientId": pool.client_id, "Secret": pool.client["ClientSecret"], **more}
    answer = pool.cognito.get_client_token(**request)["ClientAuthenticationResult"]
    result: dict[str, Any] = answer
    return result


def test_client_credentials_return_client_token(machine: PoolForTest) -> None:
    """sub is the client; nothing speaks of a user.

    Evidence: dg:amazon-cognito-user-pools-using-the-access-token.
    """
    result = token_of_client(machine)
    assert (result["ExpiresIn"], result["TokenType"]) == (600, "Bearer")
    claims = claims_of(result["AccessToken"])
    assert claims.keys() == {
        *("sub", "token_use", "scope", "auth_time", "iss", "exp", "iat", "version", "jti"),
        "client_id",
    }
    assert claims["sub"] == claims["client_id"] == machine.client_id
    assert (claims["token_use"], claims["scope"], claims["version"]) == ("access", SCOPE, 2)
    assert claims["exp"] - claims["iat"] == 600


def test_client_token_has_requested_scopes(machine: PoolForTest) -> None:
    claims = claims_of(token_of_client(machine, Scopes=[SCOPE])["AccessToken"])
    assert claims["scope"] == SCOPE


@pytest.mark.parametrize("scope", ["orders/read", "openid", "aws.cognito.signin.user.admin"])
def test_client_token_with_other_scope_is_refused(machine: PoolForTest, scope: str) -> None:
    with refused("InvalidParameterException"):
        token_of_client(machine, Scopes=[SCOPE, scope])


@pytest.mark.parametrize("scopes", [[], ["openid"]])
def test_client_without_client_credentials_is_refused(new_pool: NewPool, scopes: list[str]) -> None:
    pool = new_pool(client={"GenerateSecret": True, "AllowedOAuthScopes": scopes})
    with refused("NotAuthorizedException"):
        token_of_client(pool)


def test_client_token_with_wrong_secret_is_refused(machine: PoolForTest) -> None:
    with refused("NotAuthorizedException"):
        token_of_client(machine, Secret="x" * 51)


def test_client_token_of_unknown_client_is_refused(machine: PoolForTest) -> None:
    with refused("ResourceNotFoundException", "User pool client 1unknown2client does not exist."):
        token_of_client(machine, ClientId="1unknown2client")


def test_client_token_is_refused_by_user_operations(machine: PoolForTest) -> None:
    token = token_of_client(machine)["AccessToken"]
    with refused("UserNotFoundException"):
        machine.cognito.get_user(AccessToken=token)


def with_function(new_pool: NewPool, version: str) -> PoolForTest:
    config = {"LambdaArn": arn("tokens"), "LambdaVersion": version}
    triggers = {"PreTokenGenerationConfig": config, "PreTokenGeneration": arn("tokens")}
    made: PoolForTest = new_pool(client=MACHINE, LambdaConfig=triggers)
    return made


def adds_a_claim(event: dict[str, Any]) -> Any:
    generation = {"accessTokenGeneration": {"claimsToAddOrOverride": {"tenant": "a", "sub": "b"}}}
    return {**event, "response": {"claimsAndScopeOverrideDetails": generation}}


def test_pre_token_generation_v3_adds_claims(new_pool: NewPool, functions: FunctionsServer) -> None:
    """ev:triggers-6.5: TokenGeneration_ClientCredentials, V3 only."""
    pool = with_function(new_pool, "V3_0")
    functions.answers["TokenGeneration_ClientCredentials"] = adds_a_claim
    claims = claims_of(token_of_client(pool, ClientMetadata={"ticket": "4711"})["AccessToken"])
    assert (claims["tenant"], claims["sub"]) == ("a", pool.client_id)
    (event,) = functions.of("TokenGeneration_ClientCredentials")
    assert event["request"]["clientMetadata"] == {"ticket": "4711"}


def test_functions_of_older_versions_are_not_asked(
    new_pool: NewPool, functions: FunctionsServer
) -> None:
    token_of_client(with_function(new_pool, "V2_0"))
    assert functions.events == []


def test_function_refusal_returns_error_of_the_operation(
    new_pool: NewPool, functions: FunctionsServer
) -> None:
    """None of the errors of functions is listed for it."""

    def throws(_event: dict[str, Any]) -> Any:
        raise FunctionError("not you")

    pool = with_function(new_pool, "V3_0")
    functions.answers["TokenGeneration_ClientCredentials"] = throws
    with refused("NotAuthorizedException", "PreTokenGeneration failed with error not you."):
        token_of_client(pool)
