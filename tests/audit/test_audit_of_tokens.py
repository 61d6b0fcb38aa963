"""Audit of the operations that an app client or an access token authorizes, without any secret."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore import UNSIGNED
from support.audit_reading import Trail, refused
from support.functions_server import FunctionError, FunctionsServer, arn
from support.running_server import RunningServer
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import FLOWS, AuthApi, result_of
from support.store_contents import tables, text_of

from poolhouse.bootstrap.store import store_url

EXCHANGES = ["ALLOW_TOKEN_EXCHANGE_IMPERSONATION", "ALLOW_TOKEN_EXCHANGE_DELEGATION"]
MACHINE = {
    "GenerateSecret": True,
    "AllowedOAuthFlows": ["client_credentials"],
    "AllowedOAuthScopes": ["aws.cognito/dcr/register"],
    "AllowedOAuthFlowsUserPoolClient": True,
}
WRONG_SECRET = "x" * 51


@pytest.fixture
def trail(server: RunningServer) -> Trail:
    return Trail(server)


@pytest.fixture
def pool(new_pool: NewPool) -> PoolForTest:
    made: PoolForTest = new_pool(client={"ExplicitAuthFlows": [*FLOWS, *EXCHANGES]})
    made.sign_up()
    made.admin_confirm()
    return made


@pytest.fixture
def tokens(pool: PoolForTest) -> dict[str, str]:
    return result_of(AuthApi(pool, by_admin=False).by_password())


def by_flow(pool: PoolForTest, token: str) -> Any:
    return AuthApi(pool, by_admin=False).start("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=token)


def by_operation(pool: PoolForTest, token: str) -> Any:
    return pool.cognito.get_tokens_from_refresh_token(ClientId=pool.client_id, RefreshToken=token)


def revoke(pool: PoolForTest, token: str, **more: str) -> Any:
    return pool.cognito.revoke_token(ClientId=pool.client_id, Token=token, **more)


def derive(pool: PoolForTest, token: str, **more: Any) -> Any:
    return pool.cognito.get_derived_token(
        ClientId=pool.client_id, SubjectToken=token, SubjectTokenType="ACCESS_TOKEN", **more
    )


@pytest.mark.parametrize(
    ("refresh", "action", "step"),
    [
        (by_flow, "InitiateAuth", "REFRESH_TOKEN_AUTH"),
        (by_operation, "GetTokensFromRefreshToken", None),
    ],
)
def test_audit_refresh_by_each_operation_names_the_user(
    pool: PoolForTest,
    tokens: dict[str, str],
    trail: Trail,
    refresh: Callable[[PoolForTest, str], Any],
    action: str,
    step: str | None,
) -> None:
    record = trail.of(refresh(pool, tokens["RefreshToken"]))
    assert (record.action, record.step) == (f"cognito-idp:{action}", step)
    assert record.principal == f"client/{pool.client_id}"
    assert record.resource.endswith(f":userpool/{pool.id}")
    assert (record.target, record.outcome, record.reason) == ("alice", "ok", None)
    assert (record.access_key_id, record.source_ip) == ("", "127.0.0.1")
    revoke(pool, tokens["RefreshToken"])
    record = trail.of(refused(lambda: refresh(pool, tokens["RefreshToken"])))
    assert (record.target, record.outcome) == ("alice", "NotAuthorizedException")
    assert record.reason == "RefreshTokenRevoked"


def test_audit_malformed_refresh_token_names_no_user(pool: PoolForTest, trail: Trail) -> None:
    for refresh in (by_flow, by_operation):
        record = trail.of(refused(lambda refresh=refresh: refresh(pool, "a.b.c.d.e")))
        assert (record.target, record.reason) == (None, "InvalidRefreshToken")


def test_audit_revocation_names_the_user(
    pool: PoolForTest, tokens: dict[str, str], trail: Trail
) -> None:
    record = trail.of(revoke(pool, tokens["RefreshToken"]))
    assert (record.action, record.target) == ("cognito-idp:RevokeToken", "alice")
    assert (record.outcome, record.principal) == ("ok", f"client/{pool.client_id}")
    nothing = trail.of(revoke(pool, "a.b.c.d.e"))
    assert (nothing.target, nothing.outcome) == (None, "ok")


def test_audit_refused_revocation_has_its_reason(
    pool: PoolForTest, tokens: dict[str, str], trail: Trail
) -> None:
    wrong = trail.of(refused(lambda: revoke(pool, tokens["AccessToken"])))
    assert (wrong.outcome, wrong.reason) == ("UnsupportedTokenTypeException", "NotARefreshToken")
    secret = trail.of(
        refused(lambda: revoke(pool, tokens["RefreshToken"], ClientSecret=WRONG_SECRET))
    )
    assert secret.reason == "SecretUnexpected"


def test_audit_global_sign_out_names_the_user(
    pool: PoolForTest, tokens: dict[str, str], trail: Trail
) -> None:
    record = trail.of(pool.cognito.global_sign_out(AccessToken=tokens["AccessToken"]))
    assert (record.action, record.target) == ("cognito-idp:GlobalSignOut", "alice")
    assert (record.outcome, record.principal) == ("ok", f"client/{pool.client_id}")


def test_audit_token_exchange_names_user_and_kind(
    pool: PoolForTest, tokens: dict[str, str], trail: Trail
) -> None:
    """The administrator's signature makes it an administrative call."""
    alone = trail.of(derive(pool, tokens["AccessToken"]))
    assert (alone.target, alone.step) == ("alice", "TOKEN_EXCHANGE_IMPERSONATION")
    acting = {"ActorToken": tokens["AccessToken"], "ActorTokenType": "ACCESS_TOKEN"}
    for_another = trail.of(derive(pool, tokens["AccessToken"], **acting))
    assert (for_another.target, for_another.step) == ("alice", "TOKEN_EXCHANGE_DELEGATION")
    pool.cognito.admin_disable_user(UserPoolId=pool.id, Username="alice")
    late = trail.of(refused(lambda: derive(pool, tokens["AccessToken"])))
    assert (late.target, late.outcome) == ("alice", "NotAuthorizedException")
    assert late.reason == "UserDisabled"


def test_audit_unsigned_token_exchange_names_the_client(
    pool: PoolForTest, tokens: dict[str, str], trail: Trail, server: RunningServer
) -> None:
    pool.cognito = server.client(signature_version=UNSIGNED)
    record = trail.of(derive(pool, tokens["AccessToken"]))
    assert (record.principal, record.target) == (f"client/{pool.client_id}", "alice")


def test_audit_client_token_is_recorded(new_pool: NewPool, trail: Trail) -> None:
    pool = new_pool(client=MACHINE)
    secret = pool.client["ClientSecret"]
    ask = pool.cognito.get_client_token
    record = trail.of(ask(ClientId=pool.client_id, Secret=secret))
    assert (record.action, record.outcome) == ("cognito-idp:GetClientToken", "ok")
    assert (record.principal, record.target) == (f"client/{pool.client_id}", None)
    wrong = trail.of(refused(ask, ClientId=pool.client_id, Secret=WRONG_SECRET))
    assert (wrong.outcome, wrong.reason) == ("NotAuthorizedException", "SecretWrong")


def test_audit_function_error_text_is_not_kept(
    pool: PoolForTest, tokens: dict[str, str], trail: Trail, functions: FunctionsServer
) -> None:
    """It may repeat what it was told."""

    def fail(_: dict[str, Any]) -> None:
        raise FunctionError("heard of a secret")

    pool.cognito.update_user_pool(
        UserPoolId=pool.id, LambdaConfig={"PreTokenGeneration": arn("tokens")}
    )
    functions.answers["TokenGeneration_RefreshTokens"] = fail
    record = trail.of(refused(lambda: by_operation(pool, tokens["RefreshToken"])))
    assert (record.outcome, record.reason) == ("UserLambdaValidationException", None)


def test_audit_token_operations_hold_no_token_or_secret(
    pool: PoolForTest, tokens: dict[str, str], server: RunningServer, trail: Trail
) -> None:
    by_operation(pool, tokens["RefreshToken"])
    derived = derive(pool, tokens["AccessToken"])["IssuedToken"]
    refused(lambda: revoke(pool, tokens["RefreshToken"], ClientSecret=WRONG_SECRET))
    trail.of(revoke(pool, tokens["RefreshToken"]))
    kept = text_of(tables(store_url(server.settings)))
    for secret in (*(tokens[t] for t in ("AccessToken", "IdToken", "RefreshToken")), derived):
        assert secret not in kept
    assert WRONG_SECRET not in kept
