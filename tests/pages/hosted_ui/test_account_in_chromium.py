"""The account page in a real browser: axe finds nothing, nothing is cut off, passkeys are added."""

from collections.abc import Iterator

import pytest
from support.account_pages import Account
from support.chromium import Page, chromium
from support.mfa_pools import BY_EMAIL, FACTORS
from support.remembered_device import KeptDevice
from support.running_server import RunningServer, running
from support.sign_ins import PASSWORD
from support.store_contents import eventually

from pages.test_accessibility import VIEWS, View, look, overflow, violations
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
def browser(
    tmp_path_factory: pytest.TempPathFactory, server: RunningServer, account: Account
) -> Iterator[Page]:
    """A browser in which alice has signed in at the account page."""
    with chromium(tmp_path_factory.mktemp("browser")) as page:
        page.call("Emulation.setFocusEmulationEnabled", enabled=True)

        query = f"client_id={account.pool.client_id}&account=overview"
        page.open(f"http://localhost:{server.port}{account.site.root}/login?{query}")
        for name, value in {"username": "alice", "password": PASSWORD}.items():
            page.evaluate(f"document.querySelector('[name={name}]').value = {value!r}")
        page.press("[type=submit]")
        page.call("WebAuthn.enable")
        yield page


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
    language = "ar" if view.direction == "rtl" else "en"
    open_section(browser, account, section, lang=language)
    assert browser.evaluate("document.documentElement.dir") == view.direction
    assert browser.evaluate("document.querySelectorAll('h1').length") == 1
    assert overflow(browser) == 0
    assert violations(browser) == []


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


def test_account_passkey_is_added_listed_and_removed(account: Account, browser: Page) -> None:
    look(browser, SEEN[0])
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    browser.call("WebAuthn.addVirtualAuthenticator", options=options)
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
