"""What the token endpoint refuses: one row a situation, with the source of its error."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from msgspec.structs import replace
from support.domain_endpoints import CHALLENGE, VERIFIER, WEB_APP, Endpoints, allow_scopes
from support.page_browser import CALLBACK
from support.running_server import RunningServer
from support.served_pools import NewPool

from oauth.token_request_rows import CLIENTS, FORM, Row, World
from poolhouse.app import App
from poolhouse.crypto.contexts import Context


@pytest.fixture
def world(server: RunningServer, new_pool: NewPool) -> World:
    return World(server, new_pool)


def _expired(world: World) -> httpx.Response:
    code = world.code()

    async def age(app: App) -> None:
        services = app.services
        digest = services.sealer.digest(code.encode(), Context.AUTHORIZATION_CODE)
        granted = await services.store.authorization_codes.find(digest)
        assert granted is not None
        past = replace(granted, expires_at=datetime.now(UTC) - timedelta(seconds=1))
        await services.store.commit(services.store.authorization_codes.save(past))

    world.server.run(age)
    return world.app.exchange(code)


def _twice(world: World) -> httpx.Response:
    code = world.code()
    assert world.app.exchange(code).status_code == 200
    return world.app.exchange(code)


def _half_readable(world: World) -> httpx.Response:
    client = world.client(**WEB_APP, ReadAttributes=["email"])
    code = world.code(client_id=client.client_id, scopes=("openid", "email"))
    return client.exchange(code)


def _of_disabled_user(world: World) -> httpx.Response:
    code = world.code()
    world.pool.cognito.admin_disable_user(UserPoolId=world.pool.id, Username="alice")
    return world.app.exchange(code)


def _revoked(world: World) -> httpx.Response:
    token = world.tokens()["refresh_token"]
    assert world.app.post("/oauth2/revoke", {"token": token}).status_code == 200
    return world.app.refresh(token)


def _signed_out(world: World) -> httpx.Response:
    token = world.tokens()["refresh_token"]
    world.pool.cognito.admin_user_global_sign_out(UserPoolId=world.pool.id, Username="alice")
    return world.app.refresh(token)


def _deleted_server(world: World) -> httpx.Response:
    allow_scopes(world.server, world.machine.client_id, "gone/read")
    return world.machine_token()


EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS = "urn:ietf:params:oauth:token-type:access_token"

CODES = [
    Row(
        "no_code",
        lambda w: w.app.token(grant_type="authorization_code", redirect_uri=CALLBACK),
        "invalid_request",
        "ev:oauth-4",
    ),
    Row(
        "no_redirect_uri",
        lambda w: w.app.exchange(w.code(), redirect_uri=None),
        "invalid_request",
        "ev:oauth-4",
    ),
    Row("unknown_code", lambda w: w.app.exchange("x" * 36), "invalid_grant", "ev:oauth-4"),
    Row("endless_code", lambda w: w.app.exchange("x" * 9_000), "invalid_grant", "ev:oauth-4"),
    Row("expired_code", _expired, "invalid_grant", "ev:oauth-3"),
    Row("used_code", _twice, "invalid_grant", "ev:oauth-4"),
    Row(
        "code_of_another_client",
        lambda w: w.client(**WEB_APP).exchange(w.code()),
        "invalid_grant",
        "RFC 6749 §5.2",
    ),
    Row(
        "another_redirect_uri",
        lambda w: w.app.exchange(w.code(), redirect_uri=f"{CALLBACK}/"),
        "unauthorized_client",
        "ev:oauth-4",
        "invalid_redirect",
    ),
    Row(
        "no_verifier",
        lambda w: w.app.exchange(w.code(code_challenge=CHALLENGE)),
        "invalid_request",
        "ev:oauth-4",
    ),
    Row(
        "wrong_verifier",
        lambda w: w.app.exchange(w.code(code_challenge=CHALLENGE), code_verifier="y" * 43),
        "invalid_grant",
        "RFC 7636 §4.6",
    ),
    Row(
        "short_verifier",
        lambda w: w.app.exchange(w.code(code_challenge=CHALLENGE), code_verifier=VERIFIER[:42]),
        "invalid_grant",
        "RFC 7636 §4.1",
    ),
    Row(
        "verifier_without_challenge",
        lambda w: w.app.exchange(w.code(), code_verifier=VERIFIER),
        "invalid_grant",
        "RFC 9700 §4.8.2",
    ),
    Row("attributes_half_readable", _half_readable, "invalid_grant", "ev:oauth-4"),
    Row("code_of_disabled_user", _of_disabled_user, "invalid_grant", "ev:oauth-4"),
    Row(
        "code_at_client_without_the_flow",
        lambda w: w.machine.exchange(w.code()),
        "unauthorized_client",
        "ev:oauth-4",
    ),
]
REFRESHES = [
    Row(
        "no_refresh_token",
        lambda w: w.app.token(grant_type="refresh_token"),
        "invalid_request",
        "ev:oauth-4",
    ),
    Row("foreign_refresh_token", lambda w: w.app.refresh("eyJ"), "invalid_grant", "ev:oauth-4"),
    Row(
        "access_token_as_refresh_token",
        lambda w: w.app.refresh(w.tokens()["access_token"]),
        "invalid_grant",
        "ev:oauth-4",
    ),
    Row("revoked_refresh_token", _revoked, "invalid_grant", "ev:oauth-4"),
    Row("refresh_token_signed_out", _signed_out, "invalid_grant", "ev:oauth-4"),
    Row(
        "refresh_token_of_another_client",
        lambda w: w.client(**WEB_APP).refresh(w.tokens()["refresh_token"]),
        "invalid_grant",
        "RFC 6749 §5.2",
    ),
    Row(
        "refresh_token_at_a_machine",
        lambda w: w.machine.refresh(w.tokens()["refresh_token"]),
        "unauthorized_client",
        "ev:oauth-4",
    ),
]
MACHINES = [
    Row(
        "client_credentials_at_client_without_the_flow",
        lambda w: w.app.token(grant_type="client_credentials"),
        "unauthorized_client",
        "ev:oauth-4",
    ),
    Row(
        "unknown_scope",
        lambda w: w.machine_token(scope="orders/delete"),
        "invalid_scope",
        "ev:oauth-4",
    ),
    Row(
        "unknown_resource_server",
        lambda w: w.machine_token(scope="orders/read invoices/read"),
        "invalid_scope",
        "ev:oauth-4",
    ),
    Row(
        "scope_not_allowed",
        lambda w: w.machine_token(scope="orders/read orders/write"),
        "invalid_grant",
        "ev:oauth-4",
    ),
    Row("scope_of_users", lambda w: w.machine_token(scope="openid"), "invalid_grant", "ev:oauth-4"),
    Row(
        "malformed_scope",
        lambda w: w.machine_token(scope='orders/read"'),
        "invalid_scope",
        "RFC 6749 §3.3",
    ),
    Row("only_deleted_scopes", _deleted_server, "invalid_scope", "ev:oauth-12"),
    Row(
        "metadata_is_no_object",
        lambda w: w.machine_token(aws_client_metadata="[1]"),
        "invalid_request",
        "ev:oauth-4",
    ),
]
EXCHANGES = [
    Row(
        "no_subject_token",
        lambda w: w.app.token(grant_type=EXCHANGE, subject_token_type=ACCESS),
        "invalid_request",
        "RFC 8693 §2.1",
    ),
    Row(
        "no_subject_token_type",
        lambda w: w.app.token(grant_type=EXCHANGE, subject_token="x"),
        "invalid_request",
        "RFC 8693 §2.1",
    ),
    Row(
        "unknown_token_type",
        lambda w: w.app.token(grant_type=EXCHANGE, subject_token="x", subject_token_type="jwt"),
        "invalid_request",
        "RFC 8693 §2.1",
    ),
    Row(
        "client_may_not_exchange",
        lambda w: w.app.token(
            grant_type=EXCHANGE,
            subject_token=w.tokens()["access_token"],
            subject_token_type=ACCESS,
        ),
        "unauthorized_client",
        "ev:oauth-16",
    ),
]
ROWS = [*FORM, *CLIENTS, *CODES, *REFRESHES, *MACHINES, *EXCHANGES]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_token_request_is_refused(world: World, row: Row) -> None:
    answer = row.request(world)
    wanted = {"error": row.error}
    if row.description is not None:
        wanted["error_description"] = row.description
    assert (answer.status_code, answer.json()) == (row.status, wanted)
    assert answer.headers["content-type"] == "application/json;charset=UTF-8"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "no-store" in answer.headers["cache-control"]
    assert answer.headers["x-amz-cognito-request-id"]


def test_token_refusals_have_a_source() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)
    assert all(row.source for row in ROWS)


def test_token_endpoint_takes_post_only(world: World) -> None:
    assert httpx.get(f"{world.url}/oauth2/token").status_code == 405


def test_client_of_another_pool_is_unknown_at_the_domain(world: World, new_pool: NewPool) -> None:
    other = new_pool(client=WEB_APP)
    answer = Endpoints(world.url, other.client).token(grant_type="refresh_token", refresh_token="x")
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_client"})
