"""A browser that takes the place of the second factor: its cookie, and the box that asks for it."""

from typing import Final

from starlette.responses import Response

from poolhouse.entities.auth_session import AuthSession
from poolhouse.entities.devices import BrowserDevice
from poolhouse.pages.hosted_ui import cookies
from poolhouse.pages.hosted_ui.page_request import PageRequest
from poolhouse.rules.auth import asked_factors, devices
from poolhouse.services import browser_devices

FIELD: Final = "remember_device"

_SECONDS: Final = 400 * 24 * 60 * 60
"""What browsers keep a cookie at most."""


def of_cookie(page: PageRequest) -> tuple[BrowserDevice, ...]:
    """Return the devices that the browser keeps; none in pools that remember none."""
    if not devices.is_tracking(page.pool):
        return ()
    cookie = page.cookies.get(cookies.BROWSER_DEVICE, "")
    return browser_devices.opened(page.call.services, page.pool.id, cookie)


def is_offered(page: PageRequest, session: AuthSession) -> bool:
    """Return whether the form of a step asks whether to remember the browser."""
    return devices.asks_about_browser(page.pool) and asked_factors.asks_for_second(session)


def is_wanted(page: PageRequest) -> bool:
    """Return whether the box of the form was checked."""
    return bool(page.form.get(FIELD))


def keep(page: PageRequest, response: Response, device: BrowserDevice) -> None:
    """Let the browser keep a new device."""
    cookie = browser_devices.sealed(page.call.services, of_cookie(page), device)
    cookies.put(response, cookies.BROWSER_DEVICE, cookie, page.cookie_path, _SECONDS)
