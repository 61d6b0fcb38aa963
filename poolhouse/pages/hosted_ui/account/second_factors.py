"""`/account/second-factors`: the authenticator app, and which factors are on and preferred."""

from dataclasses import dataclass

from starlette.responses import Response

from poolhouse.entities.contacts import OF_CHALLENGE
from poolhouse.errors.auth import InvalidSession
from poolhouse.errors.mfa import MfaTypeNotOffered
from poolhouse.operations import mfa as preferences
from poolhouse.operations import software_tokens as operations
from poolhouse.pages.hosted_ui import refusals
from poolhouse.pages.hosted_ui.account import sections
from poolhouse.pages.hosted_ui.account.account_request import AccountRequest
from poolhouse.pages.hosted_ui.account.sections import SectionPage
from poolhouse.pages.hosted_ui.factor_setup import SECOND_FACTORS
from poolhouse.pages.hosted_ui.form_fields import CODE, FormField
from poolhouse.pages.hosted_ui.language_choice import texts_of
from poolhouse.pages.hosted_ui.qr_code import key_uri, qr_code, typed_key
from poolhouse.pages.hosted_ui.refusals import Errors
from poolhouse.pages.hosted_ui.ui import HostedUi
from poolhouse.rules.auth import mfa, mfa_preferences, totp
from poolhouse.rules.oauth.account_sign_in import Section
from poolhouse.services import software_tokens
from poolhouse.services.registered_factors import has_software_token
from poolhouse.wire.enums import ChallengeNameType as Challenge
from poolhouse.wire.errors import ServiceError
from poolhouse.wire.shapes import SoftwareTokenMFAUserCodeType
from poolhouse.wire.structs import (
    AssociateSoftwareTokenRequest,
    EmailMfaSettingsType,
    SetUserMFAPreferenceRequest,
    SMSMfaSettingsType,
    SoftwareTokenMfaSettingsType,
    VerifySoftwareTokenRequest,
)

SET_UP, CONFIRM, TURN_ON, PREFER, TURN_OFF = "set_up", "confirm", "on", "prefer", "off"
"""What a form does, by the value of its button."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFactor:
    """A second factor as its line of the page shows it."""

    name: str
    label: str
    is_on: bool
    is_preferred: bool
    is_app: bool
    lacks: str
    """The label of the contact that the user has to add first; empty if none is missing."""
    may_turn_off: bool


async def show(ui: HostedUi, page: AccountRequest) -> Response:
    """Show the second factors."""
    return await _list(ui, page, {})


async def change(ui: HostedUi, page: AccountRequest) -> Response:
    """Set up an app, or turn a factor on or off, as the form asks."""
    action = page.form.get("action")
    try:
        if action == SET_UP:
            return await _set_up(ui, page)
        if action == CONFIRM:
            return await _confirm(ui, page)
        if action in {TURN_ON, PREFER, TURN_OFF}:
            await _switch(page, _named(page), action)
            return sections.done(page, Section.SECOND_FACTORS, "saved")
    except ServiceError as error:
        page.refused = error
        errors = refusals.of_error(error, [], texts_of(page))
        return await _list(ui, page, errors, status=refusals.status_of(error))
    return await show(ui, page)


async def _set_up(ui: HostedUi, page: AccountRequest) -> Response:
    """Make a secret for an app and show it, with the field for the app's first code."""
    request = AssociateSoftwareTokenRequest(AccessToken="")
    await page.perform_as_either(operations.associate_software_token, request)
    return await _app_form(ui, page, {})


async def _confirm(ui: HostedUi, page: AccountRequest) -> Response:
    """Register the app by its code, and turn it on."""
    texts, field = texts_of(page), _code_field(page)
    code = "".join(page.form.get(CODE, "").split())
    kinds: dict[str, object] = {CODE: SoftwareTokenMFAUserCodeType}
    errors = refusals.of_values({CODE: code}, [field], kinds, texts)
    if errors:
        return await _app_form(ui, page, errors, status=400)
    request = VerifySoftwareTokenRequest(AccessToken="", UserCode=code)
    try:
        await page.perform_as_either(operations.verify_software_token, request)
    except ServiceError as error:
        page.refused = error
        errors = {CODE: texts.sentence(error).strip()}
        return await _app_form(ui, page, errors, status=refusals.status_of(error))
    await page.acting.reload()
    await _switch(page, mfa.SOFTWARE_TOKEN, PREFER)
    return sections.done(page, Section.SECOND_FACTORS, "saved")


async def _switch(page: AccountRequest, factor: Challenge, action: str) -> None:
    """Turn a factor on, prefer it, or turn it off. An app that is turned off is forgotten."""
    if action == TURN_OFF:
        if not mfa_preferences.may_turn_off(page.pool, page.user, factor):
            raise MfaTypeNotOffered
        if factor is mfa.SOFTWARE_TOKEN:
            page.name_step("RemoveSoftwareToken")
            await refusals.run(page, lambda: software_tokens.remove_own(page.acting))
            return
    is_on, is_preferred = action != TURN_OFF, action == PREFER
    request = SetUserMFAPreferenceRequest(
        AccessToken="",
        SMSMfaSettings=SMSMfaSettingsType(Enabled=is_on, PreferredMfa=is_preferred)
        if factor is mfa.SMS
        else None,
        EmailMfaSettings=EmailMfaSettingsType(Enabled=is_on, PreferredMfa=is_preferred)
        if factor is mfa.EMAIL
        else None,
        SoftwareTokenMfaSettings=SoftwareTokenMfaSettingsType(
            Enabled=is_on, PreferredMfa=is_preferred
        )
        if factor is mfa.SOFTWARE_TOKEN
        else None,
    )
    await page.perform(preferences.set_user_mfa_preference, request)


def _named(page: AccountRequest) -> Challenge:
    """Return the factor that a form names. Raises MfaTypeNotOffered."""
    for factor in mfa.factors_of(page.pool):
        if factor == page.form.get("factor"):
            return factor
    raise MfaTypeNotOffered


async def _list(ui: HostedUi, page: AccountRequest, errors: Errors, status: int = 200) -> Response:
    texts = texts_of(page)
    has_app = await has_software_token(page.call, page.user)
    return sections.show(
        ui,
        page,
        "second_factors.html",
        title=texts.account_second_factors_title,
        section=Section.SECOND_FACTORS,
        status=status,
        errors=errors,
        factors=[_described(page, each, has_app=has_app) for each in mfa.factors_of(page.pool)],
        contacts=sections.url(page, Section.CONTACTS),
    )


def _described(page: AccountRequest, factor: Challenge, *, has_app: bool) -> ShownFactor:
    texts, user = texts_of(page), page.user
    contact = OF_CHALLENGE.get(factor)
    is_missing = contact is not None and not user.attributes.get(contact)
    is_app = factor is mfa.SOFTWARE_TOKEN
    return ShownFactor(
        name=factor.value,
        label=getattr(texts, SECOND_FACTORS[factor]),
        is_on=factor in mfa.enabled(user.mfa) and (has_app or not is_app),
        is_preferred=user.mfa.preferred == factor,
        is_app=is_app,
        lacks=texts.attribute(contact.attribute) if contact and is_missing else "",
        may_turn_off=mfa_preferences.may_turn_off(page.pool, user, factor),
    )


def _code_field(page: AccountRequest) -> FormField:
    texts = texts_of(page)
    return FormField(
        id="app-code",
        name=CODE,
        label=texts.totp_code,
        autocomplete="one-time-code",
        inputmode="numeric",
        hint=texts.totp_setup_code,
    )


async def _app_form(
    ui: HostedUi, page: AccountRequest, errors: Errors, status: int = 200
) -> Response:
    """Show the secret that waits for the app's first code."""
    texts = texts_of(page)
    token = await page.call.store.software_tokens.find(page.user)
    if token is None or not token.pending:
        # Another tab has registered an app meanwhile.
        errors = errors or {"": texts.sentence(InvalidSession())}
        return await _list(ui, page, errors, status)
    secret = totp.base32_secret(token.pending)
    return sections.show(
        ui,
        page,
        "authenticator_app.html",
        title=texts.totp_setup_title,
        section=Section.SECOND_FACTORS,
        status=status,
        errors=errors,
        fields=[_code_field(page)],
        qr_code=qr_code(key_uri(page.client.name, page.user.username, secret)),
        secret=typed_key(secret),
    )


PAGE = SectionPage(
    Section.SECOND_FACTORS, "AccountSecondFactors", show, change, needs_recent_sign_in=True
)
