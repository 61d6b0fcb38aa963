"""Apps whose users sign in at a pool's domain, for OAuth clients that others wrote."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from support.domain_endpoints import WEB_APP
from support.page_browser import Page
from support.running_server import RunningServer
from support.served_pools import PoolForTest
from support.sign_in_pages import Site, Visitor
from support.sign_ins import PASSWORD

EMAIL = "alice@example.com"
ALICE = {"email": EMAIL, "given_name": "Alice"}


class App:
    """A pool with alice, its domain, an app client, and what discovery says of them."""

    def __init__(
        self,
        server: RunningServer,
        client: Mapping[str, Any],
        attributes: Mapping[str, str] = ALICE,
    ) -> None:
        self.server = server
        self.pool = PoolForTest(server.client(), {**WEB_APP, **client})
        cognito = self.pool.cognito
        cognito.admin_create_user(
            UserPoolId=self.pool.id,
            Username="alice",
            UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
            MessageAction="SUPPRESS",
        )
        cognito.admin_set_user_password(
            UserPoolId=self.pool.id, Username="alice", Password=PASSWORD, Permanent=True
        )
        self.site = Site(server, self.pool)
        self.url = f"{server.url}{self.site.root}"
        self.client_id = self.pool.client_id
        self.secret: str = self.pool.client.get("ClientSecret", "")
        self.issuer = f"{server.url}/{self.pool.id}"
        self.metadata_url = f"{self.issuer}/.well-known/openid-configuration"
        self.metadata: dict[str, Any] = httpx.get(self.metadata_url).json()

    def sub(self) -> str:
        sub: str = self.pool.user()["attributes"]["sub"]
        return sub

    def returned(self, authorization_url: str, visitor: Visitor | None = None) -> str:
        """Open a URL as a browser does, sign in as alice, and return the URL of the app.

        A browser with a session, or with a request that is refused, gets there without a form.
        """
        browser = visitor or self.site.visitor()
        page = self.visited(authorization_url, browser)
        return page.location if page.status == 302 else self.signed_in(page, browser)

    def visited(self, url: str, visitor: Visitor) -> Page:
        """Open a URL of the domain: the page that is shown, or the redirect to the app."""
        assert url.startswith(self.server.url), url
        parts = urlsplit(url)
        page = visitor.get(f"{parts.path}?{parts.query}")
        while page.status == 302 and page.location.startswith(self.site.root):
            page = visitor.get(page.location)
        return page

    def signed_in(self, page: Page, visitor: Visitor) -> str:
        """Fill in the sign-in page as alice. Returns the URL of the app."""
        return visitor.submit(page, username="alice", password=PASSWORD).location
