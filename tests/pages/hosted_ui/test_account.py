"""The account page of a domain: users see and change what is theirs, as at the API."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from support.account_pages import LOGOUT, Account
from support.mfa_pools import BY_EMAIL, FACTORS, AuthenticatorApp
from support.page_browser import CALLBACK, Page
from support.passkey_pools import FACTORS as WITH_PASSKEYS
from support.remembered_device import KeptDevice
from support.running_server import RunningServer, running
from support.sent_codes import another, code_of
from support.sign_ins import PASSWORD, AuthApi, result_of

from poolhouse.app import App
from poolhouse.pages.hosted_ui.texts import texts_for
from poolhouse.store.interface import Write

TEXTS = texts_for("en")
NEW = "Another-Horse-9!"
RECENT_ONLY = ["contacts", "password", "second-factors", "recovery-codes", "passkeys"]
OPTIONAL = {"MfaConfiguration": "OPTIONAL", **FACTORS["app"], **FACTORS["email"]}
EMAIL = {"AutoVerifiedAttributes": ["email"], "attributes": {"email": "alice@home.example"}}
PENDING = {"AttributesRequireVerificationBeforeUpdate": ["email"]}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running(tmp_path_factory.mktemp("data"), account_page=True, recovery_codes=True) as made:
        yield made


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server without the settings."""
    with running(tmp_path_factory.mktemp("plain"), memory=True) as made:
        yield made


def signed_in(server: RunningServer, **settings: object) -> Account:
    account = Account(server, **settings)  # type: ignore[arg-type]
    assert account.sign_in().status == 303
    return account


def values_of(page: Page) -> dict[str, str]:
    return {name: str(given.get("value") or "") for name, given in page.read.inputs.items()}


# Signing in


def test_account_is_unknown_without_the_setting(plain: RunningServer) -> None:
    account = Account(plain)
    assert account.open().status == 404
    # The parameter means nothing there: the app's own request counts.
    page = account.browser.get(f"{account.site.root}/login?client_id=x&account=profile")
    assert "/error?" in page.location


def test_account_without_a_session_signs_in_and_comes_back(server: RunningServer) -> None:
    account = Account(server)
    asked = account.open("profile")
    assert urlsplit(asked.location).path == f"{account.site.root}/login"
    back = account.sign_in(section="profile")
    page = account.follow(back)
    assert (page.status, page.title.partition(" · ")[0]) == (200, TEXTS.account_profile_title)
    [session] = account.sessions()
    assert session.client_id == account.pool.client_id
    assert account.open().text.count(f"{account.site.root}/account/") >= 3


def test_account_without_a_client_is_that_of_the_session(server: RunningServer) -> None:
    account = signed_in(server)
    page = account.browser.get(f"{account.site.root}/account")
    assert page.status == 200
    stranger = account.site.visitor().get(f"{account.site.root}/account")
    assert "/error?" in stranger.location


def test_sign_in_for_the_account_gives_no_code(server: RunningServer) -> None:
    """Neither the way back nor the endpoint that apps call leads to a redirect with one."""
    account = Account(server)
    page = account.sign_in()
    assert "code=" not in page.location
    again = account.browser.get(
        f"{account.site.root}/oauth2/authorize?client_id={account.pool.client_id}&account=x"
    )
    assert urlsplit(again.location).path == f"{account.site.root}/account"
    assert "code=" not in again.location


def test_account_of_a_client_without_oauth_is_refused(server: RunningServer) -> None:
    account = Account(server, client={"AllowedOAuthFlowsUserPoolClient": False})
    assert "/error?" in account.open().location
    assert (
        "/error?"
        in account.browser.get(
            f"{account.site.root}/login?client_id={account.pool.client_id}&account=overview"
        ).location
    )


@pytest.mark.parametrize("uri", [CALLBACK, LOGOUT])
def test_link_back_leads_to_a_registered_address(server: RunningServer, uri: str) -> None:
    account = signed_in(server)
    assert f'href="{uri}"' in account.open(return_uri=uri).text


@pytest.mark.parametrize(
    "uri", ["https://evil.example", f"{LOGOUT}/", f"{LOGOUT}?a", "javascript:alert(1)", ""]
)
def test_link_back_to_another_address_is_refused(server: RunningServer, uri: str) -> None:
    account = Account(server)
    assert "/error?error=redirect_mismatch" in account.open(return_uri=uri).location
    page = account.browser.get(
        account.path().replace("/account?", "/login?account=x&return_uri=y&")
    )
    assert "/error?" in page.location


@pytest.mark.parametrize("section", RECENT_ONLY)
def test_section_of_what_users_sign_in_with_asks_for_a_recent_sign_in(
    server: RunningServer, section: str
) -> None:
    account = signed_in(server, mfa=OPTIONAL, Policies=WITH_PASSKEYS, **BY_EMAIL)
    account.let_pass(timedelta(minutes=11))
    form = {"_csrf": account.browser.cookies.get("XSRF-TOKEN", ""), "action": "everywhere"}
    for page in (account.open(section), account.browser.post(account.path(section), form)):
        assert TEXTS.account_sign_in_again_title in page.title
    login = next(part for part in page.text.split('"') if "prompt=login" in part)
    query = parse_qs(urlsplit(login.replace("&amp;", "&")).query)
    assert (query["account"], query["login_hint"]) == ([section], ["alice"])


def test_section_that_changes_no_factor_needs_no_recent_sign_in(server: RunningServer) -> None:
    account = signed_in(server)
    account.let_pass(timedelta(minutes=11))
    assert account.open("profile").title.startswith(TEXTS.account_profile_title)
    assert account.open("sessions").title.startswith(TEXTS.account_sessions_title)


@pytest.mark.parametrize("section", ["profile", "password", "sessions"])
def test_form_of_another_site_changes_nothing(server: RunningServer, section: str) -> None:
    account = signed_in(server)
    page = account.open(section)
    form = {**page.forms[-1].fields, "_csrf": "0f0f0f0f-0f0f-4f0f-8f0f-0f0f0f0f0f0f"}
    refused = account.browser.post(account.path(section), form)
    assert (refused.status, urlsplit(refused.location).path) == (
        303,
        f"{account.site.root}/account/{section}",
    )
    form = page.forms[-1].fields
    crossed = account.browser.post(account.path(section), form, Sec_Fetch_Site="cross-site")
    assert crossed.status == 303
    assert len(account.sessions()) == 1


# What users change


def test_profile_changes_what_the_client_may_write_only(server: RunningServer) -> None:
    account = signed_in(
        server,
        client={
            "ReadAttributes": ["name", "nickname", "custom:plan"],
            "WriteAttributes": ["name"],
        },
        Schema=[{"Name": "plan", "AttributeDataType": "String", "Mutable": True}],
    )
    account.pool.cognito.admin_update_user_attributes(
        UserPoolId=account.pool.id,
        Username="alice",
        UserAttributes=[{"Name": "nickname", "Value": "Al"}, {"Name": "custom:plan", "Value": "a"}],
    )
    page = account.open("profile")
    assert 'value="Al"' in page.text
    assert "family_name" not in page.text
    saved = account.press(
        page,
        **{"requiredAttributes[name]": "Alice <b>", "requiredAttributes[nickname]": "forged"},
    )
    assert TEXTS.account_done_saved in account.follow(saved).text.replace("&#39;", "'")
    attributes = account.pool.user()["attributes"]
    assert (attributes["name"], attributes["nickname"]) == ("Alice <b>", "Al")
    assert account.recorded("AccountProfile_POST", "UpdateUserAttributes").target == "alice"


@pytest.mark.parametrize(
    ("client", "may_write"),
    [
        ({"WriteAttributes": ["custom:plan"]}, True),
        ({}, False),
        ({"WriteAttributes": ["custom:plan"], "GenerateSecret": True}, False),
    ],
)
def test_custom_attribute_is_the_users_if_a_public_client_lists_it(
    server: RunningServer, client: dict[str, object], may_write: bool
) -> None:
    account = Account(
        server,
        client={"ReadAttributes": ["custom:plan"], **client},
        Schema=[{"Name": "plan", "AttributeDataType": "String", "Mutable": True}],
    )
    account.sign_in()
    account.open("profile")
    form = {"_csrf": account.browser.cookies["XSRF-TOKEN"], "requiredAttributes[custom:plan]": "b"}
    account.browser.post(account.path("profile"), form)
    assert ("custom:plan" in account.pool.user()["attributes"]) is may_write


def test_first_password_is_no_recent_sign_in(server: RunningServer) -> None:
    """Nothing was given for it, so the session stays as old as it is."""
    account = signed_in(server)
    [before] = account.sessions()
    account.let_pass(timedelta(minutes=9))

    async def forget(app: App) -> None:
        dropped = Write("DELETE FROM credentials WHERE sub = $1", (before.sub,))
        await app.services.store.commit(dropped)

    server.run(forget)
    page = account.open("password")
    assert "previous_password" not in page.text
    assert account.press(page, password=NEW, confirm_password=NEW).status == 303
    [after] = account.sessions()
    assert after.started_at < before.started_at


def test_profile_against_the_schema_is_shown_again(server: RunningServer) -> None:
    account = signed_in(server)
    page = account.press(account.open("profile"), **{"requiredAttributes[name]": "x" * 2_049})
    assert page.status == 400
    assert page.title.startswith("Error: ")
    assert "name" not in account.pool.user()["attributes"]


def test_email_changes_when_its_code_has_verified_it(server: RunningServer) -> None:
    account = signed_in(server, UserAttributeUpdateSettings=PENDING, **EMAIL)
    field = {"requiredAttributes[email]": "new@home.example"}
    sent = account.press(account.open("contacts"), ("action", "change"), **field)
    page = account.follow(sent)
    assert "new@home.example" in page.text
    assert account.pool.user()["attributes"]["email"] == "alice@home.example"
    code = code_of(server, account.pool)
    wrong = account.press(page, ("action", "verify"), code=another(code))
    assert (wrong.status, "Invalid verification code" in wrong.text) == (400, True)
    resent = account.press(
        account.follow(account.press(page, ("action", "send"), ("contact", "email"))),
        ("action", "verify"),
        code=code_of(server, account.pool),
    )
    assert TEXTS.account_done_verified in account.follow(resent).text
    attributes = account.pool.user()["attributes"]
    assert attributes["email"] == "new@home.example"
    assert attributes["email_verified"] == "true"


def test_codes_of_contacts_are_limited_as_at_the_api(server: RunningServer) -> None:
    account = signed_in(server, **EMAIL)
    page = account.open("contacts")
    for _ in range(5):
        assert account.press(page, ("action", "send"), ("contact", "email")).status == 303
    assert account.press(page, ("action", "send"), ("contact", "email")).status == 429
    with pytest.raises(account.pool.cognito.exceptions.LimitExceededException):
        account.pool.cognito.get_user_attribute_verification_code(
            AccessToken=account.tokens()["AccessToken"], AttributeName="email"
        )


def test_password_changes_and_other_browsers_are_signed_out(server: RunningServer) -> None:
    account = signed_in(server)
    other = account.site.visitor()
    account.sign_in(other)
    form = {"previous_password": PASSWORD, "password": NEW, "confirm_password": NEW}
    page = account.open("password")
    for wrong in (
        {"previous_password": "wrong-one"},
        {"password": "short"},
        {"confirm_password": "x"},
    ):
        assert account.press(page, **{**form, **wrong}).status == 400
    assert account.press(page, **{**form, "previous_password": "wrong-one"}).text.count(
        TEXTS.account_wrong_password
    )
    done = account.follow(account.press(page, **form))
    assert TEXTS.account_done_password_changed in done.text
    assert account.open().status == 200
    assert "/login?" in other.get(account.path()).location
    assert result_of(AuthApi(account.pool, by_admin=False).by_password(password=NEW))
    assert account.recorded("AccountPassword_POST", "ChangePassword").outcome == "ok"


def test_passwords_are_guessed_as_often_as_at_the_api(server: RunningServer) -> None:
    account = signed_in(server)
    page = account.open("password")
    form = {"password": NEW, "confirm_password": NEW}
    answers = [account.press(page, previous_password=f"wrong-{n}", **form).status for n in range(6)]
    assert answers[:5] == [400] * 5
    assert account.press(page, previous_password=PASSWORD, **form).status == 429


def test_authenticator_app_is_set_up_preferred_and_removed(server: RunningServer) -> None:
    account = signed_in(server, mfa=OPTIONAL, **BY_EMAIL)
    page = account.press(account.open("second-factors"), ("action", "set_up"))
    secret = page.text.partition('aria-labelledby="key">')[2].partition("<")[0].replace(" ", "")
    app = AuthenticatorApp(secret)
    assert "<svg" in page.text
    wrong = account.press(page, ("action", "confirm"), code=app.wrong_code())
    assert (wrong.status, secret[:4] in wrong.text) == (400, True)
    listed = account.follow(account.press(wrong, ("action", "confirm"), code=app.code()))
    user = account.pool.user()
    assert (user["UserMFASettingList"], user["PreferredMfaSetting"]) == (
        ["SOFTWARE_TOKEN_MFA"],
        "SOFTWARE_TOKEN_MFA",
    )
    assert TEXTS.account_factor_preferred in listed.text
    account.press(listed, ("action", "off"), ("factor", "SOFTWARE_TOKEN_MFA"))
    assert "UserMFASettingList" not in account.pool.user()
    assert account.recorded("AccountSecondFactors_POST", "RemoveSoftwareToken").target == "alice"


def test_last_factor_that_the_pool_requires_is_not_removed(server: RunningServer) -> None:
    account = Account(server)
    account.sign_in()
    account.has_app_by = account.pool.cognito.set_user_pool_mfa_config(  # type: ignore[attr-defined]
        UserPoolId=account.pool.id, MfaConfiguration="ON", **FACTORS["app"]
    )
    app = account.press(account.open("second-factors"), ("action", "set_up"))
    secret = app.text.partition('aria-labelledby="key">')[2].partition("<")[0].replace(" ", "")
    page = account.follow(
        account.press(app, ("action", "confirm"), code=AuthenticatorApp(secret).code())
    )
    assert 'value="off"' not in page.text
    form = (
        {**page.forms[0].fields} if page.forms else {"_csrf": account.browser.cookies["XSRF-TOKEN"]}
    )
    forged = {**form, "action": "off", "factor": "SOFTWARE_TOKEN_MFA"}
    assert account.browser.post(account.path("second-factors"), forged).status == 400
    assert account.pool.user()["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"]


def test_device_is_listed_and_forgotten(server: RunningServer) -> None:
    account = Account(server, DeviceConfiguration={"ChallengeRequiredOnNewDevice": False})
    kept = KeptDevice(account.tokens())
    kept.confirm(account.pool.cognito, DeviceName="Alice's phone")
    account.sign_in()
    page = account.open("devices")
    assert "Alice&#39;s phone" in page.text
    assert account.press(page, ("device", kept.key)).status == 303
    assert TEXTS.account_devices_none in account.open("devices").text
    assert account.press(page, ("device", kept.key)).status == 400


def test_session_of_an_app_ends_without_its_browser(server: RunningServer) -> None:
    account = signed_in(server)
    token = account.tokens()["AccessToken"]
    page = account.open("sessions")
    handles = [form.fields["session"] for form in page.forms if "session" in form.fields]
    [app] = [each for each in handles if each.startswith("tkn")]
    account.press(page, ("session", app))
    with pytest.raises(account.pool.cognito.exceptions.NotAuthorizedException):
        account.pool.cognito.get_user(AccessToken=token)
    assert account.open().status == 200


def test_session_of_this_browser_ends_with_its_cookie(server: RunningServer) -> None:
    account = signed_in(server)
    other = account.site.visitor()
    account.sign_in(other)
    page = account.press(account.open(), ("action", "end"))
    assert TEXTS.signed_out_title in page.title
    assert "/login?" in account.open().location
    assert other.get(account.path()).status == 200


def test_session_of_another_user_is_not_ended(server: RunningServer) -> None:
    account, victim = signed_in(server), signed_in(server)
    [handle] = [each.handle for each in victim.sessions()]
    form = {**account.open("sessions").forms[0].fields, "session": handle}
    assert account.browser.post(account.path("sessions"), form).status == 400
    assert victim.open().status == 200


def test_sign_out_everywhere_ends_every_session_and_token(server: RunningServer) -> None:
    account = signed_in(server)
    other = account.site.visitor()
    account.sign_in(other)
    token = account.tokens()["AccessToken"]
    account.press(account.open("sessions"), ("action", "everywhere"))
    assert "/login?" in account.open().location
    assert "/login?" in other.get(account.path()).location
    with pytest.raises(account.pool.cognito.exceptions.NotAuthorizedException):
        account.pool.cognito.get_user(AccessToken=token)
    step = "GlobalSignOut, RevokeUserSession"
    assert account.recorded("AccountSessions_POST", step).target == "alice"
