"""The pages of sign-up and password reset in a real browser, each reached as users reach it."""

import json
from collections.abc import Iterator
from importlib.resources import files

import pytest
from support.chromium import Page, chromium
from support.running_server import RunningServer, running
from support.served_pools import PoolForTest
from support.sign_in_pages import WEB_APP
from support.sign_ins import PASSWORD
from support.sign_up_pages import EMAIL_POOL, Site

from pages.test_accessibility import PAGE_VIEWS, VIEWS, View, look, overflow, violations

_ADDRESS = "requiredAttributes[email]"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running(tmp_path_factory.mktemp("data"), memory=True, dev=True, log_level="error") as made:
        yield made


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with chromium(tmp_path_factory.mktemp("browser")) as page:
        yield page


@pytest.fixture(scope="module")
def site(server: RunningServer) -> Site:
    return Site(server, PoolForTest(server.client(), WEB_APP, **EMAIL_POOL))


@pytest.fixture(scope="module")
def closed(server: RunningServer) -> Site:
    admins = {"AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True}}
    return Site(server, PoolForTest(server.client(), WEB_APP, **admins))


_numbers = iter(range(10_000))
PAGES: dict[str, tuple[str, list[dict[str, str]]]] = {
    "sign up": ("/signup", []),
    "sign up, refused": ("/signup", [{"username": "zoe", "password": "x", _ADDRESS: ""}]),
    "confirm": ("/signup", [{"username": "NEW", "password": PASSWORD, _ADDRESS: "z@b.example"}]),
    "confirm, refused": (
        "/signup",
        [
            {"username": "NEW", "password": PASSWORD, _ADDRESS: "z@b.example"},
            {"code": "123456"},
        ],
    ),
    "forgot": ("/forgotPassword", []),
    "reset, refused": (
        "/confirmforgotPassword",
        [{"username": "zoe", "code": "1", "password": "Aa1!aaaa", "confirm_password": "x"}],
    ),
}
"""The page to open, and what is typed into each form until the page is there."""


def reach(browser: Page, site: Site, name: str, view: View) -> None:
    """Walk to a page, with scripts off where the view has none."""
    path, forms = PAGES[name]
    look(browser, view)
    browser.open("about:blank")
    browser.call("Network.clearBrowserCookies")
    language = "ar" if view.direction == "rtl" else "en"
    browser.open(site.server.url + site.path(path, lang=language))
    for form in forms:
        for field, value in form.items():
            typed = f"n{next(_numbers)}" if value == "NEW" else value
            chosen = f"document.querySelector('[name=\"{field}\"]')"
            browser.evaluate(f"{chosen}.value = {json.dumps(typed)}")
        browser.press("button[type=submit]")


@pytest.mark.parametrize("view", PAGE_VIEWS)
@pytest.mark.parametrize("name", PAGES)
def test_page_has_no_violation_and_fits(site: Site, browser: Page, name: str, view: View) -> None:
    reach(browser, site, name, view)
    assert browser.evaluate("document.documentElement.dir") == view.direction
    assert browser.evaluate("document.querySelectorAll('h1').length") == 1
    assert overflow(browser) == 0
    assert violations(browser) == []


@pytest.mark.parametrize("view", PAGE_VIEWS)
def test_closed_page_has_no_violation_and_fits(closed: Site, browser: Page, view: View) -> None:
    look(browser, view)
    browser.open(closed.server.url + closed.path("/signup"))
    assert browser.evaluate("document.querySelectorAll('form:not(.languages form)').length") == 0
    assert (overflow(browser), violations(browser)) == (0, [])


def test_refused_form_has_the_focus_at_its_errors_and_links_to_fields(
    site: Site, browser: Page
) -> None:
    reach(browser, site, "sign up, refused", VIEWS[0])
    assert browser.focused("it.id") == "error"
    assert browser.evaluate("document.title").startswith("Error: ")
    browser.evaluate("document.querySelector('#error a').click()")
    assert browser.evaluate("document.querySelector(':target').tagName") == "INPUT"


@pytest.mark.parametrize("name", ["confirm", "forgot", "reset, refused"])
def test_form_whose_button_is_pressed_twice_is_sent_once(
    site: Site, browser: Page, name: str
) -> None:
    """Another message would make the code of the first one old."""
    reach(browser, site, name, VIEWS[0])
    sent = """(() => {
      const form = document.querySelector("form[name]"), sent = [];
      form.addEventListener("submit", (event) => {
        sent.push(!event.defaultPrevented);
        event.preventDefault();
      });
      form.requestSubmit();
      form.requestSubmit();
      return sent;
    })()"""
    assert browser.evaluate(sent) == [True, False]


def test_password_rules_are_marked_while_the_password_is_typed(site: Site, browser: Page) -> None:
    reach(browser, site, "sign up", VIEWS[0])
    kept = """(() => {
      const input = document.getElementById("password");
      input.value = PASSWORD;
      input.dispatchEvent(new Event("input"));
      const lines = [...document.querySelectorAll("[data-rule]")];
      return lines.map((line) => line.dataset.rule + line.querySelector("span").textContent);
    })()"""
    assert browser.evaluate(kept.replace("PASSWORD", '"short"')) == [
        "lower (done)",
        "upper (still missing)",
        "symbol (still missing)",
        "number (still missing)",
        "length (still missing)",
    ]
    assert browser.evaluate(kept.replace("PASSWORD", json.dumps(PASSWORD))) == [
        f"{rule} (done)" for rule in ("lower", "upper", "symbol", "number", "length")
    ]
    marked = "document.querySelectorAll('.passwordCheck-valid-customizable').length"
    assert browser.evaluate(marked) == 5


def test_first_view_is_small_and_of_this_server_alone(site: Site) -> None:
    """ev:domain-4.3: HTML and style sheet have at most 20 KB."""
    page = site.browser("ja").open("/signup")
    style = (files("poolhouse.pages") / "static" / "poolhouse.css").read_bytes()
    assert len(page.body) + len(style) <= 20_480
    loaded = [each.attributes.get("src") or each.attributes.get("href") for each in page.elements]
    foreign = [url for url in loaded if url and url.startswith(("http:", "https:", "//"))]
    assert foreign == []
