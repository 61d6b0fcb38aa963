"""GetTokensFromRefreshToken, with rotation and without (ev:auth-14)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from support.functions_server import FunctionError, FunctionsServer, arn
from support.refusals import refused
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import AuthApi, claims_of, result_of

FLOWS = ["ALLOW_USER_PASSWORD_AUTH"]
ROTATION = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 60}


@pytest.fixture
def rotating(new_pool: NewPool) -> PoolForTest:
    """A pool whose app client rotates refresh tokens with the longest grace, and alice."""
    return with_alice(
        new_pool(client={"ExplicitAuthFlows": FLOWS, "RefreshTokenRotation": ROTATION})
    )


@pytest.fixture
def still(new_pool: NewPool) -> PoolForTest:
    """The same without rotation."""
    return with_alice(new_pool(client={"ExplicitAuthFlows": FLOWS}))


def with_alice(pool: PoolForTest) -> PoolForTest:
    pool.sign_up()
    pool.admin_confirm()
    made: PoolForTest = pool
    return made


def signs_in(pool: PoolForTest) -> dict[str, Any]:
    return result_of(AuthApi(pool, by_admin=False).by_password())


def refreshed(pool: PoolForTest, refresh_token: str, **more: Any) -> dict[str, Any]:
    answer = pool.cognito.get_tokens_from_refresh_token(
        ClientId=pool.client_id, RefreshToken=refresh_token, **more
    )
    result: dict[str, Any] = answer["AuthenticationResult"]
    return result


def works(pool: PoolForTest, access_token: str) -> bool:
    return bool(pool.cognito.get_user(AccessToken=access_token)["Username"])


def test_client_without_rotation_gets_no_new_refresh_token(still: PoolForTest) -> None:
    first = signs_in(still)
    second = refreshed(still, first["RefreshToken"])
    assert "RefreshToken" not in second
    assert works(still, second["AccessToken"])
    assert refreshed(still, first["RefreshToken"])["TokenType"] == "Bearer"


def test_new_tokens_are_of_the_same_family(rotating: PoolForTest) -> None:
    """origin_jti stays; auth_time is when the user really signed in (ev:auth-13)."""
    first = signs_in(rotating)
    second = refreshed(rotating, first["RefreshToken"])
    for kind in ("AccessToken", "IdToken"):
        before, after = claims_of(first[kind]), claims_of(second[kind])
        for claim in ("origin_jti", "event_id", "auth_time", "sub", "amr"):
            assert before[claim] == after[claim]
        assert before["jti"] != after["jti"]


def test_refresh_token_chain_works_in_order(rotating: PoolForTest) -> None:
    token = signs_in(rotating)["RefreshToken"]
    seen = {token}
    for _ in range(4):
        result = refreshed(rotating, token)
        token = result["RefreshToken"]
        seen.add(token)
        assert works(rotating, result["AccessToken"])
    assert len(seen) == 5


def test_previous_refresh_token_serves_for_a_retry(rotating: PoolForTest) -> None:
    """The model: "This allows for client-side retries"."""
    old = signs_in(rotating)["RefreshToken"]
    lost = refreshed(rotating, old)
    again = refreshed(rotating, old)
    assert works(rotating, again["AccessToken"])
    # Both were given the same successor: once one is used, the other is the token before.
    third = refreshed(rotating, again["RefreshToken"])
    assert refreshed(rotating, lost["RefreshToken"])["TokenType"] == "Bearer"
    assert works(rotating, third["AccessToken"])


def test_refresh_token_without_grace_period_is_single_use(new_pool: NewPool) -> None:
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}
    pool = with_alice(
        new_pool(client={"ExplicitAuthFlows": FLOWS, "RefreshTokenRotation": rotation})
    )
    old = signs_in(pool)["RefreshToken"]
    new = refreshed(pool, old)
    with refused("RefreshTokenReuseException"):
        refreshed(pool, old)
    # Which of the two was the thief is unknown.
    with refused("NotAuthorizedException", "Refresh Token has been revoked"):
        refreshed(pool, new["RefreshToken"])
    with refused("NotAuthorizedException", "Access Token has been revoked"):
        works(pool, new["AccessToken"])


def test_refresh_token_two_rotations_old_is_reuse(rotating: PoolForTest) -> None:
    oldest = signs_in(rotating)["RefreshToken"]
    refreshed(rotating, refreshed(rotating, oldest)["RefreshToken"])
    with refused("RefreshTokenReuseException"):
        refreshed(rotating, oldest)


@pytest.mark.both_stores
def test_concurrent_refreshes_return_same_successor(rotating: PoolForTest) -> None:
    old = signs_in(rotating)["RefreshToken"]
    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(lambda _: refreshed(rotating, old), range(4)))
    assert all(works(rotating, each["AccessToken"]) for each in results)
    # Were there two successors, the second one used would be a reuse of none.
    for each in results:
        assert refreshed(rotating, each["RefreshToken"])["TokenType"] == "Bearer"


@pytest.mark.parametrize("by_admin", [False, True])
def test_rotating_client_cannot_use_refresh_token_auth(
    rotating: PoolForTest, by_admin: bool
) -> None:
    """Also one that never said which flows it allows (API model: RefreshTokenRotationType)."""
    token = signs_in(rotating)["RefreshToken"]
    rotating.cognito.update_user_pool_client(
        UserPoolId=rotating.id, ClientId=rotating.client_id, RefreshTokenRotation=ROTATION
    )
    with refused(
        "InvalidParameterException", "REFRESH_TOKEN_AUTH flow not enabled for this client"
    ):
        AuthApi(rotating, by_admin=by_admin).start("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=token)


def test_refresh_takes_plain_client_secret(new_pool: NewPool) -> None:
    pool = with_secret(new_pool)
    token = signs_in(pool)["RefreshToken"]
    secret = pool.client["ClientSecret"]
    assert works(pool, refreshed(pool, token, ClientSecret=secret)["AccessToken"])
    with refused("NotAuthorizedException"):
        refreshed(pool, token)
    with refused("NotAuthorizedException"):
        refreshed(pool, token, ClientSecret="x" * 51)


def with_secret(new_pool: NewPool) -> PoolForTest:
    pool: PoolForTest = new_pool(client={"ExplicitAuthFlows": FLOWS, "GenerateSecret": True})
    pool.cognito.admin_create_user(UserPoolId=pool.id, Username="alice", MessageAction="SUPPRESS")
    pool.cognito.admin_set_user_password(
        UserPoolId=pool.id, Username="alice", Password="Correct-Horse-9!", Permanent=True
    )
    return pool


def test_refresh_with_secret_of_public_client_is_refused(still: PoolForTest) -> None:
    token = signs_in(still)["RefreshToken"]
    with refused("InvalidParameterException"):
        refreshed(still, token, ClientSecret="x" * 51)


def test_invalid_refresh_token_is_refused(still: PoolForTest) -> None:
    tokens = signs_in(still)
    for bad in ("x", tokens["AccessToken"], tokens["IdToken"], tokens["RefreshToken"][:-2]):
        with refused("NotAuthorizedException", "Invalid Refresh Token."):  # aws-sdk-js-v3#7162
            refreshed(still, bad)


def test_refresh_token_of_another_client_is_refused(still: PoolForTest) -> None:
    token = signs_in(still)["RefreshToken"]
    still.client_id = still.cognito.create_user_pool_client(
        UserPoolId=still.id, ClientName="other"
    )["UserPoolClient"]["ClientId"]
    with refused("NotAuthorizedException", "Invalid Refresh Token."):
        refreshed(still, token)


def test_refresh_passes_client_metadata_to_function(
    new_pool: NewPool, functions: FunctionsServer
) -> None:
    pool = with_function(new_pool)
    refreshed(pool, signs_in(pool)["RefreshToken"], ClientMetadata={"ticket": "4711"})
    (event,) = functions.of("TokenGeneration_RefreshTokens")
    assert event["request"]["clientMetadata"] == {"ticket": "4711"}


def with_function(new_pool: NewPool) -> PoolForTest:
    config = {"LambdaArn": arn("tokens"), "LambdaVersion": "V2_0"}
    return with_alice(
        new_pool(
            LambdaConfig={"PreTokenGenerationConfig": config, "PreTokenGeneration": arn("tokens")},
            client={"ExplicitAuthFlows": FLOWS, "RefreshTokenRotation": ROTATION},
        )
    )


def test_refusing_function_leaves_refresh_token_valid(
    new_pool: NewPool, functions: FunctionsServer
) -> None:
    def throws(_event: dict[str, Any]) -> Any:
        raise FunctionError("not now")

    pool = with_function(new_pool)
    token = signs_in(pool)["RefreshToken"]
    functions.answers["TokenGeneration_RefreshTokens"] = throws
    with refused("UserLambdaValidationException", "PreTokenGeneration failed with error not now."):
        refreshed(pool, token)
    functions.forget()
    assert works(pool, refreshed(pool, token)["AccessToken"])


def test_too_long_token_is_not_issued(new_pool: NewPool, functions: FunctionsServer) -> None:
    """5,000 claims are allowed, of any length; no request could bring all of them back."""

    def adds(event: dict[str, Any], length: int) -> Any:
        claims = {f"claim-{n}": "x" * length for n in range(2_000)}
        generation = {"accessTokenGeneration": {"claimsToAddOrOverride": claims}}
        return {**event, "response": {"claimsAndScopeOverrideDetails": generation}}

    pool = with_function(new_pool)
    token = signs_in(pool)["RefreshToken"]
    functions.answers["TokenGeneration_RefreshTokens"] = lambda event: adds(event, 10)
    long = refreshed(pool, token)
    assert len(long["AccessToken"]) > 65_536
    assert works(pool, long["AccessToken"])
    functions.answers["TokenGeneration_RefreshTokens"] = lambda event: adds(event, 100)
    with refused("InvalidLambdaResponseException"):
        refreshed(pool, long["RefreshToken"])


@pytest.mark.parametrize(("tier", "amr"), [("ESSENTIALS", ["pwd"]), ("LITE", None)])
def test_token_claims_have_the_authentication_methods_in_tiers_with_them(
    new_pool: NewPool, tier: str, amr: list[str] | None
) -> None:
    """In both tokens, and kept on refresh (ev:auth-17)."""
    pool = with_alice(new_pool(UserPoolTier=tier, client={"ExplicitAuthFlows": FLOWS}))
    first = signs_in(pool)
    second = refreshed(pool, first["RefreshToken"])
    for tokens in (first, second):
        for kind in ("AccessToken", "IdToken"):
            assert claims_of(tokens[kind]).get("amr") == amr


def test_refresh_with_device_tracking_needs_device_key(new_pool: NewPool) -> None:
    """aws-sdk-js-v3#7162, aws-sdk-java#2841: and a confirmed one."""
    pool = with_alice(
        new_pool(
            DeviceConfiguration={"ChallengeRequiredOnNewDevice": True},
            client={"ExplicitAuthFlows": FLOWS, "RefreshTokenRotation": ROTATION},
        )
    )
    tokens = signs_in(pool)
    key = tokens["NewDeviceMetadata"]["DeviceKey"]
    for device in ({}, {"DeviceKey": key}):
        with refused("NotAuthorizedException", "Invalid Refresh Token."):
            refreshed(pool, tokens["RefreshToken"], **device)
    verifier = {"PasswordVerifier": "Ag==", "Salt": "Ag=="}
    pool.cognito.confirm_device(
        AccessToken=tokens["AccessToken"], DeviceKey=key, DeviceSecretVerifierConfig=verifier
    )
    with refused("NotAuthorizedException", "Invalid Refresh Token."):
        refreshed(pool, tokens["RefreshToken"])
    second = refreshed(pool, tokens["RefreshToken"], DeviceKey=key)
    assert claims_of(second["AccessToken"])["device_key"] == key
