"""Other people's OAuth clients of Python, as they come: requests-oauthlib and authlib.

Their users sign in at the domain's page, which a browser without script walks.
"""

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from authlib.integrations.base_client import MismatchingStateError, OAuthError
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from joserfc import jwt
from joserfc.errors import InvalidClaimError
from joserfc.jwk import KeySet
from oauthlib.oauth2 import (
    BackendApplicationClient,
    InvalidClientError,
    InvalidGrantError,
    OAuth2Error,
)
from oauthlib.oauth2 import MismatchingStateError as MismatchingState
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session
from starlette.requests import Request
from support.domain_endpoints import MACHINE, add_resource_server, allow_scopes
from support.page_browser import CALLBACK
from support.running_server import RunningServer
from support.sign_ins import claims_of
from support.signed_in_apps import EMAIL, App

with warnings.catch_warnings(record=True):  # that authlib would rather have another httpx
    from authlib.integrations.starlette_client import OAuth

SCOPES = ["openid", "email"]


@pytest.fixture(scope="module", params=["public", "confidential"])
def app(server: RunningServer, request: pytest.FixtureRequest) -> App:
    return App(server, {"GenerateSecret": request.param == "confidential"})


@pytest.fixture(scope="module")
def machine(server: RunningServer) -> App:
    made = App(server, MACHINE)
    add_resource_server(server, made.pool, "orders", "read")
    allow_scopes(server, made.client_id, "orders/read")
    return made


@pytest.fixture(autouse=True)
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[contextlib.ExitStack]:
    """Closes sessions. Oauthlib refuses plain HTTP otherwise."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.fixture
def session(opened: contextlib.ExitStack, app: App) -> Any:
    """A session of requests-oauthlib that uses PKCE."""
    return opened.enter_context(
        OAuth2Session(app.client_id, redirect_uri=CALLBACK, scope=SCOPES, pkce="S256")
    )


def credentials(app: App) -> dict[str, Any]:
    """What requests-oauthlib is told of the client's authentication: Basic, or only the id."""
    if app.secret:
        return {"auth": HTTPBasicAuth(app.client_id, app.secret)}
    return {"include_client_id": True}


def test_requests_oauthlib_signs_in_refreshes_and_reads_user_info(app: App, session: Any) -> None:
    url, _ = session.authorization_url(app.metadata["authorization_endpoint"], nonce="n1")
    tokens = session.fetch_token(
        app.metadata["token_endpoint"],
        authorization_response=app.returned(url),
        **credentials(app),
    )
    keys = KeySet.import_key_set(session.get(app.metadata["jwks_uri"]).json())
    claims = jwt.decode(tokens["id_token"], keys, algorithms=["RS256"]).claims
    assert (claims["iss"], claims["aud"]) == (app.issuer, app.client_id)
    assert (claims["nonce"], claims["email"]) == ("n1", EMAIL)
    assert session.get(app.metadata["userinfo_endpoint"]).json()["email"] == EMAIL
    sent = {"auth": credentials(app)["auth"]} if app.secret else {"client_id": app.client_id}
    renewed = session.refresh_token(app.metadata["token_endpoint"], **sent)
    assert renewed["access_token"] != tokens["access_token"]
    assert claims_of(renewed["id_token"])["origin_jti"] == claims["origin_jti"]


def test_requests_oauthlib_raises_the_errors_of_codes(app: App, session: Any) -> None:
    url, _ = session.authorization_url(app.metadata["authorization_endpoint"])
    returned, endpoint = app.returned(url), app.metadata["token_endpoint"]
    with pytest.raises(MismatchingState):
        session.fetch_token(endpoint, authorization_response=returned.replace("state=", "state=x"))
    session.fetch_token(endpoint, authorization_response=returned, **credentials(app))
    with pytest.raises(InvalidGrantError):
        session.fetch_token(endpoint, authorization_response=returned, **credentials(app))


def test_requests_oauthlib_raises_the_error_of_a_refused_request(app: App, session: Any) -> None:
    """The app gets it in the redirect: the scope isn't the client's."""
    session.scope = ["openid", "orders/read"]
    url, _ = session.authorization_url(app.metadata["authorization_endpoint"])
    with pytest.raises(OAuth2Error, match="invalid_scope"):
        session.fetch_token(
            app.metadata["token_endpoint"], authorization_response=app.returned(url)
        )


def test_requests_oauthlib_gets_a_machines_token(
    opened: contextlib.ExitStack, machine: App
) -> None:
    client = BackendApplicationClient(machine.client_id)
    session = opened.enter_context(OAuth2Session(client=client))
    tokens = session.fetch_token(
        machine.metadata["token_endpoint"],
        client_id=machine.client_id,
        client_secret=machine.secret,
        scope=["orders/read"],
    )
    assert claims_of(tokens["access_token"])["scope"] == "orders/read"
    with pytest.raises(InvalidClientError):
        session.fetch_token(
            machine.metadata["token_endpoint"],
            client_id=machine.client_id,
            client_secret="x" * 51,
        )


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_authlib_gets_a_machines_token(
    opened: contextlib.ExitStack, machine: App, method: str
) -> None:
    client = opened.enter_context(
        AuthlibSession(machine.client_id, machine.secret, token_endpoint_auth_method=method)
    )
    tokens = client.fetch_token(
        machine.metadata["token_endpoint"], grant_type="client_credentials", scope="orders/read"
    )
    assert claims_of(tokens["access_token"])["client_id"] == machine.client_id


def test_authlib_signs_in_refreshes_and_revokes(opened: contextlib.ExitStack, app: App) -> None:
    client = opened.enter_context(
        AuthlibSession(
            app.client_id,
            app.secret or None,
            redirect_uri=CALLBACK,
            scope=" ".join(SCOPES),
            token_endpoint_auth_method="client_secret_basic" if app.secret else "none",
            code_challenge_method="S256",
        )
    )
    verifier = "v" * 48
    url, state = client.create_authorization_url(
        app.metadata["authorization_endpoint"], code_verifier=verifier
    )
    endpoint, returned = app.metadata["token_endpoint"], app.returned(url)
    with pytest.raises(OAuthError, match="invalid_grant"):
        client.fetch_token(endpoint, authorization_response=returned, code_verifier="w" * 48)
    returned = app.returned(url)
    tokens = client.fetch_token(
        endpoint, authorization_response=returned, code_verifier=verifier, state=state
    )
    renewed = client.refresh_token(endpoint, refresh_token=tokens["refresh_token"])
    assert renewed["access_token"] != tokens["access_token"]
    info = app.metadata["userinfo_endpoint"]
    assert client.get(info).json()["username"] == "alice"
    revoked = client.revoke_token(
        app.metadata["revocation_endpoint"], token=tokens["refresh_token"]
    )
    assert revoked.status_code == 200
    assert client.get(info).status_code == 401


class AuthlibApp:
    """A web app that signs users in by authlib's integration for Starlette, set up by discovery."""

    def __init__(self, app: App) -> None:
        self.session: dict[str, Any] = {}
        self.client = OAuth().register(
            "cognito",
            server_metadata_url=app.metadata_url,
            client_id=app.client_id,
            client_secret=app.secret or None,
            client_kwargs={
                "scope": " ".join(SCOPES),
                "code_challenge_method": "S256",
                "token_endpoint_auth_method": "client_secret_post" if app.secret else "none",
            },
        )

    async def begin(self, **asked: str) -> str:
        """Return the URL to which the app redirects the browser."""
        response = await self.client.authorize_redirect(self._request(""), CALLBACK, **asked)
        return str(response.headers["location"])

    async def end(self, returned: str) -> Any:
        """Return the tokens for the URL with which the browser comes back."""
        return await self.client.authorize_access_token(self._request(urlsplit(returned).query))

    def _request(self, query: str) -> Request:
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/",
            "headers": [],
            "query_string": query.encode(),
            "session": self.session,
        }
        return Request(scope)


async def test_authlib_web_app_verifies_nonce_issuer_and_at_hash(app: App) -> None:
    web = AuthlibApp(app)
    url = await web.begin()
    asked = dict(parse_qsl(urlsplit(url).query))
    assert asked.keys() >= {"nonce", "state", "code_challenge"}
    tokens = await web.end(app.returned(url))
    assert tokens["userinfo"]["nonce"] == asked["nonce"]
    assert tokens["userinfo"]["sub"] == app.sub()
    assert tokens["userinfo"]["at_hash"]
    info = await web.client.userinfo(token=tokens)
    assert (info["sub"], info["email"]) == (app.sub(), EMAIL)


async def test_authlib_web_app_refuses_another_nonce(app: App) -> None:
    web = AuthlibApp(app)
    url = await web.begin(nonce="mine")
    returned = app.returned(url.replace("nonce=mine", "nonce=theirs"))
    with pytest.raises(InvalidClaimError, match="nonce"):
        await web.end(returned)


async def test_authlib_web_app_refuses_another_state(app: App) -> None:
    web = AuthlibApp(app)
    returned = app.returned(await web.begin())
    with pytest.raises(MismatchingStateError):
        await web.end(returned.replace("state=", "state=x"))


async def test_authlib_web_app_reports_that_no_session_is_there(app: App) -> None:
    web = AuthlibApp(app)
    returned = app.returned(await web.begin(prompt="none"))
    with pytest.raises(OAuthError, match="login_required"):
        await web.end(returned)
