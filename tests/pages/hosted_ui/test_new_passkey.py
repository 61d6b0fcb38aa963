"""`/passkeys/add`: an app's user adds a passkey at the domain, and returns to the app."""

import html
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from msgspec.structs import replace
from support.page_browser import CALLBACK, Page
from support.passkey_device import PasskeyDevice
from support.passkey_pools import passkey_pool
from support.running_server import RunningServer
from support.served_pools import NewPool
from support.sign_in_pages import WEB_APP, Site, Visitor, path_of
from support.sign_ins import PASSWORD

from poolhouse.app import App
from poolhouse.entities.domains import CLASSIC, MANAGED_LOGIN
from poolhouse.pages.hosted_ui.texts import texts_for
from poolhouse.store import browser_sessions

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


def test_new_passkey_of_an_old_session_is_refused_until_the_user_goes_on_with_it(
    server: RunningServer, site: Site
) -> None:
    """An app that always asks must not add one by the session of an app that rarely does."""
    visitor = signed_in(site)
    begun = visitor.submit(opened(visitor, site), START)
    credential = made(PasskeyDevice(), begun)
    ages(server, site, renewed=False)
    refused = {"result": "invalid_session", **STATE}
    assert opened(visitor, site).result == refused
    assert visitor.submit(begun, credential=credential).result == refused
    ages(server, site, renewed=True)
    assert visitor.submit(begun, credential=credential).result["result"] == "success"


def ages(server: RunningServer, site: Site, *, renewed: bool) -> None:
    """Let alice's session have begun long ago, and as if another app client let it last."""
    sub = site.pool.user()["attributes"]["sub"]

    async def age(app: App) -> None:
        store = app.services.store
        user = await store.users.by_sub(site.pool.id, sub)
        assert user is not None
        [session] = await store.browser_sessions.of_user(user, 10)
        now = datetime.now(UTC)
        changed = replace(
            session,
            started_at=now - timedelta(hours=2),
            expires_at=now + timedelta(hours=1),
            renewed_at=now if renewed else None,
        )
        await store.commit(browser_sessions.save(changed))

    server.run(age)


def test_new_passkey_of_hostile_json_is_refused(site: Site) -> None:
    visitor, device = signed_in(site), PasskeyDevice()
    begun = visitor.submit(opened(visitor, site), START)
    good = json.loads(made(device, begun))
    hostile = ["\ud800", "\0", 1e400, 10**4_000, None, {}, [[]], "%s{0}" * 99, "A" * 99_999, True]
    for value in hostile:
        response = [
            {**good["response"], name: value} for name in ("clientDataJSON", "attestationObject")
        ]
        changed = [{**good, name: value} for name in ("id", "rawId", "type", "response")]
        for sent in (*changed, *({**good, "response": each} for each in response)):
            page = visitor.submit(begun, credential=json.dumps(sent))
            assert page.status == 400, sent
    for text in ("[" * 50_000, '{"a":' * 9_000, "NaN", "9" * 9_999, '{"\\u0000":"\\ud800"}'):
        assert visitor.submit(begun, credential=text).status == 400


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
