"""Back from a factor that is asked for to the choice among those that the user has."""

from concurrent.futures import ThreadPoolExecutor

from support.access_tokens import token_of
from support.challenge_sites import NewSite
from support.mfa_pools import (
    PHONE,
    SNS,
    VERIFIED_EMAIL,
    forget_used_codes,
    prefers,
    registers_app,
)
from support.page_browser import Page
from support.running_server import RunningServer
from support.sent_codes import code_of
from support.sign_in_pages import path_of
from support.sign_ins import PASSWORD

from poolhouse.entities.domains import MANAGED_LOGIN

CHOOSE = ("action", "choose")


def test_second_factor_is_replaced_by_another_at_the_code_of_the_preferred_one(
    new_site: NewSite, server: RunningServer
) -> None:
    site = new_site(mfa=("app", "email"), mode="OPTIONAL", attributes=VERIFIED_EMAIL)
    app = registers_app(site.pool, token_of(server, site.pool))
    prefers(site.pool, app="preferred", email=True)
    forget_used_codes(server, site.pool)
    visitor = site.visitor()
    asked = visitor.sign_in()
    wrong = visitor.submit(asked, code=app.wrong_code())
    choice = visitor.submit(wrong, CHOOSE)
    assert [value for _, value in choice.forms[0].buttons] == ["EMAIL_OTP", "SOFTWARE_TOKEN_MFA"]
    by_email = visitor.submit(choice, ("answer", "EMAIL_OTP"))
    # The step before was used up, as by a right code.
    late = visitor.submit(asked, code=app.code())
    assert path_of(late.location) == f"{site.root}/oauth2/authorize"
    assert visitor.submit(by_email, code=code_of(server, site.pool)).result["code"]


def test_first_factor_is_replaced_by_another_and_its_code_no_longer_counts(
    new_site: NewSite, server: RunningServer
) -> None:
    site = new_site(MANAGED_LOGIN, factors=["PASSWORD", "EMAIL_OTP"], attributes=VERIFIED_EMAIL)
    visitor = site.visitor()
    choice = visitor.submit(visitor.login(), username="alice")
    asked = visitor.submit(choice, ("answer", "EMAIL_OTP"))
    again = visitor.submit(asked, CHOOSE)
    late = visitor.submit(asked, code=code_of(server, site.pool))
    assert path_of(late.location) == f"{site.root}/oauth2/authorize"
    assert "cognito" not in visitor.cookies
    assert visitor.submit(again, password=PASSWORD).result["code"]


def test_factor_without_another_leads_to_no_choice(new_site: NewSite) -> None:
    """Nor does a step whose factor is being set up, or one of another kind."""
    site = new_site(mfa=("email",), attributes=VERIFIED_EMAIL)
    visitor = site.visitor()
    asked = visitor.sign_in()
    assert CHOOSE not in [button for form in asked.forms for button in form.buttons]
    form = {**asked.forms[0].fields, "others": "yes", **dict([CHOOSE])}
    refused = visitor.post(asked.forms[0].action, form)
    assert (refused.status, refused.read.inputs["username"]["value"]) == (400, "alice")
    setup = new_site(mfa=("sms",), SmsConfiguration=SNS)
    visitor = setup.visitor()
    sent = visitor.submit(visitor.sign_in(), phone_number=PHONE)
    assert CHOOSE not in [button for form in sent.forms for button in form.buttons]
    form = {**sent.forms[0].fields, **dict([CHOOSE])}
    assert visitor.post(sent.forms[0].action, form).status == 400


def test_guesses_count_across_choices_of_the_factor(
    new_site: NewSite, server: RunningServer
) -> None:
    """The choice gives a step of its own, and no other count."""
    site = new_site(mfa=("app", "email"), mode="OPTIONAL", attributes=VERIFIED_EMAIL)
    app = registers_app(site.pool, token_of(server, site.pool))
    prefers(site.pool, app="preferred", email=True)
    visitor = site.visitor()
    page = visitor.sign_in()
    for _ in range(8):
        choice = visitor.submit(page, CHOOSE)
        page = visitor.submit(choice, ("answer", "SOFTWARE_TOKEN_MFA"))
        assert visitor.submit(page, code=app.wrong_code()).status == 400
    forget_used_codes(server, site.pool)
    assert visitor.submit(page, code=app.code()).status == 400
    assert "cognito" not in visitor.cookies


def test_right_code_and_choice_sent_at_once_leave_one_way_on(
    new_site: NewSite, server: RunningServer
) -> None:
    site = new_site(MANAGED_LOGIN, factors=["PASSWORD", "EMAIL_OTP"], attributes=VERIFIED_EMAIL)
    visitor = site.visitor()
    choice = visitor.submit(visitor.login(), username="alice")
    [form, *_] = visitor.submit(choice, ("answer", "EMAIL_OTP")).forms
    answers = [{"code": code_of(server, site.pool)}, dict([CHOOSE])]

    def send(turn: int) -> Page:
        tab = site.visitor()
        tab.cookies = {**visitor.cookies}
        return tab.post(form.action, {**form.fields, **answers[turn % 2]})

    with ThreadPoolExecutor(8) as tabs:
        pages = [*tabs.map(send, range(16))]
    signed_in = [page for page in pages if "cognito" in page.set_cookies]
    chooses = [page for page in pages if page.status == 200]
    assert len(signed_in) + len(chooses) == 1
