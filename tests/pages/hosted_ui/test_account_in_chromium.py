"""Pages of signed-in users in a real browser: axe finds nothing, passkeys are added."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from support.account_pages import Account
from support.chromium import Page, chromium
from support.mfa_pools import BY_EMAIL, FACTORS
from support.remembered_device import KeptDevice
from support.running_server import RunningServer, running
from support.sign_in_pages import Site
from support.sign_ins import PASSWORD
from support.store_contents import eventually

from pages.test_accessibility import VIEWS, View, look, overflow, violations
from poolhouse.entities.domains import MANAGED_LOGIN
from poolhouse.pages.hosted_ui.texts import texts_for
from poolhouse.rules.oauth.account_sign_in import Section

TEXTS = texts_for("en")
SEEN = [view for view in VIEWS if view.name in {"light", "dark", "narrow, dark, right to left"}]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server whose relying party is localhost, where browsers allow passkeys without HTTPS."""
    data = tmp_path_factory.mktemp("data")
    beyond = {"account_page": True, "recovery_codes": True}
    with running(data, memory=True, dev=True, log_level="error", **beyond) as made:
        yield made


@pytest.fixture(scope="module")
def account(server: RunningServer) -> Account:
    made = Account(
        server,
        mfa={"MfaConfiguration": "OPTIONAL", **FACTORS["app"], **FACTORS["email"]},
        attributes={"email": "alice@home.example", "name": "Alice"},
        AutoVerifiedAttributes=["email"],
        DeviceConfiguration={"ChallengeRequiredOnNewDevice": False},
        Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}},
        **BY_EMAIL,
    )
    tokens = made.tokens()
    KeptDevice(tokens).confirm(made.pool.cognito, DeviceName="phone")
    made.pool.cognito.get_user_attribute_verification_code(
        AccessToken=tokens["AccessToken"], AttributeName="email"
    )
    return made


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory, account: Account) -> Iterator[Page]:
    """A browser in which alice has signed in at the account page."""
    with chromium(tmp_path_factory.mktemp("browser")) as page:
        page.call("Emulation.setFocusEmulationEnabled", enabled=True)
        sign_in(page, account)
        page.call("WebAuthn.enable")
        yield page


def sign_in(browser: Page, account: Account, **params: str) -> None:
    """Send alice's name and password at a domain, whose cookies no other domain has."""
    query = urlencode({"client_id": account.pool.client_id, "account": "overview", **params})
    browser.open("about:blank")
    browser.open(f"http://localhost:{account.server.port}{account.site.root}/login?{query}")
    fill_in(browser, username="alice", password=PASSWORD)
    browser.press("[type=submit]")


@pytest.fixture(scope="module")
def with_app(server: RunningServer, browser: Page) -> Account:
    """Another domain at which alice has signed in, before she has set up an app."""
    mfa = {"MfaConfiguration": "OPTIONAL", **FACTORS["app"]}
    made = Account(server, mfa=mfa, **BY_EMAIL)
    sign_in(browser, made)
    made.has_app()
    return made


@pytest.fixture(scope="module")
def signed_in_long_ago(server: RunningServer, browser: Page) -> Account:
    """Another domain at which alice has signed in by passkey an hour ago."""
    made = Account(server, **BY_EMAIL)
    sign_in(browser, made)
    made.let_pass(timedelta(minutes=50))
    return made


def language_of(view: View) -> str:
    return "ar" if view.direction == "rtl" else "en"


def fill_in(browser: Page, **typed: str) -> None:
    for name, value in typed.items():
        browser.evaluate(f"document.querySelector('[name={name}]').value = {value!r}")


def open_section(browser: Page, account: Account, section: Section, **params: str) -> None:
    name = "" if section is Section.OVERVIEW else section.value
    path = account.path(name, **params)
    browser.open(f"http://localhost:{account.server.port}{path}")


@pytest.mark.parametrize("view", SEEN, ids=lambda view: view.name)
@pytest.mark.parametrize("section", list(Section))
def test_account_section_has_no_violation_and_fits(
    account: Account, browser: Page, section: Section, view: View
) -> None:
    look(browser, view)
    open_section(browser, account, section, lang=language_of(view))
    assert browser.evaluate("document.documentElement.dir") == view.direction
    assert browser.evaluate("document.querySelectorAll('h1').length") == 1
    assert overflow(browser) == 0
    assert violations(browser) == []


@pytest.mark.parametrize("section", [Section.OVERVIEW, Section.PROFILE])
def test_account_menu_of_languages_leads_to_the_same_section(
    account: Account, browser: Page, section: Section
) -> None:
    look(browser, SEEN[0])
    open_section(browser, account, section, lang="en")
    browser.press(".languages [value=de]")
    shown = browser.evaluate("document.documentElement.lang + ' ' + location.pathname")
    assert shown == f"de {account.site.root}{section.path}"


@pytest.mark.parametrize("view", SEEN, ids=lambda view: view.name)
def test_account_set_up_of_an_app_has_no_violation(
    account: Account, browser: Page, view: View
) -> None:
    look(browser, view)
    open_section(browser, account, Section.SECOND_FACTORS, lang="en")
    browser.evaluate("document.querySelector('[value=set_up]').form.id = 'set-up'")
    browser.press("#set-up button")
    assert browser.evaluate("document.querySelectorAll('.qr svg').length") == 1
    assert (overflow(browser), violations(browser)) == (0, [])
    browser.press("form button")  # without a code
    assert browser.focused("it.getAttribute('role')") == "alert"
    assert (overflow(browser), violations(browser)) == (0, [])


@pytest.mark.parametrize("view", SEEN, ids=lambda view: view.name)
def test_account_list_of_recovery_codes_has_no_violation_and_fits(
    with_app: Account, browser: Page, view: View
) -> None:
    look(browser, view)
    language = language_of(view)
    open_section(browser, with_app, Section.RECOVERY_CODES, lang=language)
    browser.press("form:not(.languages form) .button")
    assert browser.evaluate("document.querySelectorAll('.codes code').length") == 10
    assert browser.evaluate("document.documentElement.dir") == view.direction
    assert (overflow(browser), violations(browser)) == (0, [])


@pytest.mark.parametrize("view", SEEN, ids=lambda view: view.name)
def test_form_for_a_recovery_code_has_no_violation_and_fits(
    with_app: Account, browser: Page, view: View
) -> None:
    """The first view, and that of a wrong code."""
    look(browser, view)
    sign_in(browser, with_app, prompt="login", lang=language_of(view))
    browser.press("[value=recover]")
    assert browser.focused("it.id") == "recovery_code"
    assert browser.evaluate("document.documentElement.dir") == view.direction
    assert (overflow(browser), violations(browser)) == (0, [])
    browser.press("[type=submit]")  # without a code
    assert browser.focused("it.getAttribute('role')") == "alert"
    assert (overflow(browser), violations(browser)) == (0, [])


@pytest.mark.parametrize("view", SEEN, ids=lambda view: view.name)
def test_account_request_to_sign_in_again_has_no_violation_and_fits(
    signed_in_long_ago: Account, browser: Page, view: View
) -> None:
    look(browser, view)
    language = language_of(view)
    open_section(browser, signed_in_long_ago, Section.PASSWORD, lang=language)
    title = texts_for(language).account_sign_in_again_title
    assert browser.evaluate("document.querySelector('h1').textContent") == title
    assert (overflow(browser), violations(browser)) == (0, [])


@pytest.fixture
def authenticator(browser: Page) -> Iterator[None]:
    """An authenticator of the browser, which agrees to everything."""
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    made = browser.call("WebAuthn.addVirtualAuthenticator", options=options)
    yield
    browser.call("WebAuthn.removeVirtualAuthenticator", authenticatorId=made["authenticatorId"])


@pytest.mark.usefixtures("authenticator")
def test_account_passkey_is_added_listed_and_removed(account: Account, browser: Page) -> None:
    look(browser, SEEN[0])
    open_section(browser, account, Section.PASSKEYS, lang="en")
    browser.press("form:not(.end) button")
    token = account.tokens()["AccessToken"]
    cognito = account.pool.cognito
    eventually(lambda: cognito.list_web_authn_credentials(AccessToken=token)["Credentials"] or None)
    open_section(browser, account, Section.PASSKEYS, lang="en")
    assert browser.evaluate("document.querySelectorAll('.lines li').length") == 1
    assert violations(browser) == []
    browser.press("form.end button")
    notice = "document.querySelector('[role=status]').textContent"
    assert browser.evaluate(notice) == TEXTS.account_done_removed


def test_new_passkey_pages_have_no_violation(account: Account, browser: Page) -> None:
    managed = Site(account.server, account.pool, MANAGED_LOGIN)
    origin = f"http://localhost:{account.server.port}"
    browser.open(f"{origin}{managed.root}/login?client_id={account.pool.client_id}&account=profile")
    fill_in(browser, username="alice")
    browser.press("[type=submit]")
    fill_in(browser, password=PASSWORD)
    browser.press("[type=submit]")
    for view in SEEN:
        look(browser, view)
        browser.open(f"{origin}{managed.path('/passkeys/add', lang=language_of(view))}")
        assert browser.evaluate("document.documentElement.dir") == view.direction
        for expected in ("[value=start]", "#new-passkey"):
            assert browser.evaluate(f"document.querySelectorAll('{expected}').length") == 1
            assert (overflow(browser), violations(browser)) == (0, [])
            if expected == "[value=start]":
                browser.press(expected)
