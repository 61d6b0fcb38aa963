"""Steps of a sign-in: toward a level, recorded; expired, made up, sent twice, or another user's."""

import itertools
from collections import Counter
from datetime import timedelta

import pytest
from msgspec.structs import replace
from support.audit_reading import Trail
from support.challenge_sites import NewSite
from support.mfa_pools import (
    VERIFIED_EMAIL,
)
from support.running_server import RunningServer
from support.sent_codes import code_of
from support.sign_in_pages import path_of
from support.sign_ins import FLOWS, PASSWORD, AuthApi
from support.store_contents import eventually

from poolhouse.app import App
from poolhouse.auth.session_codec import seal_session, unseal_session
from poolhouse.entities.audit import AuditRecord
from poolhouse.wire.enums import ChallengeNameType

OWN = "Another-Horse-9!"


def test_expired_step_shows_the_sign_in_form_with_the_name(
    new_site: NewSite, server: RunningServer
) -> None:
    site = new_site(mfa=("email",), attributes=VERIFIED_EMAIL)
    visitor = site.visitor()
    form = visitor.sign_in().forms[0]
    code = code_of(server, site.pool)

    async def aged(app: App) -> str:
        session = unseal_session(app.services, form.fields["session"])
        old = replace(session, expires_at=session.expires_at - timedelta(hours=1))
        return seal_session(app.services, old)

    expired = {**form.fields, "session": server.run(aged), "code": code}
    shown = visitor.post(form.action, expired)
    assert (shown.status, shown.error) == (400, "This step has expired. Please start again.")
    assert shown.forms[0].fields["username"] == "alice"
    again = visitor.submit(shown, password=PASSWORD)
    done = visitor.submit(again, code=code_of(server, site.pool))
    assert done.result["state"] == "the state"


def test_authenticator_app_is_set_up_by_a_user_of_any_name(new_site: NewSite) -> None:
    """The form says who it is, and a QR code has room for some of it."""
    site = new_site(mfa=("app",))
    visitor = site.visitor()
    form = visitor.sign_in().forms[0]
    for name in ("汉" * 1_000, "alice"):
        shown = visitor.post(form.action, {**form.fields, "username": name})
        assert shown.status == 400
        assert "<svg" in shown.text


def test_step_of_a_page_is_refused_at_the_api(new_site: NewSite, server: RunningServer) -> None:
    """Its tokens would have the API's scope, at an app client that allows no flow there."""
    site = new_site(mfa=("email",), attributes=VERIFIED_EMAIL)
    fields = site.visitor().sign_in().forms[0].fields
    assert fields["challenge"] == "EMAIL_OTP"
    with pytest.raises(site.pool.cognito.exceptions.NotAuthorizedException) as refusal:
        site.pool.cognito.respond_to_auth_challenge(
            ClientId=site.pool.client_id,
            ChallengeName="EMAIL_OTP",
            Session=fields["session"],
            ChallengeResponses={
                "USERNAME": "alice",
                "EMAIL_OTP_CODE": code_of(server, site.pool),
            },
        )
    assert "Invalid session" in str(refusal.value)


def test_step_that_no_page_has_shows_a_form_again(new_site: NewSite) -> None:
    """Challenges and factors come from the browser, as do names that are missing."""
    site = new_site(mfa=("app", "email"))
    visitor = site.visitor()
    form = visitor.sign_in().forms[0]
    statuses = Counter[int]()
    challenges = ("MFA_SETUP", "CUSTOM_CHALLENGE")
    for challenge, factor in itertools.product(challenges, ChallengeNameType):
        for name, session in itertools.product(["", "alice"], ["AAAA", form.fields["session"]]):
            changed = {"challenge": challenge, "factor": factor.value, "session": session}
            sent = {**form.fields, **changed, "username": name, "code": "1", "action": "resend"}
            statuses[visitor.post(form.action, sent).status] += 1
    assert statuses == {400: 4 * 2 * len(ChallengeNameType)}


@pytest.mark.parametrize("session", ["x", "AAAA", "<b>", "é", "A" * 20_000])
def test_made_up_step_shows_the_sign_in_form(new_site: NewSite, session: str) -> None:
    site = new_site(mfa=("app",))
    visitor = site.visitor()
    form = visitor.sign_in().forms[0]
    for challenge in ("SMS_MFA", "MFA_SETUP", "NEW_PASSWORD_REQUIRED", "WEB_AUTHN", "CUSTOM"):
        filled = {"code": "123456", "new_password": OWN, "confirm_password": OWN}
        sent = {**form.fields, **filled, "challenge": challenge, "session": session}
        shown = visitor.post(form.action, sent)
        assert shown.status == 400
        assert "<b>" not in shown.text
        assert shown.error


def test_step_sent_twice_returns_to_the_app_by_the_session(
    new_site: NewSite, server: RunningServer
) -> None:
    """A double click: the browser drops the first response, and has its cookie."""
    site = new_site(mfa=("email",), attributes=VERIFIED_EMAIL)
    visitor = site.visitor()
    asked = visitor.sign_in()
    code = code_of(server, site.pool)
    assert visitor.submit(asked, code=code).result["code"]
    second = visitor.submit(asked, code=code)
    assert (second.status, path_of(second.location)) == (303, f"{site.root}/oauth2/authorize")
    assert visitor.get(second.location).result["state"] == "the state"
    stranger = site.visitor()
    stranger.login()
    form = asked.forms[0]
    sent = {**form.fields, "code": code, "_csrf": stranger.cookies["XSRF-TOKEN"]}
    refused = stranger.post(form.action, sent)
    assert path_of(stranger.get(refused.location).location) == f"{site.root}/login"


def test_step_of_one_user_with_the_name_of_another_is_refused(
    new_site: NewSite, server: RunningServer
) -> None:
    site = new_site(mfa=("email",), attributes=VERIFIED_EMAIL)
    site.pool.sign_up("bob")
    site.pool.admin_confirm("bob")
    visitor = site.visitor()
    form = visitor.sign_in().forms[0]
    sent = {**form.fields, "username": "bob", "code": code_of(server, site.pool)}
    shown = visitor.post(form.action, sent)
    assert (shown.status, shown.error) == (400, "This step has expired. Please start again.")


def test_sign_in_toward_a_level_asks_for_what_reaches_it(
    new_site: NewSite, server: RunningServer
) -> None:
    """ev:oauth-16: the session of a password alone is too weak, and what follows isn't."""
    site = new_site(factors=["PASSWORD", "EMAIL_OTP"], attributes=VERIFIED_EMAIL)
    visitor, level = site.visitor(), {"acr_values": "urn:cognito:loa:3"}
    assert visitor.sign_in().result["code"]
    again = visitor.get(site.path("/oauth2/authorize", **level))
    assert path_of(again.location) == f"{site.root}/login"
    choice = visitor.submit(
        visitor.login(prompt="login", **level), username="alice", password=PASSWORD
    )
    assert choice.title == "Choose how to sign in · app"
    assert "password" not in choice.read.inputs
    asked = visitor.submit(choice, ("answer", "EMAIL_OTP"))
    assert visitor.submit(asked, code=code_of(server, site.pool)).result["code"]
    assert visitor.get(site.path("/oauth2/authorize", **level)).result["code"]


def test_sign_in_toward_an_unknown_level_needs_none(new_site: NewSite) -> None:
    """OpenID Connect Core §3.1.2.1: `acr_values` is voluntary."""
    assert new_site().visitor().sign_in(acr_values="urn:unknown").result["code"]


def test_steps_are_recorded_with_their_refusals_and_without_secrets(
    new_site: NewSite, server: RunningServer
) -> None:
    """ev:domain-1.3: `Login_POST` is the service's name too."""
    site = new_site(mfa=("email",), attributes=VERIFIED_EMAIL)
    visitor = site.visitor()
    wrong = visitor.sign_in(password="Wrong-Horse-9!")
    asked = visitor.submit(wrong, password=PASSWORD)
    done = visitor.submit(asked, code=code_of(server, site.pool))
    assert done.status == 302

    def found() -> list[AuditRecord] | None:
        records = [
            each
            for each in Trail(server).now()
            if each.resource.endswith(site.pool.id) and each.action == "cognito-idp:Login_POST"
        ]
        return records if len(records) == 3 else None

    refused, started, finished = eventually(found)
    assert (refused.outcome, refused.reason) == ("NotAuthorizedException", "IncorrectPassword")
    assert [each.target for each in (refused, started, finished)] == ["alice"] * 3
    assert (started.outcome, started.proofs) == ("ok", ("pwd",))
    assert finished.proofs == ("pwd", "email_otp")
    assert PASSWORD not in repr([refused, started, finished])


def test_step_of_the_api_is_refused_at_a_page(new_site: NewSite, server: RunningServer) -> None:
    """It may have credit of an access token, or begin with a flow that pages don't have."""
    client = {"ExplicitAuthFlows": FLOWS}
    site = new_site(mfa=("email",), attributes=VERIFIED_EMAIL, client=client)
    visitor = site.visitor()
    form = visitor.sign_in().forms[0]
    session = AuthApi(site.pool, by_admin=False).by_password()["Session"]
    sent = {**form.fields, "session": session, "code": code_of(server, site.pool)}
    refused = visitor.post(form.action, sent)
    assert (refused.status, refused.read.inputs["username"]["value"]) == (400, "alice")
    assert "cognito" not in visitor.cookies
