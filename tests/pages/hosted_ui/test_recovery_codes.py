"""Recovery codes: made at the account page, and used once in place of a second factor."""

import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from guesses.guessing_world import OneServer
from support.account_pages import Account
from support.mfa_pools import BY_EMAIL, FACTORS, forget_used_codes
from support.page_browser import Page
from support.running_server import RunningServer, running
from support.sent_codes import messages_to
from support.sign_in_pages import Visitor
from support.sign_ins import AuthApi, claims_of

from poolhouse.pages.hosted_ui.texts import texts_for

TEXTS = texts_for("en")
CODE = re.compile(r"<code>([2-9a-z]{5}-[2-9a-z]{5})</code>")
RECOVER = ("action", "recover")
MFA = {"MfaConfiguration": "OPTIONAL", **FACTORS["app"], **FACTORS["email"]}
WRONG = "22222-22222"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running(tmp_path_factory.mktemp("data"), account_page=True, recovery_codes=True) as made:
        yield made


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server without the settings."""
    with running(tmp_path_factory.mktemp("plain"), memory=True) as made:
        yield made


def with_codes(server: RunningServer) -> tuple[Account, list[str]]:
    """Return alice's account with an app, and the recovery codes that she has made."""
    email = {"email": "alice@home.example"}
    account = Account(server, mfa=MFA, attributes=email, **BY_EMAIL)
    account.pool.cognito.admin_update_user_attributes(
        UserPoolId=account.pool.id,
        Username="alice",
        UserAttributes=[{"Name": "email_verified", "Value": "true"}],
    )
    account.sign_in()
    app = account.has_app()
    forget_used_codes(server, account.pool)
    assert app
    codes = CODE.findall(account.press(account.open("recovery-codes")).text)
    return account, codes


def at_second_factor(account: Account) -> tuple[Visitor, Page]:
    """Return another browser that has sent the password, at the page that asks for a code."""
    visitor = account.site.visitor()
    return visitor, visitor.sign_in(prompt="login")


def with_code(visitor: Visitor, page: Page, code: str) -> Page:
    if "recovery_code" not in page.read.ids:
        page = visitor.submit(page, RECOVER)
    return visitor.submit(page, code=code)


def test_recovery_codes_are_ten_that_are_shown_once(server: RunningServer) -> None:
    account, codes = with_codes(server)
    assert len(set(codes)) == 10
    page = account.open("recovery-codes")
    assert not CODE.search(page.text)
    assert TEXTS.account_recovery_codes_left.format(count=10) in page.text
    assert account.recorded("AccountRecoveryCodes_POST", "MakeRecoveryCodes").target == "alice"


def test_recovery_codes_need_a_second_factor(server: RunningServer) -> None:
    account = Account(server, mfa=MFA, **BY_EMAIL)
    account.sign_in()
    assert TEXTS.account_recovery_codes_no_factor in account.open("recovery-codes").text
    form = {"_csrf": account.browser.cookies["XSRF-TOKEN"]}
    assert not CODE.search(account.browser.post(account.path("recovery-codes"), form).text)


def test_section_that_a_pool_without_mfa_lacks_leads_to_the_overview(
    server: RunningServer,
) -> None:
    """Another sign-in, which these sections ask for, would be in vain."""
    account = Account(server)
    account.sign_in()
    account.let_pass(timedelta(minutes=11))
    for section in ("recovery-codes", "second-factors", "passkeys"):
        page = account.open(section, lang="de")
        assert page.path == "/account"
        assert page.query["lang"] == "de"
        overview = account.follow(page)
        assert (overview.status, f"/{section}" in overview.text) == (200, False)


def test_recovery_code_replaces_the_second_factor_once(server: RunningServer) -> None:
    account, codes = with_codes(server)
    visitor, page = at_second_factor(account)
    done = with_code(visitor, page, f" {codes[3].upper()} ")
    assert done.result["state"] == "the state"
    tokens = visitor.get(account.site.path("/oauth2/authorize", response_type="token"))
    fragment = tokens.location.partition("#")[2]
    token = dict(part.split("=") for part in fragment.split("&"))["id_token"]
    assert claims_of(token)["amr"] == ["pwd", "mfa"]
    again, page = at_second_factor(account)
    refused = with_code(again, page, codes[3])
    assert (refused.status, refused.error) == (400, "Invalid code or auth state for the user.")
    assert with_code(again, refused, codes[4]).result["code"]
    assert account.recorded("Login_POST", "RECOVERY_CODE").target == "alice"


def test_recovery_code_that_was_used_is_reported_by_mail(server: RunningServer) -> None:
    account, codes = with_codes(server)
    visitor, page = at_second_factor(account)
    with_code(visitor, page, codes[0])
    mail = messages_to(server, account.pool)[-1]
    assert (mail.destination, mail.code) == ("alice@home.example", "")
    assert "Unused codes: 9." in mail.body
    assert all(code not in mail.body for code in codes)


def test_new_recovery_codes_replace_those_before(server: RunningServer) -> None:
    account, former = with_codes(server)
    codes = CODE.findall(account.press(account.open("recovery-codes")).text)
    visitor, page = at_second_factor(account)
    refused = with_code(visitor, page, former[0])
    assert refused.status == 400
    assert with_code(visitor, refused, codes[0]).result["code"]


def test_recovery_code_of_another_user_is_wrong(server: RunningServer) -> None:
    account, _ = with_codes(server)
    _, others = with_codes(server)
    visitor, page = at_second_factor(account)
    assert with_code(visitor, page, others[0]).status == 400


def test_recovery_codes_are_not_offered_without_the_setting(plain: RunningServer) -> None:
    account = Account(plain, mfa=MFA, **BY_EMAIL)
    account.has_app()
    visitor, page = at_second_factor(account)
    assert RECOVER not in [button for form in page.forms for button in form.buttons]
    form = {**page.forms[0].fields, "recovers": "yes", "code": WRONG}
    # It counts as a code of the app.
    refused = visitor.post(page.forms[0].action, form)
    assert (refused.status, refused.error) == (400, "Invalid code received for user")


def test_recovery_code_is_not_asked_for_in_place_of_a_first_factor(server: RunningServer) -> None:
    account, codes = with_codes(server)
    asked = AuthApi(account.pool, by_admin=False).start("USER_AUTH", USERNAME="alice")
    visitor = account.site.visitor()
    form = visitor.login().forms[0]
    sent = {
        **form.fields,
        "challenge": asked["ChallengeName"],
        "session": asked["Session"],
        "username": "alice",
        "recovers": "yes",
        "code": codes[0],
    }
    assert "location" not in {name.lower() for name, _ in visitor.post(form.action, sent).headers}
    assert account.sessions()[-1].proofs == ("pwd",)


def test_recovery_code_released_at_once_signs_in_once(server: RunningServer) -> None:
    account, codes = with_codes(server)
    asked = [at_second_factor(account) for _ in range(6)]
    forms = [(visitor, visitor.submit(page, RECOVER)) for visitor, page in asked]
    with ThreadPoolExecutor(len(forms)) as pool:
        pages = list(pool.map(lambda each: with_code(each[0], each[1], codes[0]), forms))
    assert Counter(page.status for page in pages)[302] == 1


def test_recovery_code_guesses_at_once_are_answered_up_to_the_limit(server: RunningServer) -> None:
    """They count with the guesses at the app, and a right one gets no further than they do."""
    account, codes = with_codes(server)
    visitor, page = at_second_factor(account)
    form = visitor.submit(page, RECOVER)

    def guess(code: str) -> Page:
        return with_code(visitor, form, code)

    wrong = [WRONG[:-2] + f"{n:02}".translate({48: 97, 49: 98}) for n in range(30)]
    with OneServer(server).standing_clock():
        with ThreadPoolExecutor(15) as pool:
            answers = Counter(page.error for page in pool.map(guess, wrong))
        assert 0 < answers["Invalid code or auth state for the user."] <= 5
        refused = guess(codes[0])
    assert (refused.status, refused.error) == (400, "Password attempts exceeded")
