"""At `/login` in a browser with a session: go on as its user, or use another account.

Evidence: ev:domain-1.1.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from support.domain_pools import OAUTH, DomainPool
from support.page_browser import CALLBACK, Browser, Page
from support.running_server import RunningServer
from support.served_pools import NewPool

SESSION = "/login/session"


def form_of(page: Page) -> tuple[str, dict[str, str]]:
    """Return the action and the fields of the page's form."""
    [form] = page.forms
    return form.action, form.fields


def offered(domain: DomainPool, browser: Browser, **params: str) -> Page:
    return browser.get(f"{domain.root}{SESSION}", **domain.asked(**params))


def test_login_with_session_offers_the_account(domain: DomainPool) -> None:
    page = domain.signed_in().get(f"{domain.root}/login", **domain.asked(lang="en"))
    assert page.status == 200
    assert "Sign in as alice" in page.text
    assert "Use another account" in page.text
    assert "form-action" not in (page.header("content-security-policy") or "")


def test_account_chosen_returns_a_code_and_renews_the_session(domain: DomainPool) -> None:
    browser = domain.signed_in(ago=timedelta(minutes=40))
    (before,) = domain.sessions()
    action, fields = form_of(offered(domain, browser))
    page = browser.post(action, fields)
    assert (page.status, page.location.partition("?")[0]) == (302, CALLBACK)
    assert list(page.query) == ["code", "state"]
    cookie = page.set_cookies["cognito"]
    assert cookie["max-age"] == "3600"
    assert (cookie["path"], cookie["secure"], cookie["httponly"], cookie["samesite"]) == (
        domain.root,
        True,
        True,
        "lax",
    )
    (after,) = domain.sessions()
    assert after.expires_at - before.expires_at > timedelta(minutes=39)
    assert after.started_at == before.started_at


def test_link_to_another_account_leads_past_the_offer(domain: DomainPool) -> None:
    browser = domain.signed_in()
    page = offered(domain, browser, prompt="select_account")
    target = page.first("a", **{"class": "redirect-customizable"}).attributes["href"]
    assert target.count("prompt=login") == 1
    assert "prompt=select_account" not in target
    assert "Sign in as" not in browser.get(target).text


def test_account_chosen_many_times_at_once_fails_at_no_time(domain: DomainPool) -> None:
    """Each renews the same session, so that some find it always changed."""
    browser = domain.signed_in()
    action, fields = form_of(offered(domain, browser))

    def choose(_: int) -> Page:
        return Browser(browser.port, dict(browser.cookies)).post(action, fields)

    with ThreadPoolExecutor(32) as threads:
        pages = list(threads.map(choose, range(32)))
    busy = f"{domain.root}/error?error=temporarily_unavailable"
    places = {page.location.partition("&")[0].partition("?code=")[0] for page in pages}
    assert CALLBACK in places
    assert places <= {CALLBACK, busy}


def test_account_chosen_in_a_form_of_another_user_leads_back(domain: DomainPool) -> None:
    """Another tab has signed in another user meanwhile."""
    domain.add_user("bob")
    browser = domain.signed_in()
    action, fields = form_of(offered(domain, browser))
    browser.cookies["cognito"] = domain.signed_in("bob").cookies["cognito"]
    page = browser.post(action, fields)
    assert (page.status, page.location.partition("?")[0]) == (303, f"{domain.root}/login")


def test_account_chosen_after_sign_out_leads_back(domain: DomainPool) -> None:
    browser = domain.signed_in()
    action, fields = form_of(offered(domain, browser))
    del browser.cookies["cognito"]
    assert browser.post(action, fields).location.startswith(f"{domain.root}/login?")


@pytest.mark.parametrize(
    ("change", "headers"),
    [
        ({"_csrf": ""}, {}),
        ({"_csrf": "11111111-1111-4111-8111-111111111111"}, {}),
        ({}, {"Origin": "https://evil.example"}),
        ({}, {"Sec_Fetch_Site": "cross-site"}),
        ({}, {"Origin": "null", "Sec_Fetch_Site": "cross-site"}),
    ],
)
def test_account_chosen_by_another_sites_form_leads_back(
    domain: DomainPool, change: dict[str, str], headers: dict[str, str]
) -> None:
    browser = domain.signed_in()
    action, fields = form_of(offered(domain, browser))
    page = browser.post(action, {**fields, **change}, **headers)
    assert (page.status, page.location.partition("?")[0]) == (303, f"{domain.root}{SESSION}")
    assert browser.get(page.location).status == 200
    assert domain.sessions()[0].renewed_at is None


@pytest.mark.parametrize("origin", ["null", "own"])
def test_account_chosen_by_own_form_names_its_origin_or_null(
    domain: DomainPool, origin: str
) -> None:
    """A page that sends no referrer sends the origin `null` (Fetch §3.2)."""
    browser = domain.signed_in()
    action, fields = form_of(offered(domain, browser))
    sent = domain.server.url if origin == "own" else origin
    page = browser.post(action, fields, Origin=sent, Sec_Fetch_Site="same-origin")
    assert page.query["code"]


def test_account_is_shown_by_the_name_that_its_user_knows(
    server: RunningServer, new_pool: NewPool
) -> None:
    """Not by the username where that is a `sub`."""
    made = DomainPool(server, new_pool(client=OAUTH, UsernameAttributes=["email"]))
    made.add_user("alice@example.com")
    browser = made.signed_in("alice@example.com")
    assert 'Sign in as alice@example.com"' in offered(made, browser, lang="en").text


def test_account_is_shown_as_text(domain: DomainPool) -> None:
    domain.add_user("<script>alert(1)</script>")
    page = offered(domain, domain.signed_in("<script>alert(1)</script>"), lang="en")
    assert 'value="Sign in as &lt;script&gt;' in page.text
    assert "<script>alert" not in page.text


@pytest.mark.parametrize("params", [{"prompt": "login"}, {"max_age": "0"}])
def test_chooser_is_not_offered_where_the_app_wants_a_sign_in(
    domain: DomainPool, params: dict[str, Any]
) -> None:
    page = offered(domain, domain.signed_in(), **params)
    assert (page.status, page.location.partition("?")[0]) == (303, f"{domain.root}/login")


def test_page_query_is_kept_for_the_app(domain: DomainPool) -> None:
    browser = domain.signed_in()
    action, _ = form_of(offered(domain, browser, state="a&b=c", nonce="n"))
    expected = urlencode({"state": "a&b=c"})
    assert expected in action
    assert "nonce=n" in action
