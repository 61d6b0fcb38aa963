"""Pools with a domain and an app client for sign-ins at it, and browsers that visit the domain."""

import http.client
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from msgspec.structs import replace

from poolhouse.app import App
from poolhouse.entities.authorization import BrowserSession
from poolhouse.entities.domains import CLASSIC, Domain
from poolhouse.entities.users import User
from poolhouse.services import browser_sessions
from poolhouse.services.context import Call, Caller
from poolhouse.services.user_lookup import find_user
from poolhouse.store import browser_sessions as stored_sessions
from poolhouse.store import domains
from support.running_server import RunningServer
from support.served_pools import PoolForTest

CALLBACK = "https://app.example.com/callback"
LOGOUT = "https://app.example.com/bye"
PASSWORD = "Correct-Horse-9!"

_numbers = itertools.count(1)

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


@dataclass
class Page:
    """A response as a browser gets it, redirects not followed."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return found[0] if found else None

    @property
    def location(self) -> str:
        found = self.header("location")
        assert found is not None, (self.status, self.body[:300])
        return found

    @property
    def query(self) -> dict[str, str]:
        """Parameters in the query of the location."""
        return _single(urlsplit(self.location).query)

    @property
    def fragment(self) -> dict[str, str]:
        """Parameters in the fragment of the location."""
        return _single(urlsplit(self.location).fragment)

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def set_cookies(self) -> dict[str, Any]:
        found: SimpleCookie = SimpleCookie()
        for name, value in self.headers:
            if name.lower() == "set-cookie":
                found.load(value)
        return dict(found)


@dataclass
class Browser:
    """A browser without script that keeps the cookies of one server."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **params: str) -> Page:
        return self.send("GET", _with_query(path, params))

    def post(self, path: str, form: Mapping[str, str], **headers: str) -> Page:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named = {"Content-Type": "application/x-www-form-urlencoded", **named}
        return self.send("POST", path, urlencode(form).encode(), named)

    def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Page:
        sent = dict(headers or {})
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            page = Page(response.status, response.getheaders(), response.read())
        finally:
            connection.close()
        for name, morsel in page.set_cookies.items():
            if morsel.value:
                self.cookies[name] = morsel.value
            else:
                self.cookies.pop(name, None)
        return page


class DomainPool:
    """A pool with a domain on a running server."""

    def __init__(
        self, server: RunningServer, pool: PoolForTest, pages_version: int = CLASSIC
    ) -> None:
        self.server = server
        self.pool = pool
        self.client_id = pool.client_id
        self.name = f"domain-{next(_numbers)}"
        self.root = f"/domains/{self.name}"
        self.url = f"{server.url}{self.root}"
        now = datetime.now(UTC)
        domain = Domain(
            name=self.name,
            pool_id=pool.id,
            pages_version=pages_version,
            created_at=now,
            modified_at=now,
        )

        async def add(app: App) -> None:
            await app.services.store.commit(domains.add(domain))

        server.run(add)

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


def _with_query(path: str, params: Mapping[str, str]) -> str:
    if not params:
        return path
    return f"{path}{'&' if '?' in path else '?'}{urlencode(params)}"


def _single(query: str) -> dict[str, str]:
    found = parse_qs(query, keep_blank_values=True, strict_parsing=bool(query))
    assert all(len(values) == 1 for values in found.values()), found
    return {name: values[0] for name, values in found.items()}
