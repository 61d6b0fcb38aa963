"""Devices that ask for tokens at a pool's domain, and the browsers in which users answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from poolhouse.app import App
from poolhouse.clock import SettableClock
from poolhouse.rules.oauth.device_grants import GRANT_TYPE
from support.domain_endpoints import Endpoints
from support.domain_pools import OAUTH, DomainPool
from support.page_browser import Browser, Page
from support.running_server import RunningServer

DEVICE_CLIENT: dict[str, Any] = {**OAUTH, "CallbackURLs": [GRANT_TYPE]}
"""Members of an app client whose devices may ask."""


class StandingClock:
    """A clock of the server that moves only when it is told to, so that polls come in time."""

    def __init__(self, server: RunningServer) -> None:
        self._server = server
        self._at = datetime.now(UTC)

    def later(self, **by: float) -> None:
        """Move it."""
        self._at += timedelta(**by)

        async def move(app: App) -> None:
            clock = SettableClock()
            clock.set(self._at, frozen=True)
            app.server._pool_clock = clock

        self._server.run(move)


@contextmanager
def standing_clock(server: RunningServer) -> Iterator[StandingClock]:
    """Stop the server's clock within the block."""

    async def swap(app: App) -> Any:
        return app.server._pool_clock

    former = server.run(swap)
    clock = StandingClock(server)
    clock.later()
    try:
        yield clock
    finally:

        async def reset(app: App) -> None:
            app.server._pool_clock = former

        server.run(reset)


class Device:
    """A device without a browser, at a pool's domain."""

    def __init__(self, domain: DomainPool, client: dict[str, Any] | None = None) -> None:
        self.domain = domain
        self.endpoints = Endpoints(domain.url, client or domain.pool.client)

    def asks(self, **form: str | None) -> httpx.Response:
        """Ask for the codes."""
        return self.endpoints.post("/oauth2/device_authorization", form)

    def codes(self, **form: str | None) -> dict[str, Any]:
        """Return the codes."""
        answer = self.asks(**form)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def polls(self, codes: dict[str, Any], **form: str | None) -> httpx.Response:
        """Ask for the tokens."""
        return self.endpoints.token(
            **{"grant_type": GRANT_TYPE, "device_code": codes["device_code"], **form}
        )


def enters(domain: DomainPool, browser: Browser, user_code: str) -> Page:
    """Open the page, enter a code and send it."""
    [form] = browser.get(f"{domain.root}/device").forms
    return browser.post(form.action, {**form.fields, "user_code": user_code})


def answers(browser: Browser, question: Page, action: str) -> Page:
    """Press a button of the question."""
    [form] = question.forms
    assert ("action", action) in form.buttons
    return browser.post(form.action, {**form.fields, "action": action})
