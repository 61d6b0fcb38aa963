"""Audit of sign-ins by both authentication APIs, without any secret."""

import pytest
from support.audit_reading import Trail, refused
from support.running_server import RunningServer
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import FLOWS, PASSWORD, AuthApi, result_of, srp_client
from support.store_contents import tables, text_of

from poolhouse.bootstrap.store import store_url

WRONG = "Wrong-horse-77!"


@pytest.fixture
def trail(server: RunningServer) -> Trail:
    return Trail(server)


@pytest.fixture
def pool(new_pool: NewPool) -> PoolForTest:
    made: PoolForTest = new_pool(client={"ExplicitAuthFlows": FLOWS})
    made.sign_up()
    made.admin_confirm()
    return made


@pytest.mark.parametrize("by_admin", [False, True])
def test_audit_sign_in_names_user_method_and_address(
    pool: PoolForTest, trail: Trail, by_admin: bool
) -> None:
    record = trail.of(AuthApi(pool, by_admin=by_admin).by_password())
    assert record.target == "alice"
    assert record.step == ("ADMIN_USER_PASSWORD_AUTH" if by_admin else "USER_PASSWORD_AUTH")
    assert record.proofs == ("pwd",)
    assert record.outcome == ("committed" if by_admin else "ok")
    assert record.resource.endswith(f"userpool/{pool.id}")
    assert record.source_ip == "127.0.0.1"
    assert record.user_agent is not None
    assert (record.principal == f"client/{pool.client_id}") is not by_admin


@pytest.mark.parametrize("by_admin", [False, True])
def test_audit_refused_sign_in_has_the_reason_that_callers_do_not_get(
    pool: PoolForTest, trail: Trail, by_admin: bool
) -> None:
    api = AuthApi(pool, by_admin=by_admin)
    wrong = trail.of(refused(api.by_password, password=WRONG))
    assert (wrong.outcome, wrong.reason) == ("NotAuthorizedException", "IncorrectPassword")
    assert (wrong.target, wrong.proofs) == ("alice", ())
    unknown = trail.of(refused(api.by_password, username="nobody"))
    assert (unknown.outcome, unknown.reason) == ("UserNotFoundException", "NoSuchUser")
    assert unknown.target == "nobody"


def test_audit_srp_sign_in_records_both_requests(pool: PoolForTest, trail: Trail) -> None:
    api, client = AuthApi(pool, by_admin=False), srp_client(pool)
    asked = api.start("USER_SRP_AUTH", USERNAME="alice", SRP_A=client.srp_a)
    first = trail.of(asked)
    assert (first.step, first.proofs) == ("USER_SRP_AUTH", ())
    done = api.respond("PASSWORD_VERIFIER", **client.responses(asked["ChallengeParameters"]))
    second = trail.of(done)
    assert (second.step, second.proofs, second.target) == ("PASSWORD_VERIFIER", ("pwd",), "alice")


@pytest.mark.parametrize("by_admin", [False, True])
def test_audit_refresh_by_sign_in_operation_names_the_user(
    pool: PoolForTest, trail: Trail, by_admin: bool
) -> None:
    api = AuthApi(pool, by_admin=by_admin)
    token = result_of(api.by_password())["RefreshToken"]
    record = trail.of(api.start("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=token))
    assert (record.step, record.target) == ("REFRESH_TOKEN_AUTH", "alice")
    pool.cognito.admin_disable_user(UserPoolId=pool.id, Username="alice")
    late = trail.of(refused(lambda: api.start("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=token)))
    assert (late.target, late.reason) == ("alice", "UserDisabled")


def test_audit_sign_in_holds_no_password_or_token(
    pool: PoolForTest, server: RunningServer, trail: Trail
) -> None:
    api = AuthApi(pool, by_admin=False)
    last = api.by_password()
    result = result_of(last)
    refused(api.by_password, password=WRONG)
    trail.of(last)
    kept = text_of(tables(store_url(server.settings)))  # nor does any other table
    for secret in (PASSWORD, WRONG, *(result[t] for t in ("AccessToken", "IdToken"))):
        assert secret not in kept
    assert result["RefreshToken"] not in kept


def test_audit_username_too_long_is_truncated(pool: PoolForTest, trail: Trail) -> None:
    """Anybody may send one, and each request leaves its record."""
    api = AuthApi(pool, by_admin=False)
    record = trail.of(refused(api.by_password, username="n" * 50_000))
    assert record.target == "n" * 128
