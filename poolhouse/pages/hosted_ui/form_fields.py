"""The fields of the forms of sign-up and password reset, by what the pool asks of its users."""

from dataclasses import dataclass, replace
from typing import Final

from poolhouse.entities.clients import Client
from poolhouse.entities.contacts import Contact
from poolhouse.entities.pools import Pool
from poolhouse.pages.hosted_ui.texts import Texts
from poolhouse.pages.hosted_ui.user_names import name_field
from poolhouse.rules.users import attributes
from poolhouse.wire.enums import AttributeDataType

USERNAME: Final = "username"
PASSWORD: Final = "password"  # noqa: S105 - the name of a field
PASSWORD_AGAIN: Final = "confirm_password"  # noqa: S105 - the name of a field
CODE: Final = "code"

PASSWORD_RULES: Final = "password-rules"  # noqa: S105 - the id of a list

FORM_SCRIPTS: Final = ("forms.js",)
"""Scripts by which a form is sent once, however often its button is pressed."""
PASSWORD_SCRIPTS: Final = FORM_SCRIPTS
NEW_PASSWORD_SCRIPTS: Final = ("forms.js", "new_password.js")
"""Scripts that improve forms with such a field, which work without them."""

LONGEST_PASSWORD: Final = 256
LONGEST_USERNAME: Final = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """An input with its label. `id` is unique in its page, `name` is what the form sends."""

    id: str
    name: str
    label: str
    type: str = "text"
    hint: str = ""
    autocomplete: str = ""
    inputmode: str = ""
    placeholder: str = ""
    longest: int | None = None
    required: bool = True
    fixed: bool = False
    """The user can't change the value here."""
    described_by: str = ""

    @property
    def is_secret(self) -> bool:
        """Return whether the value is never shown again."""
        return self.type == PASSWORD or self.name == CODE

    @property
    def is_technical(self) -> bool:
        """Return whether the value is no word of a language, so that no keyboard corrects it."""
        return self.is_secret or self.name == USERNAME or self.type in {"email", "tel", "url"}


_TYPES: Final = {
    "email": "email",
    "phone_number": "tel",
    "birthdate": "date",
    "website": "url",
    "picture": "url",
    "profile": "url",
}
_AUTOCOMPLETE: Final = {
    "address": "street-address",
    "birthdate": "bday",
    "email": "email",
    "family_name": "family-name",
    "gender": "sex",
    "given_name": "given-name",
    "locale": "language",
    "middle_name": "additional-name",
    "name": "name",
    "nickname": "nickname",
    "phone_number": "tel",
    "picture": "photo",
    "website": "url",
}
"""Values of the attribute `autocomplete`, by which browsers fill in what they know (WCAG 1.3.5)."""


def sign_in_name(pool: Pool, texts: Texts) -> FormField:
    """Return the field of the name by which a user is found: what the pool signs users in with."""
    shown = name_field(pool, texts)
    return replace(_name(shown.label), inputmode=shown.inputmode)


def sign_up_name(pool: Pool, texts: Texts) -> FormField:
    """Return the field of a new user's name."""
    return _contact_name(pool, texts) if pool.username_attributes else _name(texts.username)


def new_user_attributes(pool: Pool, client: Client, texts: Texts) -> list[FormField]:
    """Return a field for each attribute that a new user must have, but for the one that names them.

    Where users are named by an email or a phone number, the name counts for either. A contact that
    the pool verifies is asked for too: without it only an administrator can confirm the user.

    DIFFERS: AWS's pages ask for required attributes only.
    """
    named, verified = pool.username_attributes, pool.auto_verified
    required = {name for name, entry in pool.schema.items() if entry.required} - {"sub"}
    helpful = {name for name in verified if attributes.is_writable(pool, client, name)}
    asked = required if named & verified else required | helpful
    return [
        _asked(pool, name, texts, is_optional=name in named or name not in required)
        for name in pool.schema
        if name in asked and named != {name}
    ]


def _asked(pool: Pool, name: str, texts: Texts, *, is_optional: bool) -> FormField:
    field = attribute(pool, name, texts, is_optional=is_optional)
    if not is_optional or name in pool.username_attributes:
        return field
    return replace(field, hint=" ".join(filter(None, (texts.contact_hint, field.hint))))


def new_password(texts: Texts, label: str, *, id: str, required: bool = True) -> FormField:
    """Return the field of a new password."""
    return FormField(
        id=id,
        name=PASSWORD,
        label=label,
        type="password",
        hint="" if required else texts.password_may_be_empty,
        autocomplete="new-password",
        longest=LONGEST_PASSWORD,
        required=required,
        described_by=PASSWORD_RULES,
    )


def code(texts: Texts, *, id: str) -> FormField:
    """Return the field of a code that was sent."""
    return FormField(
        id=id,
        name=CODE,
        label=texts.verification_code,
        autocomplete="one-time-code",
        inputmode="numeric",
        longest=attributes.LONGEST,
    )


def attribute_field_name(name: str) -> str:
    """Return what a form calls a user's attribute (ev:domain-1.3)."""
    return f"requiredAttributes[{name}]"


def _name(label: str) -> FormField:
    return FormField(
        id="username",
        name=USERNAME,
        label=label,
        autocomplete="username",
        longest=LONGEST_USERNAME,
    )


def _contact_name(pool: Pool, texts: Texts) -> FormField:
    if pool.username_attributes == {Contact.EMAIL}:
        field = replace(_name(texts.email), type="email", placeholder=texts.email_example)
    elif pool.username_attributes == {Contact.PHONE}:
        field = replace(_name(texts.phone_number), type="tel", hint=_phone_hint(texts))
    else:
        field = replace(_name(texts.email_or_phone), hint=_phone_hint(texts))
    return field


def attribute(pool: Pool, name: str, texts: Texts, *, is_optional: bool = False) -> FormField:
    """Return the field of a user's attribute."""
    is_number = pool.schema[name].type is AttributeDataType.NUMBER
    return FormField(
        id=f"attribute-{name}",
        name=attribute_field_name(name),
        label=texts.attribute(name),
        type=_TYPES.get(name, "text"),
        hint=_phone_hint(texts) if name == Contact.PHONE else "",
        autocomplete=_AUTOCOMPLETE.get(name, ""),
        inputmode="numeric" if is_number else "",
        placeholder=texts.email_example if name == Contact.EMAIL else "",
        longest=attributes.LONGEST,
        required=not is_optional,
    )


def _phone_hint(texts: Texts) -> str:
    return texts.phone_hint.format(example=texts.phone_example)
