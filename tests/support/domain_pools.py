"""Pools with a domain and an app client for sign-ins at it, and browsers that visit the domain."""

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from poolhouse.app import App
from poolhouse.entities.authorization import BrowserSession
from poolhouse.entities.domains import CLASSIC
from poolhouse.entities.users import User
from poolhouse.services import browser_sessions
from poolhouse.services.context import Call, Caller
from poolhouse.services.user_lookup import find_user
from poolhouse.store import browser_sessions as stored_sessions
from support.page_browser import CALLBACK, Browser, Page
from support.prefix_domains import add_domain
from support.running_server import RunningServer
from support.served_pools import PoolForTest

LOGOUT = "https://app.example.com/bye"

OAUTH: dict[str, Any] = {
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["code", "implicit"],
    "AllowedOAuthScopes": ["openid", "email", "profile", "aws.cognito.signin.user.admin"],
    "SupportedIdentityProviders": ["COGNITO"],
    "CallbackURLs": [CALLBACK, "https://app.example.com/other"],
    "LogoutURLs": [LOGOUT],
    "ExplicitAuthFlows": [
        "ALLOW_USER_PASSWORD_AUTH",
        "ALLOW_USER_AUTH",
        "ALLOW_REFRESH_TOKEN_AUTH",
    ],
}
"""Members of an app client that may start sign-ins at the domain."""


class DomainPool:
    """A pool with a domain on a running server."""

    def __init__(
        self, server: RunningServer, pool: PoolForTest, pages_version: int = CLASSIC
    ) -> None:
        self.server = server
        self.pool = pool
        self.client_id = pool.client_id
        self.name = add_domain(server, pool, pages_version)
        self.root = f"/domains/{self.name}"
        self.url = f"{server.url}{self.root}"

    def browser(self) -> Browser:
        return Browser(self.server.port)

    def add_user(self, username: str = "alice", **attributes: str) -> None:
        self.pool.sign_up(username, attributes=attributes)
        self.pool.admin_confirm(username)

    def add_client(self, **members: Any) -> str:
        """Create another app client of the pool, and return its id."""
        made = self.pool.cognito.create_user_pool_client(
            UserPoolId=self.pool.id, **{"ClientName": "another", **OAUTH, **members}
        )
        client_id: str = made["UserPoolClient"]["ClientId"]
        return client_id

    def asked(self, **params: str | None) -> dict[str, str]:
        """Return the parameters of an authorization request; None leaves one out."""
        given: dict[str, str | None] = {
            "client_id": self.client_id,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": "openid email",
            "state": "s1",
            **params,
        }
        return {name: value for name, value in given.items() if value is not None}

    def authorize(self, browser: Browser | None = None, **params: str | None) -> Page:
        return (browser or self.browser()).get(
            f"{self.root}/oauth2/authorize", **self.asked(**params)
        )

    def signed_in(
        self,
        username: str = "alice",
        *,
        proofs: tuple[str, ...] | None = None,
        level: int = 1,
        ago: timedelta = timedelta(0),
        lifetime: timedelta = timedelta(hours=1),
    ) -> Browser:
        """Return a browser in which the user has signed in some time ago.

        A sign-in of long ago is one by passkey: the password of test users is newer.
        """
        shown = proofs or (("swk",) if ago else ("pwd",))

        async def begin(app: App) -> str:
            services = app.services
            now = datetime.now(UTC)
            caller = Caller(request_id="r", now=now, source_ip="192.0.2.7", user_agent="Test/1.0")
            call = Call(services, caller)
            found = await _user(app, self.pool.id, username)
            password = await services.store.users.password(found)
            session, cookie = browser_sessions.begin(
                call,
                found,
                client_id=self.client_id,
                domain=self.url,
                proofs=shown,
                password_version=password.version if password and "pwd" in shown else 0,
                level=level,
                device_key=None,
                lifetime=lifetime,
            )
            began = replace(
                session, started_at=session.started_at - ago, expires_at=session.expires_at - ago
            )
            await services.store.commit(stored_sessions.add(began))
            return cookie

        browser = self.browser()
        browser.cookies["cognito"] = self.server.run(begin)
        return browser

    def sessions(self, username: str = "alice") -> list[BrowserSession]:
        """Return the browser sessions of a user as they are stored."""

        async def read(app: App) -> list[BrowserSession]:
            user = await _user(app, self.pool.id, username)
            return await app.services.store.browser_sessions.of_user(user, 100)

        return self.server.run(read)


async def _user(app: App, pool_id: str, username: str) -> User:
    store = app.services.store
    pool = await store.pools.find(pool_id)
    assert pool is not None
    caller = Caller(request_id="r", now=datetime.now(UTC), source_ip=None, user_agent=None)
    user = await find_user(Call(app.services, caller), pool, username)
    assert user is not None
    return user
