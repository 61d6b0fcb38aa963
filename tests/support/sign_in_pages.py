"""A browser without scripts at a pool's domain: it fills forms in as it finds them, and sends them.

It reads pages with Python's own parser and keeps cookies itself, as public scripts do that sign in
at the service's pages (ev:domain-1.2).
"""

import html
import http.client
import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from poolhouse.app import App
from poolhouse.entities.domains import CLASSIC, Domain
from poolhouse.store import domains
from support.running_server import RunningServer
from support.served_pools import PoolForTest
from support.sign_ins import PASSWORD

CALLBACK = "https://app.example.com/callback"
WEB_APP: dict[str, Any] = {
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["code", "implicit"],
    "AllowedOAuthScopes": ["openid", "email"],
    "SupportedIdentityProviders": ["COGNITO"],
    "CallbackURLs": [CALLBACK],
}
"""An app client for pages; it allows no flow by password at the API."""

_numbers = itertools.count(1)


@dataclass
class Form:
    """A form as a page has it: where it goes, the values of its fields, and its buttons."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Reader(HTMLParser):
    """Finds forms, ids, and the texts of elements with an id."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.ids: list[str] = []
        self.inputs: dict[str, dict[str, str | None]] = {}
        self.title = ""
        self._tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._tags.append(tag)
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag == "form":
            self.forms.append(Form(given.get("action") or ""))
        name, value = given.get("name"), given.get("value") or ""
        if not name or not self.forms:
            return
        if tag == "button" or (tag == "input" and given.get("type") == "submit"):
            self.forms[-1].buttons.append((name, value))
        elif tag == "input":
            self.forms[-1].fields[name] = value
            self.inputs[name] = given

    def handle_data(self, data: str) -> None:
        if self._tags and self._tags[-1] == "title":
            self.title += data
            self._tags.append("")


@dataclass
class Page:
    """A response, and what a page in it has."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def read(self) -> _Reader:
        reader = _Reader()
        reader.feed(self.text)
        return reader

    @property
    def title(self) -> str:
        return self.read.title.strip()

    @property
    def forms(self) -> list[Form]:
        return self.read.forms

    @property
    def error(self) -> str:
        """The sentence of the error that the page shows."""
        _, found, after = self.text.partition('id="loginErrorMessage"')
        return html.unescape(after.partition(">")[2].partition("<")[0]) if found else ""

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name), None)

    @property
    def location(self) -> str:
        found = self.header("location")
        assert found is not None, (self.status, self.text)
        return found

    @property
    def result(self) -> dict[str, str]:
        """What the app gets: the parameters of the redirect to its callback."""
        where, _, query = self.location.partition("?")
        assert where == CALLBACK, self.location
        return dict(parse_qsl(query))


class Visitor:
    """A browser at the domain of a pool."""

    def __init__(self, site: "Site", language: str = "en") -> None:
        self._site = site
        self._language = language
        self.cookies: dict[str, str] = {}

    def get(self, path: str) -> Page:
        return self._send("GET", path, None, {})

    def login(self, **params: str) -> Page:
        return self.get(self._site.path("/login", **params))

    def post(self, path: str, form: dict[str, str], **headers: str) -> Page:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent["Content-Type"] = "application/x-www-form-urlencoded"
        return self._send("POST", path, urlencode(form), sent)

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

    def _send(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Page:
        sent = {"Accept-Language": self._language, **headers}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection = http.client.HTTPConnection("127.0.0.1", self._site.server.port, timeout=30)
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            page = Page(response.status, response.getheaders(), response.read())
        finally:
            connection.close()
        for name, value in page.headers:
            if name.lower() == "set-cookie":
                for morsel in SimpleCookie(value).values():
                    self.cookies[morsel.key] = morsel.value
        return page


class Site:
    """The domain of a pool on a running server."""

    def __init__(self, server: RunningServer, pool: PoolForTest, version: int = CLASSIC) -> None:
        self.server, self.pool = server, pool
        name = f"pages-{next(_numbers)}"
        self.root = f"/domains/{name}"
        now = datetime.now(UTC)
        made = Domain(
            name=name, pool_id=pool.id, pages_version=version, created_at=now, modified_at=now
        )
        server.run(lambda app: _add(app, made))

    def visitor(self, language: str = "en") -> Visitor:
        return Visitor(self, language)

    def path(self, path: str, **params: str) -> str:
        query = {
            "client_id": self.pool.client_id,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": "openid",
            "state": "the state",
            **params,
        }
        return f"{self.root}{path}?{urlencode(query)}"


async def _add(app: App, domain: Domain) -> None:
    await app.services.store.commit(domains.add(domain))


def path_of(url: str) -> str:
    """The path of a redirect within the server."""
    return urlsplit(url).path
