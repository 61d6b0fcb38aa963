"""Sign in with a passkey on the pages, in Chromium with its virtual authenticator."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.access_tokens import token_of
from support.chromium import Page, chromium
from support.running_server import RunningServer, running
from support.served_pools import PoolForTest
from support.sign_in_pages import WEB_APP, Site

from poolhouse.entities.domains import MANAGED_LOGIN

FACTORS = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}}
REGISTER = """(async (options) => {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  return (await navigator.credentials.create({ publicKey })).toJSON();
})"""

RECORD = """{
  const get = navigator.credentials.get.bind(navigator.credentials);
  let record, end;
  window.asked = new Promise((done) => { record = done; });
  window.ended = new Promise((done) => { end = done; });
  navigator.credentials.get = (options) => {
    record(options.mediation);
    const found = get(options);
    found.catch((error) => end(error.name));
    return found;
  };
}"""
"""Makes promises of what a page asks an authenticator, and of the error that ends it."""

SHOWN = """new Promise((done) => {
  const look = () => {
    const problem = document.querySelector("#passkey [role=alert]");
    if (problem && !problem.hidden) done(problem.textContent);
    else setTimeout(look, 20);
  };
  look();
})"""
"""What the page says of a passkey that can't be used."""


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server whose relying party is localhost, where browsers allow passkeys without HTTPS."""
    with running(tmp_path_factory.mktemp("data"), memory=True, dev=True, log_level="error") as made:
        yield made


@pytest.fixture
def site(local: RunningServer) -> Site:
    pool = PoolForTest(local.client(), WEB_APP, Policies=FACTORS)
    pool.sign_up()
    pool.admin_confirm()
    return Site(local, pool, MANAGED_LOGIN)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Page]:
    """A browser whose authenticator is always touched by its user."""
    with chromium(tmp_path) as page:
        page.call("Emulation.setFocusEmulationEnabled", enabled=True)
        page.call("WebAuthn.enable")
        yield page


def add_authenticator(browser: Page) -> str:
    made = browser.call(
        "WebAuthn.addVirtualAuthenticator",
        options={
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        },
    )
    authenticator: str = made["authenticatorId"]
    return authenticator


def touch(browser: Page, authenticator: str, *, is_touched: bool) -> None:
    """Let the user touch the authenticator whenever it asks, or not."""
    browser.call(
        "WebAuthn.setAutomaticPresenceSimulation",
        authenticatorId=authenticator,
        enabled=is_touched,
    )


def register(browser: Page, site: Site) -> None:
    """Give alice a passkey in the browser's authenticator."""
    browser.open(f"http://localhost:{site.server.port}{site.path('/signup')}")
    token = token_of(site.server, site.pool)
    options = site.pool.cognito.start_web_authn_registration(AccessToken=token)
    made = browser.evaluate(f"{REGISTER}({json.dumps(options['CredentialCreationOptions'])})")
    site.pool.cognito.complete_web_authn_registration(AccessToken=token, Credential=made)


def address(site: Site, **params: str) -> str:
    return f"http://localhost:{site.server.port}{site.path('/login', **params)}"


def choose_passkey(browser: Page, site: Site, authenticator: str, **params: str) -> None:
    """Enter the name and press the passkey's button; no passkey is chosen before."""
    touch(browser, authenticator, is_touched=False)
    browser.open("about:blank")
    browser.open(address(site, **params))
    browser.evaluate("document.querySelector('[name=username]').value = 'alice'")
    browser.press("[type=submit]")
    touch(browser, authenticator, is_touched=True)
    browser.evaluate("document.querySelector('button[value=WEB_AUTHN]').click()")


def test_passkey_signs_in_on_the_page(site: Site, browser: Page) -> None:
    authenticator = add_authenticator(browser)
    register(browser, site)
    callback = f"http://localhost:{site.server.port}/callback"
    allow(site, callback)
    choose_passkey(browser, site, authenticator, redirect_uri=callback)
    reached = browser.wait_for_url(f"{callback}?code=")
    assert reached.endswith("&state=the%20state")


def allow(site: Site, callback: str) -> None:
    site.pool.cognito.update_user_pool_client(
        UserPoolId=site.pool.id,
        ClientId=site.pool.client_id,
        **{**WEB_APP, "CallbackURLs": [callback]},
    )


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        (
            "navigator.credentials.get = () => Promise.reject(new Error('cancelled'))",
            "The passkey could not be used. Try again, or choose another way.",
        ),
        (
            "delete window.PublicKeyCredential",
            "This browser can’t use passkeys here. Choose another way.",
        ),
    ],
)
def test_passkey_that_cannot_be_used_leaves_another_way(
    site: Site, browser: Page, script: str, sentence: str
) -> None:
    authenticator = add_authenticator(browser)
    register(browser, site)
    browser.call("Page.addScriptToEvaluateOnNewDocument", source=script)
    choose_passkey(browser, site, authenticator)
    browser.wait_for_url(f"http://localhost:{site.server.port}{site.root}/login")
    assert browser.evaluate(SHOWN) == sentence
    browser.press("[value=choose]")
    assert browser.evaluate("document.querySelectorAll('[name=password]').length") == 1


def test_passkey_in_the_field_for_the_name_signs_in(site: Site, browser: Page) -> None:
    add_authenticator(browser)
    register(browser, site)
    callback = f"http://localhost:{site.server.port}/callback"
    allow(site, callback)
    browser.call("Page.navigate", url=address(site, redirect_uri=callback))
    reached = browser.wait_for_url(f"{callback}?code=")
    assert reached.endswith("&state=the%20state")


def test_passkey_in_the_field_for_the_name_gives_way_to_one_that_is_asked_for(
    site: Site, browser: Page
) -> None:
    """The page asks when it is loaded, and stops before its form leads to the next request."""
    authenticator = add_authenticator(browser)
    register(browser, site)
    touch(browser, authenticator, is_touched=False)
    browser.call("Page.addScriptToEvaluateOnNewDocument", source=RECORD)
    browser.open(address(site))
    assert browser.evaluate("asked") == "conditional"
    browser.evaluate(
        "document.cognitoSignInForm.addEventListener('submit', e => e.preventDefault());"
        "document.cognitoSignInForm.requestSubmit()"
    )
    assert browser.evaluate("ended") == "AbortError"
    assert browser.evaluate("document.querySelectorAll('[role=alert]').length") == 0


def test_passkey_in_the_field_for_the_name_is_silent_where_browsers_have_none(
    site: Site, browser: Page
) -> None:
    browser.call(
        "Page.addScriptToEvaluateOnNewDocument", source="delete window.PublicKeyCredential"
    )
    browser.open(address(site))
    asked = (
        "performance.getEntriesByType('resource').filter(e => e.name.includes('/login/')).length"
    )
    assert browser.evaluate(asked) == 0
    assert browser.evaluate("document.querySelectorAll('[role=alert]').length") == 0
    assert browser.evaluate("document.querySelector('[name=username]').autocomplete") == (
        "username webauthn"
    )
