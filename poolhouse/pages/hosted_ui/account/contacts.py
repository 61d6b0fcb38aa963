"""`/account/contacts`: the email address and phone number, and the codes that verify them."""

from dataclasses import dataclass, replace
from typing import Final

from starlette.responses import Response

from poolhouse.entities.contacts import Contact
from poolhouse.operations import attributes as operations
from poolhouse.pages.hosted_ui import form_fields, refusals
from poolhouse.pages.hosted_ui.account import profile, sections
from poolhouse.pages.hosted_ui.account.account_request import AccountRequest
from poolhouse.pages.hosted_ui.account.sections import SectionPage
from poolhouse.pages.hosted_ui.form_fields import FormField, attribute_field_name
from poolhouse.pages.hosted_ui.language_choice import texts_of
from poolhouse.pages.hosted_ui.refusals import Errors
from poolhouse.pages.hosted_ui.ui import HostedUi
from poolhouse.rules.oauth.account_sign_in import Section
from poolhouse.rules.users import attributes
from poolhouse.wire.errors import ServiceError
from poolhouse.wire.shapes import AttributeValueType, ConfirmationCodeType
from poolhouse.wire.structs import (
    AttributeType,
    GetUserAttributeVerificationCodeRequest,
    UpdateUserAttributesRequest,
    VerifyUserAttributeRequest,
)

CHANGE, SEND, VERIFY = "change", "send", "verify"
"""What a form does, by the value of its button."""

_ACTION: Final = "action"
_CONTACT: Final = "contact"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownContact:
    """A contact as its part of the page shows it."""

    name: str
    title: str
    value: str
    is_verified: bool
    waits: str
    """Where a code was sent that can still be entered; empty if none was."""
    field: FormField
    code: FormField
    errors: Errors
    typed: str


async def show(ui: HostedUi, page: AccountRequest) -> Response:
    """Show the contacts."""
    return await _form(ui, page)


async def change(ui: HostedUi, page: AccountRequest) -> Response:
    """Change a contact, send a code to it, or verify it by the code."""
    texts = texts_of(page)
    contact = next((each for each in _shown(page) if each == page.form.get(_CONTACT)), None)
    action = page.form.get(_ACTION)
    if contact is None or action not in {CHANGE, SEND, VERIFY}:
        return await show(ui, page)
    field, code = _field(page, contact), _code_field(page, contact)
    fields = {CHANGE: [field], SEND: [], VERIFY: [code]}[action]
    values = {
        field.name: page.form.get(field.name, "").strip(),
        code.name: "".join(page.form.get(code.name, "").split()),
    }
    kinds: dict[str, object] = {field.name: AttributeValueType, code.name: ConfirmationCodeType}
    errors = refusals.of_values(values, fields, kinds, texts)
    if errors:
        return await _form(ui, page, contact, errors, status=400)
    try:
        if action == CHANGE:
            return await _change(page, contact, values[field.name])
        if action == SEND:
            asked = GetUserAttributeVerificationCodeRequest(
                AccessToken="", AttributeName=contact.attribute
            )
            await page.perform(operations.get_user_attribute_verification_code, asked)
            return sections.done(page, Section.CONTACTS, "code_sent")
        request = VerifyUserAttributeRequest(
            AccessToken="", AttributeName=contact.attribute, Code=values[code.name]
        )
        await page.perform(operations.verify_user_attribute, request)
        return sections.done(page, Section.CONTACTS, "verified")
    except ServiceError as error:
        page.refused = error
        errors = refusals.of_error(error, fields, texts)
        return await _form(ui, page, contact, errors, status=refusals.status_of(error))


async def _change(page: AccountRequest, contact: Contact, value: str) -> Response:
    """Change the contact; an empty value removes it."""
    if value == page.user.attributes.get(contact, ""):
        return sections.done(page, Section.CONTACTS, "saved")
    request = UpdateUserAttributesRequest(
        AccessToken="",
        UserAttributes=[AttributeType(Name=contact.attribute, Value=value)],
    )
    response = await page.perform(operations.update_user_attributes, request)
    sent = bool(response.CodeDeliveryDetailsList)
    return sections.done(page, Section.CONTACTS, "code_sent" if sent else "saved")


def _shown(page: AccountRequest) -> list[Contact]:
    """Return the contacts that the app client may read."""
    return [each for each in Contact if attributes.may_read(page.client, each.attribute)]


def _field(page: AccountRequest, contact: Contact) -> FormField:
    entry = page.pool.schema[contact.attribute]
    field = form_fields.attribute(
        page.pool, contact.attribute, texts_of(page), is_optional=not entry.required
    )
    return replace(field, fixed=not profile.may_write(page, contact.attribute))


def _code_field(page: AccountRequest, contact: Contact) -> FormField:
    return form_fields.code(texts_of(page), id=f"code-{contact.attribute}")


async def _form(
    ui: HostedUi,
    page: AccountRequest,
    refused: Contact | None = None,
    errors: Errors | None = None,
    status: int = 200,
) -> Response:
    """Show the contacts; `errors` are of the one whose form was refused."""
    texts = texts_of(page)
    shown = [
        await _described(page, each, (errors or {}) if each is refused else {})
        for each in _shown(page)
    ]
    fields = [] if refused is None else [_field(page, refused), _code_field(page, refused)]
    return sections.show(
        ui,
        page,
        "contacts.html",
        title=texts.account_contacts_title,
        section=Section.CONTACTS,
        status=status,
        errors=errors,
        fields=fields,
        contacts=shown,
    )


async def _described(page: AccountRequest, contact: Contact, errors: Errors) -> ShownContact:
    user = page.user
    code = await page.call.store.codes.find(user, contact.purpose)
    value = user.attributes.get(contact, "")
    address = (code.pending or value) if code and page.call.now < code.expires_at else ""
    name = contact.attribute
    typed = page.form.get(attribute_field_name(name), value) if errors else value
    return ShownContact(
        name=name,
        title=texts_of(page).attribute(name),
        value=value,
        is_verified=user.attributes.get(contact.verified_attribute) == "true",
        waits=address,
        field=_field(page, contact),
        code=_code_field(page, contact),
        errors=errors,
        typed=typed,
    )


PAGE = SectionPage(Section.CONTACTS, "AccountContacts", show, change, needs_recent_sign_in=True)
