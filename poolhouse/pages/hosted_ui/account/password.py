"""`/account/password`: another password, as ChangePassword has it."""

from dataclasses import replace
from typing import Final

from starlette.responses import Response

from poolhouse.errors.auth import IncorrectPassword, WeakNewPassword
from poolhouse.operations import passwords as operations
from poolhouse.pages.hosted_ui import form_fields, password_rules, refusals
from poolhouse.pages.hosted_ui.account import sections
from poolhouse.pages.hosted_ui.account.account_request import AccountRequest
from poolhouse.pages.hosted_ui.account.sections import SectionPage
from poolhouse.pages.hosted_ui.form_fields import PASSWORD, PASSWORD_AGAIN, FormField
from poolhouse.pages.hosted_ui.language_choice import texts_of
from poolhouse.pages.hosted_ui.refusals import Errors
from poolhouse.pages.hosted_ui.ui import HostedUi
from poolhouse.rules.oauth.account_sign_in import Section
from poolhouse.services import browser_sessions
from poolhouse.wire.errors import ServiceError
from poolhouse.wire.shapes import PasswordType
from poolhouse.wire.structs import ChangePasswordRequest

PREVIOUS: Final = "previous_password"

_KINDS: Final = {
    PREVIOUS: PasswordType,
    PASSWORD: PasswordType,
    PASSWORD_AGAIN: PasswordType,
}


async def show(ui: HostedUi, page: AccountRequest) -> Response:
    """Show the form. Users without a password aren't asked for the one before."""
    return await _form(ui, page, {})


async def change(ui: HostedUi, page: AccountRequest) -> Response:
    """Change the password. Other browsers are signed out by it, this one isn't."""
    texts = texts_of(page)
    fields = await _fields(page)
    values = {entry.name: page.form.get(entry.name, "") for entry in fields}
    errors = refusals.of_values(values, fields, _KINDS, texts)
    if rule := password_rules.broken(page.pool, values[PASSWORD]):
        errors[PASSWORD] = texts.sentence(WeakNewPassword(rule=rule))
    if not errors and values[PASSWORD] != values[PASSWORD_AGAIN]:
        errors = {PASSWORD_AGAIN: texts.passwords_differ}
    if errors:
        return await _form(ui, page, errors, status=400)
    request = ChangePasswordRequest(
        AccessToken="",
        PreviousPassword=values.get(PREVIOUS),
        ProposedPassword=values[PASSWORD],
    )
    try:
        await page.perform(operations.change_password, request)
    except IncorrectPassword as error:
        page.refused = error
        return await _form(ui, page, {PREVIOUS: texts.account_wrong_password}, error.status)
    except ServiceError as error:
        page.refused = error
        errors = refusals.of_error(error, fields, texts)
        return await _form(ui, page, errors, status=refusals.status_of(error))
    if values.get(PREVIOUS):
        await _stay_signed_in(page)
    return sections.done(page, Section.OVERVIEW, "password_changed")


async def _stay_signed_in(page: AccountRequest) -> None:
    """Begin this browser's session again: its user has just given the password."""
    signed_in = page.signed_in
    if signed_in is not None:
        await refusals.run(
            page, lambda: browser_sessions.begin_again(page.acting, signed_in.session)
        )


async def _fields(page: AccountRequest) -> list[FormField]:
    texts = texts_of(page)
    new = form_fields.new_password(texts, texts.new_password, id="new_password")
    again = replace(
        new,
        id="confirm_password",
        name=PASSWORD_AGAIN,
        label=texts.new_password_again,
        described_by="",
    )
    previous = FormField(
        id=PREVIOUS,
        name=PREVIOUS,
        label=texts.account_previous_password,
        type="password",
        autocomplete="current-password",
        longest=form_fields.LONGEST_PASSWORD,
    )
    has_password = await page.call.store.users.password(page.user) is not None
    return [*([previous] if has_password else []), new, again]


async def _form(ui: HostedUi, page: AccountRequest, errors: Errors, status: int = 200) -> Response:
    texts = texts_of(page)
    return sections.show(
        ui,
        page,
        "password.html",
        title=texts.account_password_title,
        section=Section.PASSWORD,
        status=status,
        errors=errors,
        fields=await _fields(page),
        scripts=form_fields.NEW_PASSWORD_SCRIPTS,
        rules=password_rules.lines(page.pool.password_policy, texts),
        username=page.user.username,
    )


PAGE = SectionPage(Section.PASSWORD, "AccountPassword", show, change, needs_recent_sign_in=True)
