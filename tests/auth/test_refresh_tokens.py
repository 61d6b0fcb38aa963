"""REFRESH_TOKEN_AUTH: new tokens of the same session (ev:auth-14)."""

import pytest
from support.refusals import refused
from support.served_pools import PoolForTest
from support.sign_ins import FLOWS, AuthApi, claims_of, result_of

FLOW = pytest.mark.parametrize("flow", ["REFRESH_TOKEN_AUTH", "REFRESH_TOKEN"])


@FLOW
def test_refresh_token_returns_tokens_of_same_session(api: AuthApi, flow: str) -> None:
    first = result_of(api.by_password())
    second = result_of(api.start(flow, REFRESH_TOKEN=first["RefreshToken"]))
    assert "RefreshToken" not in second
    for kind in ("AccessToken", "IdToken"):
        before, after = claims_of(first[kind]), claims_of(second[kind])
        same = ("sub", "origin_jti", "event_id", "auth_time", "iss")
        assert {name: before[name] for name in same} == {name: after[name] for name in same}
        assert before["jti"] != after["jti"]


def test_refresh_token_has_the_prefix_of_aws(api: AuthApi) -> None:
    token = result_of(api.by_password())["RefreshToken"]
    assert token.startswith("eyJjdHkiOiJKV1QiLCJlbmMiOiJBMjU2R0NNIiwiYWxnIjoiUlNBLU9BRVAifQ.")
    assert token.count(".") == 4


@pytest.mark.parametrize("bad", ["x", "a.b.c.d.e", "eyJjdHkiOiJKV1QiLCJlbmMiOiJBMjU2R0NNIiwi"])
def test_invalid_refresh_token_is_refused(api: AuthApi, bad: str) -> None:
    with refused("NotAuthorizedException", "Invalid Refresh Token."):  # aws-sdk-cpp#1789
        api.start("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=bad)


def test_refresh_token_of_another_client_is_refused(
    api: AuthApi, open_pool: PoolForTest, by_admin: bool
) -> None:
    token = result_of(api.by_password())["RefreshToken"]
    open_pool.client_id = open_pool.cognito.create_user_pool_client(
        UserPoolId=open_pool.id, ClientName="other", ExplicitAuthFlows=FLOWS
    )["UserPoolClient"]["ClientId"]
    with refused("NotAuthorizedException", "Invalid Refresh Token."):
        AuthApi(open_pool, by_admin=by_admin).start("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=token)
