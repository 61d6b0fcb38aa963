"""Attributes against the schema and the client's permissions (ev:users-5)."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.entities.clients import Client
from poolhouse.entities.pools import Pool, SchemaAttribute
from poolhouse.entities.users import User, UserStatus
from poolhouse.errors.users import (
    AttributeNotMutable,
    AttributeNotWritable,
    AttributeNull,
    EmailNeeded,
    OutsideSchema,
    PhoneNeeded,
)
from poolhouse.rules.users import attributes
from poolhouse.wire.enums import AttributeDataType, UsernameAttributeType
from poolhouse.wire.structs import AttributeType, UserPoolClientType, UserPoolType

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
STRING, NUMBER = AttributeDataType.STRING, AttributeDataType.NUMBER
SCHEMA = (
    SchemaAttribute(name="sub", type=STRING, required=True, mutable=False),
    SchemaAttribute(name="name", type=STRING, min_length=0, max_length=2048),
    SchemaAttribute(name="email", type=STRING, required=True),
    SchemaAttribute(name="birthdate", type=STRING, min_length=10, max_length=10),
    SchemaAttribute(name="email_verified", type=AttributeDataType.BOOLEAN),
    SchemaAttribute(name="custom:age", type=NUMBER, min_value="-1.5", max_value="150"),
    SchemaAttribute(name="custom:any", type=NUMBER),
    SchemaAttribute(name="custom:since", type=AttributeDataType.DATETIME),
    SchemaAttribute(name="dev:custom:inner", type=STRING, developer_only=True),
)


def pool(settings: UserPoolType | None = None) -> Pool:
    return Pool(
        id="eu-west-1_Barn",
        settings=settings or UserPoolType(),
        attributes=SCHEMA,
        created_at=NOW,
        modified_at=NOW,
    )


def client(writable: list[str] | None = None, readable: list[str] | None = None) -> Client:
    settings = UserPoolClientType(WriteAttributes=writable, ReadAttributes=readable)
    return Client(id="c", pool_id="p", settings=settings, created_at=NOW, modified_at=NOW)


def user(**given: str) -> User:
    return User(
        sub="4e7c9c03-46e2-41a9-b1f8-6aa97df1e9a5",
        pool_id="eu-west-1_Barn",
        username="zoe",
        status=UserStatus.CONFIRMED,
        attributes=given,
        created_at=NOW,
        modified_at=NOW,
    )


def faults(given: dict[str, str], *, complete: bool = False) -> str:
    try:
        attributes.check_schema(pool(), given, complete=complete)
    except OutsideSchema as refusal:
        return refusal.text.removeprefix("Attributes did not conform to the schema: ")
    return ""


@pytest.mark.parametrize(
    ("writable", "names", "allowed"),
    [
        (None, ["name", "email", "birthdate"], True),
        (None, ["nonsense"], True),  # the schema's to refuse
        (None, ["custom:nonsense"], True),
        (None, ["custom:age"], True),
        (None, ["dev:custom:inner"], False),
        (None, ["email_verified"], False),
        (None, ["phone_number_verified"], False),
        (None, ["sub"], False),
        (None, ["identities"], False),
        (["name"], ["name"], True),
        (["name"], ["email"], True),  # required attributes always are
        (["name"], ["birthdate"], False),
        (["name"], ["nonsense"], False),
        (["name", "sub", "email_verified"], ["sub"], False),
        (["name", "sub", "email_verified"], ["email_verified"], False),
        (["custom:age"], ["custom:age"], True),
        (["custom:age"], ["custom:age", "name"], False),
        ([], ["name", "custom:age"], True),
        ([], ["email_verified"], False),
        ([], [], True),
    ],
)
def test_client_write_attributes_limit_what_it_writes(
    writable: list[str] | None, names: list[str], allowed: bool
) -> None:
    """ev:users-4.1: no list, or an empty one, means all but sub, the flags and dev: ones."""
    if allowed:
        attributes.check_writable(pool(), client(writable), names)
    else:
        with pytest.raises(AttributeNotWritable):
            attributes.check_writable(pool(), client(writable), names)


@pytest.mark.parametrize(
    ("readable", "name", "allowed"),
    [
        (None, "name", True),
        (None, "email_verified", True),
        (None, "custom:age", True),
        (None, "dev:custom:inner", True),
        (["custom:age"], "custom:age", True),
        (["custom:age"], "name", False),
        ([], "name", True),
        ([], "custom:age", True),
    ],
)
def test_client_read_attributes_limit_what_it_reads(
    readable: list[str] | None, name: str, allowed: bool
) -> None:
    """ev:users-4.1."""
    assert attributes.may_read(client(readable=readable), name) is allowed


def test_attribute_faults_are_reported_on_a_line_each() -> None:
    """amplify-js#5532, amplify-flutter#509, amazon-cognito-identity-dart-2#89."""
    assert faults({"custom:x": "1", "custom:y": "2"}, complete=True) == (
        "custom:x: Attribute does not exist in the schema.\n"
        "custom:y: Attribute does not exist in the schema.\n"
        "email: The attribute is required\n"
    )


def test_attribute_string_outside_its_length_is_refused() -> None:
    """amplify-flutter#2034, amplify-swift#1088: no full stop."""
    short, long = "String must be no shorter than", "String must be no longer than"
    assert faults({"birthdate": "1.1.2000"}) == f"birthdate: {short} 10 characters\n"
    assert faults({"birthdate": "1 January 2000"}) == f"birthdate: {long} 10 characters\n"
    assert faults({"name": "x" * 2049}) == f"name: {long} 2048 characters\n"


@pytest.mark.parametrize(
    ("given", "complete", "fits"),
    [
        ({}, False, True),
        ({}, True, False),
        ({"email": ""}, True, False),
        ({"email": "a@b.c"}, True, True),
        ({"name": "x" * 2048}, False, True),
        ({"name": "x" * 2049}, False, False),
        ({"name": "😀" * 2048}, False, True),  # characters, not bytes
        ({"birthdate": "2000-01-01"}, False, True),
        ({"birthdate": ""}, False, False),
        ({"email_verified": "TRUE"}, False, True),
        ({"email_verified": ""}, False, False),
        ({"email_verified": "1"}, False, False),
        ({"custom:since": "x" * 2049}, False, False),
        ({"custom:since": "2000-01-01T00:00:00Z"}, False, True),
    ],
)
def test_attribute_values_of_each_type_are_checked(
    given: dict[str, str], complete: bool, fits: bool
) -> None:
    assert (faults(given, complete=complete) == "") is fits


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ("0", True),
        ("-1.5", True),
        ("-1.51", False),
        ("150", True),
        ("150.000000000000000000000000000000000001", False),
        ("+7", True),
        ("007", True),
        ("", False),
        (" 7", False),
        ("7\n", False),
        ("1e2", False),
        ("0x7", False),
        ("1_0", False),
        ("٣", False),
        ("NaN", False),
        ("Infinity", False),
        (".5", False),
        ("5.", False),
    ],
)
def test_attribute_number_is_digits_and_compared_exactly(value: str, fits: bool) -> None:
    assert (faults({"custom:age": value}) == "") is fits


@given(st.text())
def test_attribute_number_from_arbitrary_text_is_finite_or_refused(text: str) -> None:
    if faults({"custom:any": text}) == "":
        assert Decimal(text).is_finite()


def test_given_attributes_with_equal_names_keep_the_last() -> None:
    listed = [
        AttributeType(Name="a", Value="1"),
        AttributeType(Name="b", Value=""),
        AttributeType(Name="a", Value="2"),
    ]
    assert attributes.given(listed) == {"a": "2", "b": ""}
    assert attributes.given(None) == {}


def test_given_attributes_without_value_are_refused_after_sub() -> None:
    """ev:users-5.3: `sub` first, then a missing value, also where a later one replaces it."""
    listed = [AttributeType(Name="a"), AttributeType(Name="a", Value="2")]
    with pytest.raises(AttributeNull, match="Attribute value for a must not be null"):
        attributes.given(listed)
    with pytest.raises(AttributeNotMutable, match="Cannot modify the non-mutable attribute sub"):
        attributes.given([*listed, AttributeType(Name="sub")])
    assert attributes.validation_data(listed) == {"a": "2"}
    assert attributes.validation_data([]) is None


def test_attribute_with_empty_value_is_not_stored() -> None:
    assert attributes.stored({"a": "", "b": "0"}) == {"b": "0"}


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"email_verified": "true"}, EmailNeeded),
        ({"email_verified": "True", "email": ""}, EmailNeeded),
        ({"phone_number_verified": "true", "email": "a@b.c"}, PhoneNeeded),
        ({"email_verified": "true", "email": "a@b.c"}, None),
        ({"email_verified": "false"}, None),
        ({}, None),
    ],
)
def test_attribute_verified_flag_without_its_contact_is_refused(
    given: dict[str, str], refusal: type[Exception] | None
) -> None:
    if refusal is None:
        attributes.check_flags(given)
    else:
        with pytest.raises(refusal):
            attributes.check_flags(given)


def test_attribute_contacts_get_their_verified_flags() -> None:
    both = {"email": "a@b.c", "phone_number": "+1", "name": "Zoe"}
    assert attributes.with_flags(both, {"phone_number"}) == {
        **both,
        "email_verified": "false",
        "phone_number_verified": "true",
    }
    assert attributes.with_flags({"name": "Zoe"}, {"email"}) == {"name": "Zoe"}


def test_functions_see_sub_status_and_the_aliases_that_name_the_user() -> None:
    """ev:triggers-3; published events show the alias of a username attribute unverified."""
    zoe = user(email="Zoe@Barn.example", email_verified="false")
    seen = attributes.for_triggers(pool(), zoe)
    assert seen == {
        "sub": zoe.sub,
        "cognito:user_status": "CONFIRMED",
        "email": "Zoe@Barn.example",
        "email_verified": "false",
    }
    by_email = pool(UserPoolType(UsernameAttributes=[UsernameAttributeType.EMAIL]))
    assert attributes.for_triggers(by_email, zoe) == {
        **seen,
        "cognito:email_alias": "Zoe@Barn.example",
    }


def test_listed_attributes_begin_with_the_sub() -> None:
    zoe = user(name="Zoe", email="a@b.c")
    listed = attributes.listed(zoe, client(readable=["email"]))
    assert [each.Name for each in listed] == ["sub", "email"]
    assert [each.Name for each in attributes.listed(zoe)] == ["sub", "name", "email"]
