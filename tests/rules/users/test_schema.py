"""The schema of a pool.

Evidence: ev:users-5; "measured" means ev:cdk-preflight.
"""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.entities.pools import SchemaAttribute
from poolhouse.errors.protocol import InvalidParameter
from poolhouse.rules.users import schema
from poolhouse.wire.structs import SchemaAttributeType


def attribute(**members: Any) -> SchemaAttributeType:
    return msgspec.convert(members, SchemaAttributeType)


def text(name: str, **members: Any) -> SchemaAttributeType:
    return attribute(Name=name, AttributeDataType="String", **members)


def number(name: str, **members: Any) -> SchemaAttributeType:
    return attribute(Name=name, AttributeDataType="Number", **members)


def shown(*requested: SchemaAttributeType) -> dict[str, dict[str, Any]]:
    """What DescribeUserPool would show, by name."""
    entries = msgspec.to_builtins([schema.described(a) for a in schema.of_new_pool(requested)])
    return {entry["Name"]: entry for entry in entries}


def test_schema_of_every_pool_has_the_standard_attributes_in_order() -> None:
    """Order of moto#5965."""
    assert list(shown()) == [
        "sub",
        "name",
        "given_name",
        "family_name",
        "middle_name",
        "nickname",
        "preferred_username",
        "profile",
        "picture",
        "website",
        "email",
        "email_verified",
        "gender",
        "birthdate",
        "zoneinfo",
        "locale",
        "phone_number",
        "phone_number_verified",
        "address",
        "updated_at",
    ]


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        (
            "sub",
            {
                "Name": "sub",
                "AttributeDataType": "String",
                "DeveloperOnlyAttribute": False,
                "Mutable": False,
                "Required": True,
                "StringAttributeConstraints": {"MinLength": "1", "MaxLength": "2048"},
            },
        ),
        (
            "email",
            {
                "Name": "email",
                "AttributeDataType": "String",
                "DeveloperOnlyAttribute": False,
                "Mutable": True,
                "Required": False,
                "StringAttributeConstraints": {"MinLength": "0", "MaxLength": "2048"},
            },
        ),
        (
            "email_verified",
            {
                "Name": "email_verified",
                "AttributeDataType": "Boolean",
                "DeveloperOnlyAttribute": False,
                "Mutable": True,
                "Required": False,
            },
        ),
        (
            "updated_at",
            {
                "Name": "updated_at",
                "AttributeDataType": "Number",
                "DeveloperOnlyAttribute": False,
                "Mutable": True,
                "Required": False,
                "NumberAttributeConstraints": {"MinValue": "0"},
            },
        ),
    ],
)
def test_standard_attributes_are_described_in_full(name: str, entry: dict[str, Any]) -> None:
    assert shown()[name] == entry


def test_schema_birthdate_has_ten_characters() -> None:
    assert shown()["birthdate"]["StringAttributeConstraints"] == {
        "MinLength": "10",
        "MaxLength": "10",
    }


def test_schema_standard_attribute_can_be_required_immutable_and_shorter() -> None:
    email = shown(
        text(
            "email",
            Required=True,
            Mutable=False,
            StringAttributeConstraints={"MinLength": "3", "MaxLength": "64"},
        )
    )["email"]
    assert email["Required"]
    assert not email["Mutable"]
    assert email["StringAttributeConstraints"] == {"MinLength": "3", "MaxLength": "64"}


def test_schema_sub_cannot_be_changed() -> None:
    assert shown(text("sub", Mutable=True))["sub"] == shown()["sub"]


def test_custom_attributes_come_last_and_under_their_full_name() -> None:
    entries = shown(text("size"), number("age", Mutable=False), text("note"))
    assert list(entries)[20:] == ["custom:size", "custom:age", "custom:note"]
    assert entries["custom:size"]["Mutable"], "mutable unless said otherwise: ev:moto"
    assert not entries["custom:age"]["Mutable"]


def test_schema_custom_attribute_without_bounds_has_empty_constraints() -> None:
    entries = shown(text("size"), number("age"), attribute(Name="on", AttributeDataType="Boolean"))
    assert entries["custom:size"]["StringAttributeConstraints"] == {}
    assert entries["custom:age"]["NumberAttributeConstraints"] == {}
    assert "StringAttributeConstraints" not in entries["custom:on"]


def test_bounds_are_shown_as_given() -> None:
    entries = shown(
        text("size", StringAttributeConstraints={"MaxLength": "5"}),
        number("age", NumberAttributeConstraints={"MinValue": "-1.50", "MaxValue": "1e3"}),
    )
    assert entries["custom:size"]["StringAttributeConstraints"] == {"MaxLength": "5"}
    assert entries["custom:age"]["NumberAttributeConstraints"] == {
        "MinValue": "-1.50",
        "MaxValue": "1e3",
    }


def test_schema_developer_only_attribute_has_its_own_prefix() -> None:
    """`dev:custom:` as in dumps of real pools; the model's text says `dev:`."""
    assert "dev:custom:plan" in shown(text("plan", DeveloperOnlyAttribute=True))


RETYPED = (
    "You can not change AttributeDataType or set developerOnlyAttribute"
    " for standard schema attribute email"
)


@pytest.mark.parametrize(
    ("requested", "sentence"),
    [
        (number("email"), RETYPED),  # terraform-provider-aws#23181, measured
        (text("email", DeveloperOnlyAttribute=True), RETYPED),
        (
            text("x", Required=True),  # ev:users-5.2, measured
            "Required custom attributes are not supported currently.",
        ),
        (
            attribute(Name="x"),  # ev:moto
            "Invalid AttributeDataType input, consider using the provided AttributeDataType enum.",
        ),
        (
            text("x", StringAttributeConstraints={"MinLength": "6", "MaxLength": "5"}),  # measured
            "Attribute custom:x cannot have a max length shorter than it's min length",
        ),
        (
            number("x", NumberAttributeConstraints={"MinValue": "2", "MaxValue": "1"}),  # measured
            "Attribute custom:x cannot have a max value smaller than it's min value",
        ),
        (
            text("x", StringAttributeConstraints={"MaxLength": "2049"}),  # ev:moto
            "user.custom:x: String attributes cannot have a length of more than 2048",
        ),
        (
            text("x", StringAttributeConstraints={"MaxLength": "many"}),  # ev:moto
            "Invalid StringAttributeConstraints for schema attribute custom:x",
        ),
        (
            text("x", StringAttributeConstraints={"MaxLength": "9" * 100_000}),
            "Invalid StringAttributeConstraints for schema attribute custom:x",
        ),
        (
            number("x", NumberAttributeConstraints={"MinValue": "NaN"}),
            "Invalid NumberAttributeConstraints for schema attribute custom:x",
        ),
    ],
)
def test_schema_invalid_attribute_is_refused(requested: SchemaAttributeType, sentence: str) -> None:
    with pytest.raises(InvalidParameter) as refusal:
        schema.of_new_pool([requested])
    assert str(refusal.value) == sentence


def test_schema_duplicate_custom_attributes_are_refused() -> None:
    """Measured."""
    with pytest.raises(InvalidParameter) as refusal:
        schema.of_new_pool([text("dept"), text("dept")])
    assert str(refusal.value) == (
        "Duplicate custom attribute names custom:dept are not allowed in a user pool schema."
    )


def test_schema_equal_bounds_are_accepted() -> None:
    """Measured: 1 and 1 pass."""
    shown(
        text("a", StringAttributeConstraints={"MinLength": "1", "MaxLength": "1"}),
        number("b", NumberAttributeConstraints={"MinValue": "1", "MaxValue": "1"}),
    )


def test_custom_attributes_are_added_to_those_there_are() -> None:
    before = schema.of_new_pool([text("a")])
    after = schema.with_custom(before, [text("b")])
    assert [entry.name for entry in after][20:] == ["custom:a", "custom:b"]


@pytest.mark.parametrize(
    ("there", "sentence"),
    [
        # serverless-cognito-add-custom-attributes#3
        (text("x"), "custom:x: Existing attribute already has name custom:x."),
        # ev:moto: test_add_custom_attributes_existing_attribute
        (
            text("x", DeveloperOnlyAttribute=True),
            "custom:x: Existing attribute already has name dev:custom:x.",
        ),
    ],
    ids=["for everybody", "for developers only"],
)
def test_schema_custom_attribute_added_twice_is_refused(
    there: SchemaAttributeType, sentence: str
) -> None:
    with pytest.raises(InvalidParameter) as refusal:
        schema.with_custom(schema.of_new_pool([there]), [there])
    assert str(refusal.value) == sentence


def test_schema_beyond_fifty_custom_attributes_is_refused() -> None:
    """ev:users-17.3."""
    many = [text(f"a{index}") for index in range(50)]
    with pytest.raises(InvalidParameter, match="at most 50"):
        schema.with_custom(schema.of_new_pool(many), [text("x")])


@given(st.text(max_size=30), st.text(max_size=30))
def test_bounds_are_numbers_or_a_refusal(least: str, most: str) -> None:
    request = number("x", NumberAttributeConstraints={"MinValue": least, "MaxValue": most})
    try:
        entries: tuple[SchemaAttribute, ...] = schema.of_new_pool([request])
    except InvalidParameter:
        return
    assert (entries[-1].min_value, entries[-1].max_value) == (least, most)
