"""Pools with a domain, codes of its authorization endpoint, and requests to its endpoints."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import httpx
from msgspec.structs import replace

from poolhouse.app import App
from poolhouse.auth import authorization
from poolhouse.entities.authorization import AuthorizationRequest
from poolhouse.entities.pool_resources import ResourceServer
from poolhouse.services import browser_sessions, client_documents
from poolhouse.services.context import Caller, ClientCall
from poolhouse.store import browser_sessions as stored_sessions
from poolhouse.store import pool_resources
from poolhouse.wire.structs import ResourceServerScopeType
from support import prefix_domains
from support.page_browser import CALLBACK
from support.running_server import RunningServer
from support.served_pools import PoolForTest

VERIFIER: Final = "a-code-verifier-of-43-characters-or-more-0123"
CHALLENGE: Final = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
)
WEB_APP: Final = {
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["code", "implicit"],
    "AllowedOAuthScopes": [
        *("openid", "email", "phone", "profile", "aws.cognito.signin.user.admin")
    ],
    "CallbackURLs": [CALLBACK],
    "SupportedIdentityProviders": ["COGNITO"],
}
"""Settings of an app client for users."""
MACHINE: Final = {
    "GenerateSecret": True,
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["client_credentials"],
    "AllowedOAuthScopes": ["aws.cognito/dcr/register"],
}
"""Settings of an app client that acts for itself."""


def add_domain(server: RunningServer, pool: PoolForTest) -> str:
    """Give the pool a prefix domain. Returns the URL of its endpoints below `/domains/`."""
    return f"{server.url}/domains/{prefix_domains.add_domain(server, pool)}"


def add_resource_server(
    server: RunningServer, pool: PoolForTest, identifier: str, *scopes: str
) -> ResourceServer:
    """Give the pool a resource server with these names of scopes."""
    now = datetime.now(UTC)
    made = ResourceServer(
        pool_id=pool.id,
        created_at=now,
        modified_at=now,
        identifier=identifier,
        name=identifier,
        scopes=tuple(
            ResourceServerScopeType(ScopeName=name, ScopeDescription=name) for name in scopes
        ),
    )
    server.run(lambda app: app.services.store.commit(pool_resources.add(made)))
    return made


def allow_scopes(server: RunningServer, client_id: str, *scopes: str) -> None:
    """Give the app client these scopes instead of its own, whether they exist or not."""

    async def allow(app: App) -> None:
        store = app.services.store
        await store.configuration.refresh()
        client = await store.clients.find(client_id)
        assert client is not None
        settings = replace(client.settings, AllowedOAuthScopes=list(scopes))
        await store.commit(store.clients.save(replace(client, settings=settings)))

    server.run(allow)


def code_of(
    server: RunningServer, pool: PoolForTest, username: str = "alice", **request: Any
) -> str:
    """A code for the user who is signed in at the pool's domain; `request` is the app's."""
    asked = AuthorizationRequest(
        **{
            "client_id": pool.client_id,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scopes": ("openid",),
            **request,
        }
    )

    sub = pool.user(username)["attributes"]["sub"]

    async def resume(app: App) -> str:
        services, now = app.services, datetime.now(UTC)
        await services.store.configuration.refresh()
        stored = await services.store.pools.find(pool.id)
        assert stored is not None
        client = await client_documents.find_client(services, stored, asked.client_id, now)
        assert client is not None
        user = await services.store.users.by_sub(pool.id, sub)
        assert user is not None
        caller = Caller(request_id="r", now=now, source_ip="127.0.0.1", user_agent="test")
        call = ClientCall(services, caller, pool=stored, client=client)
        session, _ = browser_sessions.begin(
            call,
            user,
            client_id=asked.client_id,
            domain=server.url,
            proofs=("pwd",),
            password_version=1,
            level=1,
            device_key=None,
        )
        await services.store.commit(stored_sessions.add(session))
        signed_in = browser_sessions.SignedIn(session, user)
        code, _ = await authorization.resume(call, stored, client, signed_in, asked)
        assert code is not None
        return code

    return server.run(resume)


class Endpoints:
    """The endpoints of a domain, for one app client by default."""

    def __init__(self, url: str, client: Mapping[str, Any]) -> None:
        self.url = url
        self.client_id = str(client["ClientId"])
        self.secret: str | None = client.get("ClientSecret")

    @property
    def credentials(self) -> dict[str, str]:
        """The client's id and, if it has one, its secret, for a form."""
        named = {"client_id": self.client_id}
        return named if self.secret is None else {**named, "client_secret": self.secret}

    def post(self, path: str, form: Mapping[str, str | None], **more: Any) -> httpx.Response:
        """POST a form as the app client; a parameter of None is absent."""
        fields = {**self.credentials, **form}
        sent = {name: value for name, value in fields.items() if value is not None}
        return httpx.post(f"{self.url}{path}", data=sent, **more)

    def token(self, **form: str | None) -> httpx.Response:
        """Ask the token endpoint."""
        return self.post("/oauth2/token", form)

    def exchange(self, code: str, **form: str | None) -> httpx.Response:
        """Exchange a code."""
        return self.token(
            **{
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": CALLBACK,
                **form,
            }
        )

    def refresh(self, token: str, **form: str | None) -> httpx.Response:
        """Refresh tokens."""
        return self.token(**{"grant_type": "refresh_token", "refresh_token": token, **form})
