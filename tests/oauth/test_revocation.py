"""`/oauth2/revoke`, and RevokeToken of sign-ins at a domain (ev:oauth-5)."""

from typing import Any

import httpx
import pytest
from support.domain_endpoints import MACHINE, WEB_APP, Endpoints, add_domain, code_of
from support.running_server import RunningServer
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import claims_of

from poolhouse.app import App
from poolhouse.entities.authorization import BrowserSession


@pytest.fixture
def alice(new_pool: NewPool) -> PoolForTest:
    """A pool that tracks sessions, with alice."""
    made: PoolForTest = new_pool(client=WEB_APP)
    made.cognito.set_user_pool_session_configuration(
        UserPoolId=made.id, UserSessionTracking="ENABLED", TokenSession={"MaxPerUser": 20}
    )
    made.sign_up()
    made.admin_confirm()
    return made


@pytest.fixture
def app(server: RunningServer, alice: PoolForTest) -> Endpoints:
    return Endpoints(add_domain(server, alice), alice.client)


@pytest.fixture
def tokens(server: RunningServer, alice: PoolForTest, app: Endpoints) -> dict[str, Any]:
    made: dict[str, Any] = app.exchange(code_of(server, alice)).json()
    return made


def revokes(app: Endpoints, token: str | None, **more: str | None) -> httpx.Response:
    return app.post("/oauth2/revoke", {"token": token, **more})


def user_info(app: Endpoints, access_token: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {access_token}"}
    return httpx.get(f"{app.url}/oauth2/userInfo", headers=headers)


def test_revocation_ends_all_tokens_of_the_session(app: Endpoints, tokens: dict[str, Any]) -> None:
    assert user_info(app, tokens["access_token"]).status_code == 200
    answer = revokes(app, tokens["refresh_token"], token_type_hint="refresh_token")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert user_info(app, tokens["access_token"]).status_code == 401
    assert app.refresh(tokens["refresh_token"]).json() == {"error": "invalid_grant"}


@pytest.mark.parametrize("token", ["unknown", "\u20ac", "eyJ.a.b.c.d"])
def test_revocation_of_unknown_token_succeeds(app: Endpoints, token: str) -> None:
    """RFC 7009 §2.2."""
    assert revokes(app, token).status_code == 200


def test_revocation_of_revoked_token_succeeds(app: Endpoints, tokens: dict[str, Any]) -> None:
    for _ in range(2):
        assert revokes(app, tokens["refresh_token"]).status_code == 200


@pytest.mark.parametrize("kind", ["access_token", "id_token"])
def test_revocation_of_another_kind_is_refused(
    app: Endpoints, tokens: dict[str, Any], kind: str
) -> None:
    answer = revokes(app, tokens[kind])
    assert (answer.status_code, answer.json()) == (400, {"error": "unsupported_token_type"})


def test_revocation_without_token_is_refused(app: Endpoints) -> None:
    answer = revokes(app, None)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})


def test_revocation_that_is_off_is_refused(
    server: RunningServer, alice: PoolForTest, app: Endpoints
) -> None:
    made = alice.cognito.create_user_pool_client(
        UserPoolId=alice.id, ClientName="off", **WEB_APP, EnableTokenRevocation=False
    )["UserPoolClient"]
    off = Endpoints(app.url, made)
    given = off.exchange(code_of(server, alice, client_id=off.client_id)).json()
    answer = revokes(off, given["refresh_token"])
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})


@pytest.mark.parametrize("secret", ["x" * 51, None])
def test_revocation_by_unauthenticated_client_is_refused(
    server: RunningServer, new_pool: NewPool, secret: str | None
) -> None:
    """ev:oauth-5: 401 here, and 400 at the token endpoint."""
    pool = new_pool(client=MACHINE)
    machine = Endpoints(add_domain(server, pool), pool.client)
    answer = revokes(machine, "unknown", client_secret=secret)
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


def test_revocation_of_another_clients_token_is_refused(
    alice: PoolForTest, app: Endpoints, tokens: dict[str, Any]
) -> None:
    made = alice.cognito.create_user_pool_client(
        UserPoolId=alice.id, ClientName="other", **WEB_APP
    )["UserPoolClient"]
    answer = revokes(Endpoints(app.url, made), tokens["refresh_token"])
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})
    assert app.refresh(tokens["refresh_token"]).status_code == 200


def browser_session_of(
    server: RunningServer, alice: PoolForTest, tokens: dict[str, Any]
) -> BrowserSession:
    claims = claims_of(tokens["access_token"])

    async def read(app: App) -> BrowserSession:
        store = app.services.store
        session = await store.sessions.find(alice.id, claims["sub"], claims["event_id"])
        assert session is not None
        assert session.parent is not None
        found = await store.browser_sessions.find(alice.id, claims["sub"], session.parent)
        assert found is not None
        return found

    return server.run(read)


@pytest.mark.parametrize(("sessions", "ends"), [("LINKED", True), ("NONE", False)])
def test_revoke_token_linked_ends_the_browser_session(
    server: RunningServer,
    alice: PoolForTest,
    tokens: dict[str, Any],
    sessions: str,
    *,
    ends: bool,
) -> None:
    alice.cognito.revoke_token(
        Token=tokens["refresh_token"],
        ClientId=alice.client_id,
        RevokeAssociatedSessions=sessions,
    )
    assert browser_session_of(server, alice, tokens).revoked is ends
