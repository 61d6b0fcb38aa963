"""Styles and classic CSS in a real browser: they apply, and the pages stay accessible."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from support.chromium import Page, chromium
from support.domain_pools import OAUTH, DomainPool
from support.looks import asset
from support.running_server import RunningServer
from support.served_pools import NewPool

from pages.test_accessibility import View, look, overflow, violations
from poolhouse.entities.domains import CLASSIC, MANAGED_LOGIN

PICTURE = b"""<svg xmlns="http://www.w3.org/2000/svg" width="120" height="40">\
<rect width="120" height="40" fill="#0a6187"/></svg>"""
BARS = {"logo": {"enabled": True, "location": "END"}}
EVERYTHING: dict[str, Any] = {
    "categories": {
        "form": {"location": {"horizontal": "END", "vertical": "CENTER"}},
        "global": {
            "colorSchemeMode": "DYNAMIC",
            "pageHeader": {"enabled": True},
            "pageFooter": {"enabled": True},
        },
    },
    "components": {"form": {"logo": {"enabled": True}}, "pageHeader": BARS, "pageFooter": BARS},
}
ASSETS = [
    *(asset(f"{name}_LOGO", "DYNAMIC", Bytes=PICTURE) for name in ("FORM", "PAGE_HEADER")),
    asset("PAGE_FOOTER_LOGO", "DYNAMIC", Bytes=PICTURE),
]
CLASSIC_CSS = """
.submitButton-customizable { background-color: #123456; }
.inputField-customizable { height: 60px; }
.label-customizable { font-weight: 400; }
.background-customizable { background-color: #fafafa; }
"""
VIEWS = [
    View("light"),
    View("dark", scheme="dark"),
    View("narrow", width=320),
    View("narrow, dark, right to left", scheme="dark", width=320, direction="rtl"),
]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with chromium(tmp_path_factory.mktemp("browser")) as page:
        yield page


def opened(browser: Page, domain: DomainPool, view: View, path: str = "/login") -> None:
    look(browser, view)
    browser.open(f"{domain.url}{path}?{urlencode(domain.asked(lang='en'))}")
    browser.evaluate(f"document.documentElement.dir = '{view.direction}'")


def shown(browser: Page, selector: str, name: str) -> str:
    found: str = browser.evaluate(f"getComputedStyle(document.querySelector('{selector}')).{name}")
    return found


def unloaded_images(browser: Page) -> int:
    count: int = browser.evaluate("[...document.images].filter(i => !i.naturalWidth).length")
    return count


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_default_palette_with_every_part_is_accessible(
    server: RunningServer, new_pool: NewPool, browser: Page, view: View
) -> None:
    """With the service's own colours (ev:domain-1.9), in both schemes."""
    domain = DomainPool(server, new_pool(client=OAUTH), MANAGED_LOGIN)
    domain.pool.cognito.create_managed_login_branding(
        UserPoolId=domain.pool.id, ClientId=domain.client_id, Settings=EVERYTHING, Assets=ASSETS
    )
    for path in ("/login", "/signup"):
        opened(browser, domain, view, path)
        assert browser.evaluate("document.images.length") == 3
        assert unloaded_images(browser) == 0
        assert overflow(browser) == 0
        background = "rgb(15, 27, 42)" if view.scheme == "dark" else "rgb(255, 255, 255)"
        assert shown(browser, "body", "backgroundColor") == background
        button = "rgb(83, 159, 229)" if view.scheme == "dark" else "rgb(9, 114, 211)"
        assert shown(browser, ".button", "backgroundColor") == button
        assert violations(browser) == []


@pytest.mark.parametrize(("mode", "scheme"), [("LIGHT", "dark"), ("DARK", "light")])
def test_fixed_mode_precedes_the_browsers_scheme(
    server: RunningServer, new_pool: NewPool, browser: Page, mode: str, scheme: str
) -> None:
    domain = DomainPool(server, new_pool(client=OAUTH), MANAGED_LOGIN)
    domain.pool.cognito.create_managed_login_branding(
        UserPoolId=domain.pool.id,
        ClientId=domain.client_id,
        Settings={"categories": {"global": {"colorSchemeMode": mode}}},
    )
    opened(browser, domain, View(mode, scheme=scheme))
    background = "rgb(15, 27, 42)" if mode == "DARK" else "rgb(255, 255, 255)"
    assert shown(browser, "body", "backgroundColor") == background
    assert shown(browser, "html", "colorScheme") == mode.lower()
    assert violations(browser) == []


def test_background_image_is_loaded_from_the_site(
    server: RunningServer, new_pool: NewPool, browser: Page
) -> None:
    domain = DomainPool(server, new_pool(client=OAUTH), MANAGED_LOGIN)
    domain.pool.cognito.create_managed_login_branding(
        UserPoolId=domain.pool.id,
        ClientId=domain.client_id,
        UseCognitoProvidedValues=True,
        Assets=[asset("PAGE_BACKGROUND", Bytes=PICTURE)],
    )
    opened(browser, domain, View("light"))
    assert f"{domain.url}/branding/" in shown(browser, "body", "backgroundImage")
    loaded = browser.evaluate(
        "performance.getEntriesByType('resource').filter(e => e.name.endsWith('.svg'))"
        ".map(e => e.responseStatus)"
    )
    assert loaded == [200]


@pytest.mark.parametrize("position", ["TOP", "BOTTOM"])
def test_logo_outside_the_card_is_beside_it(
    server: RunningServer, new_pool: NewPool, browser: Page, position: str
) -> None:
    domain = DomainPool(server, new_pool(client=OAUTH), MANAGED_LOGIN)
    logo = {"enabled": True, "formInclusion": "OUT", "position": position}
    domain.pool.cognito.create_managed_login_branding(
        UserPoolId=domain.pool.id,
        ClientId=domain.client_id,
        Settings={"components": {"form": {"logo": logo}}},
        Assets=[asset("FORM_LOGO", "DYNAMIC", Bytes=PICTURE)],
    )
    opened(browser, domain, View("light"))
    above = browser.evaluate(
        """(() => {
          const box = (s) => document.querySelector(s).getBoundingClientRect();
          return [box('.card').top - box('.logo').bottom, box('.logo').top - box('.card').bottom];
        })()"""
    )
    gap = above[0] if position == "TOP" else above[1]
    assert 0 < gap < 40
    assert violations(browser) == []


def test_classic_css_precedes_the_pages_own(
    server: RunningServer, new_pool: NewPool, browser: Page
) -> None:
    """The properties of the AWS CLI's example of set-ui-customization, and hidden labels."""
    domain = DomainPool(server, new_pool(client=OAUTH), CLASSIC)
    domain.pool.cognito.set_ui_customization(UserPoolId=domain.pool.id, CSS=CLASSIC_CSS)
    opened(browser, domain, View("light"))
    assert shown(browser, ".submitButton-customizable", "backgroundColor") == "rgb(18, 52, 86)"
    assert shown(browser, "#signInFormUsername", "height") == "60px"
    assert shown(browser, ".label-customizable", "fontWeight") == "400"
    assert shown(browser, ".background-customizable", "backgroundColor") == "rgb(250, 250, 250)"
    assert violations(browser) == []
