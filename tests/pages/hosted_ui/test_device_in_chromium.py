"""The page of devices in a real browser, from the sign-in to the end."""

import json
from collections.abc import Iterator

import pytest
from support.chromium import Page, chromium
from support.devices_at_domains import DEVICE_CLIENT, Device
from support.domain_pools import DomainPool
from support.running_server import RunningServer, running
from support.served_pools import PoolForTest
from support.sign_ins import PASSWORD

from pages.test_accessibility import VIEWS, View, look, overflow, turn, violations


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("data")
    with running(folder, device_grant=True, log_level="error") as made:
        yield made


@pytest.fixture(scope="module")
def device(server: RunningServer) -> Device:
    domain = DomainPool(server, PoolForTest(server.client(), DEVICE_CLIENT))
    domain.add_user()
    return Device(domain)


@pytest.fixture(scope="module")
def browser(device: Device, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A browser in which alice has signed in, by the link of a device."""
    with chromium(tmp_path_factory.mktemp("browser")) as page:
        look(page, View("light", with_scripts=False))
        page.open(device.codes()["verification_uri_complete"])
        page.press("[type=submit]")
        for field, value in (("username", "alice"), ("password", PASSWORD)):
            page.evaluate(f"document.querySelector('[name={field}]').value = {json.dumps(value)}")
        page.press("[type=submit]")
        assert page.evaluate("location.pathname").endswith("/device")
        yield page


def checked(browser: Page, view: View) -> None:
    turn(browser, view.direction)
    assert overflow(browser) == 0
    assert browser.evaluate("document.querySelectorAll('h1').length") == 1
    assert violations(browser) == []


@pytest.mark.parametrize("view", [VIEWS[0], VIEWS[-2]], ids=lambda view: view.name)
def test_pages_of_devices_have_no_violation_and_fit(
    device: Device, browser: Page, view: View
) -> None:
    codes = device.codes()
    for code in (codes["user_code"], "BCDF"):
        look(browser, view)
        browser.open(f"{device.domain.url}/device")
        browser.evaluate(f"document.querySelector('[name=user_code]').value = '{code}'")
        checked(browser, view)
        if code == "BCDF":
            continue
        look(browser, view)
        browser.press("[type=submit]")
        checked(browser, view)
    look(browser, view)
    assert device.polls(codes).json() == {"error": "authorization_pending"}


def test_user_in_a_browser_allows_a_device(device: Device, browser: Page) -> None:
    codes = device.codes()
    look(browser, View("narrow", width=320))
    browser.open(codes["verification_uri_complete"])
    browser.press("[type=submit]")
    browser.press("[value=allow]")
    assert browser.evaluate("document.querySelector('h1').textContent") == (
        "Your device is connected"
    )
    assert device.polls(codes).json()["token_type"] == "Bearer"
