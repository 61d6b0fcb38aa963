"""The pages of a sign-in in a real browser, which reaches each one as users do."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from support.chromium import Page, chromium
from support.mfa_pools import (
    BY_EMAIL,
    FACTORS,
    SNS,
    VERIFIED_EMAIL,
    VERIFIED_PHONE,
    changes,
    prefers,
)
from support.running_server import RunningServer, running
from support.served_pools import PoolForTest
from support.sign_in_pages import WEB_APP, Site
from support.sign_ins import PASSWORD

from pages.test_accessibility import PAGE_VIEWS, VIEWS, View, look, overflow, turn, violations
from poolhouse.entities.domains import CLASSIC, MANAGED_LOGIN

TEMPORARY = "Temporary-Horse-9!"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running(tmp_path_factory.mktemp("data"), memory=True, dev=True, log_level="error") as made:
        yield made


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with chromium(tmp_path_factory.mktemp("browser")) as page:
        yield page


@pytest.fixture(scope="module")
def sites(server: RunningServer) -> dict[str, Site]:
    """A domain for each course that a sign-in can take."""
    factors = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"]}}
    return {
        "classic": new_site(server, CLASSIC),
        "managed": new_site(server, MANAGED_LOGIN, Policies=factors),
        "choice": new_site(server, CLASSIC, mfa=("sms", "email")),
        "setup": new_site(server, CLASSIC, mfa=("sms", "app")),
    }


def new_site(
    server: RunningServer, version: int, *, mfa: tuple[str, ...] = (), **settings: Any
) -> Site:
    cognito = server.client()
    pool = PoolForTest(cognito, WEB_APP, SmsConfiguration=SNS, **{**BY_EMAIL, **settings})
    if mfa:
        configured = {name: value for each in mfa for name, value in FACTORS[each].items()}
        cognito.set_user_pool_mfa_config(UserPoolId=pool.id, MfaConfiguration="ON", **configured)
    pool.sign_up()
    pool.admin_confirm()
    if "app" not in mfa:
        changes(pool, {**VERIFIED_EMAIL, **VERIFIED_PHONE})
    if "email" in mfa:
        prefers(pool, sms=True, email=True)
    cognito.admin_create_user(
        UserPoolId=pool.id, Username="bob", TemporaryPassword=TEMPORARY, MessageAction="SUPPRESS"
    )
    return Site(server, pool, version)


COURSES: dict[str, tuple[str, list[dict[str, str] | str]]] = {
    "name and password": ("classic", []),
    "wrong password": ("classic", [{"username": "alice", "password": "x"}]),
    "new password": ("classic", [{"username": "bob", "password": TEMPORARY}]),
    "name": ("managed", []),
    "choice of a first factor": ("managed", [{"username": "alice"}]),
    "code": ("managed", [{"username": "alice"}, "EMAIL_OTP"]),
    "choice of a second factor": ("choice", [{"username": "alice", "password": PASSWORD}]),
    "choice of a set-up": ("setup", [{"username": "alice", "password": PASSWORD}]),
    "app": ("setup", [{"username": "alice", "password": PASSWORD}, "SOFTWARE_TOKEN_MFA"]),
    "phone": ("setup", [{"username": "alice", "password": PASSWORD}, "SMS_MFA"]),
}
"""Which site, and what is typed or pressed until the page is there."""


@pytest.mark.parametrize("view", PAGE_VIEWS)
@pytest.mark.parametrize("course", COURSES)
def test_sign_in_page_has_no_violation_and_fits(
    sites: dict[str, Site], browser: Page, course: str, view: View
) -> None:
    reach(browser, sites, course, view)
    turn(browser, view.direction)
    assert overflow(browser) == 0
    assert browser.evaluate("document.querySelectorAll('h1').length") == 1
    assert violations(browser) == []


def test_sign_in_error_has_the_focus_and_the_title(sites: dict[str, Site], browser: Page) -> None:
    reach(browser, sites, "wrong password", VIEWS[0])
    assert browser.focused("it.getAttribute('role')") == "alert"
    assert browser.evaluate("document.title").startswith("Error: ")
    assert browser.evaluate("document.querySelector('#signInFormUsername').value") == "alice"
    assert browser.evaluate("document.querySelector('#signInFormPassword').value") == ""


def reach(browser: Page, sites: dict[str, Site], course: str, view: View) -> None:
    """Walk to a page, with scripts off where the view has none."""
    name, steps = COURSES[course]
    site = sites[name]
    look(browser, view)
    browser.open("about:blank")
    browser.open(site.server.url + site.path("/login", prompt="login"))
    for step in steps:
        if isinstance(step, dict):
            for field, value in step.items():
                chosen = f"document.querySelector('[name={field}]:not([readonly])')"
                browser.evaluate(f"{chosen}.value = {json.dumps(value)}")
            browser.press("[type=submit]")
        else:
            browser.press(f"button[value={step}]")
