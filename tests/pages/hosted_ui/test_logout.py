"""`/logout`: ends the browser's session (ev:oauth-6)."""

from typing import Any
from urllib.parse import urlencode

import pytest
from support.audit_reading import Trail
from support.domain_pools import LOGOUT, DomainPool
from support.page_browser import CALLBACK, Browser, Page
from support.running_server import RunningServer


def log_out(domain: DomainPool, browser: Browser, **params: str) -> Page:
    return browser.get(f"{domain.root}/logout", client_id=domain.client_id, **params)


def test_logout_ends_the_session_and_leads_to_the_registered_uri(domain: DomainPool) -> None:
    browser = domain.signed_in()
    cookie = browser.cookies["cognito"]
    page = log_out(domain, browser, logout_uri=LOGOUT, state="s", other="x")
    assert (page.status, page.location) == (302, LOGOUT)  # other parameters are ignored
    assert browser.cookies.get("cognito") is None
    assert domain.sessions() == []
    browser.cookies["cognito"] = cookie
    assert "/login?" in domain.authorize(browser).location


def test_logout_deletes_the_cookie_by_the_attributes_that_it_was_set_with(
    domain: DomainPool,
) -> None:
    page = log_out(domain, domain.signed_in(), logout_uri=LOGOUT)
    cookie = page.set_cookies["cognito"]
    assert (cookie.value, cookie["max-age"], cookie["path"]) == ("", "0", domain.root)
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "lax")


def test_logout_without_a_session_leads_to_the_registered_uri(domain: DomainPool) -> None:
    assert log_out(domain, domain.browser(), logout_uri=LOGOUT).location == LOGOUT


def test_logout_and_sign_in_again_leads_to_login_with_the_query(domain: DomainPool) -> None:
    browser = domain.signed_in()
    query = urlencode(domain.asked(nonce="n"))
    page = browser.get(f"{domain.root}/logout?{query}")
    assert (page.status, page.location) == (302, f"{domain.root}/login?{query}")
    assert domain.sessions() == []


def test_logout_uri_wins_over_redirect_uri(domain: DomainPool) -> None:
    page = log_out(domain, domain.signed_in(), logout_uri=LOGOUT, redirect_uri=CALLBACK)
    assert page.location == LOGOUT


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({}, "invalid_request"),
        ({"logout_uri": ""}, "redirect_mismatch"),
        ({"logout_uri": LOGOUT + "/"}, "redirect_mismatch"),
        ({"logout_uri": LOGOUT.upper()}, "redirect_mismatch"),
        ({"logout_uri": "https://app.example.com@evil.example/bye"}, "redirect_mismatch"),
        ({"logout_uri": "//evil.example"}, "redirect_mismatch"),
        ({"logout_uri": CALLBACK}, "redirect_mismatch"),
        ({"redirect_uri": LOGOUT, "response_type": "code"}, "redirect_mismatch"),
        ({"logout_uri": "https://evil.example", "redirect_uri": CALLBACK}, "redirect_mismatch"),
    ],
)
def test_logout_without_a_registered_target_shows_the_error_page_and_ends_nothing(
    domain: DomainPool, params: dict[str, Any], error: str
) -> None:
    """ev:oauth-3.2."""
    browser = domain.signed_in()
    page = log_out(domain, browser, **params)
    assert page.location == f"{domain.root}/error?error={error}&client_id={domain.client_id}"
    assert browser.get(page.location).status == 400
    assert len(domain.sessions()) == 1


@pytest.mark.parametrize("client_id", ["", "unknown", "a" * 129, "%00", "<script>"])
def test_logout_of_unknown_client_shows_the_error_page(domain: DomainPool, client_id: str) -> None:
    page = domain.signed_in().get(f"{domain.root}/logout", client_id=client_id, logout_uri=LOGOUT)
    assert page.query["error"] == "invalid_request"
    assert len(domain.sessions()) == 1


def test_logout_leaves_tokens_valid(domain: DomainPool) -> None:
    """ev:oauth-6."""
    browser = domain.signed_in()
    token = domain.authorize(browser, response_type="token", scope="openid").fragment[
        "access_token"
    ]
    log_out(domain, browser, logout_uri=LOGOUT)
    asked = browser.send(
        "GET", f"{domain.root}/oauth2/userInfo", headers={"Authorization": f"Bearer {token}"}
    )
    assert asked.status == 200


def test_logout_is_audited_with_its_user(domain: DomainPool, server: RunningServer) -> None:
    page = log_out(domain, domain.signed_in(), logout_uri=LOGOUT)
    record = Trail(server).of_id(page.header("x-amzn-requestid") or "")
    assert (record.action, record.target, record.outcome) == (
        "cognito-idp:Logout_GET",
        "alice",
        "ok",
    )
