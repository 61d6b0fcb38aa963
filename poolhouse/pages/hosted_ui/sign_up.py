"""`/signup`: a form with what the pool asks of new users; it runs SignUp."""

from typing import Any, Final

from starlette.responses import Response

from poolhouse.auth import sign_up_session
from poolhouse.errors.auth import WeakPassword
from poolhouse.errors.users import SignUpNotPermitted
from poolhouse.operations import sign_up as operations
from poolhouse.pages.hosted_ui import (
    first_sign_in,
    form_fields,
    page_state,
    password_rules,
    refusals,
    terms_links,
)
from poolhouse.pages.hosted_ui.form_fields import PASSWORD, USERNAME, FormField
from poolhouse.pages.hosted_ui.language_choice import texts_of
from poolhouse.pages.hosted_ui.page_request import PageRequest
from poolhouse.pages.hosted_ui.page_state import PageState
from poolhouse.pages.hosted_ui.redirects import redirect
from poolhouse.pages.hosted_ui.refusals import Errors
from poolhouse.pages.hosted_ui.texts import Texts
from poolhouse.pages.hosted_ui.ui import HostedPage, HostedUi
from poolhouse.rules.users import sign_up as rules
from poolhouse.wire.errors import ServiceError
from poolhouse.wire.shapes import AttributeValueType, PasswordType, UsernameType
from poolhouse.wire.structs import AttributeType, SignUpRequest, SignUpResponse


async def show(ui: HostedUi, page: PageRequest) -> Response:
    """Show the form; `login_hint` fills in the name."""
    if page.pool.admins_create_users_only:
        return _closed(ui, page)
    return await _form(ui, page, {USERNAME: page.params.get("login_hint", "")}, {})


async def submit(ui: HostedUi, page: PageRequest) -> Response:
    """Sign the user up, and go on to the page that confirms the account, or to the app."""
    texts = texts_of(page)
    fields = _fields(page, texts)
    values = {entry.name: _value(page, entry) for entry in fields}
    kinds = {entry.name: AttributeValueType for entry in fields} | {
        USERNAME: UsernameType,
        PASSWORD: PasswordType,
    }
    errors = refusals.of_values(values, fields, kinds, texts)
    if rule := password_rules.broken(page.pool, values[PASSWORD]):
        errors[PASSWORD] = texts.sentence(WeakPassword(rule=rule))
    if errors:
        return await _form(ui, page, values, errors, status=400)
    request = _request(page, fields, values)
    try:
        response = await refusals.run(page, lambda: operations.sign_up(page.call, request))
    except SignUpNotPermitted as error:
        page.refused = error
        return _closed(ui, page)
    except ServiceError as error:
        page.refused = error
        errors = refusals.of_error(error, fields, texts)
        return await _form(ui, page, values, errors, status=refusals.status_of(error))
    if response.UserConfirmed:
        if not values[PASSWORD]:
            return first_sign_in.to_sign_in(page, values[USERNAME])
        return await first_sign_in.by_password(ui, page, values[USERNAME], values[PASSWORD])
    return await _to_confirmation(page, values[USERNAME], response)


PAGES: Final = (HostedPage("/signup", "Signup", show, submit),)


def _value(page: PageRequest, entry: FormField) -> str:
    value = page.form.get(entry.name, "")
    return value if entry.name == PASSWORD else value.strip()


def _fields(page: PageRequest, texts: Texts) -> list[FormField]:
    needs_password = not rules.may_choose_no_password(page.pool, page.client)
    return [
        form_fields.sign_up_name(page.pool, texts),
        *form_fields.new_user_attributes(page.pool, page.client, texts),
        form_fields.new_password(texts, texts.password, id="password", required=needs_password),
    ]


def _request(page: PageRequest, fields: list[FormField], values: dict[str, str]) -> SignUpRequest:
    """Return the request of the operation. Attributes that were left empty aren't in it."""
    names = {form_fields.attribute_field_name(name): name for name in page.pool.schema}
    given = [
        AttributeType(Name=names[entry.name], Value=values[entry.name])
        for entry in fields
        if entry.name in names and values[entry.name]
    ]
    return SignUpRequest(
        ClientId=page.client.id,
        Username=values[USERNAME],
        Password=values[PASSWORD] or None,
        UserAttributes=given,
    )


async def _to_confirmation(page: PageRequest, username: str, response: SignUpResponse) -> Response:
    details = response.CodeDeliveryDetails
    session = await sign_up_session.of_page(page.call, response.UserSub, username)
    state = PageState(
        username=username,
        destination=(details and details.Destination) or "",
        medium=(details and details.DeliveryMedium) or "",
        session=session or "",
    )
    answer = redirect(f"{page.site.root_path}/confirm?{page.query}")
    page_state.put(page, answer, state)
    return answer


async def _form(
    ui: HostedUi, page: PageRequest, values: dict[str, str], errors: Errors, status: int = 200
) -> Response:
    texts = texts_of(page)
    fields = _fields(page, texts)
    content: dict[str, Any] = {
        "title": texts.sign_up_title,
        "fields": fields,
        "ids": {entry.name: entry.id for entry in fields},
        "rules": password_rules.lines(page.pool.password_policy, texts),
        "terms": await terms_links.of_client(page, texts),
    }
    return ui.render(
        page,
        "hosted_ui/sign_up.html",
        status=status,
        scripts=form_fields.NEW_PASSWORD_SCRIPTS,
        values=values,
        errors=errors,
        shown=errors,
        notice="",
        **content,
    )


def _closed(ui: HostedUi, page: PageRequest) -> Response:
    texts = texts_of(page)
    return ui.render(
        page,
        "hosted_ui/closed.html",
        status=403,
        title=texts.sign_up_closed_title,
        text=texts.sign_up_closed,
        errors={},
        shown=None,
        notice="",
    )
