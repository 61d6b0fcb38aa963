"""Sign-up at the domains of pools of each kind, by a browser without scripts (ev:oauth-9)."""

from support.functions_server import FunctionError, FunctionsServer, arn
from support.running_server import RunningServer
from support.sent_codes import code_of
from support.served_pools import NewPool
from support.sign_in_pages import WEB_APP
from support.sign_ins import PASSWORD
from support.sign_up_pages import ALICE, EMAIL_POOL, STATE, Site, signed_up


def test_password_rules_are_those_of_the_policy(server: RunningServer, new_pool: NewPool) -> None:
    policy = {"MinimumLength": 11, "RequireLowercase": True, "RequireSymbols": True}
    pool = new_pool(client=WEB_APP, Policies={"PasswordPolicy": policy})
    page = Site(server, pool).browser().open("/signup")
    rules = [each for each in page.elements if "data-rule" in each.attributes]
    assert [each.text for each in rules] == [
        "Password must contain a lower case letter",
        "Password must contain a special character",
        "Password must contain at least 11 characters",
    ]
    assert [each.attributes["class"].split()[0] for each in rules] == [
        "checkPassword-lowerletter",
        "checkPassword-symbols",
        "checkPassword-length",
    ]


def test_link_verification_waits_for_the_link_and_then_signs_in(
    server: RunningServer, new_pool: NewPool
) -> None:
    by_link = {"DefaultEmailOption": "CONFIRM_WITH_LINK"}
    pool = new_pool(client=WEB_APP, **EMAIL_POOL, VerificationMessageTemplate=by_link)
    site = Site(server, pool)
    browser = site.browser()
    page = signed_up(browser)
    assert page.text_of("h1") == "Open the link that we have sent"
    assert "code" not in page.inputs
    assert "Didn’t receive a link?" in page.text_of("main")
    page = browser.follow(browser.submit(page, {}, button="resend"))
    assert "We have sent a new link." in page.text_of("main")
    early = browser.submit(page, {})
    assert (early.status, early.error) == (400, "There is a problem User is not confirmed.")
    pool.cognito.confirm_sign_up(
        ClientId=pool.client_id, Username="alice", ConfirmationCode=code_of(server, pool)
    )
    assert browser.submit(early, {}).result["state"] == STATE


def test_pool_that_verifies_nothing_says_who_confirms(
    server: RunningServer, new_pool: NewPool
) -> None:
    pool = new_pool(client=WEB_APP)
    site = Site(server, pool)
    browser = site.browser()
    page = signed_up(browser, {"username": "alice", "password": PASSWORD})
    assert page.text_of("h1") == "Your account isn’t confirmed yet"
    assert browser.submit(page, {}).error.endswith("User is not confirmed.")
    pool.admin_confirm()
    assert browser.submit(page, {}).result["state"] == STATE


def test_unconfirmed_sign_in_where_nothing_is_verified_says_who_confirms(
    server: RunningServer, new_pool: NewPool
) -> None:
    site = Site(server, new_pool(client=WEB_APP))
    browser = site.browser()
    signed_up(browser, {"username": "alice", "password": PASSWORD})
    login = browser.open("/login")
    page = browser.submit(login, {"username": "alice", "password": PASSWORD})
    assert (page.status, page.text_of("h1")) == (403, "Your account isn’t confirmed yet")
    assert "The people who run this app must confirm your account." in page.text


def test_contact_that_the_pool_verifies_is_asked_for_and_may_be_left_out(
    server: RunningServer, new_pool: NewPool
) -> None:
    """As in the pool of dev mode: the email is verified, and not required."""
    site = Site(server, new_pool(client=WEB_APP, AutoVerifiedAttributes=["email"]))
    browser = site.browser()
    page = browser.open("/signup")
    assert "required" not in page.inputs["requiredAttributes[email]"]
    assert "We will send a code to it, to confirm your account." in page.text
    assert "verification_code" in {
        each.attributes.get("id") for each in signed_up(browser).elements
    }
    without = {"username": "bob", "password": PASSWORD}
    assert signed_up(site.browser(), without).text_of("h1") == "Your account isn’t confirmed yet"


def test_contact_that_the_app_may_not_write_is_not_asked_for(
    server: RunningServer, new_pool: NewPool
) -> None:
    client = {**WEB_APP, "WriteAttributes": ["name"]}
    site = Site(server, new_pool(client=client, AutoVerifiedAttributes=["email"]))
    assert "requiredAttributes[email]" not in site.browser().open("/signup").inputs


def test_admin_only_pool_has_no_form(server: RunningServer, new_pool: NewPool) -> None:
    pool = new_pool(client=WEB_APP, AdminCreateUserConfig={"AllowAdminCreateUserOnly": True})
    site = Site(server, pool)
    browser = site.browser()
    page = browser.open("/signup")
    assert page.status == 403
    assert page.text_of("h1") == "You can’t sign up here"
    assert "form" not in [each.tag for each in page.elements]


def test_pre_sign_up_that_confirms_leads_straight_to_the_app(
    server: RunningServer, new_pool: NewPool, functions: FunctionsServer
) -> None:
    pool = new_pool(client=WEB_APP, **EMAIL_POOL, LambdaConfig={"PreSignUp": arn("pre-sign-up")})
    functions.answers["PreSignUp_SignUp"] = lambda event: {
        **event,
        "response": {**event["response"], "autoConfirmUser": True},
    }
    browser = Site(server, pool).browser()
    answer = browser.submit(browser.open("/signup"), ALICE)
    assert answer.result["state"] == STATE


def test_sign_up_by_email_asks_for_it_once(server: RunningServer, new_pool: NewPool) -> None:
    pool = new_pool(client=WEB_APP, **EMAIL_POOL, UsernameAttributes=["email"])
    site = Site(server, pool)
    browser = site.browser()
    page = browser.open("/signup")
    assert set(page.inputs) == {"username", "password", "_csrf", "cognitoAsfData"}
    assert (page.inputs["username"]["type"], page.inputs["username"]["autocomplete"]) == (
        "email",
        "username",
    )
    answer = browser.submit(page, {"username": "zoe@barn.example", "password": PASSWORD})
    sub = pool.user("zoe@barn.example")["Username"]
    answer = browser.submit(browser.follow(answer), {"code": code_of(server, pool, sub)})
    assert answer.result["state"] == STATE


def test_second_factor_is_set_up_right_after_the_sign_up(
    server: RunningServer, new_pool: NewPool
) -> None:
    pool = new_pool(client=WEB_APP, **EMAIL_POOL)
    pool.cognito.set_user_pool_mfa_config(
        UserPoolId=pool.id,
        SoftwareTokenMfaConfiguration={"Enabled": True},
        MfaConfiguration="ON",
    )
    browser = Site(server, pool).browser()
    answer = browser.submit(signed_up(browser), {"code": code_of(server, pool)})
    assert answer.status == 200
    assert answer.text_of("h1") == "Set up an authenticator app"
    assert "cognito" not in browser.cookies


def test_sign_up_without_a_password_signs_in_by_the_code(
    server: RunningServer, new_pool: NewPool
) -> None:
    """ev:auth-7: the code that confirms the sign-up is the first factor."""
    factors = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    client = {**WEB_APP, "ExplicitAuthFlows": ["ALLOW_USER_AUTH"]}
    pool = new_pool(client=client, **EMAIL_POOL, Policies=factors)
    browser = Site(server, pool, version=2).browser()
    page = browser.open("/signup")
    assert "required" not in page.inputs["password"]
    answer = browser.submit(page, {**ALICE, "password": ""})
    answer = browser.submit(browser.follow(answer), {"code": code_of(server, pool)})
    assert answer.result["state"] == STATE


def test_refusal_of_pre_authentication_leads_to_the_sign_in_page(
    server: RunningServer, new_pool: NewPool, functions: FunctionsServer
) -> None:
    def refuse(event: object) -> object:
        raise FunctionError("not today")

    config = {"PreAuthentication": arn("pre-authentication")}
    pool = new_pool(client=WEB_APP, **EMAIL_POOL, LambdaConfig=config)
    functions.answers["PreAuthentication_Authentication"] = refuse
    browser = Site(server, pool).browser()
    answer = browser.submit(signed_up(browser), {"code": code_of(server, pool)})
    assert (answer.status, answer.path) == (302, "/login")
    assert (answer.query["state"], answer.query["login_hint"]) == (STATE, "alice")
    assert "cognito" not in browser.cookies


def test_terms_are_linked_when_both_documents_exist(
    server: RunningServer, new_pool: NewPool
) -> None:
    """ev:oauth-9."""
    pool = new_pool(client=WEB_APP)
    site = Site(server, pool, version=2)

    def create(name: str, **links: str) -> None:
        pool.cognito.create_terms(
            UserPoolId=pool.id,
            ClientId=pool.client_id,
            TermsName=name,
            TermsSource="LINK",
            Enforcement="NONE",
            Links={f"cognito:{language}": link for language, link in links.items()},
        )

    create("terms-of-use", default="https://app.example.com/terms?a=1&b=2")
    assert "By signing up" not in site.browser().open("/signup").text
    create(
        "privacy-policy", default="https://app.example.com/en", german="https://app.example.com/de"
    )
    page = site.browser().open("/signup")
    line = "By signing up, you agree to our Terms of use and Privacy policy."
    assert line in page.text_of("main")
    assert page.first("a", href="https://app.example.com/terms?a=1&b=2").text == "Terms of use"
    german = site.browser("de").open("/signup")
    assert german.first("a", href="https://app.example.com/de").text == "Datenschutzerklärung"
