"""Set up a second factor on pages: a choice, then an authenticator app, an email or a number."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from poolhouse.auth import engine, session_codec
from poolhouse.auth.attempt import AuthResponse
from poolhouse.auth.challenges import mfa_setup
from poolhouse.entities.auth_session import TotpSetupPending
from poolhouse.entities.contacts import OF_CHALLENGE
from poolhouse.errors.mfa import MfaTypeNotOffered
from poolhouse.pages.hosted_ui.page_request import PageRequest
from poolhouse.pages.hosted_ui.qr_code import key_uri, qr_code, typed_key
from poolhouse.pages.hosted_ui.sign_in_steps import Step, code_of, new_attempt
from poolhouse.pages.hosted_ui.texts import Texts
from poolhouse.rules.auth import challenges, mfa, totp
from poolhouse.wire.enums import ChallengeNameType as Challenge

SECOND_FACTORS: Final = {mfa.SMS: "mfa_sms", mfa.EMAIL: "mfa_email", mfa.SOFTWARE_TOKEN: "mfa_totp"}
"""Second factors, and the names of their labels."""
_HINTS: Final = {mfa.SMS: "setup_sms_hint", mfa.EMAIL: "setup_email_hint"}
_PARAMETERS: Final = {mfa.SMS: "PHONE_NUMBER", mfa.EMAIL: "EMAIL"}
"""The members of ChallengeResponses for a new contact."""


async def begun(page: PageRequest, step: Step) -> Step:
    """Return the step of a set-up, with the factor chosen if there is only one."""
    if step.challenge is Challenge.MFA_SETUP and not step.factor and len(step.options) == 1:
        return await _choose(page, step, step.options[0])
    return step


async def respond(page: PageRequest, step: Step) -> AuthResponse | Step:
    """Run what the form of a set-up has sent: a choice, a code of the app, or an address."""
    if step.factor is None:
        chosen = page.form.get("choice")
        for option in step.options:
            if option == chosen:
                return await _choose(page, step, option)
        raise MfaTypeNotOffered
    if step.factor is mfa.SOFTWARE_TOKEN:
        return await _respond(page, step, await _verify(page, step), {})
    address = page.form.get(OF_CHALLENGE[step.factor].attribute, "").strip()
    return await _respond(page, step, step.session, {_PARAMETERS[step.factor]: address})


def content(page: PageRequest, step: Step, texts: Texts) -> tuple[str, dict[str, Any]]:
    """Return the template of a set-up's step, and what is in it."""
    if step.factor is mfa.SOFTWARE_TOKEN:
        secret = totp.base32_secret(_secret(page, step))
        return "sign_in_totp_setup.html", {
            "title": texts.totp_setup_title,
            "qr_code": qr_code(key_uri(page.client.name, step.username, secret)),
            "secret": typed_key(secret),
        }
    if step.factor is not None:
        contact = OF_CHALLENGE[step.factor]
        return "sign_in_contact_setup.html", {
            "title": texts.mfa_setup_title,
            "contact": contact.attribute,
            "label": texts.attribute(contact.attribute),
            "hint": getattr(texts, _HINTS[step.factor]),
            "value": page.form.get(contact.attribute, ""),
        }
    return "sign_in_choice.html", {
        "title": texts.mfa_setup_title,
        "has_password": False,
        "choices": labels(texts, step.options, SECOND_FACTORS),
        "choice_name": "choice",
        "hint": texts.mfa_setup_hint,
    }


def labels(
    texts: Texts, options: Iterable[Challenge], names: dict[Challenge, str]
) -> list[tuple[str, str]]:
    """Return the value and the label of each option that pages offer."""
    return [(each.value, getattr(texts, names[each])) for each in options if each in names]


async def _choose(page: PageRequest, step: Step, factor: Challenge) -> Step:
    """Return the step at which the factor is set up; an app gets its secret first."""
    if factor not in SECOND_FACTORS:
        raise MfaTypeNotOffered
    session = await _associate(page, step) if factor is mfa.SOFTWARE_TOKEN else step.session
    return replace(step, factor=factor, session=session)


async def _associate(page: PageRequest, step: Step) -> str:
    """Make a secret for an app, as AssociateSoftwareToken does, and return the Session with it."""

    async def associate() -> str:
        attempt = new_attempt(page, {"USERNAME": step.username}, session=step.session)
        session = await engine.reached(attempt, Challenge.MFA_SETUP)
        _, sealed = await mfa_setup.associate(attempt, session)
        return sealed

    return await page.run(associate)


async def _verify(page: PageRequest, step: Step) -> str:
    """Register the app by a code, as VerifySoftwareToken does; return the Session that follows."""

    async def verify() -> str:
        attempt = new_attempt(page, {"USERNAME": step.username}, session=step.session)
        session = await engine.reached(attempt, Challenge.MFA_SETUP)
        return await mfa_setup.verify(attempt, session, code_of(page.form), None)

    return await page.run(verify)


async def _respond(
    page: PageRequest, step: Step, session: str, given: dict[str, str]
) -> AuthResponse:
    given = {"USERNAME": step.username} | given
    return await page.run(
        lambda: engine.respond(new_attempt(page, given, session=session), Challenge.MFA_SETUP)
    )


def _secret(page: PageRequest, step: Step) -> bytes:
    """Return the secret that the Session of a set-up has. Raises InvalidSession without one."""
    session = session_codec.unseal(new_attempt(page, {}), step.session)
    return challenges.pending(session, TotpSetupPending).secret
