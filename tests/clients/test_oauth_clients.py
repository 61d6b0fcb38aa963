"""Other people's OAuth clients of Python, as they come: requests-oauthlib and authlib."""

import contextlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from joserfc import jwt
from joserfc.jwk import KeySet
from oauthlib.oauth2 import BackendApplicationClient, InvalidClientError, InvalidGrantError
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session
from support.domain_endpoints import (
    CALLBACK,
    CHALLENGE,
    MACHINE,
    VERIFIER,
    WEB_APP,
    add_domain,
    add_resource_server,
    allow_scopes,
    code_of,
)
from support.running_server import RunningServer
from support.served_pools import PoolForTest
from support.sign_ins import claims_of

SCOPES = ["openid", "email"]


class Site:
    """A pool with alice, and what discovery says of its domain."""

    def __init__(self, server: RunningServer, **client: Any) -> None:
        self.server = server
        self.pool = PoolForTest(server.client(), client)
        self.pool.cognito.admin_create_user(
            UserPoolId=self.pool.id,
            Username="alice",
            UserAttributes=[{"Name": "email", "Value": "alice@example.com"}],
            MessageAction="SUPPRESS",
        )
        add_domain(server, self.pool)
        self.client_id, self.secret = self.pool.client_id, self.pool.client.get("ClientSecret", "")
        self.issuer = f"{server.url}/{self.pool.id}"
        found = httpx.get(f"{self.issuer}/.well-known/openid-configuration")
        self.discovered: dict[str, Any] = found.json()

    def returned(self, **request: Any) -> str:
        """The URL to which the domain sends the browser back."""
        code = code_of(self.server, self.pool, scopes=tuple(SCOPES), **request)
        return f"{CALLBACK}?{urlencode({'code': code, 'state': 's1'})}"


@pytest.fixture(params=["public", "confidential"])
def site(server: RunningServer, request: pytest.FixtureRequest) -> Site:
    return Site(server, **WEB_APP, GenerateSecret=request.param == "confidential")


@pytest.fixture
def machine(server: RunningServer) -> Site:
    site = Site(server, **MACHINE)
    add_resource_server(server, site.pool, "orders", "read")
    allow_scopes(server, site.client_id, "orders/read")
    return site


@pytest.fixture(autouse=True)
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[contextlib.ExitStack]:
    """Closes sessions. Oauthlib refuses plain HTTP otherwise."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    with contextlib.ExitStack() as stack:
        yield stack


def test_requests_oauthlib_signs_in_refreshes_and_reads_user_info(
    opened: contextlib.ExitStack, site: Site
) -> None:
    asked = OAuth2Session(site.client_id, redirect_uri=CALLBACK, scope=SCOPES, state="s1")
    session = opened.enter_context(asked)
    tokens = session.fetch_token(
        site.discovered["token_endpoint"],
        authorization_response=site.returned(code_challenge=CHALLENGE),
        code_verifier=VERIFIER,
        client_secret=site.secret or None,
        include_client_id=True if not site.secret else None,
    )
    keys = KeySet.import_key_set(session.get(site.discovered["jwks_uri"]).json())
    claims = jwt.decode(tokens["id_token"], keys, algorithms=["RS256"]).claims
    assert (claims["iss"], claims["aud"]) == (site.issuer, site.client_id)
    assert session.get(site.discovered["userinfo_endpoint"]).json()["email"] == "alice@example.com"
    auth = HTTPBasicAuth(site.client_id, site.secret) if site.secret else None
    body = {} if site.secret else {"client_id": site.client_id}
    renewed = session.refresh_token(site.discovered["token_endpoint"], auth=auth, **body)
    assert renewed["access_token"] != tokens["access_token"]


def test_requests_oauthlib_raises_the_error_of_a_used_code(
    opened: contextlib.ExitStack, site: Site
) -> None:
    asked = OAuth2Session(site.client_id, redirect_uri=CALLBACK, scope=SCOPES, state="s1")
    session = opened.enter_context(asked)
    returned = site.returned()
    sent: dict[str, Any] = {
        "authorization_response": returned,
        "client_secret": site.secret or None,
        "include_client_id": True if not site.secret else None,
    }
    session.fetch_token(site.discovered["token_endpoint"], **sent)
    with pytest.raises(InvalidGrantError):
        session.fetch_token(site.discovered["token_endpoint"], **sent)


def test_requests_oauthlib_gets_a_machines_token(
    opened: contextlib.ExitStack, machine: Site
) -> None:
    session = opened.enter_context(
        OAuth2Session(client=BackendApplicationClient(machine.client_id))
    )
    tokens = session.fetch_token(
        machine.discovered["token_endpoint"],
        client_id=machine.client_id,
        client_secret=machine.secret,
        scope=["orders/read"],
    )
    assert claims_of(tokens["access_token"])["scope"] == "orders/read"
    with pytest.raises(InvalidClientError):
        session.fetch_token(
            machine.discovered["token_endpoint"],
            client_id=machine.client_id,
            client_secret="x" * 51,
        )


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_authlib_gets_a_machines_token(
    opened: contextlib.ExitStack, machine: Site, method: str
) -> None:
    client = opened.enter_context(
        AuthlibSession(machine.client_id, machine.secret, token_endpoint_auth_method=method)
    )
    tokens = client.fetch_token(
        machine.discovered["token_endpoint"], grant_type="client_credentials", scope="orders/read"
    )
    assert claims_of(tokens["access_token"])["client_id"] == machine.client_id


def test_authlib_signs_in_refreshes_and_revokes(opened: contextlib.ExitStack, site: Site) -> None:
    client = opened.enter_context(
        AuthlibSession(
            site.client_id,
            site.secret or None,
            redirect_uri=CALLBACK,
            scope=" ".join(SCOPES),
            token_endpoint_auth_method="client_secret_basic" if site.secret else "none",
        )
    )
    endpoint = site.discovered["token_endpoint"]
    tokens = client.fetch_token(
        endpoint,
        authorization_response=site.returned(code_challenge=CHALLENGE),
        code_verifier=VERIFIER,
        state="s1",
    )
    renewed = client.refresh_token(endpoint, refresh_token=tokens["refresh_token"])
    assert renewed["access_token"] != tokens["access_token"]
    info = site.discovered["userinfo_endpoint"]
    assert client.get(info).json()["username"] == "alice"
    revoked = client.revoke_token(
        site.discovered["revocation_endpoint"], token=tokens["refresh_token"]
    )
    assert revoked.status_code == 200
    assert client.get(info).status_code == 401
