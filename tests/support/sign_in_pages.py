"""Domains of pools, and browsers that sign in there: they fill in forms as they find them."""

from typing import Any
from urllib.parse import urlencode, urlsplit

from poolhouse.entities.domains import CLASSIC
from support.page_browser import CALLBACK, Browser, Page
from support.prefix_domains import add_domain
from support.running_server import RunningServer
from support.served_pools import PoolForTest
from support.sign_ins import PASSWORD

WEB_APP: dict[str, Any] = {
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["code", "implicit"],
    "AllowedOAuthScopes": ["openid", "email"],
    "SupportedIdentityProviders": ["COGNITO"],
    "CallbackURLs": [CALLBACK],
}
"""An app client for pages; it allows no flow by password at the API."""


class Visitor(Browser):
    """A browser at the domain of a pool."""

    def __init__(self, site: "Site", language: str = "en") -> None:
        super().__init__(site.server.port, language=language)
        self._site = site

    def login(self, **params: str) -> Page:
        return self.get(self._site.path("/login", **params))

    def submit(self, page: Page, button: tuple[str, str] | None = None, /, **typed: str) -> Page:
        """Fill in the first form that has these fields, or this button, and send it."""
        for form in page.forms:
            has_button = button is None or button in form.buttons
            if has_button and typed.keys() <= form.fields.keys():
                pressed = dict([button or form.buttons[0]]) if form.buttons else {}
                return self.post(form.action, {**form.fields, **typed, **pressed})
        raise AssertionError(f"no form with {[*typed]} and {button} in {page.text}")

    def sign_in(self, username: str = "alice", password: str = PASSWORD, **params: str) -> Page:
        """Open the page and send name and password together."""
        return self.submit(self.login(**params), username=username, password=password)


class Site:
    """The domain of a pool on a running server."""

    state = "the state"
    """The state that the app sends with its requests."""

    def __init__(self, server: RunningServer, pool: PoolForTest, version: int = CLASSIC) -> None:
        self.server, self.pool = server, pool
        self.root = f"/domains/{add_domain(server, pool, version)}"

    def visitor(self, language: str = "en") -> Visitor:
        return Visitor(self, language)

    def path(self, path: str, **params: str) -> str:
        query = {
            "client_id": self.pool.client_id,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": "openid",
            "state": self.state,
            **params,
        }
        return f"{self.root}{path}?{urlencode(query)}"


def path_of(url: str) -> str:
    """The path of a redirect within the server."""
    return urlsplit(url).path
