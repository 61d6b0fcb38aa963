"""What settings add to authorize and logout: standard logout, `offline_access`, wildcards."""

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from support.domain_pools import LOGOUT, OAUTH, DomainPool
from support.page_browser import Browser, Page
from support.running_server import RunningServer, running
from support.served_pools import PoolForTest

from poolhouse.pages.hosted_ui.texts import texts_for

WILD = "https://*.preview.example.com/callback"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    extras = {"rp_initiated_logout": True, "offline_access": True, "wildcard_callbacks": True}
    with running(tmp_path_factory.mktemp("data"), **extras) as made:
        yield made


@pytest.fixture
def domain(server: RunningServer) -> DomainPool:
    client = {**OAUTH, "CallbackURLs": [*OAUTH["CallbackURLs"], WILD]}
    made = DomainPool(server, PoolForTest(server.client(), client))
    made.add_user()
    return made


def hint_of(domain: DomainPool, browser: Browser, **params: str) -> str:
    """Return an ID token of the user who is signed in."""
    return domain.authorize(browser, response_type="token", **params).fragment["id_token"]


def log_out(domain: DomainPool, browser: Browser, **params: str) -> Page:
    return browser.get(f"{domain.root}/logout", **params)


def test_logout_by_id_token_leads_to_the_registered_uri_with_the_state(domain: DomainPool) -> None:
    browser = domain.signed_in()
    page = log_out(
        domain,
        browser,
        id_token_hint=hint_of(domain, browser),
        post_logout_redirect_uri=LOGOUT,
        state="a b&c",
    )
    assert (page.status, page.location) == (302, f"{LOGOUT}?state=a%20b%26c")
    assert domain.sessions() == []


def test_logout_by_client_id_leads_to_the_registered_uri(domain: DomainPool) -> None:
    page = log_out(
        domain, domain.signed_in(), client_id=domain.client_id, post_logout_redirect_uri=LOGOUT
    )
    assert page.location == LOGOUT


def test_logout_by_id_token_alone_shows_that_the_user_is_signed_out(domain: DomainPool) -> None:
    browser = domain.signed_in()
    page = log_out(domain, browser, id_token_hint=hint_of(domain, browser))
    assert page.status == 200
    assert texts_for("en").signed_out_title in page.text
    assert "cognito" not in browser.cookies
    assert domain.sessions() == []


@pytest.mark.parametrize(
    "params",
    [
        {"post_logout_redirect_uri": "https://evil.example"},
        {"post_logout_redirect_uri": f"{LOGOUT}/"},
        {"client_id": "another"},
        {"id_token_hint": ""},
        {"id_token_hint": "e30.e30.e30"},
    ],
)
def test_logout_with_a_hint_or_target_that_is_not_the_clients_ends_nothing(
    domain: DomainPool, params: dict[str, Any]
) -> None:
    browser = domain.signed_in()
    given = {"id_token_hint": hint_of(domain, browser), **params}
    page = log_out(domain, browser, **given)
    assert page.location.startswith(f"{domain.root}/error?")
    assert len(domain.sessions()) == 1


def question_of(page: Page) -> tuple[str, dict[str, str]]:
    """The form of the page that asks: where it leads, and its token."""
    assert texts_for("en").sign_out_question in page.text
    action = re.search(r'<form method="post" action="([^"]*)"', page.text)
    token = re.search(r'name="_csrf" value="([^"]*)"', page.text)
    assert action
    assert token
    return html.unescape(action[1]), {"_csrf": token[1]}


@pytest.mark.parametrize("names_client", [True, False])
def test_logout_that_names_no_way_asks_the_user_first(
    domain: DomainPool, *, names_client: bool
) -> None:
    """OpenID Connect RP-Initiated Logout 1.0 §2: without a hint any site could have sent it."""
    browser = domain.signed_in()
    named = {"client_id": domain.client_id} if names_client else {}
    action, form = question_of(log_out(domain, browser, **named, state="s"))
    assert len(domain.sessions()) == 1
    done = browser.post(action, form)
    assert (done.status, texts_for("en").signed_out_title in done.text) == (200, True)
    assert domain.sessions() == []
    assert "cognito" not in browser.cookies
    again = browser.post(action, form)  # a double click
    assert texts_for("en").signed_out_title in again.text


def test_logout_question_answered_by_another_site_is_asked_again(domain: DomainPool) -> None:
    browser = domain.signed_in()
    action, form = question_of(log_out(domain, browser))
    for sent, headers in (({"_csrf": "x"}, {}), (form, {"Sec_Fetch_Site": "cross-site"})):
        page = browser.post(action, sent, **headers)
        assert (page.status, page.location) == (303, action)
        question_of(browser.get(page.location))
    assert len(domain.sessions()) == 1


def test_logout_question_is_shown_in_another_language(domain: DomainPool) -> None:
    browser = domain.signed_in()
    action, form = question_of(log_out(domain, browser))
    page = browser.get(browser.post(action, {**form, "lang": "ar"}).location)
    assert texts_for("ar").sign_out_question in page.text
    assert len(domain.sessions()) == 1


def test_logout_by_post_of_an_app_leads_to_the_registered_uri(domain: DomainPool) -> None:
    """The browser of a cross-site form sends the session's cookie to the GET alone."""
    browser = domain.signed_in()
    form = {
        "id_token_hint": hint_of(domain, browser),
        "post_logout_redirect_uri": LOGOUT,
        "state": "a b",
        "other": "x",
    }
    page = browser.post(f"{domain.root}/logout", form)
    assert (page.status, "other" in page.query) == (303, False)
    assert browser.get(page.location).location == f"{LOGOUT}?state=a%20b"
    assert domain.sessions() == []


def test_logout_by_post_that_is_unreadable_shows_the_error_page(domain: DomainPool) -> None:
    page = domain.browser().post(f"{domain.root}/logout", {"state": "\0"})
    assert page.location.startswith(f"{domain.root}/error?error=invalid_request")


def test_logout_by_access_token_ends_nothing(domain: DomainPool) -> None:
    browser = domain.signed_in()
    token = domain.authorize(browser, response_type="token").fragment["access_token"]
    assert "/error?" in log_out(domain, browser, id_token_hint=token).location


def test_logout_by_id_token_of_another_pool_ends_nothing(
    domain: DomainPool, server: RunningServer
) -> None:
    other = DomainPool(server, PoolForTest(server.client(), OAUTH))
    other.add_user()
    hint = hint_of(other, other.signed_in())
    browser = domain.signed_in()
    page = log_out(domain, browser, id_token_hint=hint, post_logout_redirect_uri=LOGOUT)
    assert "/error?" in page.location
    assert len(domain.sessions()) == 1


def test_offline_access_beside_openid_is_accepted(domain: DomainPool) -> None:
    page = domain.authorize(domain.signed_in(), scope="openid offline_access")
    assert page.query["code"]


def test_offline_access_alone_is_refused(domain: DomainPool) -> None:
    page = domain.authorize(domain.signed_in(), scope="offline_access")
    assert page.query["error_description"] == "invalid_scope"


def test_callback_of_a_preview_gets_a_code(domain: DomainPool) -> None:
    uri = "https://pr-7.preview.example.com/callback"
    browser = domain.signed_in(ago=timedelta(minutes=1))
    assert domain.authorize(browser, redirect_uri=uri).location.startswith(f"{uri}?code=")
    evil = "https://evil.example/.preview.example.com/callback"
    page = domain.authorize(browser, redirect_uri=evil)
    assert page.query["error"] == "redirect_mismatch"
