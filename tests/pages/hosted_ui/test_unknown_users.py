"""On pages too, unknown users cost the same reads as known ones, and get the same cookies."""

from collections.abc import Callable
from typing import Any

import pytest
from support.challenge_sites import NewSite
from support.mfa_pools import VERIFIED_EMAIL
from support.page_browser import Page
from support.running_server import RunningServer
from support.sign_in_pages import Site, Visitor

from poolhouse.app import App
from poolhouse.entities.domains import MANAGED_LOGIN

NOT_OF_A_USER = ("configuration", "clients", "pools", "outbox", "resources", "domains")
HIDES = {"PreventUserExistenceErrors": "ENABLED"}
NEW = {"password": "New-Horse-9!!", "confirm_password": "New-Horse-9!!"}

Step = Callable[[Site, Visitor, str], Page]


def sent(path: str, **fields: str) -> Step:
    """Send the form of a page."""

    def send(site: Site, visitor: Visitor, name: str) -> Page:
        form = {"_csrf": visitor.cookies["XSRF-TOKEN"], "username": name, **fields}
        return visitor.post(site.path(path), form)

    return send


def code_asked(site: Site, visitor: Visitor, name: str) -> Page:
    """Choose a code by mail after the name."""
    choice = visitor.submit(visitor.login(), username=name)
    return visitor.submit(choice, ("answer", "EMAIL_OTP"))


def code_guessed(site: Site, visitor: Visitor, name: str) -> Page:
    return visitor.submit(code_asked(site, visitor, name), code="000000")


def code_resent(site: Site, visitor: Visitor, name: str) -> Page:
    return visitor.submit(code_asked(site, visitor, name), ("action", "resend"))


@pytest.fixture
def reads(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that read something of a user, in their order."""
    statements: list[str] = []

    def noted(read: Any) -> Any:
        def reading(statement: str, *parameters: object) -> Any:
            if not any(f"FROM {table}" in statement for table in NOT_OF_A_USER):
                statements.append(statement)
            return read(statement, *parameters)

        return reading

    async def watch(app: App) -> None:
        database: Any = app.services.store._database
        for name in ("fetch", "fetch_shared"):
            monkeypatch.setattr(database, name, noted(getattr(database, name)))

    server.run(watch)
    return statements


@pytest.mark.parametrize(
    "step",
    [
        sent("/login", password="Wrong-Horse-9!"),
        sent("/login"),
        code_asked,
        code_guessed,
        code_resent,
        sent("/forgotPassword"),
        sent("/confirmforgotPassword", code="000000", **NEW),
        sent("/resendcode"),
    ],
)
def test_unknown_user_costs_a_page_the_same_reads_and_gets_the_same(
    new_site: NewSite, reads: list[str], step: Step
) -> None:
    site = new_site(
        MANAGED_LOGIN,
        factors=["PASSWORD", "EMAIL_OTP"],
        attributes=VERIFIED_EMAIL,
        client=HIDES,
        AutoVerifiedAttributes=["email"],
    )
    found = []
    for name in ("alice", "nobod"):
        visitor = site.visitor()
        visitor.login()
        reads.clear()
        page = step(site, visitor, name)
        headers = sorted(key for key, _ in page.headers)
        where = (page.header("location") or "").partition("?")[0]
        found.append(([*reads], page.status, where, page.title, page.error, headers))
    assert found[0] == found[1]
