"""Every challenge of a sign-in as a page, walked without scripts."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from support.access_tokens import token_of
from support.challenge_sites import NewSite
from support.mfa_pools import (
    EMAIL,
    PHONE,
    VERIFIED_EMAIL,
    VERIFIED_PHONE,
    AuthenticatorApp,
    forget_used_codes,
    prefers,
    registers_app,
)
from support.page_browser import Page
from support.running_server import RunningServer
from support.sent_codes import another, code_of, messages_to
from support.sign_in_pages import WEB_APP, Site, Visitor, path_of
from support.sign_ins import PASSWORD

from poolhouse.entities.domains import CLASSIC, MANAGED_LOGIN

TEMPORARY, OWN = "Temporary-Horse-9!", "Another-Horse-9!"
CHOICES = ["PASSWORD", "EMAIL_OTP", "SMS_OTP"]


def press(visitor: Visitor, page: Page, name: str, value: str) -> Page:
    """Press a button of a choice."""
    return visitor.submit(page, (name, value))


# The name first


def test_managed_login_with_several_factors_asks_for_the_name_first(new_site: NewSite) -> None:
    """ev:oauth-9."""
    site = new_site(MANAGED_LOGIN, factors=CHOICES, attributes={**VERIFIED_EMAIL, **VERIFIED_PHONE})
    visitor = site.visitor()
    shown = visitor.login()
    assert "password" not in shown.read.inputs
    assert shown.read.inputs["username"]["autocomplete"] == "username webauthn"
    choice = visitor.submit(shown, username="alice")
    assert (choice.status, choice.title) == (200, "Choose how to sign in · app")
    assert choice.read.inputs["password"]["autocomplete"] == "current-password"
    assert choice.forms[0].fields["username"] == "alice"  # for password managers
    assert [value for _, value in choice.forms[1].buttons] == ["EMAIL_OTP", "SMS_OTP"]
    wrong = visitor.submit(choice, password="Wrong-Horse-9!")
    assert (wrong.status, wrong.error) == (400, "Incorrect username or password.")
    assert [value for _, value in wrong.forms[1].buttons] == ["EMAIL_OTP", "SMS_OTP"]
    assert visitor.submit(wrong, password=PASSWORD).result["code"]


def test_classic_pages_ask_for_name_and_password_together(new_site: NewSite) -> None:
    """ev:oauth-9: also where the pool offers more factors."""
    site = new_site(CLASSIC, factors=CHOICES, attributes=VERIFIED_EMAIL)
    assert "password" in site.visitor().login().read.inputs


def test_managed_login_with_the_password_alone_asks_for_both(new_site: NewSite) -> None:
    assert "password" in new_site(MANAGED_LOGIN).visitor().login().read.inputs


@pytest.mark.parametrize(
    ("factor", "masked", "way"),
    [("EMAIL_OTP", "a***@h***", "by email"), ("SMS_OTP", "+********4567", "by text message")],
)
def test_one_time_code_signs_in(
    new_site: NewSite, server: RunningServer, factor: str, masked: str, way: str
) -> None:
    site = new_site(MANAGED_LOGIN, factors=CHOICES, attributes={**VERIFIED_EMAIL, **VERIFIED_PHONE})
    visitor = site.visitor()
    choice = visitor.submit(visitor.login(), username="alice")
    asked = press(visitor, choice, "answer", factor)
    assert f"We have sent a code {way} to {masked}." in asked.text
    assert asked.read.inputs["code"]["autocomplete"] == "one-time-code"
    assert asked.read.inputs["code"]["inputmode"] == "numeric"
    code = code_of(server, site.pool)
    wrong = visitor.submit(asked, code=another(code))
    assert (wrong.status, wrong.error) == (400, "Invalid code or auth state for the user.")
    assert masked in wrong.text
    assert wrong.read.inputs["code"]["aria-invalid"] == "true"
    assert visitor.submit(wrong, code=f"{code[:4]} {code[4:]} ").result["code"]


def test_unknown_name_gets_the_choice_and_the_code_page_of_a_known_one(
    new_site: NewSite, server: RunningServer
) -> None:
    site = new_site(
        MANAGED_LOGIN,
        factors=["PASSWORD", "EMAIL_OTP"],
        attributes=VERIFIED_EMAIL,
        client={"PreventUserExistenceErrors": "ENABLED"},
        AutoVerifiedAttributes=["email"],
    )
    pages = []
    for name in ("alice", "nelly"):
        visitor = site.visitor()
        choice = visitor.submit(visitor.login(), username=name)
        asked = press(visitor, choice, "answer", "EMAIL_OTP")
        wrong = visitor.submit(asked, code="12345678")
        again = visitor.submit(wrong, ("action", "choose"))
        pages.append([comparable(page, name) for page in (choice, asked, wrong, again)])
    assert pages[0] == pages[1]
    assert messages_to(server, site.pool, "nelly") == []


def comparable(page: Page, name: str) -> str:
    """A page without what differs by the user's name and at each request."""
    session = page.forms[0].fields["session"]
    nonce = page.text.partition('nonce="')[2].partition('"')[0]
    token = page.forms[0].fields["_csrf"]
    text = page.text.replace(session, "S" * len(session)).replace(nonce, "N").replace(token, "T")
    return re.sub(r"\w\*\*\*@\w\*\*\*", "MASKED", text.replace(name, "NAME"))


def test_code_is_sent_again_and_the_one_before_no_longer_counts(
    new_site: NewSite, server: RunningServer
) -> None:
    site = new_site(mfa=("email",), attributes=VERIFIED_EMAIL)
    visitor = site.visitor()
    asked = visitor.sign_in()
    first = code_of(server, site.pool)
    again = press(visitor, asked, "action", "resend")
    assert again.status == 200
    assert "We have sent a new code." in again.text
    assert "a***@h***" in again.text
    second = code_of(server, site.pool)
    old = visitor.submit(asked, code=first)
    assert path_of(old.location) == f"{site.root}/oauth2/authorize"
    assert visitor.submit(again, code=another(second)).status == 400
    assert visitor.submit(again, code=second).result["code"]


# A temporary password


def test_temporary_password_is_replaced(new_site: NewSite) -> None:
    site = new_site()
    invite(site)
    visitor = site.visitor()
    asked = visitor.sign_in("bob", TEMPORARY)
    assert (asked.status, asked.title) == (200, "Change your password · app")
    assert asked.read.inputs["new_password"]["autocomplete"] == "new-password"
    assert asked.read.inputs["confirm_password"]["autocomplete"] == "new-password"
    assert "Password must contain at least 8 characters" in asked.text
    for typed, field, sentence in [
        (("", ""), "new_password", "New password: enter a value."),
        ((OWN, "other"), "confirm_password", "The two passwords are not the same."),
        (("short", "short"), "new_password", "Password does not conform to policy"),
    ]:
        asked = visitor.submit(asked, new_password=typed[0], confirm_password=typed[1])
        assert asked.status == 400
        assert asked.error.startswith(sentence)
        assert asked.read.inputs[field]["aria-invalid"] == "true"
        assert OWN not in asked.text
    assert visitor.submit(asked, new_password=OWN, confirm_password=OWN).result["code"]
    assert site.visitor().sign_in("bob", OWN).result["code"]


def test_temporary_password_with_missing_attributes_asks_for_them(new_site: NewSite) -> None:
    schema = [
        {"Name": name, "Required": True, "Mutable": True} for name in ("family_name", "birthdate")
    ]
    site = new_site_with(new_site, schema)
    visitor = site.visitor()
    asked = visitor.sign_in("bob", TEMPORARY)
    read = asked.read
    assert read.inputs["requiredAttributes[birthdate]"]["type"] == "date"
    assert read.inputs["requiredAttributes[family_name]"]["autocomplete"] == "family-name"
    typed = {"requiredAttributes[family_name]": "O'Brien <b>"}
    shown = visitor.submit(asked, new_password=OWN, confirm_password=OWN, **typed)
    assert (shown.status, shown.error) == (400, "Date of birth: enter a value.")
    assert shown.forms[0].fields["requiredAttributes[family_name]"] == "O'Brien <b>"
    assert "<b>" not in shown.text
    typed["requiredAttributes[birthdate]"] = "2001-02-03"
    done = visitor.submit(shown, new_password=OWN, confirm_password=OWN, **typed)
    assert done.result["code"]
    assert site.pool.user("bob")["attributes"]["family_name"] == "O'Brien <b>"


def new_site_with(new_site: NewSite, schema: list[dict[str, Any]]) -> Site:
    """A domain whose pool requires attributes, and bob, who lacks them."""
    site = new_site()
    made = site.pool.cognito.create_user_pool(PoolName="required", Schema=schema)["UserPool"]
    client = site.pool.cognito.create_user_pool_client(
        UserPoolId=made["Id"], ClientName="app", **WEB_APP
    )["UserPoolClient"]
    site.pool.id, site.pool.client_id = made["Id"], client["ClientId"]
    required = Site(site.server, site.pool)
    invite(required)
    return required


def invite(site: Site) -> None:
    site.pool.cognito.admin_create_user(
        UserPoolId=site.pool.id,
        Username="bob",
        TemporaryPassword=TEMPORARY,
        MessageAction="SUPPRESS",
    )


# Second factors


@pytest.mark.parametrize("factor", ["sms", "email"])
def test_code_of_a_second_factor_signs_in(
    new_site: NewSite, server: RunningServer, factor: str
) -> None:
    site = new_site(mfa=(factor,), attributes={**VERIFIED_EMAIL, **VERIFIED_PHONE})
    visitor = site.visitor()
    asked = visitor.sign_in()
    assert asked.title == "Enter your code · app"
    code = code_of(server, site.pool)
    assert visitor.submit(asked, code=another(code)).error.startswith("Invalid code")
    empty = visitor.submit(asked, code=" ")
    assert empty.error == "Verification code: enter a value."
    assert visitor.submit(empty, code=code).result["code"]


def test_code_of_an_app_signs_in_once(new_site: NewSite, server: RunningServer) -> None:
    site = new_site(mfa=("app",), mode="OPTIONAL")
    app = registers_app(site.pool, token_of(server, site.pool), name="Alice's phone")
    prefers(site.pool, app="preferred")
    forget_used_codes(server, site.pool)
    visitor = site.visitor()
    asked = visitor.sign_in()
    assert asked.title == "Enter the code from your authenticator app · app"
    assert "Alice&#39;s phone" in asked.text
    wrong = visitor.submit(asked, code=app.wrong_code())
    assert (wrong.status, wrong.error) == (400, "Invalid code received for user")
    code = app.code()
    assert visitor.submit(wrong, code=code).result["code"]
    other = site.visitor()
    shown = other.submit(other.sign_in(), code=code)
    assert shown.error == "Your software token has already been used once."


def test_choice_of_a_second_factor_is_titled_as_a_choice(
    new_site: NewSite, server: RunningServer
) -> None:
    """aws-sdk-js-v3#7960: the service's page speaks of a set-up here."""
    site = new_site(mfa=("sms", "email"), attributes={**VERIFIED_EMAIL, **VERIFIED_PHONE})
    prefers(site.pool, sms=True, email=True)
    visitor = site.visitor()
    choice = visitor.sign_in()
    assert choice.title == "Choose how to verify that it’s you · app"
    assert "set up" not in choice.text.lower()
    assert [value for _, value in choice.forms[0].buttons] == ["SMS_MFA", "EMAIL_OTP"]
    shown = visitor.submit(choice, ("answer", "SMS_MFA"))
    assert visitor.submit(shown, code=code_of(server, site.pool)).result["code"]


def test_choice_that_is_not_offered_is_refused(new_site: NewSite) -> None:
    site = new_site(mfa=("sms", "email"), attributes={**VERIFIED_EMAIL, **VERIFIED_PHONE})
    prefers(site.pool, sms=True, email=True)
    visitor = site.visitor()
    form = visitor.sign_in().forms[0]
    for answer in ("SOFTWARE_TOKEN_MFA", "PASSWORD", "", "<b>"):
        shown = visitor.post(form.action, {**form.fields, "answer": answer})
        assert shown.status == 400
        assert shown.error
        assert "<b>" not in shown.text


def test_second_factor_guessed_many_times_at_once_locks_out(
    new_site: NewSite, server: RunningServer
) -> None:
    site = new_site(mfa=("email",), attributes=VERIFIED_EMAIL)
    visitor = site.visitor()
    asked = visitor.sign_in()
    code = code_of(server, site.pool)

    def guess(_: int) -> Page:
        other = site.visitor()
        other.cookies.update(visitor.cookies)
        return other.submit(asked, code=another(code))

    with ThreadPoolExecutor(16) as threads:
        pages = list(threads.map(guess, range(32)))
    assert {page.status for page in pages} == {400}
    errors = [page.error for page in pages]
    assert errors.count("Invalid code or auth state for the user.") <= 6
    assert visitor.submit(asked, code=code).status == 400


# Set-up of a second factor


def test_authenticator_app_is_set_up_by_its_qr_code(new_site: NewSite) -> None:
    site = new_site(mfa=("app",))
    visitor = site.visitor()
    asked = visitor.sign_in()
    assert (asked.status, asked.title) == (200, "Set up an authenticator app · app")
    assert asked.text.count("<svg") == 1
    assert "<script>" not in asked.text
    app = AuthenticatorApp(secret_of(asked))
    wrong = visitor.submit(asked, code=app.wrong_code())
    assert (wrong.status, wrong.error) == (
        400,
        "Code mismatch and fail enable Software Token MFA",
    )
    assert secret_of(wrong) == secret_of(asked)
    assert visitor.submit(wrong, code=app.code()).result["code"]
    assert site.pool.user()["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"]


def secret_of(page: Page) -> str:
    """The key that users type who can't scan."""
    return "".join(
        page.text.partition('class="key"')[2].partition(">")[2].partition("<")[0].split()
    )


@pytest.mark.parametrize(
    ("factor", "field", "address"),
    [("EMAIL_OTP", "email", EMAIL), ("SMS_MFA", "phone_number", PHONE)],
)
def test_contact_is_set_up_as_second_factor(
    new_site: NewSite, server: RunningServer, factor: str, field: str, address: str
) -> None:
    site = new_site(mfa=("app", "sms", "email"))
    visitor = site.visitor()
    choice = visitor.sign_in()
    assert choice.title == "Set up two-step verification · app"
    shown = visitor.submit(choice, ("choice", factor))
    empty = visitor.submit(shown, **{field: " "})
    assert (empty.status, empty.read.inputs[field]["aria-invalid"]) == (400, "true")
    bad = visitor.submit(empty, **{field: "nonsense"})
    assert bad.status == 400
    assert bad.forms[0].fields[field] == "nonsense"
    asked = visitor.submit(bad, **{field: address})
    assert asked.title == "Enter your code · app"
    assert visitor.submit(asked, code=code_of(server, site.pool)).result["code"]
    assert site.pool.user()["attributes"][field] == address
    assert site.pool.user()["attributes"][f"{field}_verified"] == "true"
