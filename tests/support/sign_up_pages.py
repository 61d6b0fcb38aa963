"""A browser without scripts at the pages of a pool's domain: it fills in forms and sends them."""

import http.client
import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from support.running_server import RunningServer
from support.served_pools import PoolForTest

CALLBACK = "https://app.example.com/callback"
STATE = "an opaque state/of+the=app"
PASSWORD = "Correct-Horse-9!"
WEB_APP: dict[str, Any] = {
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["code", "implicit"],
    "AllowedOAuthScopes": ["openid", "email"],
    "SupportedIdentityProviders": ["COGNITO"],
    "CallbackURLs": [CALLBACK],
}
EMAIL_POOL: dict[str, Any] = {
    "AutoVerifiedAttributes": ["email"],
    "Schema": [{"Name": "email", "Required": True}],
}

ALICE = {
    "username": "alice",
    "requiredAttributes[email]": "alice@barn.example",
    "password": PASSWORD,
}

_numbers = itertools.count(1)


@dataclass
class Element:
    """An element with a name or an id, and the text in it."""

    tag: str
    attributes: dict[str, str]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """A response, and what a browser sees in it."""

    status: int
    headers: list[tuple[str, str]]
    body: str
    elements: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[Element] = []
        # The menu of languages comes last, and is a form of its own.
        self.feed(re.sub(r'<details class="languages">.*?</details>', "", self.body, flags=re.S))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in {"input", "meta", "link", "path", "br"}:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    @property
    def location(self) -> str:
        return next(value for name, value in self.headers if name.lower() == "location")

    @property
    def path(self) -> str:
        """The page that a redirect leads to, below the domain."""
        return "/" + urlsplit(self.location).path.rsplit("/", 1)[-1]

    @property
    def query(self) -> dict[str, str]:
        """The parameters in the query of a redirect."""
        return dict(parse_qsl(urlsplit(self.location).query))

    @property
    def app(self) -> dict[str, str]:
        """What the app gets in a redirect to its callback."""
        where, _, query = self.location.partition("?")
        assert where == CALLBACK, (self.status, self.location)
        return dict(parse_qsl(query))

    @property
    def title(self) -> str:
        return self.first("title").text

    @property
    def error(self) -> str:
        """The text of the error summary."""
        found = [each for each in self.elements if each.attributes.get("id") == "error"]
        return " ".join(found[0].text.split()) if found else ""

    @property
    def inputs(self) -> dict[str, dict[str, str]]:
        return {
            each.attributes["name"]: each.attributes
            for each in self.elements
            if each.tag == "input" and each.attributes.get("type") != "submit"
        }

    def first(self, tag: str, **attributes: str) -> Element:
        return next(
            each
            for each in self.elements
            if each.tag == tag and attributes.items() <= each.attributes.items()
        )

    def text_of(self, tag: str) -> str:
        return " ".join(self.first(tag).text.split())


class Browser:
    """Keeps cookies, follows redirects within the domain, and speaks one language."""

    def __init__(self, site: "Site", language: str = "en") -> None:
        self.site = site
        self.language = language
        self.cookies: dict[str, str] = {}

    def open(self, path: str, **params: str) -> Page:
        return self.send("GET", self.site.path(path, **params))

    def follow(self, page: Page) -> Page:
        """The page that a redirect within the domain leads to."""
        assert page.location.startswith(self.site.root), page.location
        return self.send("GET", page.location)

    def submit(self, page: Page, typed: Mapping[str, str], button: str | None = None) -> Page:
        """Fill in the page's one form and press a button; the response isn't followed."""
        assert [each.tag for each in page.elements].count("form") == 1
        buttons = [
            each
            for each in page.elements
            if each.tag == "button" or each.attributes.get("type") == "submit"
        ]
        pressed = next(
            each for each in buttons if button is None or each.attributes["name"] == button
        )
        fields = {name: given.get("value", "") for name, given in page.inputs.items()}
        assert typed.keys() <= fields.keys(), fields
        action = pressed.attributes.get("formaction") or page.first("form").attributes["action"]
        return self.post(action, {**fields, **typed, pressed.attributes["name"]: ""})

    def post(self, url: str, form: Mapping[str, str], **headers: str) -> Page:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send("POST", url, urlencode(form), sent)

    def send(
        self, method: str, url: str, body: str | None = None, headers: Mapping[str, str] = {}
    ) -> Page:
        sent = {"Accept-Language": self.language, **headers}
        if body is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection = http.client.HTTPConnection("127.0.0.1", self.site.server.port, timeout=30)
        try:
            connection.request(method, url, body, sent)
            response = connection.getresponse()
            page = Page(response.status, response.getheaders(), response.read().decode())
        finally:
            connection.close()
        self._keep(page)
        return page

    def _keep(self, page: Page) -> None:
        for name, value in page.headers:
            if name.lower() == "set-cookie":
                for morsel in SimpleCookie(value).values():
                    self.cookies[morsel.key] = morsel.value
                    if morsel["max-age"] == "0":
                        del self.cookies[morsel.key]


class Site:
    """The domain of a pool on a running server."""

    def __init__(self, server: RunningServer, pool: PoolForTest, version: int = 1) -> None:
        self.server, self.pool = server, pool
        name = f"sign-up-{next(_numbers)}"
        self.root = f"/domains/{name}"
        pool.cognito.create_user_pool_domain(
            UserPoolId=pool.id, Domain=name, ManagedLoginVersion=version
        )

    def browser(self, language: str = "en") -> Browser:
        return Browser(self, language)

    def path(self, path: str, **params: str) -> str:
        query = {
            "client_id": self.pool.client_id,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": "openid",
            "state": STATE,
            **params,
        }
        return f"{self.root}{path}?{urlencode(query)}"


def signed_up(browser: Browser, form: dict[str, str] = ALICE) -> Page:
    """The page for the code, after the form was sent."""
    answer = browser.submit(browser.open("/signup"), form)
    assert (answer.status, answer.path) == (302, "/confirm"), answer.error
    return browser.follow(answer)
