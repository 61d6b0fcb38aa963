"""The challenges of a sign-in as pages: the form of each, and how its answer is run."""

from typing import Any, Final

from starlette.responses import Response

from poolhouse.auth import engine, session_codec
from poolhouse.auth.attempt import AuthResponse
from poolhouse.pages.hosted_ui import (
    factor_setup,
    form_fields,
    password_rules,
    remembered_browser,
    second_factor_recovery,
)
from poolhouse.pages.hosted_ui.factor_setup import SECOND_FACTORS, labels
from poolhouse.pages.hosted_ui.language_choice import texts_of
from poolhouse.pages.hosted_ui.page_request import PageRequest
from poolhouse.pages.hosted_ui.sign_in_refusals import Shown
from poolhouse.pages.hosted_ui.sign_in_steps import Step, new_attempt
from poolhouse.pages.hosted_ui.texts import Texts
from poolhouse.pages.hosted_ui.ui import HostedUi
from poolhouse.wire.enums import ChallengeNameType as Challenge
from poolhouse.wire.errors import ServiceError

_FACTORS: Final = {
    Challenge.PASSWORD: "factor_password",
    Challenge.EMAIL_OTP: "factor_email",
    Challenge.SMS_OTP: "factor_sms",
    Challenge.WEB_AUTHN: "factor_passkey",
}
"""First factors that pages offer; the password by its field, without SRP."""
RESEND, CHOOSE = "resend", "choose"
"""Values of buttons that send no answer."""


async def respond(page: PageRequest, step: Step) -> AuthResponse | Step:
    """Run the answer to a challenge; a Step is what the page itself continues with."""
    if step.challenge is Challenge.MFA_SETUP:
        return await factor_setup.respond(page, step)
    if second_factor_recovery.is_asked_for(page, step):
        return await second_factor_recovery.respond(page, step)
    named = {"USERNAME": step.username}
    if page.form.get("action") == RESEND:
        return await page.run(
            lambda: engine.resend(new_attempt(page, named, session=step.session), step.challenge)
        )
    if page.form.get("action") == CHOOSE:
        return await page.run(
            lambda: engine.choose_again(
                new_attempt(page, named, session=step.session), step.challenge
            )
        )
    answered, given = step.challenge, named | step.answer(page.form)
    if answered is Challenge.SELECT_CHALLENGE and page.form.get("password"):
        # The choice has a field for the password, so that it takes no step of its own.
        answered, given = Challenge.PASSWORD, named | {"PASSWORD": page.form["password"]}
    return await page.run(
        lambda: engine.respond(new_attempt(page, given, session=step.session), answered)
    )


def form(ui: HostedUi, page: PageRequest, step: Step, shown: Shown | None = None) -> Response:
    """Show the form of a challenge."""
    describe = second_factor_recovery.content if step.recovers else _CONTENT[step.challenge]
    template, content = describe(page, step, texts_of(page))
    return ui.render(
        page,
        template,
        status=shown.status if shown else 200,
        shown=shown,
        username=step.username,
        hidden=step.hidden,
        has_others=step.has_others,
        recovers=second_factor_recovery.is_offered(page, step),
        **content,
    )


def _code(page: PageRequest, step: Step, texts: Texts) -> tuple[str, dict[str, Any]]:
    sentences = {
        Challenge.EMAIL_OTP: texts.code_sent_email,
        Challenge.SMS_OTP: texts.code_sent_sms,
        Challenge.SMS_MFA: texts.code_sent_sms,
    }
    resent = page.form.get("action") == RESEND and not page.refused
    return "sign_in_code.html", {
        "title": texts.code_title,
        "sentence": sentences[step.challenge].format(destination=step.destination),
        "resent": texts.code_resent if resent else None,
        "resends": True,
        "asks_to_remember": _asks_to_remember(page, step),
        "remembers": remembered_browser.is_wanted(page),
        "code_label": texts.verification_code,
    }


def _app_code(page: PageRequest, step: Step, texts: Texts) -> tuple[str, dict[str, Any]]:
    return "sign_in_code.html", {
        "title": texts.totp_title,
        "sentence": step.device,
        "resent": None,
        "resends": False,
        "asks_to_remember": _asks_to_remember(page, step),
        "remembers": remembered_browser.is_wanted(page),
        "code_label": texts.totp_code,
    }


def _asks_to_remember(page: PageRequest, step: Step) -> bool:
    """Return whether the form has a box to remember the browser."""
    try:
        session = session_codec.unseal(new_attempt(page, {}), step.session)
    except ServiceError:
        return False  # the form's answer is refused for it
    return remembered_browser.is_offered(page, session)


def _first_factors(page: PageRequest, step: Step, texts: Texts) -> tuple[str, dict[str, Any]]:
    """Offer the password's field with buttons for the other factors; or the field alone."""
    others = [option for option in step.options if option is not Challenge.PASSWORD]
    return "sign_in_choice.html", {
        "title": texts.choose_factor_title
        if any(option in _FACTORS for option in others)
        else texts.sign_in_title,
        "has_password": Challenge.PASSWORD in step.options,
        "choices": labels(texts, others, _FACTORS),
        "choice_name": "answer",
        "hint": None,
        "scripts": form_fields.PASSWORD_SCRIPTS,
    }


def _second_factors(page: PageRequest, step: Step, texts: Texts) -> tuple[str, dict[str, Any]]:
    """Offer the user's second factors; that they are there already is in the title."""
    return "sign_in_choice.html", {
        "title": texts.mfa_choice_title,
        "has_password": False,
        "choices": labels(texts, step.options, SECOND_FACTORS),
        "choice_name": "answer",
        "hint": texts.mfa_choice_hint,
    }


def _new_password(page: PageRequest, step: Step, texts: Texts) -> tuple[str, dict[str, Any]]:
    fields = [form_fields.attribute(page.pool, name, texts) for name in step.attributes]
    return "sign_in_new_password.html", {
        "title": texts.change_password_title,
        "profile": [(each, page.form.get(each.name, "")) for each in fields],
        "rules": password_rules.lines(page.pool.password_policy, texts),
        "scripts": form_fields.NEW_PASSWORD_SCRIPTS,
    }


def _passkey(page: PageRequest, step: Step, texts: Texts) -> tuple[str, dict[str, Any]]:
    return "sign_in_passkey.html", {
        "title": texts.passkey_title,
        "request": step.request,
        "scripts": ["passkey.js"],
    }


_CONTENT: Final = {
    Challenge.EMAIL_OTP: _code,
    Challenge.MFA_SETUP: factor_setup.content,
    Challenge.NEW_PASSWORD_REQUIRED: _new_password,
    Challenge.PASSWORD: _first_factors,
    Challenge.SELECT_CHALLENGE: _first_factors,
    Challenge.SELECT_MFA_TYPE: _second_factors,
    Challenge.SMS_MFA: _code,
    Challenge.SMS_OTP: _code,
    Challenge.SOFTWARE_TOKEN_MFA: _app_code,
    Challenge.WEB_AUTHN: _passkey,
}
