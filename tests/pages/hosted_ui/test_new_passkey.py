"""`/passkeys/add`: an app's user adds a passkey at the domain, and returns to the app."""

import html
import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from support.page_browser import CALLBACK, Page
from support.passkey_device import PasskeyDevice
from support.passkey_pools import passkey_pool
from support.running_server import RunningServer
from support.served_pools import NewPool
from support.sign_in_pages import WEB_APP, Site, Visitor, path_of
from support.sign_ins import PASSWORD

from poolhouse.entities.domains import CLASSIC, MANAGED_LOGIN
from poolhouse.pages.hosted_ui.texts import texts_for

TEXTS = texts_for("en")
START, NOT_NOW = ("action", "start"), ("action", "not_now")
STATE = {"state": "the state"}


@pytest.fixture
def site(server: RunningServer, new_pool: NewPool) -> Site:
    return Site(server, passkey_pool(new_pool, client=WEB_APP), MANAGED_LOGIN)


def opened(visitor: Visitor, site: Site, **params: str) -> Page:
    return visitor.get(site.path("/passkeys/add", **params))


def signed_in(site: Site, username: str = "alice") -> Visitor:
    visitor = site.visitor()
    chosen = visitor.submit(visitor.login(prompt="login"), username=username)
    assert "code" in visitor.submit(chosen, password=PASSWORD).result
    return visitor


def made(device: PasskeyDevice, page: Page) -> str:
    """Return what the authenticator makes of the options in the page."""
    found = re.search(r'data-options="([^"]*)"', page.text)
    assert found is not None, page.text
    options: dict[str, Any] = json.loads(html.unescape(found[1]))
    return json.dumps(device.create(options))


def alert_of(page: Page) -> str:
    found = re.search(r'role="alert".*?<p>(.*?)</p>', page.text, re.DOTALL)
    assert found is not None, page.text
    return html.unescape(found[1])


def test_new_passkey_returns_to_the_app_and_signs_in(site: Site) -> None:
    visitor, device = signed_in(site), PasskeyDevice()
    begun = visitor.submit(opened(visitor, site), START)
    done = visitor.submit(begun, credential=made(device, begun))
    assert done.result == {"result": "success", **STATE}
    other = site.visitor()
    given = json.loads(other.get(site.path("/login/passkey")).body)
    other.login()
    form = {"_csrf": other.cookies["XSRF-TOKEN"], "session": given["session"]}
    form["credential"] = device.get(json.dumps(given["options"]))
    assert "code" in other.post(site.path("/login/passkey"), form).result


def test_new_passkey_without_a_session_is_refused_to_the_app(site: Site) -> None:
    query = urlencode({"client_id": site.pool.client_id, "redirect_uri": CALLBACK})
    page = site.visitor().get(f"{site.root}/passkeys/add?{query}")
    assert page.result == {"result": "invalid_session"}


def test_new_passkey_that_the_user_does_not_want_returns_to_the_app(site: Site) -> None:
    visitor = signed_in(site)
    page = visitor.submit(opened(visitor, site), NOT_NOW)
    assert page.result == {"result": "cancelled", **STATE}


def test_new_passkey_page_is_shown_for_registered_uris_and_managed_login_only(
    server: RunningServer, site: Site
) -> None:
    visitor = signed_in(site)
    thief = opened(visitor, site, redirect_uri="https://thief.example/")
    assert "/error?error=redirect_mismatch" in thief.location
    missing = visitor.get(f"{site.root}/passkeys/add?client_id={site.pool.client_id}")
    assert "/error?error=redirect_mismatch" in missing.location
    classic = Site(server, site.pool, CLASSIC)
    assert opened(classic.visitor(), classic).status == 404


def test_new_passkey_of_another_ceremony_is_refused_and_may_be_repeated(site: Site) -> None:
    visitor, device = signed_in(site), PasskeyDevice()
    begun = visitor.submit(opened(visitor, site), START)
    late = made(device, begun)
    second = visitor.submit(opened(visitor, site), START)
    for credential in (late, "[]", "{"):
        page = visitor.submit(second, credential=credential)
        assert (page.status, alert_of(page)) == (400, TEXTS.account_passkey_not_added)
    again = visitor.submit(page, START)
    assert visitor.submit(again, credential=made(device, again)).result["result"] == "success"


def test_new_passkey_form_of_another_site_or_session_does_nothing(site: Site) -> None:
    """Another tab has signed in another user meanwhile: the form showed alice's name."""
    visitor = signed_in(site)
    page = opened(visitor, site)
    [form, *_] = [each for each in page.forms if START in each.buttons]
    bare = {name: value for name, value in form.fields.items() if name != "_csrf"}
    for sent in (bare, {**form.fields, "account": "sso-of-bob"}):
        refused = visitor.post(form.action, {**sent, **dict([START])})
        assert (refused.status, path_of(refused.location)) == (303, f"{site.root}/passkeys/add")


def test_new_passkey_where_the_pool_has_none_shows_the_reason_and_the_way_back(
    site: Site,
) -> None:
    visitor = signed_in(site)
    site.pool.cognito.update_user_pool(
        UserPoolId=site.pool.id,
        Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD"]}},
    )
    page = opened(visitor, site)
    assert (page.status, alert_of(page)) == (400, TEXTS.add_passkey_off)
    assert [each for each in page.forms if START in each.buttons] == []
    assert visitor.submit(page, NOT_NOW).result["result"] == "cancelled"
