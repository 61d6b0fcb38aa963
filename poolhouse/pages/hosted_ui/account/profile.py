"""`/account/profile`: the attributes that the app client may read, and change what it may write."""

from dataclasses import replace
from typing import Final

from starlette.responses import Response

from poolhouse.entities.contacts import Contact
from poolhouse.errors.users import AttributeNotWritable
from poolhouse.operations import attributes as operations
from poolhouse.pages.hosted_ui import form_fields, refusals
from poolhouse.pages.hosted_ui.account import sections
from poolhouse.pages.hosted_ui.account.account_request import AccountRequest
from poolhouse.pages.hosted_ui.account.sections import SectionPage
from poolhouse.pages.hosted_ui.form_fields import FormField, attribute_field_name
from poolhouse.pages.hosted_ui.language_choice import texts_of
from poolhouse.pages.hosted_ui.refusals import Errors
from poolhouse.pages.hosted_ui.ui import HostedUi
from poolhouse.rules.oauth.account_sign_in import Section
from poolhouse.rules.users import attributes
from poolhouse.wire.errors import ServiceError
from poolhouse.wire.shapes import AttributeValueType
from poolhouse.wire.structs import AttributeType, UpdateUserAttributesRequest

BY_DEFAULT: Final = ("name", "given_name", "family_name", "nickname", "preferred_username")
"""Attributes that are shown empty, too, for app clients that don't list what they read."""

_ELSEWHERE: Final = frozenset(
    {"sub", "identities", "updated_at", *Contact, *(each.verified_attribute for each in Contact)}
)
"""Attributes that aren't the user's to change, or have a section of their own."""


async def show(ui: HostedUi, page: AccountRequest) -> Response:
    """Show the user's attributes."""
    return _form(ui, page, dict(page.user.attributes), {})


async def save(ui: HostedUi, page: AccountRequest) -> Response:
    """Change the attributes whose values the form has changed."""
    texts = texts_of(page)
    entries = {name: entry for name, entry in _fields(page).items() if not entry.fixed}
    sent = {name: page.form.get(entry.name, "").strip() for name, entry in entries.items()}
    kinds: dict[str, object] = {entry.name: AttributeValueType for entry in entries.values()}
    values = {entries[name].name: value for name, value in sent.items()}
    errors = refusals.of_values(values, list(entries.values()), kinds, texts)
    if errors:
        return _form(ui, page, {**page.user.attributes, **sent}, errors, status=400)
    changed = {
        name: value for name, value in sent.items() if value != page.user.attributes.get(name, "")
    }
    if changed:
        request = UpdateUserAttributesRequest(
            AccessToken="",
            UserAttributes=[
                AttributeType(Name=name, Value=value) for name, value in changed.items()
            ],
        )
        try:
            await page.perform(operations.update_user_attributes, request)
        except ServiceError as error:
            page.refused = error
            errors = refusals.of_error(error, list(entries.values()), texts)
            shown = {**page.user.attributes, **sent}
            return _form(ui, page, shown, errors, status=refusals.status_of(error))
    return sections.done(page, Section.PROFILE, "saved")


def may_write(page: AccountRequest, name: str) -> bool:
    """Return whether the user may change an attribute here: by the schema, and the app client.

    Any user may open the page of any app client. So a custom attribute must be in the client's
    WriteAttributes; and what a client with a secret writes is its own server's to decide.
    """
    if name.startswith("custom:"):
        listed = page.client.settings.WriteAttributes or ()
        if name not in listed or page.client.secrets:
            return False
    try:
        attributes.check_writable(page.pool, page.client, [name])
    except AttributeNotWritable:
        return False
    return page.pool.schema[name].mutable


def _fields(page: AccountRequest) -> dict[str, FormField]:
    """Return the field of each attribute that is shown.

    An app client that lists what it reads shows that. Others show what users know of: no custom
    attributes, which may be the app's own notes.
    """
    listed = page.client.settings.ReadAttributes
    found = {}
    for name, entry in page.pool.schema.items():
        if name in _ELSEWHERE or entry.developer_only:
            continue
        if listed:
            is_shown = name in listed
        else:
            is_custom = name.startswith("custom:")
            is_filled = name in page.user.attributes or name in BY_DEFAULT or entry.required
            is_shown = is_filled and not is_custom
        if is_shown:
            field = form_fields.attribute(
                page.pool, name, texts_of(page), is_optional=not entry.required
            )
            found[name] = replace(field, fixed=not may_write(page, name))
    return found


def _form(
    ui: HostedUi, page: AccountRequest, values: dict[str, str], errors: Errors, status: int = 200
) -> Response:
    entries = _fields(page)
    return sections.show(
        ui,
        page,
        "profile.html",
        title=texts_of(page).account_profile_title,
        section=Section.PROFILE,
        status=status,
        errors=errors,
        fields=list(entries.values()),
        values={attribute_field_name(name): value for name, value in values.items()},
        saves=any(not entry.fixed for entry in entries.values()),
    )


PAGE = SectionPage(Section.PROFILE, "AccountProfile", show, save)
