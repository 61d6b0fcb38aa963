"""Sign-up at a pool's domain, by a browser without scripts (ev:oauth-9, ev:domain-1.3)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError
from support.running_server import RunningServer
from support.sent_codes import another, code_of, messages_to
from support.served_pools import NewPool
from support.sign_in_pages import WEB_APP
from support.sign_ins import PASSWORD
from support.sign_up_pages import ALICE, EMAIL_POOL, STATE, Site, signed_up

from poolhouse.pages.hosted_ui.texts import LANGUAGES


@pytest.fixture
def site(server: RunningServer, new_pool: NewPool) -> Site:
    return Site(server, new_pool(client=WEB_APP, **EMAIL_POOL))


def status_of(site: Site, username: str = "alice") -> str:
    status: str = site.pool.user(username)["UserStatus"]
    return status


def test_sign_up_with_code_returns_to_the_app_with_its_state(site: Site) -> None:
    """next-auth#4570: the state was lost on this way (ev:domain-1.4)."""
    browser = site.browser()
    page = signed_up(browser)
    assert page.text_of("h1") == "Confirm your account"
    assert "a***@b***" in page.text_of("main")
    answer = browser.submit(page, {"code": code_of(site.server, site.pool)})
    assert answer.status == 302
    assert answer.result["state"] == STATE
    assert answer.result["code"]
    assert "cognito" in browser.cookies
    assert "page-data" not in browser.cookies
    user = site.pool.user()
    assert (user["UserStatus"], user["attributes"]["email_verified"]) == ("CONFIRMED", "true")


def test_sign_up_page_has_the_names_of_the_service(site: Site) -> None:
    """ev:domain-1.3."""
    page = site.browser().open("/signup")
    form = page.first("form").attributes
    assert (form["name"], form["method"], form["class"]) == ("signupform", "post", "cognito-asf")
    assert page.text_of("h1") == "Sign up with a new account"
    assert set(page.inputs) == {*ALICE, "_csrf", "cognitoAsfData"}
    assert page.inputs["requiredAttributes[email]"]["type"] == "email"
    assert page.inputs["requiredAttributes[email]"]["placeholder"] == "name@host.com"
    assert page.inputs["password"]["autocomplete"] == "new-password"
    button = page.first("button", name="signUpButton")
    assert button.text == "Sign up"
    assert "signUpButton" in button.attributes["class"].split()
    assert page.first("a", href=site.path("/login")).text == "Sign in"


def test_confirm_page_has_the_names_of_the_service(site: Site) -> None:
    """ev:domain-1.3: the ids and the body of the POST."""
    page = signed_up(site.browser())
    assert {"code", "username", "destination", "deliveryMedium", "cognitoAsfData", "_csrf"} <= set(
        page.inputs
    )
    assert page.inputs["code"]["id"] == "verification_code"
    assert page.inputs["code"]["autocomplete"] == "one-time-code"
    assert page.inputs["deliveryMedium"]["value"] == "EMAIL"
    assert page.first("button", name="confirm").text == "Confirm account"


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"username": ""}, "username", "Username: enter a value."),
        ({"username": "a b"}, "username", "Username: enter a valid value."),
        ({"username": "taken"}, "username", "User already exists"),
        ({"password": ""}, "password", "Password: enter a value."),
        (
            {"password": "short"},
            "password",
            "Password did not conform with policy: Password not long enough",
        ),
        ({"requiredAttributes[email]": ""}, "attribute-email", "Email: enter a value."),
        (
            {"requiredAttributes[email]": "no address"},
            "attribute-email",
            "Invalid email address format.",
        ),
        (
            {"requiredAttributes[email]": "x" * 2049},
            "attribute-email",
            "Email: enter a valid value.",
        ),
    ],
)
def test_sign_up_with_a_mistake_keeps_what_was_typed_and_names_the_field(
    site: Site, typed: dict[str, str], field: str, sentence: str
) -> None:
    site.pool.sign_up("taken", attributes={"email": "t@barn.example"})
    browser = site.browser()
    answer = browser.submit(browser.open("/signup"), {**ALICE, **typed})
    assert answer.status == 400
    assert answer.title.startswith("Error: Sign up with a new account")
    assert sentence in answer.error
    given = next(each for each in answer.inputs.values() if each.get("id") == field)
    assert given["aria-invalid"] == "true"
    assert f"{field}-error" in given["aria-describedby"]
    assert answer.inputs["username"]["value"] == {**ALICE, **typed}["username"]
    assert "value" not in answer.inputs["password"]
    assert PASSWORD not in answer.text


def test_wrong_code_stays_on_the_page_and_the_right_one_still_counts(site: Site) -> None:
    browser = site.browser()
    page = signed_up(browser)
    code = code_of(site.server, site.pool)
    wrong = browser.submit(page, {"code": another(code)})
    assert wrong.status == 400
    assert wrong.error == "There is a problem Invalid verification code provided, please try again."
    assert wrong.title.startswith("Error: ")
    assert browser.submit(wrong, {"code": f" {code} "}).result["state"] == STATE


def test_codes_are_limited_as_at_the_api(site: Site) -> None:
    browser = site.browser()
    page = signed_up(browser)
    wrong = another(code_of(site.server, site.pool))
    statuses = [browser.submit(page, {"code": wrong}).status for _ in range(30)]
    assert statuses[0] == 400
    assert statuses[-1] == 429
    assert "Attempt limit exceeded" in browser.submit(page, {"code": wrong}).error
    right = browser.submit(page, {"code": code_of(site.server, site.pool)})
    assert (right.status, status_of(site)) == (429, "UNCONFIRMED")


def test_resent_code_replaces_the_one_before(site: Site) -> None:
    browser = site.browser()
    page = signed_up(browser)
    first = code_of(site.server, site.pool)
    answer = browser.submit(page, {}, button="resend")
    assert (answer.status, answer.path) == (302, "/confirm")
    page = browser.follow(answer)
    assert "We have sent a new code." in page.text_of("main")
    assert len(messages_to(site.server, site.pool)) == 2
    newest = code_of(site.server, site.pool)
    if newest != first:
        assert browser.submit(page, {"code": first}).status == 400
    assert browser.submit(page, {"code": newest}).result["state"] == STATE


def test_two_tabs_confirm_each_their_own_user(site: Site) -> None:
    """The second sign-up replaces the cookie, and not the form of the first."""
    browser = site.browser()
    first = signed_up(browser)
    bob = {**ALICE, "username": "bob", "requiredAttributes[email]": "bob@barn.example"}
    second = signed_up(browser, bob)
    for username, page in (("alice", first), ("bob", second)):
        answer = browser.submit(page, {"code": code_of(site.server, site.pool, username)})
        assert answer.result["state"] == STATE
        assert status_of(site, username) == "CONFIRMED"


def test_form_that_is_sent_twice_goes_on_to_sign_in_with_the_state(site: Site) -> None:
    browser = site.browser()
    page = signed_up(browser)
    code = {"code": code_of(site.server, site.pool)}
    assert browser.submit(page, code).result["code"]
    again = browser.submit(page, code)
    assert (again.status, again.path) == (302, "/login")
    assert again.query["state"] == STATE


def test_sign_up_that_is_sent_twice_says_that_the_user_exists(site: Site) -> None:
    browser = site.browser()
    page = browser.open("/signup")
    assert browser.submit(page, ALICE).status == 302
    assert "User already exists" in browser.submit(page, ALICE).error


def test_code_in_another_browser_confirms_without_signing_in(site: Site) -> None:
    signed_up(site.browser())
    elsewhere = site.browser()
    page = elsewhere.open("/confirm", username="alice")
    answer = elsewhere.submit(page, {"code": code_of(site.server, site.pool)})
    assert (answer.status, answer.path) == (302, "/login")
    assert "login_hint=alice" in answer.location
    assert status_of(site) == "CONFIRMED"
    assert "cognito" not in elsewhere.cookies


def test_session_of_a_sign_up_is_worth_nothing_after_a_password_change(site: Site) -> None:
    browser = site.browser()
    page = signed_up(browser)
    code = code_of(site.server, site.pool)
    site.pool.admin_confirm()
    site.pool.cognito.admin_set_user_password(
        UserPoolId=site.pool.id, Username="alice", Password="Another-Horse-9!", Permanent=True
    )
    answer = browser.submit(page, {"code": code})
    assert (answer.status, answer.path) == (302, "/login")
    assert "cognito" not in browser.cookies


def test_session_of_a_sign_up_signs_in_no_other_user(site: Site) -> None:
    mallory = site.browser()
    page = signed_up(mallory, {**ALICE, "username": "mallory"})
    site.pool.sign_up("alice", attributes={"email": "alice@barn.example"})
    answer = mallory.submit(
        page, {"username": "alice", "code": code_of(site.server, site.pool, "alice")}
    )
    assert answer.path == "/login"
    assert "cognito" not in mallory.cookies


@pytest.mark.parametrize("name", [*ALICE])
def test_hostile_field_is_never_script(site: Site, name: str) -> None:
    browser = site.browser()
    hostile = '"><script>alert(1)</script>'
    answer = browser.submit(browser.open("/signup"), {**ALICE, "password": "x", name: hostile})
    assert answer.status == 400
    assert "alert(1)</script>" not in answer.text
    assert [each.attributes.get("src") for each in answer.elements if each.tag == "script"] != []


@pytest.mark.parametrize("path", ["/confirm", "/resendcode", "/forgotPassword", "/signup"])
def test_form_of_another_site_does_nothing(site: Site, path: str) -> None:
    site.pool.sign_up("alice", attributes={"email": "a@barn.example"})
    sent = len(messages_to(site.server, site.pool))
    form = {"username": "alice", "code": "1", "_csrf": "guessed"}
    answer = site.browser().post(site.path(path), form, Origin="https://evil.example")
    assert (answer.status, answer.path) == (303, path)
    assert len(messages_to(site.server, site.pool)) == sent


@pytest.mark.parametrize("value", ["", "%%%", "bm8=", "eyJ1c2VybmFtZSI6MX0=", "x" * 5000])
def test_unreadable_state_shows_an_empty_form(site: Site, value: str) -> None:
    browser = site.browser()
    browser.cookies["page-data"] = value
    page = browser.open("/confirm")
    assert page.status == 200
    assert page.inputs["username"]["value"] == ""


def test_lang_parameter_is_kept_and_sets_the_direction(site: Site) -> None:
    browser = site.browser()
    assert browser.open("/signup").first("html").attributes["lang"] == "en"
    chosen = browser.open("/signup", lang="de")
    assert chosen.first("html").attributes == {"lang": "de", "dir": "ltr"}
    assert browser.cookies["lang"] == "de"
    assert browser.open("/signup").first("html").attributes["lang"] == "de"


def test_browser_language_chooses_the_texts(site: Site) -> None:
    page = site.browser("ar-EG, en;q=0.5").open("/signup")
    assert page.first("html").attributes == {"lang": "ar", "dir": "rtl"}


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_pages_are_whole_in_every_language(site: Site, language: str) -> None:
    """No hole is left open, and a refusal is shown."""
    browser = site.browser(language)
    answer = browser.submit(browser.open("/signup"), {**ALICE, "password": "short"})
    assert answer.status == 400
    assert answer.first("html").attributes["lang"] == language
    page = signed_up(browser)
    assert "a***@b***" in page.text_of("main")
    for each in (answer, page, browser.open("/forgotPassword"), browser.open("/login")):
        assert each.status in {200, 400}
        assert "{" not in each.text_of("main")


def test_form_that_is_sent_many_times_at_once_signs_in_once(site: Site) -> None:
    browser = site.browser()
    page = signed_up(browser)
    code = {"code": code_of(site.server, site.pool)}
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: browser.submit(page, code), range(8)))
    to_app = [each for each in answers if each.status == 302 and "code" in each.query]
    assert len(to_app) == 1
    others = [each for each in answers if each is not to_app[0]]
    assert {each.status for each in others} <= {302, 400, 429}
    assert {each.query["state"] for each in others if each.status == 302} <= {STATE}


def test_session_of_a_page_opens_nothing_at_the_api(site: Site) -> None:
    """It has the password among its proofs: no operation may take it for a sign-in under way."""
    page = signed_up(site.browser())
    session = page.inputs["session"]["value"]
    site.pool.admin_confirm()
    calls: list[Callable[[], object]] = [
        lambda: site.pool.cognito.respond_to_auth_challenge(
            ClientId=site.pool.client_id,
            ChallengeName="SOFTWARE_TOKEN_MFA",
            Session=session,
            ChallengeResponses={"USERNAME": "alice", "SOFTWARE_TOKEN_MFA_CODE": "123456"},
        ),
        lambda: site.pool.cognito.respond_to_auth_challenge(
            ClientId=site.pool.client_id,
            ChallengeName="NEW_PASSWORD_REQUIRED",
            Session=session,
            ChallengeResponses={"USERNAME": "alice", "NEW_PASSWORD": "Another-Horse-9!"},
        ),
        lambda: site.pool.cognito.associate_software_token(Session=session),
    ]
    for call in calls:
        with pytest.raises(ClientError, match="Invalid session for the user"):
            call()


def test_session_that_was_changed_signs_in_nobody(site: Site) -> None:
    browser = site.browser()
    page = signed_up(browser)
    session = page.inputs["session"]["value"]
    code = code_of(site.server, site.pool)
    site.pool.admin_confirm()
    for forged in (session[:-8] + "AAAAAAAA", "x", "A" * 20_000):
        answer = browser.submit(page, {"code": code, "session": forged})
        assert (answer.status, answer.path) == (302, "/login")
    assert "cognito" not in browser.cookies
