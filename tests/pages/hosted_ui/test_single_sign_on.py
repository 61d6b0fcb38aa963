"""One sign-in for two apps, in a real browser: its cookies, origins and content policy."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from support.chromium import Page, chromium
from support.domain_pools import OAUTH, DomainPool
from support.running_server import RunningServer, running
from support.served_pools import PoolForTest
from support.sign_ins import PASSWORD


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running(tmp_path_factory.mktemp("data")) as made:
        yield made


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with chromium(tmp_path_factory.mktemp("browser")) as made:
        yield made


@pytest.fixture(scope="module")
def domain(server: RunningServer) -> DomainPool:
    """Both apps are at this server, under addresses that it answers with 404."""
    client = {**OAUTH, "CallbackURLs": [callback(server, 1)], "LogoutURLs": [callback(server, 3)]}
    made = DomainPool(server, PoolForTest(server.client(), client))
    made.add_user()
    return made


def callback(server: RunningServer, app: int) -> str:
    return f"http://localhost:{server.port}/app/{app}"


def go(page: Page, url: str) -> str:
    """Go to an address, and return the one where the redirects have led."""
    page.call("Page.enable")
    page.call("Page.navigate", url=url)
    page._wait_for("Page.loadEventFired")
    return address(page)


def address(page: Page) -> str:
    return str(page.evaluate("location.href"))


def started(domain: DomainPool, app: int, client_id: str, path: str = "/oauth2/authorize") -> str:
    asked = domain.asked(client_id=client_id, redirect_uri=callback(domain.server, app))
    return f"{domain.url}{path}?{urlencode(asked)}"


def test_sign_in_serves_two_apps_until_the_sign_out(domain: DomainPool, page: Page) -> None:
    first = domain.client_id
    second = domain.add_client(CallbackURLs=[callback(domain.server, 2)])
    assert go(page, started(domain, 1, first)).startswith(f"{domain.url}/login?")
    page.evaluate(
        "document.querySelector('#signInFormUsername').value = 'alice';"
        f"document.querySelector('#signInFormPassword').value = '{PASSWORD}'"
    )
    page.press("[name=signInSubmitButton]")
    assert code_at(page, domain, 1)
    go(page, started(domain, 2, second))
    assert code_at(page, domain, 2)
    go(page, started(domain, 2, second, "/login"))
    page.press("[name=signInSubmitButton]")
    assert code_at(page, domain, 2)
    out = urlencode({"client_id": first, "logout_uri": callback(domain.server, 3)})
    assert go(page, f"{domain.url}/logout?{out}") == callback(domain.server, 3)
    assert go(page, started(domain, 1, first)).startswith(f"{domain.url}/login?")


def code_at(page: Page, domain: DomainPool, app: int) -> str:
    """Return the code in the address of an app, which must be there."""
    there = address(page)
    assert there.startswith(f"{callback(domain.server, app)}?"), there
    asked = parse_qs(urlsplit(there).query)
    assert asked["state"] == ["s1"]
    return asked["code"][0]
