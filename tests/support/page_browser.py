"""A browser without scripts: it sends requests, keeps the cookies of one server, and reads pages.

It reads pages with Python's own parser, as public scripts do that sign in at the service's pages
(ev:domain-1.2).
"""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

CALLBACK = "https://app.example.com/callback"
"""Where the apps of these tests get their codes."""

_VOID = frozenset({"input", "meta", "link", "path", "br"})
"""Elements without an end tag, among those that pages have."""


@dataclass
class Element:
    """An element, and the text in it."""

    tag: str
    attributes: dict[str, str]
    text: str = ""


@dataclass
class Form:
    """A form as a page has it: where it goes, the values of its fields, and its buttons."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    actions: dict[str, str] = field(default_factory=dict)
    """Where buttons go that don't go where the form does, by their names."""


class Markup(HTMLParser):
    """The elements and forms of a page, without the menu of languages, which is a form too."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.forms: list[Form] = []
        self.inputs: dict[str, dict[str, str]] = {}
        """The attributes of inputs by their names."""
        self._open: list[Element] = []
        self._menu: Element | None = None
        self.feed(text)

    @property
    def ids(self) -> list[str]:
        return [each.attributes["id"] for each in self.elements if each.attributes.get("id")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        if element.attributes.get("class") == "languages":
            self._menu = element
        if tag not in _VOID:
            self._open.append(element)
        if self._menu is None:
            self.elements.append(element)
            self._add_to_form(element)

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open.pop() is self._menu:
            self._menu = None

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def _add_to_form(self, element: Element) -> None:
        given = element.attributes
        if element.tag == "form":
            self.forms.append(Form(given.get("action", "")))
        name, value = given.get("name"), given.get("value", "")
        if not name or not self.forms:
            return
        form = self.forms[-1]
        if element.tag == "button" or (element.tag == "input" and given.get("type") == "submit"):
            form.buttons.append((name, value))
            if "formaction" in given:
                form.actions[name] = given["formaction"]
        elif element.tag == "input":
            self.inputs[name] = given
            if given.get("type") != "checkbox" or "checked" in given:
                form.fields[name] = value


@dataclass
class Page:
    """A response as a browser gets it, redirects not followed, and what a page in it has."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def set_cookies(self) -> dict[str, Any]:
        found: SimpleCookie = SimpleCookie()
        for name, value in self.headers:
            if name.lower() == "set-cookie":
                found.load(value)
        return dict(found)

    # A redirect

    @property
    def location(self) -> str:
        found = self.header("location")
        assert found is not None, (self.status, self.text[:2_000])
        return found

    @property
    def path(self) -> str:
        """The page that a redirect leads to, by the last part of its path."""
        return "/" + urlsplit(self.location).path.rsplit("/", 1)[-1]

    @property
    def query(self) -> dict[str, str]:
        """The parameters in the query of a redirect."""
        return _single(urlsplit(self.location).query)

    @property
    def fragment(self) -> dict[str, str]:
        """The parameters in the fragment of a redirect."""
        return _single(urlsplit(self.location).fragment)

    @property
    def result(self) -> dict[str, str]:
        """What the app gets: the parameters of the redirect to its callback."""
        where, _, query = self.location.partition("?")
        assert where == CALLBACK, (self.status, self.location)
        return dict(parse_qsl(query))

    # A page

    @cached_property
    def read(self) -> Markup:
        return Markup(self.text)

    @property
    def elements(self) -> list[Element]:
        return self.read.elements

    @property
    def forms(self) -> list[Form]:
        return self.read.forms

    @property
    def inputs(self) -> dict[str, dict[str, str]]:
        return self.read.inputs

    @property
    def title(self) -> str:
        return self.text_of("title") if self.elements else ""

    @property
    def error(self) -> str:
        """The text of the error that the page shows."""
        shown = [each for each in self.elements if each.attributes.get("id") in _ERRORS]
        return " ".join(shown[0].text.split()) if shown else ""

    def first(self, tag: str, **attributes: str) -> Element:
        return next(
            each
            for each in self.elements
            if each.tag == tag and attributes.items() <= each.attributes.items()
        )

    def text_of(self, tag: str) -> str:
        return " ".join(self.first(tag).text.split())


_ERRORS = frozenset({"loginErrorMessage", "error"})
"""The ids of the sentence of a sign-in's refusal, and of the summary of a form's mistakes."""


class Browser:
    """A browser that keeps the cookies of one server. `language` is what its user reads."""

    def __init__(
        self, port: int, cookies: dict[str, str] | None = None, *, language: str | None = None
    ) -> None:
        self.port = port
        self.cookies: dict[str, str] = cookies or {}
        self.language = language

    def get(self, path: str, **params: str) -> Page:
        separator = "&" if "?" in path else "?"
        return self.send("GET", f"{path}{separator}{urlencode(params)}" if params else path)

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
        sent = {"Accept-Language": self.language} if self.language else {}
        sent |= headers or {}
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
            if morsel.value and morsel["max-age"] != "0":
                self.cookies[name] = morsel.value
            else:
                self.cookies.pop(name, None)
        return page


def _single(query: str) -> dict[str, str]:
    found = parse_qs(query, keep_blank_values=True, strict_parsing=bool(query))
    assert all(len(values) == 1 for values in found.values()), found
    return {name: values[0] for name, values in found.items()}
