"""Domains of pools, and browsers in which users sign up there or reset their passwords."""

from collections.abc import Mapping
from typing import Any

from support import page_browser, sign_in_pages
from support.page_browser import Page
from support.sign_ins import PASSWORD

STATE = "an opaque state/of+the=app"
EMAIL_POOL: dict[str, Any] = {
    "AutoVerifiedAttributes": ["email"],
    "Schema": [{"Name": "email", "Required": True}],
}

ALICE = {
    "username": "alice",
    "requiredAttributes[email]": "alice@barn.example",
    "password": PASSWORD,
}


class Browser(page_browser.Browser):
    """Follows redirects within the domain, and fills in a page's form."""

    def __init__(self, site: "Site", language: str = "en") -> None:
        super().__init__(site.server.port, language=language)
        self.site = site

    def open(self, path: str, **params: str) -> Page:
        return self.send("GET", self.site.path(path, **params))

    def follow(self, page: Page) -> Page:
        """The page that a redirect within the domain leads to."""
        assert page.location.startswith(self.site.root), page.location
        return self.send("GET", page.location)

    def submit(self, page: Page, typed: Mapping[str, str], button: str | None = None) -> Page:
        """Fill in the page's one form and press a button; the response isn't followed."""
        [form] = page.forms
        assert typed.keys() <= form.fields.keys(), form.fields
        pressed = next(each for each in form.buttons if button in {None, each[0]})
        action = form.actions.get(pressed[0], form.action)
        return self.post(action, {**form.fields, **typed, **dict([pressed])})


class Site(sign_in_pages.Site):
    """The domain of a pool, with browsers for sign-ups."""

    state = STATE

    def browser(self, language: str = "en") -> Browser:
        return Browser(self, language)


def signed_up(browser: Browser, form: dict[str, str] = ALICE) -> Page:
    """The page for the code, after the form was sent."""
    answer = browser.submit(browser.open("/signup"), form)
    assert (answer.status, answer.path) == (302, "/confirm"), answer.error
    return browser.follow(answer)
