"""`/confirm` and `/resendcode`: confirm a sign-up by its code; they run the API's operations."""

from dataclasses import replace
from typing import Final

from starlette.responses import Response

from poolhouse.entities.messages import Occasion
from poolhouse.entities.users import UserStatus
from poolhouse.errors.users import CannotConfirm, NothingToResend
from poolhouse.operations import sign_up as operations
from poolhouse.pages.hosted_ui import first_sign_in, form_fields, page_state, refusals
from poolhouse.pages.hosted_ui.form_fields import CODE, USERNAME, FormField
from poolhouse.pages.hosted_ui.language_choice import texts_of
from poolhouse.pages.hosted_ui.page_request import PageRequest
from poolhouse.pages.hosted_ui.page_state import PageState
from poolhouse.pages.hosted_ui.redirects import redirect
from poolhouse.pages.hosted_ui.refusals import Errors
from poolhouse.pages.hosted_ui.texts import Texts
from poolhouse.pages.hosted_ui.ui import HostedPage, HostedUi
from poolhouse.rules.messages import templates
from poolhouse.wire.enums import DeliveryMediumType
from poolhouse.wire.errors import ServiceError, UserNotConfirmedException
from poolhouse.wire.shapes import ConfirmationCodeType, UsernameType
from poolhouse.wire.structs import ConfirmSignUpRequest, ResendConfirmationCodeRequest

_KINDS: Final[dict[str, object]] = {USERNAME: UsernameType, CODE: ConfirmationCodeType}


async def show(ui: HostedUi, page: PageRequest) -> Response:
    """Show the form for the user of the page before; `username` in the query names another."""
    state = page_state.of_cookie(page)
    named = page.params.get("username", "")
    if named and named != state.username:
        state = PageState(username=named)
    return _form(ui, page, state, {})


async def confirm(ui: HostedUi, page: PageRequest) -> Response:
    """Confirm the user by the code, and return to the app if the sign-up was in this browser."""
    texts, state = texts_of(page), page_state.of_form(page)
    code = page.form.get(CODE, "").strip()
    if not code and state.session and not _asks_code(page, state):
        return await _sign_in_confirmed(ui, page, state)
    values = {USERNAME: state.username, CODE: code}
    errors = refusals.of_values(values, _fields(page, state, texts), _KINDS, texts)
    if errors:
        return _form(ui, page, state, errors, status=400)
    try:
        session = await _confirm(page, state.username, code)
    except ServiceError as error:
        page.refused = error
        return _refused(ui, page, state, error)
    if state.session:
        return await _sign_in_confirmed(ui, page, state)
    if session is not None:  # the code is a first factor, as at the API
        return await first_sign_in.by_code(ui, page, state.username, session)
    return first_sign_in.to_sign_in(page, state.username)


async def resend(ui: HostedUi, page: PageRequest) -> Response:
    """Send another code, and show the form for it."""
    texts, state = texts_of(page), page_state.of_form(page)
    fields = [_name_field(page, state, texts)]
    errors = refusals.of_values({USERNAME: state.username}, fields, _KINDS, texts)
    if errors:
        return _form(ui, page, state, errors, status=400)
    try:
        return await _sent_again(page, state)
    except ServiceError as error:
        page.refused = error
        return _refused(ui, page, state, error)


async def to_confirmation(ui: HostedUi, page: PageRequest, username: str) -> Response:
    """Send a new code to a user who signs in before the sign-up is confirmed (ev:oauth-9)."""
    state = PageState(username=username)
    try:
        return await _sent_again(page, state)
    except ServiceError as error:
        page.refused = error
        return _refused(ui, page, state, error)


async def back(ui: HostedUi, page: PageRequest) -> Response:
    """Show the form again: a browser that reloads the page has sent no form."""
    return redirect(f"{page.site.root_path}/confirm?{page.query}")


PAGES: Final = (
    HostedPage("/confirm", "Confirm", show, confirm),
    HostedPage("/resendcode", "ResendCode", back, resend),
)


async def _confirm(page: PageRequest, username: str, code: str) -> str | None:
    """Confirm the user, and return the Session of ConfirmSignUp.

    Confirming twice is no mistake of a user: the form was sent twice, or a link came first.
    """
    request = ConfirmSignUpRequest(
        ClientId=page.client.id, Username=username, ConfirmationCode=code
    )
    try:
        response = await refusals.run(page, lambda: operations.confirm_sign_up(page.call, request))
    except CannotConfirm as error:
        if error.text != CannotConfirm(status=UserStatus.CONFIRMED.value).text:
            raise
        page.call.notes.append("the user is confirmed already")
        return None
    return response.Session


async def _sent_again(page: PageRequest, state: PageState) -> Response:
    request = ResendConfirmationCodeRequest(ClientId=page.client.id, Username=state.username)
    response = await refusals.run(
        page, lambda: operations.resend_confirmation_code(page.call, request)
    )
    details = response.CodeDeliveryDetails
    answer = redirect(f"{page.site.root_path}/confirm?{page.query}")
    page_state.put(
        page,
        answer,
        PageState(
            username=state.username,
            destination=(details and details.Destination) or "",
            medium=(details and details.DeliveryMedium) or "",
            session=state.session,
            is_resent=True,
        ),
    )
    return answer


async def _sign_in_confirmed(ui: HostedUi, page: PageRequest, state: PageState) -> Response:
    """Sign in by the session of the sign-up; a user who isn't confirmed yet stays on the page."""
    try:
        return await first_sign_in.by_sign_up(ui, page, state.username, state.session)
    except UserNotConfirmedException as error:
        page.refused = error
        return _refused(ui, page, state, error)
    except ServiceError as error:
        page.refused = error
        return first_sign_in.to_sign_in(page, state.username)


def _is_waiting(state: PageState) -> bool:
    """Return whether nothing was sent, so that only an administrator can confirm the user."""
    return bool(state.session) and not state.medium


def _has_link(page: PageRequest, state: PageState) -> bool:
    """Return whether a link in a mail confirms the user."""
    is_mail = state.medium == DeliveryMediumType.EMAIL
    return is_mail and templates.by_link(page.pool, f"_{Occasion.SIGN_UP}")


def _asks_code(page: PageRequest, state: PageState) -> bool:
    return not _is_waiting(state) and not _has_link(page, state)


def _name_field(page: PageRequest, state: PageState, texts: Texts) -> FormField:
    entry = form_fields.sign_in_name(page.pool, texts)
    return replace(entry, fixed=bool(state.username))


def _fields(page: PageRequest, state: PageState, texts: Texts) -> list[FormField]:
    named = _name_field(page, state, texts)
    if not _asks_code(page, state):
        return [named]
    return [named, form_fields.code(texts, id="verification_code")]


def _refused(ui: HostedUi, page: PageRequest, state: PageState, error: ServiceError) -> Response:
    texts = texts_of(page)
    if isinstance(error, NothingToResend):
        return _waiting(ui, page, texts)
    errors = refusals.of_error(error, _fields(page, state, texts), texts)
    return _form(ui, page, state, errors, status=refusals.status_of(error))


def _waiting(ui: HostedUi, page: PageRequest, texts: Texts) -> Response:
    """Show that only an administrator can confirm the user, because nothing can be sent."""
    return ui.render(
        page,
        "hosted_ui/closed.html",
        status=403,
        title=texts.waiting_title,
        text=texts.waiting,
        errors={},
        shown=None,
        notice="",
    )


def _form(
    ui: HostedUi, page: PageRequest, state: PageState, errors: Errors, status: int = 200
) -> Response:
    texts = texts_of(page)
    fields = _fields(page, state, texts)
    title, hint = _words(page, state, texts)
    asks_code = _asks_code(page, state)
    resent = texts.code_resent if asks_code else texts.link_resent
    return ui.render(
        page,
        "hosted_ui/confirm.html",
        status=status,
        scripts=form_fields.FORM_SCRIPTS,
        title=title,
        hint=hint,
        fields=fields,
        ids={entry.name: entry.id for entry in fields},
        values={USERNAME: state.username},
        state=state,
        asks_code=asks_code,
        may_resend=not _is_waiting(state),
        errors=errors,
        shown=errors,
        notice=resent if state.is_resent else "",
    )


def _words(page: PageRequest, state: PageState, texts: Texts) -> tuple[str, str]:
    """Return the heading, and the line below it."""
    if _is_waiting(state):
        return texts.waiting_title, texts.waiting
    if _has_link(page, state):
        return texts.link_title, texts.link_sent_email.format(destination=state.destination)
    return texts.confirm_title, code_sent(texts, state, texts.confirm_hint)


def code_sent(texts: Texts, state: PageState, what_for: str) -> str:
    """Return the line about where a code was sent, and what it is for."""
    if not state.destination:
        return texts.code_sent_anywhere
    sentence = {
        DeliveryMediumType.EMAIL.value: texts.code_sent_email,
        DeliveryMediumType.SMS.value: texts.code_sent_sms,
    }.get(state.medium, texts.code_sent)
    return f"{sentence.format(destination=state.destination)} {what_for}"
