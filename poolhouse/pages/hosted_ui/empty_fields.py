"""Find the field of a form that must not be empty and is, before the engine is asked."""

from collections.abc import Callable, Mapping
from typing import Final

from poolhouse.entities.contacts import OF_CHALLENGE
from poolhouse.pages.hosted_ui.form_fields import attribute_field_name
from poolhouse.pages.hosted_ui.sign_in_refusals import Shown
from poolhouse.pages.hosted_ui.sign_in_steps import CODES, Step, code_of
from poolhouse.pages.hosted_ui.texts import Texts
from poolhouse.rules.auth import mfa
from poolhouse.wire.enums import ChallengeNameType as Challenge

Form = Mapping[str, str]
ACTION: Final = "action"
"""The name of buttons that send no answer."""


def missing(texts: Texts, step: Step, form: Form) -> Shown | None:
    """Return what to show of an incomplete answer to a challenge; None if it is complete."""
    find = _of_recovery if step.recovers else _MISSING.get(step.challenge)
    return None if find is None or ACTION in form else find(texts, step, form)


def _of_code(texts: Texts, _: Step, form: Form) -> Shown | None:
    return None if code_of(form) else Shown.missing(texts, texts.verification_code, "code")


def _of_recovery(texts: Texts, _: Step, form: Form) -> Shown | None:
    return None if code_of(form) else Shown.missing(texts, texts.account_recovery_code, "code")


def _of_choice(texts: Texts, _: Step, form: Form) -> Shown | None:
    if form.get("answer") or form.get("password"):
        return None
    return Shown.missing(texts, texts.password, "password")


def _of_profile(texts: Texts, step: Step, form: Form) -> Shown | None:
    for name in step.attributes:
        if not form.get(attribute_field_name(name), "").strip():
            return Shown.missing(texts, texts.attribute(name), attribute_field_name(name))
    if not form.get("new_password"):
        return Shown.missing(texts, texts.new_password, "new_password")
    if form["new_password"] != form.get("confirm_password"):
        return Shown(texts.passwords_differ, "confirm_password")
    return None


def _of_setup(texts: Texts, step: Step, form: Form) -> Shown | None:
    if step.factor is mfa.SOFTWARE_TOKEN:
        return None if code_of(form) else Shown.missing(texts, texts.totp_code, "code")
    contact = OF_CHALLENGE.get(step.factor) if step.factor else None
    if contact is None or form.get(contact.attribute, "").strip():
        return None
    return Shown.missing(texts, texts.attribute(contact.attribute), contact.attribute)


_MISSING: Final[dict[Challenge, Callable[[Texts, Step, Form], Shown | None]]] = {
    **dict.fromkeys(CODES, _of_code),
    Challenge.MFA_SETUP: _of_setup,
    Challenge.NEW_PASSWORD_REQUIRED: _of_profile,
    Challenge.SELECT_CHALLENGE: _of_choice,
}
