"""The attributes of a pool's users: AWS's standard ones and the pool's own.

Facts of ev:users-5; sentences that were measured on the live service name where.
"""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from poolhouse.entities.pools import SchemaAttribute
from poolhouse.errors.protocol import InvalidParameter
from poolhouse.wire.enums import AttributeDataType
from poolhouse.wire.structs import (
    NumberAttributeConstraintsType,
    SchemaAttributeType,
    StringAttributeConstraintsType,
)

LONGEST: Final = 2048
MOST_CUSTOM: Final = 50
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,4})?")


def _text(name: str, length: tuple[int, int] = (0, LONGEST)) -> SchemaAttribute:
    return SchemaAttribute(
        name=name, type=AttributeDataType.STRING, min_length=length[0], max_length=length[1]
    )


def _flag(name: str) -> SchemaAttribute:
    return SchemaAttribute(name=name, type=AttributeDataType.BOOLEAN)


STANDARD: Final = (
    replace(_text("sub", (1, LONGEST)), required=True, mutable=False),
    _text("name"),
    _text("given_name"),
    _text("family_name"),
    _text("middle_name"),
    _text("nickname"),
    _text("preferred_username"),
    _text("profile"),
    _text("picture"),
    _text("website"),
    _text("email"),
    _flag("email_verified"),
    _text("gender"),
    _text("birthdate", (10, 10)),
    _text("zoneinfo"),
    _text("locale"),
    _text("phone_number"),
    _flag("phone_number_verified"),
    _text("address"),
    SchemaAttribute(name="updated_at", type=AttributeDataType.NUMBER, min_value="0"),
)
"""Standard attributes of every pool, in the order of responses (moto#5965)."""


def of_new_pool(requested: Iterable[SchemaAttributeType] | None) -> tuple[SchemaAttribute, ...]:
    """Return the standard attributes, changed as the request says, then its custom ones."""
    schema = {attribute.name: attribute for attribute in STANDARD}
    standard = frozenset(schema)
    for request in requested or ():
        name = _requested_name(request)
        if name in standard:
            schema[name] = _changed_standard(schema[name], request)
            continue
        custom = _custom(request)
        if custom.name in schema:
            raise InvalidParameter(  # ev:cdk-preflight, measured
                text=f"Duplicate custom attribute names {custom.name}"
                " are not allowed in a user pool schema."
            )
        schema[custom.name] = custom
    return tuple(schema.values())


def with_custom(
    schema: tuple[SchemaAttribute, ...], requested: Iterable[SchemaAttributeType]
) -> tuple[SchemaAttribute, ...]:
    """Return the schema and more custom attributes at its end, as AddCustomAttributes adds them."""
    added = {attribute.name: attribute for attribute in schema}
    for request in requested:
        custom = _custom(request)
        if custom.name in added:
            asked = custom.name.removeprefix("dev:")  # the first name lacks it, as moto's
            raise InvalidParameter(  # serverless-cognito-add-custom-attributes#3
                text=f"{asked}: Existing attribute already has name {custom.name}."
            )
        added[custom.name] = custom
    if len(added) - len(STANDARD) > MOST_CUSTOM:
        # UNVERIFIED: the sentence for the fifty-first custom attribute?
        raise InvalidParameter(
            text=f"A user pool can have at most {MOST_CUSTOM} custom attributes."
        )
    return tuple(added.values())


def described(attribute: SchemaAttribute) -> SchemaAttributeType:
    """Return an attribute as DescribeUserPool shows it: bounds are text."""
    text = number = None
    if attribute.type is AttributeDataType.STRING:
        text = StringAttributeConstraintsType(
            MinLength=_digits(attribute.min_length), MaxLength=_digits(attribute.max_length)
        )
    elif attribute.type is AttributeDataType.NUMBER:
        number = NumberAttributeConstraintsType(
            MinValue=attribute.min_value, MaxValue=attribute.max_value
        )
    return SchemaAttributeType(
        Name=attribute.name,
        AttributeDataType=attribute.type,
        DeveloperOnlyAttribute=attribute.developer_only,
        Mutable=attribute.mutable,
        Required=attribute.required,
        NumberAttributeConstraints=number,
        StringAttributeConstraints=text,
    )


def _digits(number: int | None) -> str | None:
    return None if number is None else str(number)


def _requested_name(request: SchemaAttributeType) -> str:
    if request.Name is None:  # UNVERIFIED: the model lets it be absent
        raise InvalidParameter(text="Attribute name is required.")
    return request.Name


def _changed_standard(attribute: SchemaAttribute, request: SchemaAttributeType) -> SchemaAttribute:
    """Return a standard attribute made required, immutable or bounded, of the same type."""
    retyped = request.AttributeDataType not in (None, attribute.type)
    if retyped or request.DeveloperOnlyAttribute:
        raise InvalidParameter(  # terraform-provider-aws#23181
            text="You can not change AttributeDataType or set developerOnlyAttribute"
            f" for standard schema attribute {attribute.name}"
        )
    if attribute.name == "sub":
        return attribute
    return _bounded(
        replace(
            attribute,
            mutable=request.Mutable is not False,
            required=bool(request.Required),
        ),
        request,
    )


def _custom(request: SchemaAttributeType) -> SchemaAttribute:
    """Return a custom attribute under its full name; `dev:custom:` is what real pools show."""
    name = f"custom:{_requested_name(request)}"
    if request.Required:
        raise InvalidParameter(text="Required custom attributes are not supported currently.")
    if request.AttributeDataType is None:
        raise InvalidParameter(  # ev:moto
            text="Invalid AttributeDataType input, consider using the provided"
            " AttributeDataType enum."
        )
    attribute = SchemaAttribute(
        name=f"dev:{name}" if request.DeveloperOnlyAttribute else name,
        type=request.AttributeDataType,
        mutable=request.Mutable is not False,
        developer_only=bool(request.DeveloperOnlyAttribute),
    )
    return _bounded(attribute, request)


def _bounded(attribute: SchemaAttribute, request: SchemaAttributeType) -> SchemaAttribute:
    """Return the attribute with the bounds of the request; bounds of another type are ignored."""
    if attribute.type is AttributeDataType.STRING and request.StringAttributeConstraints:
        return _bounded_text(attribute, request.StringAttributeConstraints)
    if attribute.type is AttributeDataType.NUMBER and request.NumberAttributeConstraints:
        return _bounded_number(attribute, request.NumberAttributeConstraints)
    return attribute


def _bounded_text(
    attribute: SchemaAttribute, bounds: StringAttributeConstraintsType
) -> SchemaAttribute:
    least = _length(attribute, bounds.MinLength)
    most = _length(attribute, bounds.MaxLength)
    if max(least or 0, most or 0) > LONGEST:
        raise InvalidParameter(  # ev:moto
            text=f"user.{attribute.name}: String attributes cannot have a length of more than"
            f" {LONGEST}"
        )
    if least is not None and most is not None and least > most:
        raise InvalidParameter(  # ev:cdk-preflight, measured
            text=f"Attribute {attribute.name} cannot have a max length shorter than it's min length"
        )
    return replace(attribute, min_length=least, max_length=most)


def _length(attribute: SchemaAttribute, text: str | None) -> int | None:
    if text is None:
        return None
    # Far longer than any length, and far shorter than what int() takes long to read.
    if not (text.isascii() and text.isdigit() and len(text) <= 400):
        raise InvalidParameter(  # ev:moto
            text=f"Invalid StringAttributeConstraints for schema attribute {attribute.name}"
        )
    return int(text)


def _bounded_number(
    attribute: SchemaAttribute, bounds: NumberAttributeConstraintsType
) -> SchemaAttribute:
    least = _value(attribute, bounds.MinValue)
    most = _value(attribute, bounds.MaxValue)
    if least is not None and most is not None and least > most:
        raise InvalidParameter(  # ev:cdk-preflight, measured
            text=f"Attribute {attribute.name} cannot have a max value smaller than it's min value"
        )
    return replace(attribute, min_value=bounds.MinValue, max_value=bounds.MaxValue)


def _value(attribute: SchemaAttribute, text: str | None) -> Decimal | None:
    if text is None:
        return None
    # Not whatever Decimal reads: that takes blanks, underscores, other digits, "Infinity" too.
    if not _NUMBER.fullmatch(text):
        raise InvalidParameter(  # UNVERIFIED: by analogy with the lengths
            text=f"Invalid NumberAttributeConstraints for schema attribute {attribute.name}"
        )
    return Decimal(text)
