"""Token introspection (RFC 7662), if the setting is on."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from support.domain_endpoints import MACHINE, WEB_APP, Endpoints, add_domain, code_of
from support.running_server import RunningServer, running
from support.served_pools import PoolForTest

INACTIVE = {"active": False}


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with the settings beyond AWS."""
    folder = tmp_path_factory.mktemp("extended")
    with running(folder, token_introspection=True, advertise_pkce=True) as server:
        yield server


@pytest.fixture
def alice(extended: RunningServer) -> PoolForTest:
    pool = PoolForTest(extended.client(), {**WEB_APP, "GenerateSecret": True})
    pool.cognito.admin_create_user(UserPoolId=pool.id, Username="alice", MessageAction="SUPPRESS")
    return pool


@pytest.fixture
def app(extended: RunningServer, alice: PoolForTest) -> Endpoints:
    return Endpoints(add_domain(extended, alice), alice.client)


@pytest.fixture
def tokens(extended: RunningServer, alice: PoolForTest, app: Endpoints) -> dict[str, Any]:
    made: dict[str, Any] = app.exchange(code_of(extended, alice)).json()
    return made


def introspects(app: Endpoints, token: str | None, **more: str | None) -> httpx.Response:
    return app.post("/oauth2/introspect", {"token": token, **more})


def client_of(pool: PoolForTest, app: Endpoints, **settings: Any) -> Endpoints:
    made = pool.cognito.create_user_pool_client(UserPoolId=pool.id, ClientName="other", **settings)
    return Endpoints(app.url, made["UserPoolClient"])


def test_introspection_shows_a_valid_access_token(
    alice: PoolForTest, app: Endpoints, tokens: dict[str, Any]
) -> None:
    shown = introspects(app, tokens["access_token"]).json()
    assert (shown["active"], shown["token_type"], shown["scope"]) == (True, "Bearer", "openid")
    assert (shown["client_id"], shown["username"]) == (alice.client_id, "alice")
    assert shown["sub"] == alice.user()["attributes"]["sub"]


def test_introspection_shows_a_machines_token_while_it_exists(
    app: Endpoints, alice: PoolForTest
) -> None:
    machine = client_of(alice, app, **MACHINE)
    token = machine.token(grant_type="client_credentials").json()["access_token"]
    assert introspects(app, token).json()["client_id"] == machine.client_id
    alice.cognito.delete_user_pool_client(UserPoolId=alice.id, ClientId=machine.client_id)
    assert introspects(app, token).json() == INACTIVE


def test_introspection_of_refresh_token_is_its_clients_own(
    app: Endpoints, alice: PoolForTest, tokens: dict[str, Any]
) -> None:
    assert introspects(app, tokens["refresh_token"]).json()["active"] is True
    other = client_of(alice, app, **MACHINE)
    assert introspects(other, tokens["refresh_token"]).json() == INACTIVE


def test_introspection_of_revoked_tokens_is_inactive(
    app: Endpoints, tokens: dict[str, Any]
) -> None:
    app.post("/oauth2/revoke", {"token": tokens["refresh_token"]})
    for kind in ("access_token", "refresh_token"):
        assert introspects(app, tokens[kind]).json() == INACTIVE


@pytest.mark.parametrize("token", ["x", "a.b.c", "\u20ac" * 9])
def test_introspection_of_other_text_is_inactive(app: Endpoints, token: str) -> None:
    assert introspects(app, token).json() == INACTIVE


def test_introspection_of_another_pools_token_is_inactive(
    extended: RunningServer, tokens: dict[str, Any]
) -> None:
    other = PoolForTest(extended.client(), MACHINE)
    foreign = Endpoints(add_domain(extended, other), other.client)
    for kind in ("access_token", "refresh_token"):
        assert introspects(foreign, tokens[kind]).json() == INACTIVE


def test_introspection_needs_a_client_with_its_secret(alice: PoolForTest, app: Endpoints) -> None:
    public = client_of(alice, app, **WEB_APP)
    for client in (public, app):
        answer = introspects(client, "x", client_secret=None)
        assert (answer.status_code, answer.json()) == (400, {"error": "invalid_client"})


def test_introspection_is_absent_by_default(server: RunningServer) -> None:
    pool = PoolForTest(server.client(), MACHINE)
    machine = Endpoints(add_domain(server, pool), pool.client)
    assert introspects(machine, "x").status_code == 404


def test_discovery_names_what_is_beyond_aws(
    extended: RunningServer, alice: PoolForTest, app: Endpoints
) -> None:
    found = httpx.get(f"{extended.url}/{alice.id}/.well-known/openid-configuration").json()
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert found["introspection_endpoint"] == f"{app.url}/oauth2/introspect"
    assert list(found) == sorted(found)
