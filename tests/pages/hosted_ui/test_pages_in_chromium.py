"""What only a browser shows of sign-in pages: sizes, forced colours, and passwords on demand."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from support.chromium import Page, chromium
from support.domain_pools import OAUTH, DomainPool
from support.running_server import RunningServer, running
from support.served_pools import PoolForTest

from pages.test_accessibility import VIEWS, View, look, overflow, violations


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    chosen = {"memory": True, "dev": True, "log_level": "error", "rp_initiated_logout": True}
    with running(tmp_path_factory.mktemp("data"), **chosen) as made:
        yield made


@pytest.fixture(scope="module")
def own_domain(own_server: RunningServer) -> DomainPool:
    domain = DomainPool(own_server, PoolForTest(own_server.client(), OAUTH))
    domain.add_user()
    return domain


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with chromium(tmp_path_factory.mktemp("browser")) as page:
        yield page


def opened(browser: Page, domain: DomainPool, view: View, **params: str) -> None:
    look(browser, view)
    language = "ar" if view.direction == "rtl" else "en"
    browser.open("about:blank")
    browser.open(f"{domain.url}/login?{urlencode(domain.asked(lang=language, **params))}")


def keep_session(browser: Page, domain: DomainPool) -> None:
    """Give the browser the session of alice, who has signed in."""
    cookie = domain.signed_in().cookies["cognito"]
    browser.call("Network.enable")
    browser.call("Network.setCookie", name="cognito", value=cookie, url=domain.url)


SEEN = pytest.mark.parametrize("view", [VIEWS[0], VIEWS[1], VIEWS[4]], ids=lambda view: view.name)


@SEEN
def test_chooser_has_no_violation_and_fits(
    own_domain: DomainPool, browser: Page, view: View
) -> None:
    keep_session(browser, own_domain)
    opened(browser, own_domain, view)
    assert browser.evaluate("document.querySelectorAll('[name=account]').length") == 1
    assert (overflow(browser), violations(browser)) == (0, [])
    browser.call("Network.clearBrowserCookies")


@SEEN
def test_question_before_a_sign_out_has_no_violation_and_fits(
    own_domain: DomainPool, browser: Page, view: View
) -> None:
    keep_session(browser, own_domain)
    look(browser, view)
    language = "ar" if view.direction == "rtl" else "en"
    browser.open("about:blank")
    browser.open(f"{own_domain.url}/logout?client_id={own_domain.client_id}&lang={language}")
    assert browser.evaluate("document.querySelectorAll('main form .button').length") == 1
    assert (overflow(browser), violations(browser)) == (0, [])
    browser.call("Network.clearBrowserCookies")


def test_page_at_four_times_its_size_fits(own_domain: DomainPool, browser: Page) -> None:
    """A window of 1280 by 1024 at 400 % has the room of 320 by 256 (WCAG 1.4.10)."""
    opened(browser, own_domain, VIEWS[3])
    browser.call(
        "Emulation.setDeviceMetricsOverride",
        width=320,
        height=256,
        deviceScaleFactor=4,
        mobile=False,
    )
    browser.evaluate("document.querySelector('.languages').open = true")
    assert (overflow(browser), violations(browser)) == (0, [])


def test_field_is_large_enough_to_touch_and_not_to_zoom(
    own_domain: DomainPool, browser: Page
) -> None:
    """Safari zooms into fields below 16 pixels; targets have 24 or more (WCAG 2.5.8)."""
    opened(browser, own_domain, VIEWS[3])
    sizes = browser.evaluate(
        "[...document.cognitoSignInForm.querySelectorAll('input:not([type=hidden]), button')]"
        ".map(e => [parseFloat(getComputedStyle(e).fontSize), e.getBoundingClientRect().height])"
    )
    assert len(sizes) == 4
    assert [size for size in sizes if size[1] < 24] == []
    fields = "getComputedStyle(document.querySelector('#signInFormUsername')).fontSize"
    assert browser.evaluate(fields) == "16px"


def test_page_in_forced_colours_shows_its_parts(own_domain: DomainPool, browser: Page) -> None:
    look(browser, VIEWS[0])
    forced = {"name": "forced-colors", "value": "active"}
    browser.call("Emulation.setEmulatedMedia", features=[forced])
    browser.open("about:blank")
    browser.open(f"{own_domain.url}/login?{urlencode(own_domain.asked())}")
    widths = browser.evaluate(
        "['.button', '.card', '.tile', '#signInFormUsername']"
        ".map(s => getComputedStyle(document.querySelector(s)).borderTopWidth)"
    )
    assert widths == ["1px"] * 4
    transparent = "rgba(0, 0, 0, 0)"
    edge = "getComputedStyle(document.querySelector('.button')).borderTopColor"
    assert browser.evaluate(edge) != transparent
    assert violations(browser) == []


def test_password_is_shown_on_demand_and_hidden_when_it_is_sent(
    own_domain: DomainPool, browser: Page
) -> None:
    opened(browser, own_domain, VIEWS[0])
    shown = (
        "[document.querySelector('#signInFormPassword').type,"
        " document.querySelector('.reveal').getAttribute('aria-label')]"
    )
    assert browser.evaluate(shown) == ["password", "Show password"]
    browser.evaluate("document.querySelector('.reveal').click()")
    assert browser.evaluate(shown) == ["text", "Hide password"]
    assert browser.focused("it.id") == "signInFormPassword"
    browser.evaluate(
        "document.cognitoSignInForm.addEventListener('submit', e => e.preventDefault());"
        "document.cognitoSignInForm.requestSubmit()"
    )
    assert browser.evaluate(shown) == ["password", "Show password"]


def test_page_without_scripts_has_no_button_that_needs_one(
    own_domain: DomainPool, browser: Page
) -> None:
    opened(browser, own_domain, View("without scripts", with_scripts=False))
    assert browser.evaluate("document.querySelectorAll('.reveal').length") == 0


def test_page_names_the_app(own_domain: DomainPool, browser: Page) -> None:
    opened(browser, own_domain, VIEWS[0])
    assert browser.evaluate("document.querySelector('.muted strong').textContent") == "app"
    assert browser.evaluate("document.title") == "Sign in to your account · app"
