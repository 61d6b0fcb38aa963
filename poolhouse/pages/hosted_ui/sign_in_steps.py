"""A step of a sign-in between two requests: what a form says of it, and what the engine gets."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import msgspec

from poolhouse.auth.attempt import Attempt, AuthResponse
from poolhouse.errors.auth import InvalidSession
from poolhouse.pages.hosted_ui import remembered_browser
from poolhouse.pages.hosted_ui.completion import domain_sign_in
from poolhouse.pages.hosted_ui.form_fields import attribute_field_name
from poolhouse.pages.hosted_ui.page_request import PageRequest
from poolhouse.rules.auth import acr, mfa, new_password_required
from poolhouse.rules.pools import feature_plans
from poolhouse.rules.users import attributes
from poolhouse.wire.enums import ChallengeNameType as Challenge

CODES: Final = frozenset(
    {
        *(Challenge.SMS_MFA, Challenge.SMS_OTP, Challenge.EMAIL_OTP),
        Challenge.SOFTWARE_TOKEN_MFA,
    }
)
"""Challenges that a code answers."""
_CHOICES: Final = frozenset({Challenge.SELECT_MFA_TYPE, Challenge.SELECT_CHALLENGE})
_WITH_FORM: Final = (
    CODES
    | _CHOICES
    | {
        *(Challenge.MFA_SETUP, Challenge.NEW_PASSWORD_REQUIRED, Challenge.PASSWORD),
        Challenge.WEB_AUTHN,
    }
)
"""Challenges that pages have a form for."""
_LONGEST_DETAIL: Final = 4_096
_OPTION: Final = re.compile(r"[A-Z_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """An issued challenge. `session` is sealed; it decides, and the rest is for the page only.

    A form that was tampered with changes what its own sender sees, and nothing else.
    """

    challenge: Challenge
    session: str
    username: str
    options: tuple[Challenge, ...] = ()
    """What the user may choose or set up."""
    destination: str = ""
    """Where a code was sent, masked."""
    attributes: tuple[str, ...] = ()
    """Required attributes that the user lacks."""
    device: str = ""
    """The name of the user's authenticator app."""
    request: str = ""
    """What the browser asks an authenticator for a passkey with, as JSON."""
    factor: Challenge | None = None
    """The factor that is being set up."""
    recovers: bool = False
    """The user answers with a recovery code instead."""
    has_others: bool = False
    """The user may choose another factor."""

    @classmethod
    def issued(cls, result: AuthResponse, username: str) -> Self:
        """Return the step of a challenge that the engine has issued."""
        assert result.challenge is not None
        parameters = result.parameters
        options = result.available or _names(parameters, "MFAS_CAN_CHOOSE", "MFAS_CAN_SETUP")
        return cls(
            challenge=result.challenge,
            session=result.session or "",
            username=username,
            options=tuple(Challenge(name) for name in options),
            destination=parameters.get("CODE_DELIVERY_DESTINATION", ""),
            attributes=tuple(
                name.removeprefix(new_password_required.PREFIX)
                for name in _names(parameters, "requiredAttributes")
            ),
            device=parameters.get("FRIENDLY_DEVICE_NAME", ""),
            request=parameters.get("CREDENTIAL_REQUEST_OPTIONS", ""),
            has_others=result.has_other_factors,
        )

    @classmethod
    def sent(cls, page: PageRequest) -> Self | None:
        """Return the step whose form was sent; None for the form that begins a sign-in."""
        form = page.form
        challenge, session = _challenge(form.get("challenge", "")), form.get("session", "")
        if challenge not in _WITH_FORM or not session:
            return None
        factor = _challenge(form.get("factor", ""))
        options = (_challenge(name) for name in _OPTION.findall(_detail(form, "options")))
        lacking = {each.name for each in page.pool.attributes if attributes.is_asked_for(each)}
        return cls(
            challenge=challenge,
            session=session,
            username=form.get("username", ""),
            options=tuple(dict.fromkeys(option for option in options if option)),
            destination=_detail(form, "destination"),
            attributes=tuple(
                name for name in _detail(form, "attributes").split() if name in lacking
            ),
            device=_detail(form, "device"),
            request=_detail(form, "request"),
            factor=factor if factor in mfa.FACTORS else None,
            recovers=bool(form.get("recovers")),
            has_others=bool(form.get("others")),
        )

    @property
    def hidden(self) -> dict[str, str]:
        """Return the hidden fields of the next form."""
        fields = {
            "challenge": self.challenge.value,
            "session": self.session,
            "options": " ".join(option.value for option in self.options),
            "destination": self.destination,
            "attributes": " ".join(self.attributes),
            "device": self.device,
            "request": self.request,
            "factor": self.factor.value if self.factor else "",
            "recovers": "yes" if self.recovers else "",
            "others": "yes" if self.has_others else "",
        }
        return {name: value for name, value in fields.items() if value}

    def answer(self, form: Mapping[str, str]) -> dict[str, str]:
        """Return what the form answers, by the names of ChallengeResponses."""
        if self.challenge in CODES:
            return {f"{self.challenge.value}_CODE": code_of(form)}
        if self.challenge in _CHOICES:
            return {"ANSWER": form.get("answer", "")}
        if self.challenge is Challenge.NEW_PASSWORD_REQUIRED:
            return {"NEW_PASSWORD": form.get("new_password", "")} | {
                f"{new_password_required.PREFIX}{name}": form.get(
                    attribute_field_name(name), ""
                ).strip()
                for name in self.attributes
            }
        if self.challenge is Challenge.WEB_AUTHN:
            return {"CREDENTIAL": form.get("credential", "")}
        raise InvalidSession().because(f"pages have no form for {self.challenge.value}")


def new_attempt(
    page: PageRequest,
    given: Mapping[str, str],
    *,
    session: str | None = None,
    is_start: bool = False,
) -> Attempt:
    """Return an attempt that ends with a code for the app; the page is its client."""
    return Attempt(
        call=page.call,
        pool=page.call.pool,
        client=page.call.client,
        by_admin=False,
        by_page=True,
        given=given,
        client_metadata=None,
        is_start=is_start,
        session=session,
        ending=domain_sign_in(page).ending,
        browser_devices=remembered_browser.of_cookie(page),
        remembers_browser=remembered_browser.is_wanted(page),
    )


def levels_of(page: PageRequest) -> str:
    """Return the levels that the app asks for, as far as the pool knows them.

    Others are ignored: `acr_values` is voluntary (OpenID Connect Core §3.1.2.1).
    """
    asked = " ".join(page.authorization.acr_values)
    if not feature_plans.has_user_auth(page.pool.settings) or not acr.named(page.pool, asked):
        return ""
    return asked


def code_of(form: Mapping[str, str]) -> str:
    """Return the code of a form without the spaces that apps and mails show in it."""
    return "".join(form.get("code", "").split())


def _names(parameters: Mapping[str, str], *members: str) -> list[str]:
    """Return the names that one of these parameters lists."""
    found = next((parameters[member] for member in members if member in parameters), "[]")
    return msgspec.json.decode(found, type=list[str])


def _challenge(name: str) -> Challenge | None:
    return Challenge(name) if name in Challenge.__members__ else None


def _detail(form: Mapping[str, str], name: str) -> str:
    return form.get(name, "")[:_LONGEST_DETAIL]
