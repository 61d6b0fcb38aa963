"""Sign-ups and password resets that go back, send a form twice, use two tabs, or come too late.

Each leads to the documented error or goes on, with the whole request of the app (ev:domain-4.3).
"""

import base64
import hashlib
import http.client
import itertools
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from msgspec.structs import replace
from support.page_browser import Page
from support.running_server import RunningServer
from support.sent_codes import code_of
from support.served_pools import PoolForTest
from support.sign_in_pages import WEB_APP
from support.sign_ins import PASSWORD
from support.sign_up_pages import EMAIL_POOL, Browser, Site

from poolhouse.app import App
from poolhouse.auth.session_codec import seal_session, unseal_session
from poolhouse.entities.codes import Purpose
from poolhouse.services.context import Call, Caller
from poolhouse.services.user_lookup import find_user
from poolhouse.store import codes

NEW = "Another-Horse-9!"
EXPIRED = "Invalid code provided, please request a code again."
MISMATCH = "Invalid verification code provided, please try again."

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def site(server: RunningServer) -> Site:
    return Site(server, PoolForTest(server.client(), client=WEB_APP, **EMAIL_POOL))


@dataclass
class Tab:
    """A tab of a browser, with a request of the app that no other tab has."""

    browser: Browser
    number: int
    language: str = "en"

    @property
    def request(self) -> dict[str, str]:
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest())
        return {
            "client_id": self.browser.site.pool.client_id,
            "redirect_uri": "https://app.example.com/callback",
            "response_type": "code",
            "scope": "openid email",
            "state": f"state/of+the=tab {self.number}",
            "nonce": f"nonce-{self.number}",
            "code_challenge": challenge.decode().rstrip("="),
            "code_challenge_method": "S256",
            "lang": self.language,
        }

    @property
    def verifier(self) -> str:
        return f"{self.number:0>43}"

    def open(self, path: str) -> Page:
        return self.browser.open(path, **self.request)

    def follow(self, answer: Page) -> Page:
        """Return the page of a redirect, which carries the whole request."""
        self.check(answer.location)
        return self.browser.follow(answer)

    def check(self, url: str) -> None:
        asked = dict(parse_qsl(urlsplit(url).query))
        assert self.request.items() <= asked.items(), url

    def goes_on(self, page: Page, error: str = "") -> Page:
        """Check that every way out of a page carries the request; `error` is what it shows."""
        assert (page.status, error in page.error) == (400 if error else 200, True), page.error
        ways = [each.attributes for each in page.elements]
        urls = [
            way[name]
            for way in ways
            for name in ("action", "formaction", "href")
            if name in way and way[name].startswith(self.browser.site.root)
        ]
        assert len(urls) >= 2
        for url in urls:
            self.check(url)
        assert page.first("html").attributes["lang"] == self.language
        return page

    def to_sign_in(self, answer: Page, username: str) -> None:
        assert (answer.status, answer.path) == (302, "/login")
        assert answer.query["login_hint"] == username
        self.goes_on(self.follow(answer))

    def to_app(self, answer: Page) -> None:
        """Check that the app gets its own state, and a code for its own verifier and nonce."""
        assert answer.status == 302, answer.error
        assert answer.result["state"] == self.request["state"]
        grant = {
            "grant_type": "authorization_code",
            "client_id": self.request["client_id"],
            "redirect_uri": self.request["redirect_uri"],
            "code": answer.result["code"],
            "code_verifier": self.verifier,
        }
        tokens = token_response(self.browser.site, grant)
        payload = tokens["id_token"].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(f"{payload}=="))
        assert claims["nonce"] == self.request["nonce"]


def token_response(site: Site, form: dict[str, str]) -> dict[str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", site.server.port, timeout=30)
    try:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", f"{site.root}/oauth2/token", urlencode(form), kind)
        response = connection.getresponse()
        found: dict[str, str] = json.loads(response.read())
        assert response.status == 200, found
        return found
    finally:
        connection.close()


@pytest.fixture
def tab(site: Site) -> Tab:
    return Tab(site.browser(), next(_numbers))


@pytest.fixture
def other_tab(tab: Tab) -> Tab:
    """Another tab of the same browser, in another language."""
    return Tab(tab.browser, next(_numbers), "de")


def name_of(tab: Tab) -> str:
    return f"user{tab.number}"


def sign_up(tab: Tab) -> Page:
    """Sign a user up, and return the page for the code."""
    name = name_of(tab)
    answer = tab.browser.submit(
        tab.open("/signup"),
        {
            "username": name,
            "requiredAttributes[email]": f"{name}@barn.example",
            "password": PASSWORD,
        },
    )
    assert answer.path == "/confirm", answer.error
    return tab.goes_on(tab.follow(answer))


def add_user(tab: Tab) -> str:
    pool, name = tab.browser.site.pool, name_of(tab)
    pool.cognito.admin_create_user(
        UserPoolId=pool.id,
        Username=name,
        MessageAction="SUPPRESS",
        UserAttributes=[
            {"Name": "email", "Value": f"{name}@barn.example"},
            {"Name": "email_verified", "Value": "true"},
        ],
    )
    pool.cognito.admin_set_user_password(
        UserPoolId=pool.id, Username=name, Password=PASSWORD, Permanent=True
    )
    return name


def forget(tab: Tab, name: str) -> Page:
    """Send a user's name, and return the page for the code and the new password."""
    answer = tab.browser.submit(tab.open("/forgotPassword"), {"username": name})
    assert answer.path == "/confirmforgotPassword", answer.error
    return tab.goes_on(tab.follow(answer))


def newest(tab: Tab, name: str) -> str:
    return code_of(tab.browser.site.server, tab.browser.site.pool, name)


def typed(code: str) -> dict[str, str]:
    return {"code": code, "password": NEW, "confirm_password": NEW}


def expire(site: Site, name: str, purpose: Purpose) -> None:
    """Let the user's code be of the day before yesterday."""

    async def age(app: App) -> None:
        store = app.services.store
        now = app.clock.now()
        pool = await store.pools.find(site.pool.id)
        assert pool is not None
        caller = Caller(request_id="r", now=now, source_ip=None, user_agent=None)
        user = await find_user(Call(app.services, caller), pool, name)
        assert user is not None
        code = await store.codes.find(user, purpose)
        assert code is not None
        two_days = timedelta(days=2)
        aged = replace(
            code, created_at=code.created_at - two_days, expires_at=code.expires_at - two_days
        )
        await store.commit(codes.save(aged))

    site.server.run(age)


def at_once(send: Callable[[int], Page], times: int = 4) -> list[Page]:
    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(send, range(times)))


def test_confirm_after_back_button_leads_to_sign_in_with_the_request(tab: Tab) -> None:
    """The form of the page before is sent again, and so is an empty one that was loaded."""
    page, name = sign_up(tab), name_of(tab)
    code = newest(tab, name)
    tab.to_app(tab.browser.submit(page, {"code": code}))
    tab.to_sign_in(tab.browser.submit(page, {"code": code}), name)
    loaded = tab.goes_on(tab.open("/confirm"))
    assert loaded.inputs["username"]["value"] == ""
    tab.to_sign_in(tab.browser.submit(loaded, {"username": name, "code": code}), name)


def test_confirm_sent_at_once_signs_in_once_with_the_request(tab: Tab) -> None:
    page, name = sign_up(tab), name_of(tab)
    code = newest(tab, name)
    answers = at_once(lambda _: tab.browser.submit(page, {"code": code}))
    to_app = [each for each in answers if each.status == 302 and "code" in each.query]
    assert len(to_app) == 1
    tab.to_app(to_app[0])
    for each in answers:
        if each is to_app[0]:
            continue
        if each.status == 302:
            assert each.path == "/login"
            tab.check(each.location)
        else:
            tab.check(each.first("form").attributes["action"])


def test_confirm_in_two_tabs_of_one_user_keeps_each_request(tab: Tab, other_tab: Tab) -> None:
    page, name = sign_up(tab), name_of(tab)
    other = other_tab.goes_on(other_tab.open("/confirm"))
    code = newest(tab, name)
    tab.to_app(tab.browser.submit(page, {"code": code}))
    answer = tab.browser.submit(other, {"username": name, "code": code})
    other_tab.to_sign_in(answer, name)


def test_confirm_with_expired_code_goes_on_with_the_next_code(tab: Tab) -> None:
    page, name = sign_up(tab), name_of(tab)
    expire(tab.browser.site, name, Purpose.SIGN_UP)
    refused = tab.browser.submit(page, {"code": newest(tab, name)})
    tab.goes_on(refused, EXPIRED)
    page = tab.goes_on(tab.follow(tab.browser.submit(refused, {}, button="resend")))
    tab.to_app(tab.browser.submit(page, {"code": newest(tab, name)}))


def test_confirm_with_expired_step_confirms_and_leads_to_sign_in(tab: Tab) -> None:
    """The session of the sign-up has expired, and the code hasn't."""
    page, name = sign_up(tab), name_of(tab)
    sealed = page.inputs["session"]["value"]

    async def aged(app: App) -> str:
        session = unseal_session(app.services, sealed)
        return seal_session(
            app.services, replace(session, expires_at=session.expires_at - timedelta(hours=2))
        )

    session = tab.browser.site.server.run(aged)
    answer = tab.browser.submit(page, {"code": newest(tab, name), "session": session})
    tab.to_sign_in(answer, name)
    assert tab.browser.site.pool.user(name)["UserStatus"] == "CONFIRMED"


def test_resend_after_back_button_says_that_the_user_is_confirmed(tab: Tab) -> None:
    page, name = sign_up(tab), name_of(tab)
    tab.to_app(tab.browser.submit(page, {"code": newest(tab, name)}))
    refused = tab.browser.submit(page, {}, button="resend")
    tab.goes_on(refused, "User is already confirmed.")


def test_resend_at_once_leaves_one_code_that_counts(tab: Tab) -> None:
    page, name = sign_up(tab), name_of(tab)
    answers = at_once(lambda _: tab.browser.submit(page, {}, button="resend"), 2)
    assert {(each.status, each.path) for each in answers} == {(302, "/confirm")}
    page = tab.goes_on(tab.follow(answers[0]))
    tab.to_app(tab.browser.submit(page, {"code": newest(tab, name)}))


def test_resend_in_one_tab_makes_the_code_of_the_other_old(tab: Tab, other_tab: Tab) -> None:
    page, name = sign_up(tab), name_of(tab)
    first = newest(tab, name)
    other = other_tab.goes_on(other_tab.open("/confirm"))
    other_tab.follow(other_tab.browser.submit(other, {}, button="resend"))
    if newest(tab, name) != first:
        tab.goes_on(tab.browser.submit(page, {"code": first}), MISMATCH)
    tab.to_app(tab.browser.submit(page, {"code": newest(tab, name)}))


def test_resend_reloaded_shows_the_form_with_the_request(tab: Tab) -> None:
    """A reload of the page, or a form whose cookie is gone, sends nothing again."""
    page, name = sign_up(tab), name_of(tab)
    code = newest(tab, name)
    reloaded = tab.follow(tab.open("/resendcode"))
    assert tab.goes_on(reloaded).inputs["username"]["value"] == name
    fresh = Tab(tab.browser.site.browser(), tab.number)
    answer = fresh.browser.submit(page, {}, button="resend")
    assert (answer.status, answer.path) == (303, "/resendcode")
    fresh.goes_on(fresh.follow(fresh.follow(answer)))
    assert newest(tab, name) == code


def test_forgotten_after_back_button_sends_the_next_code(tab: Tab) -> None:
    name = add_user(tab)
    start = tab.open("/forgotPassword")
    tab.follow(tab.browser.submit(start, {"username": name}))
    page = tab.follow(tab.browser.submit(start, {"username": name}))
    tab.to_app(tab.browser.submit(page, typed(newest(tab, name))))


def test_forgotten_at_once_leaves_one_code_that_counts(tab: Tab) -> None:
    name = add_user(tab)
    start = tab.open("/forgotPassword")
    answers = at_once(lambda _: tab.browser.submit(start, {"username": name}), 2)
    assert {(each.status, each.path) for each in answers} == {(302, "/confirmforgotPassword")}
    page = tab.goes_on(tab.follow(answers[0]))
    tab.to_app(tab.browser.submit(page, typed(newest(tab, name))))


def test_forgotten_in_two_tabs_of_one_user_keeps_each_request(tab: Tab, other_tab: Tab) -> None:
    """The code of the second tab is the one that counts, in either tab and once."""
    name = add_user(tab)
    page = forget(tab, name)
    first = newest(tab, name)
    other = forget(other_tab, name)
    if newest(tab, name) != first:
        tab.goes_on(tab.browser.submit(page, typed(first)), MISMATCH)
    tab.to_app(tab.browser.submit(page, typed(newest(tab, name))))
    refused = other_tab.browser.submit(other, typed(newest(tab, name)))
    other_tab.goes_on(refused, "Dieser Code gilt nicht mehr.")


def test_reset_after_back_button_goes_on_with_the_next_code(tab: Tab) -> None:
    name = add_user(tab)
    page = forget(tab, name)
    tab.to_app(tab.browser.submit(page, typed(newest(tab, name))))
    refused = tab.browser.submit(page, typed(newest(tab, name)))
    tab.goes_on(refused, EXPIRED)
    loaded = tab.goes_on(tab.open("/confirmforgotPassword"))
    assert loaded.inputs["username"]["value"] == ""
    again = tab.follow(tab.browser.submit(loaded, {"username": name}, button="resend"))
    tab.to_app(tab.browser.submit(again, typed(newest(tab, name))))


def test_reset_sent_at_once_sets_the_password_once_with_the_request(tab: Tab) -> None:
    name = add_user(tab)
    page = forget(tab, name)
    form = typed(newest(tab, name))
    answers = at_once(lambda _: tab.browser.submit(page, form))
    to_app = [each for each in answers if each.status == 302 and "code" in each.query]
    assert len(to_app) == 1
    tab.to_app(to_app[0])
    for each in answers:
        if each is not to_app[0]:
            tab.check(each.first("form").attributes["action"])


def test_reset_with_expired_code_goes_on_with_the_next_code(tab: Tab) -> None:
    name = add_user(tab)
    page = forget(tab, name)
    expire(tab.browser.site, name, Purpose.RESET_PASSWORD)
    refused = tab.browser.submit(page, typed(newest(tab, name)))
    tab.goes_on(refused, EXPIRED)
    again = tab.goes_on(tab.follow(tab.browser.submit(refused, {}, button="resend")))
    tab.to_app(tab.browser.submit(again, typed(newest(tab, name))))


@pytest.mark.parametrize("path", ["/confirm", "/forgotPassword", "/confirmforgotPassword"])
def test_form_without_its_cookie_is_shown_again_with_the_request(tab: Tab, path: str) -> None:
    """The browser was closed between, or has kept no cookie."""
    page = tab.open(path)
    fresh = Tab(tab.browser.site.browser(), tab.number)
    answer = fresh.browser.submit(page, {"username": "alice"})
    assert (answer.status, answer.path) == (303, path)
    fresh.goes_on(fresh.follow(answer))
