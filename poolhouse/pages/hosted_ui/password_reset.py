"""`/forgotPassword` and `/confirmforgotPassword`: a code, then a new password and the app again."""

from dataclasses import replace
from typing import Final

from starlette.responses import Response

from poolhouse.errors.auth import WeakNewPassword
from poolhouse.operations import passwords as operations
from poolhouse.pages.hosted_ui import (
    first_sign_in,
    form_fields,
    page_state,
    password_rules,
    refusals,
)
from poolhouse.pages.hosted_ui.confirmation import code_sent
from poolhouse.pages.hosted_ui.form_fields import (
    CODE,
    PASSWORD,
    PASSWORD_AGAIN,
    USERNAME,
    FormField,
)
from poolhouse.pages.hosted_ui.language_choice import texts_of
from poolhouse.pages.hosted_ui.page_request import PageRequest
from poolhouse.pages.hosted_ui.page_state import PageState
from poolhouse.pages.hosted_ui.redirects import redirect
from poolhouse.pages.hosted_ui.refusals import Errors
from poolhouse.pages.hosted_ui.texts import Texts
from poolhouse.pages.hosted_ui.ui import HostedPage, HostedUi
from poolhouse.wire.errors import ServiceError
from poolhouse.wire.shapes import ConfirmationCodeType, PasswordType, UsernameType
from poolhouse.wire.structs import ConfirmForgotPasswordRequest, ForgotPasswordRequest

_KINDS: Final[dict[str, object]] = {
    USERNAME: UsernameType,
    CODE: ConfirmationCodeType,
    PASSWORD: PasswordType,
}


async def show_forgotten(ui: HostedUi, page: PageRequest) -> Response:
    """Show the form that asks for the user's name."""
    name = page.params.get("username") or page.params.get("login_hint", "")
    return _name_form(ui, page, name, {})


async def send(ui: HostedUi, page: PageRequest) -> Response:
    """Send a code, and go on to the form for it: the same one if there is no such user."""
    texts, state = texts_of(page), page_state.of_form(page)
    fields = [form_fields.sign_in_name(page.pool, texts)]
    errors = refusals.of_values({USERNAME: state.username}, fields, _KINDS, texts)
    if errors:
        return _name_form(ui, page, state.username, errors, status=400)
    request = ForgotPasswordRequest(ClientId=page.client.id, Username=state.username)
    try:
        response = await refusals.run(page, lambda: operations.forgot_password(page.call, request))
    except ServiceError as error:
        page.refused = error
        errors = refusals.of_error(error, fields, texts)
        return _name_form(ui, page, state.username, errors, status=refusals.status_of(error))
    details = response.CodeDeliveryDetails
    answer = redirect(f"{page.site.root_path}/confirmforgotPassword?{page.query}")
    page_state.put(
        page,
        answer,
        PageState(
            username=state.username,
            destination=(details and details.Destination) or "",
            medium=(details and details.DeliveryMedium) or "",
            is_resent="resend" in page.form,
        ),
    )
    return answer


async def show_reset(ui: HostedUi, page: PageRequest) -> Response:
    """Show the form for the code and the new password."""
    return _reset_form(ui, page, page_state.of_cookie(page), {})


async def reset(ui: HostedUi, page: PageRequest) -> Response:
    """Set the new password by the code, then sign in with it."""
    texts, state = texts_of(page), page_state.of_form(page)
    fields = _reset_fields(page, state, texts)
    values = {
        USERNAME: state.username,
        CODE: page.form.get(CODE, "").strip(),
        PASSWORD: page.form.get(PASSWORD, ""),
        PASSWORD_AGAIN: page.form.get(PASSWORD_AGAIN, ""),
    }
    errors = refusals.of_values(values, fields, _KINDS, texts)
    if rule := password_rules.broken(page.pool, values[PASSWORD]):
        errors[PASSWORD] = texts.sentence(WeakNewPassword(rule=rule))
    if not errors and values[PASSWORD] != values[PASSWORD_AGAIN]:
        errors = {PASSWORD_AGAIN: texts.passwords_differ}
    if errors:
        return _reset_form(ui, page, state, errors, status=400)
    request = ConfirmForgotPasswordRequest(
        ClientId=page.client.id,
        Username=state.username,
        ConfirmationCode=values[CODE],
        Password=values[PASSWORD],
    )
    try:
        await refusals.run(page, lambda: operations.confirm_forgot_password(page.call, request))
    except ServiceError as error:
        page.refused = error
        errors = refusals.of_error(error, fields, texts)
        return _reset_form(ui, page, state, errors, status=refusals.status_of(error))
    return await first_sign_in.by_password(ui, page, state.username, values[PASSWORD])


PAGES: Final = (
    HostedPage("/forgotPassword", "ForgotPassword", show_forgotten, send),
    HostedPage("/confirmforgotPassword", "ConfirmForgotPassword", show_reset, reset),
)


def _reset_fields(page: PageRequest, state: PageState, texts: Texts) -> list[FormField]:
    # UNVERIFIED: what do AWS's inputs send the code and the password as? Only ids are on record.
    named = form_fields.sign_in_name(page.pool, texts)
    password = form_fields.new_password(texts, texts.new_password, id="new_password")
    return [
        replace(named, fixed=bool(state.username)),
        form_fields.code(texts, id="forgot_password_code"),
        password,
        replace(
            password,
            id="confirm_password",
            name=PASSWORD_AGAIN,
            label=texts.new_password_again,
            described_by="",
        ),
    ]


def _name_form(
    ui: HostedUi, page: PageRequest, name: str, errors: Errors, status: int = 200
) -> Response:
    texts = texts_of(page)
    field = form_fields.sign_in_name(page.pool, texts)
    return ui.render(
        page,
        "hosted_ui/forgot_password.html",
        status=status,
        scripts=form_fields.FORM_SCRIPTS,
        title=texts.forgot_title,
        fields=[field],
        ids={field.name: field.id},
        values={USERNAME: name[: form_fields.LONGEST_USERNAME]},
        errors=errors,
        shown=errors,
        notice="",
    )


def _reset_form(
    ui: HostedUi, page: PageRequest, state: PageState, errors: Errors, status: int = 200
) -> Response:
    texts = texts_of(page)
    fields = _reset_fields(page, state, texts)
    return ui.render(
        page,
        "hosted_ui/reset_password.html",
        status=status,
        scripts=form_fields.NEW_PASSWORD_SCRIPTS,
        title=texts.reset_title,
        hint=code_sent(texts, state, texts.reset_hint),
        fields=fields,
        ids={entry.name: entry.id for entry in fields},
        values={USERNAME: state.username},
        rules=password_rules.lines(page.pool.password_policy, texts),
        state=state,
        errors=errors,
        shown=errors,
        notice=texts.code_resent if state.is_resent else "",
    )
