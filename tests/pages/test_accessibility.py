"""Pages in a real browser: axe finds nothing, nothing is cut off, and no script is needed."""

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from support.chromium import Page, chromium
from support.programs import node_clients
from support.running_server import RunningServer, running

CLIENT = "poolhousedevclient00000000"
PATHS = ["/", "/inbox", "/inbox?search=nothing", "/confirmUser", "/no/such/page"]


class View(NamedTuple):
    """How a page is looked at."""

    name: str
    scheme: str = "light"
    width: int = 1_100
    direction: str = "ltr"
    with_scripts: bool = True


VIEWS = [
    View("light"),
    View("dark", scheme="dark"),
    View("right to left", direction="rtl"),
    View("narrow", width=320),
    View("narrow, dark, right to left", scheme="dark", width=320, direction="rtl"),
    View("without scripts", with_scripts=False),
]
_NIGHTLY = ("dark", "right to left", "narrow")
PAGE_VIEWS = [
    pytest.param(view, id=view.name, marks=[pytest.mark.nightly] * (view.name in _NIGHTLY))
    for view in VIEWS
]
"""The views of each page. In the ordinary run one view has at once what three others have singly.

The components that pages are made of are looked at in every view of every run.
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A dev server with two pools and messages."""
    directory = tmp_path_factory.mktemp("data")
    with running(directory, dev=True, memory=True, log_level="error") as server:
        cognito = server.client()
        pool = cognito.create_user_pool(
            PoolName="barn",
            AutoVerifiedAttributes=["email"],
            VerificationMessageTemplate={"DefaultEmailOption": "CONFIRM_WITH_LINK"},
        )["UserPool"]["Id"]
        client = cognito.create_user_pool_client(
            UserPoolId=pool, ClientName="backend", GenerateSecret=True
        )["UserPoolClient"]
        by_link = cognito.create_user_pool_client(UserPoolId=pool, ClientName="web")
        assert client["ClientSecret"]
        for number, client_id in enumerate([CLIENT, by_link["UserPoolClient"]["ClientId"]]):
            cognito.sign_up(
                ClientId=client_id,
                Username=f"user-{number}-" + "of-a-long-name" * 5,
                Password="Correct-Horse-9!",
                UserAttributes=[{"Name": "email", "Value": "zoe@barn.example"}],
            )
        yield server


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with chromium(tmp_path_factory.mktemp("browser")) as page:
        yield page


def look(page: Page, view: View) -> None:
    """Set what the next page is looked at by."""
    scheme = {"name": "prefers-color-scheme", "value": view.scheme}
    page.call("Emulation.setEmulatedMedia", features=[scheme])
    page.call(
        "Emulation.setDeviceMetricsOverride",
        width=view.width,
        height=800,
        deviceScaleFactor=1,
        mobile=True,
    )
    page.call("Emulation.setScriptExecutionDisabled", value=not view.with_scripts)


def violations(page: Page) -> list[str]:
    """What axe finds, each with the elements that it is about."""
    # Axe runs scripts of its own, which a page without scripts would refuse as well.
    page.call("Emulation.setScriptExecutionDisabled", value=False)
    axe = node_clients() / "node_modules" / "axe-core" / "axe.min.js"
    page.evaluate(axe.read_text() + "; 0")
    found = json.loads(page.evaluate("axe.run(document).then(r => JSON.stringify(r.violations))"))
    return [
        f"{each['id']}: {node['html']} {node['failureSummary']}"
        for each in found
        for node in each["nodes"]
    ]


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    wider: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return wider


def turn(page: Page, direction: str) -> None:
    page.evaluate(f"document.documentElement.dir = '{direction}'")


@pytest.mark.parametrize("view", PAGE_VIEWS)
@pytest.mark.parametrize("path", PATHS)
def test_page_has_no_violation_and_fits(
    server: RunningServer, browser: Page, path: str, view: View
) -> None:
    look(browser, view)
    browser.open(server.url + path)
    turn(browser, view.direction)
    assert overflow(browser) == 0
    browser.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    assert violations(browser) == []
    assert overflow(browser) == 0


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_page_components_have_no_violation_and_fit(browser: Page, view: View) -> None:
    """Forms, notices and buttons of the pages to come."""
    style = (files("poolhouse.pages") / "static" / "poolhouse.css").read_text()
    specimen = (Path(__file__).parent / "specimen.html").read_text().replace("STYLE", style)
    look(browser, view)
    browser.open("about:blank")
    frame = browser.call("Page.getFrameTree")["frameTree"]["frame"]["id"]
    browser.call("Page.setDocumentContent", frameId=frame, html=specimen)
    turn(browser, view.direction)
    assert overflow(browser) == 0
    assert violations(browser) == []


def test_axe_and_overflow_find_what_is_wrong(server: RunningServer, browser: Page) -> None:
    """The tests above would fail on a page that is not well made."""
    look(browser, View("narrow", width=320))
    browser.open(server.url + "/confirmUser")
    browser.evaluate(
        """(() => {
          const main = document.querySelector("main");
          main.innerHTML = "<input><p>pale</p>";
          main.querySelector("p").style.cssText = "color: #999; width: 400px";
        })()"""
    )
    found = " ".join(violations(browser))
    assert "label:" in found
    assert "color-contrast:" in found
    assert overflow(browser) > 0


def test_page_loads_its_style_sheet_under_its_policy(server: RunningServer, browser: Page) -> None:
    look(browser, VIEWS[0])
    browser.open(server.url + "/confirmUser")
    shown = "getComputedStyle(document.querySelector('.card')).borderTopLeftRadius"
    assert browser.evaluate(shown) == "12px"


def test_inbox_without_scripts_shows_and_filters_messages(
    server: RunningServer, browser: Page
) -> None:
    look(browser, View("without scripts", with_scripts=False))
    browser.open(server.url + "/inbox?search=user-0")
    assert browser.evaluate("document.querySelectorAll('#messages > li').length") == 1
    assert browser.evaluate("document.querySelectorAll('button').length") == 1  # Search
    assert browser.evaluate("document.querySelector('#search').value") == "user-0"


@pytest.mark.parametrize("path", ["/", "/inbox"])
def test_page_with_script_shows_times_with_their_zone(
    server: RunningServer, browser: Page, path: str
) -> None:
    look(browser, VIEWS[0])
    browser.call("Emulation.setTimezoneOverride", timezoneId="Asia/Tokyo")
    browser.open(server.url + path)
    shown = browser.evaluate("[...document.querySelectorAll('time')].map((t) => t.textContent)")
    browser.call("Emulation.setTimezoneOverride", timezoneId="")
    assert shown
    assert [text for text in shown if not text.endswith(("GMT+9", "JST"))] == []


def test_inbox_with_script_shows_new_messages_and_keeps_what_is_open(
    server: RunningServer, browser: Page
) -> None:
    look(browser, VIEWS[0])
    browser.open(server.url + "/inbox?search=late")
    assert browser.evaluate("document.querySelectorAll('#messages > li').length") == 0
    sign_up(server, "late-1")
    assert browser.evaluate(arrival("late-1"))
    browser.evaluate("document.querySelector('#messages details').open = true")
    sign_up(server, "late-2")
    assert browser.evaluate(arrival("late-2"))
    opened = "[...document.querySelectorAll('#messages details')].map((each) => each.open)"
    assert browser.evaluate(opened) == [False, True]
    assert browser.evaluate("document.querySelector('#status').textContent") == "2 messages"
    assert browser.evaluate("document.querySelector('#empty').hidden")


def sign_up(server: RunningServer, name: str) -> None:
    email = {"Name": "email", "Value": "zoe@barn.example"}
    server.client().sign_up(
        ClientId=CLIENT, Username=name, Password="Correct-Horse-9!", UserAttributes=[email]
    )


def arrival(name: str) -> str:
    """A promise that is kept when the page shows a message to this user."""
    return f"""new Promise((resolve) => {{
      const list = document.getElementById("messages");
      const look = () => list.textContent.includes("{name}") && resolve(true);
      new MutationObserver(look).observe(list, {{ childList: true }});
      look();
    }})"""


def test_copy_button_copies_or_selects_the_code(server: RunningServer, browser: Page) -> None:
    look(browser, VIEWS[0])
    browser.open(server.url + "/inbox?search=user-0")
    code: Any = browser.evaluate("document.querySelector('.secret-code').textContent")
    browser.call("Emulation.setFocusEmulationEnabled", enabled=True)
    browser.evaluate(
        "navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed'));"
        "document.querySelector('.secret-code + button').click()"
    )
    selected = "new Promise(r => setTimeout(() => r(getSelection().toString())))"
    assert browser.evaluate(selected) == code
