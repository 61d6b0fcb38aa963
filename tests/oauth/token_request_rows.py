"""What the token endpoint refuses of any grant: the form, and the app client."""

import base64
from collections.abc import Callable
from typing import Any, NamedTuple

import httpx
from support.domain_endpoints import (
    MACHINE,
    WEB_APP,
    Endpoints,
    add_domain,
    add_resource_server,
    allow_scopes,
    code_of,
)
from support.running_server import RunningServer
from support.served_pools import NewPool, PoolForTest


class World:
    """A pool with alice, a domain, and an app client of each kind."""

    def __init__(self, server: RunningServer, new_pool: NewPool) -> None:
        self.server = server
        self.pool: PoolForTest = new_pool(client=WEB_APP)
        self.pool.sign_up(attributes={"email": "alice@example.com"})
        self.pool.admin_confirm()
        self.url = add_domain(server, self.pool)
        self.app = Endpoints(self.url, self.pool.client)
        self.machine = self.client(**MACHINE)
        add_resource_server(server, self.pool, "orders", "read", "write")
        allow_scopes(server, self.machine.client_id, "orders/read")

    def client(self, **settings: Any) -> Endpoints:
        made = self.pool.cognito.create_user_pool_client(
            UserPoolId=self.pool.id, ClientName="another", **settings
        )
        return Endpoints(self.url, made["UserPoolClient"])

    def code(self, **request: Any) -> str:
        return code_of(self.server, self.pool, **request)

    def tokens(self, **request: Any) -> dict[str, Any]:
        answer = self.app.exchange(self.code(**request))
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    def machine_token(self, **form: str | None) -> httpx.Response:
        return self.machine.token(**{"grant_type": "client_credentials", **form})


class Row(NamedTuple):
    """A request, the error that answers it, and where that is documented."""

    name: str
    request: Callable[[World], httpx.Response]
    error: str
    source: str
    description: str | None = None
    status: int = 400


def _raw(world: World, body: bytes, kind: str = "application/x-www-form-urlencoded") -> Any:
    headers = {"content-type": kind}
    return httpx.post(f"{world.url}/oauth2/token", content=body, headers=headers)


def _basic(world: World, userpass: str) -> httpx.Response:
    encoded = base64.b64encode(userpass.encode()).decode()
    return httpx.post(
        f"{world.url}/oauth2/token",
        data={"grant_type": "client_credentials"},
        headers={"authorization": f"Basic {encoded}"},
    )


FORM = [
    Row(
        "json_body",
        lambda w: _raw(w, b'{"grant_type":"refresh_token"}', "application/json"),
        "invalid_request",
        "amazon-cognito-auth-js#52",
    ),
    Row("empty_body", lambda w: _raw(w, b""), "invalid_request", "ev:oauth-4"),
    Row(
        "body_is_no_utf8",
        lambda w: _raw(w, b"grant_type=%ff&client_id=a"),
        "invalid_request",
        "ev:oauth-4",
    ),
    Row(
        "too_many_parameters",
        lambda w: _raw(w, b"&".join(b"p%d=1" % n for n in range(65))),
        "invalid_request",
        "ev:oauth-4",
    ),
    Row(
        "no_grant_type",
        lambda w: w.app.token(),
        "invalid_request",
        "ev:oauth-4",
    ),
    Row(
        "grant_type_without_value",
        lambda w: w.app.token(grant_type=""),
        "invalid_request",
        "RFC 6749 §3.2",
    ),
    Row(
        "doubled_parameter",
        lambda w: _raw(w, b"grant_type=refresh_token&grant_type=refresh_token"),
        "invalid_request",
        "RFC 6749 §3.2",
    ),
    Row(
        "parameters_in_the_query",
        lambda w: httpx.post(
            f"{w.url}/oauth2/token?grant_type=client_credentials", data=w.machine.credentials
        ),
        "invalid_request",
        "ev:domain-1.5",
    ),
    Row(
        "unknown_grant",
        lambda w: w.app.token(grant_type="password"),
        "unsupported_grant_type",
        "ev:oauth-4",
    ),
    Row(
        "no_client",
        lambda w: w.app.token(grant_type="refresh_token", client_id=None),
        "invalid_request",
        "ev:oauth-4",
    ),
]
CLIENTS = [
    Row(
        "unknown_client",
        lambda w: w.app.token(grant_type="refresh_token", client_id="1unknown2client"),
        "invalid_client",
        "amazon-cognito-auth-js#206",
    ),
    Row(
        "unknown_client_with_secret",
        lambda w: w.machine_token(client_id="1unknown2client"),
        "invalid_client",
        "amazon-cognito-auth-js#206",
    ),
    Row(
        "client_id_with_nul",
        lambda w: w.machine_token(client_id="a\0b"),
        "invalid_request",
        "ev:oauth-4",
    ),
    Row(
        "wrong_secret",
        lambda w: w.machine_token(client_secret="x" * 51),
        "invalid_client",
        "arctic#175",
    ),
    Row(
        "no_secret",
        lambda w: w.machine_token(client_secret=None),
        "invalid_client",
        "ev:oauth-4",
    ),
    Row(
        "secret_of_client_without_one",
        lambda w: w.app.token(grant_type="refresh_token", refresh_token="x", client_secret="y"),
        "invalid_client",
        "ev:oauth-4",
    ),
    Row(
        "basic_wrong_secret",
        lambda w: _basic(w, f"{w.machine.client_id}:{'x' * 51}"),
        "invalid_client",
        "ev:oauth-4",
    ),
    Row(
        "basic_without_colon",
        lambda w: _basic(w, w.machine.client_id),
        "invalid_client",
        "RFC 7617 §2",
    ),
    Row(
        "another_scheme",
        lambda w: w.machine.post(
            "/oauth2/token",
            {"grant_type": "client_credentials"},
            headers={"authorization": "Bearer abc"},
        ),
        "invalid_client",
        "RFC 6749 §5.2",
    ),
    Row(
        "basic_and_form_name_two_clients",
        lambda w: w.machine.post(
            "/oauth2/token",
            {"grant_type": "client_credentials", "client_id": w.app.client_id},
            auth=(w.machine.client_id, w.machine.secret or ""),
        ),
        "invalid_request",
        "ev:oauth-4",
    ),
    Row(
        "basic_and_form_have_two_secrets",
        lambda w: w.machine.post(
            "/oauth2/token",
            {"grant_type": "client_credentials", "client_secret": "another"},
            auth=(w.machine.client_id, w.machine.secret or ""),
        ),
        "invalid_request",
        "ev:oauth-4",
    ),
]
