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


def add_authenticator(browser: Page) -> None:
    browser.call(
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


def register(browser: Page, site: Site) -> None:
    """Give alice a passkey in the browser's authenticator."""
    browser.open(address(site))
    token = token_of(site.server, site.pool)
    options = site.pool.cognito.start_web_authn_registration(AccessToken=token)
    made = browser.evaluate(f"{REGISTER}({json.dumps(options['CredentialCreationOptions'])})")
    site.pool.cognito.complete_web_authn_registration(AccessToken=token, Credential=made)


def address(site: Site, **params: str) -> str:
    return f"http://localhost:{site.server.port}{site.path('/login', **params)}"


def choose_passkey(browser: Page, site: Site, **params: str) -> None:
    """Enter the name and press the passkey's button."""
    browser.open("about:blank")
    browser.open(address(site, **params))
    browser.evaluate("document.querySelector('[name=username]').value = 'alice'")
    browser.press("[type=submit]")
    browser.evaluate("document.querySelector('button[value=WEB_AUTHN]').click()")


def test_passkey_signs_in_on_the_page(site: Site, browser: Page) -> None:
    add_authenticator(browser)
    register(browser, site)
    callback = f"http://localhost:{site.server.port}/callback"
    allow(site, callback)
    choose_passkey(browser, site, redirect_uri=callback)
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
    add_authenticator(browser)
    register(browser, site)
    browser.call("Page.addScriptToEvaluateOnNewDocument", source=script)
    choose_passkey(browser, site)
    browser.wait_for_url(f"http://localhost:{site.server.port}{site.root}/login")
    assert browser.evaluate(SHOWN) == sentence
    link = browser.evaluate("document.querySelector('main p > a:last-of-type').href")
    assert "state=the+state" in link
