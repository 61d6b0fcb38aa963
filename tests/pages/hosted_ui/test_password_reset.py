"""Forgotten passwords at a pool's domain, by a browser without scripts (ev:oauth-9)."""

import re
from urllib.parse import parse_qsl

import pytest
from support.page_browser import Page
from support.running_server import RunningServer
from support.sent_codes import another, code_of, messages_to
from support.served_pools import NewPool
from support.sign_in_pages import WEB_APP
from support.sign_ins import PASSWORD
from support.sign_up_pages import EMAIL_POOL, STATE, Browser, Site

NEW = "Another-Horse-9!"
HIDES = {**WEB_APP, "PreventUserExistenceErrors": "ENABLED"}


@pytest.fixture
def site(server: RunningServer, new_pool: NewPool) -> Site:
    site = Site(server, new_pool(client=HIDES, **EMAIL_POOL))
    add_user(site)
    return site


def add_user(site: Site, username: str = "alice") -> None:
    site.pool.cognito.admin_create_user(
        UserPoolId=site.pool.id,
        Username=username,
        MessageAction="SUPPRESS",
        UserAttributes=[
            {"Name": "email", "Value": f"{username}@barn.example"},
            {"Name": "email_verified", "Value": "true"},
        ],
    )
    site.pool.cognito.admin_set_user_password(
        UserPoolId=site.pool.id, Username=username, Password=PASSWORD, Permanent=True
    )


def asked(browser: Browser, username: str = "alice") -> Page:
    """The page for the code, after the name was sent."""
    answer = browser.submit(browser.open("/forgotPassword"), {"username": username})
    assert (answer.status, answer.path) == (302, "/confirmforgotPassword"), answer.error
    return browser.follow(answer)


def typed(code: str, password: str = NEW, again: str | None = None) -> dict[str, str]:
    return {"code": code, "password": password, "confirm_password": again or password}


def can_sign_in(site: Site, password: str) -> bool:
    login = site.browser()
    answer = login.submit(login.open("/login"), {"username": "alice", "password": password})
    return answer.status == 302 and "code" in answer.query


def test_reset_by_code_signs_in_with_the_new_password_and_the_state(site: Site) -> None:
    browser = site.browser()
    page = asked(browser)
    answer = browser.submit(page, typed(code_of(site.server, site.pool)))
    assert answer.status == 302
    assert answer.result["state"] == STATE
    assert "cognito" in browser.cookies
    assert (can_sign_in(site, NEW), can_sign_in(site, PASSWORD)) == (True, False)


def test_reset_page_has_the_names_of_the_service(site: Site) -> None:
    """ev:domain-1.3."""
    page = asked(site.browser())
    assert page.inputs["password"]["id"] == "new_password"
    assert page.inputs["confirm_password"]["id"] == "confirm_password"
    assert [page.inputs[name]["autocomplete"] for name in ("username", "code")] == [
        "username",
        "one-time-code",
    ]
    assert page.inputs["password"]["autocomplete"] == "new-password"
    assert page.inputs["confirm_password"]["autocomplete"] == "new-password"
    assert page.first("button", name="reset_password").text == "Change password"


def test_unknown_user_gets_the_same_pages_as_a_known_one(site: Site) -> None:
    """Even after a wrong code; only names and what is random differ."""
    pages = []
    for username in ("alice", "nobody"):
        browser = site.browser()
        page = asked(browser, username)
        wrong = browser.submit(page, typed("123456"))
        pages.append([masked(page, username), wrong.status, masked(wrong, username)])
    assert pages[0] == pages[1]


def masked(page: Page, username: str) -> str:
    body = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|nonce=\"[^\"]*\"", "", page.text)
    return re.sub(r"\w\*\*\*@\w\*\*\*", "ADDRESS", body.replace(username, "NAME"))


@pytest.mark.parametrize(
    ("form", "status", "field", "sentence"),
    [
        (typed("", NEW), 400, "forgot_password_code", "Verification code: enter a value."),
        (typed("1 2", NEW), 400, "forgot_password_code", "Verification code: enter a valid value."),
        (typed("CODE", "", ""), 400, "new_password", "New password: enter a value."),
        (
            typed("CODE", NEW, "Other-Horse-9!"),
            400,
            "confirm_password",
            "The two passwords are not the same.",
        ),
        (
            typed("CODE", "short"),
            400,
            "new_password",
            "Password does not conform to policy: Password not long enough",
        ),
        (
            typed("WRONG", NEW),
            400,
            "forgot_password_code",
            "Invalid verification code provided, please try again.",
        ),
    ],
)
def test_mistake_names_the_field_and_keeps_no_password(
    site: Site, form: dict[str, str], status: int, field: str, sentence: str
) -> None:
    browser = site.browser()
    page = asked(browser)
    code = code_of(site.server, site.pool)
    sent = form["code"].replace("CODE", code).replace("WRONG", another(code))
    answer = browser.submit(page, {**form, "code": sent})
    assert (answer.status, sentence in answer.error) == (status, True), answer.error
    assert answer.title.startswith("Error: ")
    given = next(each for each in answer.inputs.values() if each.get("id") == field)
    assert given["aria-invalid"] == "true"
    assert answer.inputs["username"]["value"] == "alice"
    assert [answer.inputs[name].get("value") for name in ("password", "confirm_password")] == [
        None,
        None,
    ]
    assert browser.submit(answer, typed(code)).result["state"] == STATE


def test_guesses_at_the_code_are_limited(site: Site) -> None:
    browser = site.browser()
    page = asked(browser)
    wrong = another(code_of(site.server, site.pool))
    assert [browser.submit(page, typed(wrong)).status for _ in range(25)][-1] == 429
    right = browser.submit(page, typed(code_of(site.server, site.pool)))
    assert right.status == 429
    assert can_sign_in(site, PASSWORD)


def test_requests_for_codes_are_limited_and_say_so(site: Site) -> None:
    browser = site.browser()
    page = browser.open("/forgotPassword")
    answers = [browser.submit(page, {"username": "alice"}) for _ in range(12)]
    assert answers[-1].status == 429
    assert "Attempt limit exceeded, please try after some time." in answers[-1].error
    assert answers[-1].inputs["username"]["value"] == "alice"


def test_resent_code_says_so(site: Site) -> None:
    browser = site.browser()
    answer = browser.submit(asked(browser), {}, button="resend")
    page = browser.follow(answer)
    assert "We have sent a new code." in page.text_of("main")
    assert len(messages_to(site.server, site.pool)) == 2
    assert browser.submit(page, typed(code_of(site.server, site.pool))).result["state"] == STATE


def test_form_that_is_sent_twice_stays_on_the_page(site: Site) -> None:
    browser = site.browser()
    page = asked(browser)
    form = typed(code_of(site.server, site.pool))
    assert browser.submit(page, form).result["code"]
    again = browser.submit(page, form)
    assert again.status == 400
    assert dict(parse_qsl(again.first("form").attributes["action"]))["state"] == STATE


def test_two_tabs_reset_each_their_own_user(site: Site) -> None:
    add_user(site, "bob")
    browser = site.browser()
    pages = {name: asked(browser, name) for name in ("alice", "bob")}
    for name, page in pages.items():
        answer = browser.submit(page, typed(code_of(site.server, site.pool, name)))
        assert answer.result["state"] == STATE


def test_empty_name_is_asked_for(site: Site) -> None:
    browser = site.browser()
    answer = browser.submit(browser.open("/forgotPassword"), {"username": "  "})
    assert (answer.status, "Username: enter a value." in answer.error) == (400, True)


def test_client_that_reveals_users_says_that_there_is_none(
    server: RunningServer, new_pool: NewPool
) -> None:
    site = Site(server, new_pool(client=WEB_APP, **EMAIL_POOL))
    browser = site.browser()
    answer = browser.submit(browser.open("/forgotPassword"), {"username": "nobody"})
    assert (answer.status, "Username/client id combination not found." in answer.error) == (
        400,
        True,
    )


def test_code_that_is_no_longer_good_can_be_replaced(
    server: RunningServer, new_pool: NewPool
) -> None:
    site = Site(server, new_pool(client=WEB_APP, **EMAIL_POOL))
    add_user(site)
    browser = site.browser()
    page = browser.open("/confirmforgotPassword")
    answer = browser.submit(page, {"username": "alice", **typed("123456")})
    assert (answer.status, "please request a code again." in answer.error) == (400, True)
    page = browser.follow(browser.submit(answer, {}, button="resend"))
    assert browser.submit(page, typed(code_of(server, site.pool))).result["state"] == STATE


def test_second_factor_is_still_asked_for(server: RunningServer, new_pool: NewPool) -> None:
    """The code by email is one factor; a reset doesn't get past the other."""
    pool = new_pool(client=HIDES, **EMAIL_POOL)
    pool.cognito.set_user_pool_mfa_config(
        UserPoolId=pool.id,
        SoftwareTokenMfaConfiguration={"Enabled": True},
        MfaConfiguration="ON",
    )
    site = Site(server, pool)
    add_user(site)
    browser = site.browser()
    page = asked(browser)
    answer = browser.submit(page, typed(code_of(server, pool)))
    assert answer.status == 200
    assert answer.text_of("h1") == "Set up an authenticator app"
    assert "cognito" not in browser.cookies


def test_level_that_the_app_asks_for_is_still_asked_for(site: Site) -> None:
    """A mailbox alone must not get past it."""
    browser = site.browser()
    start = browser.open("/forgotPassword", acr_values="urn:cognito:loa:3")
    page = browser.follow(browser.submit(start, {"username": "alice"}))
    answer = browser.submit(page, typed(code_of(site.server, site.pool)))
    assert (answer.status, answer.path) == (302, "/login")
    assert answer.query["acr_values"] == "urn:cognito:loa:3"
    assert answer.query["login_hint"] == "alice"
    assert "cognito" not in browser.cookies


def test_hostile_name_is_never_script(site: Site) -> None:
    browser = site.browser()
    hostile = "<script>alert(1)</script>"
    page = asked(browser, hostile)
    assert page.inputs["username"]["value"] == hostile
    assert "<script>alert" not in page.text
