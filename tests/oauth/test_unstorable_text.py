"""Text that no store takes, in every parameter of every endpoint and page: never a failure."""

from urllib.parse import quote

import pytest
from support.domain_endpoints import MACHINE, Endpoints, add_domain
from support.domain_pools import OAUTH
from support.page_browser import CALLBACK
from support.running_server import RunningServer
from support.served_pools import NewPool
from support.wire_client import Wire

from poolhouse.oauth.routes import endpoints
from poolhouse.pages.hosted_ui.routes import PAGES
from poolhouse.services.domain_extras import DomainExtras

pytestmark = pytest.mark.both_stores

NAMES = (
    *("client_id", "client_secret", "redirect_uri", "response_type", "scope", "state", "nonce"),
    *("code_challenge", "resource", "audience", "acr_values", "max_age", "prompt", "login_hint"),
    *("lang", "identity_provider", "idp_identifier", "logout_uri", "post_logout_redirect_uri"),
    *("id_token_hint", "grant_type", "code", "code_verifier", "refresh_token", "token"),
    *("subject_token", "actor_token", "aws_client_metadata", "device_code", "user_code"),
    *("_csrf", "username", "password", "new_password", "confirm_password", "session", "account"),
    *("challenge", "answer", "email", "phone_number", "requiredAttributes[email]", "x"),
)
TOKEN = "0f0f0f0f-0f0f-4f0f-8f0f-0f0f0f0f0f0f"
UNSTORABLE = {"nul": "a%00b", "surrogate": "a%ED%A0%80b", "no_utf8": "a%FFb"}
SITES = {("POST", page.path) for page in PAGES if page.post} | {("GET", "/logout")}
REQUESTS = sorted({("GET", page.path) for page in PAGES} | SITES | endpoints(DomainExtras()).keys())


def encoded(**params: str) -> str:
    return "&".join(f"{quote(name)}={value}" for name, value in params.items())


@pytest.mark.parametrize("kind", UNSTORABLE)
def test_unstorable_text_in_any_parameter_is_no_failure(
    server: RunningServer, new_pool: NewPool, kind: str
) -> None:
    pool = new_pool(client=OAUTH)
    root = add_domain(server, pool).removeprefix(server.url)
    asked = {"client_id": pool.client_id, "redirect_uri": quote(CALLBACK), "response_type": "code"}
    form = {"_csrf": TOKEN, "username": "alice", "grant_type": "refresh_token"}
    failed: list[object] = []
    with Wire(server.port) as wire:
        for method, path in REQUESTS:
            for name in NAMES if kind == "nul" else ("state", "scope", "username"):
                spoilt = {name: UNSTORABLE[kind]}
                in_query = method == "GET"
                query = encoded(**{**asked, **spoilt}) if in_query else encoded(**asked)
                body = "" if in_query else encoded(**{**asked, **form, **spoilt})
                sent = (
                    f"{method} {root}{path}?{query} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
                    f"Cookie: XSRF-TOKEN={TOKEN}\r\nContent-Length: {len(body)}\r\n"
                    f"Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}"
                )
                answer = wire.ask(sent.encode(), method)
                failed += [(method, path, name, answer.status)] * (answer.status >= 500)
                is_failure = "server_error" in (answer.header("location") or "")
                failed += [(method, path, name, answer.header("location"))] * is_failure
    assert failed == []


def test_unstorable_text_in_a_scope_of_a_machine_is_refused(
    server: RunningServer, new_pool: NewPool
) -> None:
    """PostgreSQL would be asked for a resource server of this name."""
    pool = new_pool(client=MACHINE)
    machine = Endpoints(add_domain(server, pool), pool.client)
    answer = machine.token(grant_type="client_credentials", scope="a\0/b")
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})


@pytest.mark.parametrize("path", ["/branding/a%00/b/c/d.css", "/branding/a/style/c%00/d.css"])
def test_unstorable_text_in_a_path_is_refused(
    server: RunningServer, new_pool: NewPool, path: str
) -> None:
    root = add_domain(server, new_pool(client=OAUTH)).removeprefix(server.url)
    with Wire(server.port) as wire:
        answer = wire.ask(f"GET {root}{path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    assert answer.status == 400
