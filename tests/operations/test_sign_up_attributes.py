"""The attributes of a sign-up: the schema and what the app client may write (ev:users-5)."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.refusals import refused
from support.served_pools import NewPool, PoolForTest

UNAUTHORIZED = "A client attempted to write unauthorized attribute"
SCHEMA = "Attributes did not conform to the schema: "


def attribute(name: str, data_type: str = "String", **more: Any) -> dict[str, Any]:
    return {"Name": name, "AttributeDataType": data_type, **more}


REQUIRED_EMAIL = attribute("email", Mutable=True, Required=True)
REQUIRED_NAME = attribute("name", Mutable=True, Required=True)
COLOUR = attribute(
    "colour", Mutable=True, StringAttributeConstraints={"MinLength": "2", "MaxLength": "5"}
)
AGE = attribute(
    "age", "Number", Mutable=True, NumberAttributeConstraints={"MinValue": "7", "MaxValue": "99"}
)
FOREVER = attribute("forever", Mutable=False)
GLAD = attribute("glad", "Boolean", Mutable=True)


def test_unknown_attributes_are_named_one_a_line(pool: PoolForTest) -> None:
    """amplify-js#5532, amplify-flutter#509: each line ends in a line feed, the last one too."""
    sentence = (
        f"{SCHEMA}custom:a: Attribute does not exist in the schema.\n"
        "custom:b: Attribute does not exist in the schema.\n"
    )
    with refused("InvalidParameterException", sentence):
        pool.sign_up(attributes={"custom:a": "1", "name": "Alice", "custom:b": "2"})


def test_required_attributes_are_missed_one_a_line(new_pool: NewPool) -> None:
    """amazon-cognito-identity-dart-2#89."""
    pool = new_pool(Schema=[REQUIRED_EMAIL, REQUIRED_NAME])
    sentence = f"{SCHEMA}name: The attribute is required\nemail: The attribute is required\n"
    with refused("InvalidParameterException", sentence):
        pool.sign_up()
    with refused("InvalidParameterException", f"{SCHEMA}name: The attribute is required\n"):
        pool.sign_up(attributes={"email": "alice@home.example", "name": ""})
    pool.sign_up(attributes={"email": "alice@home.example", "name": "Alice"})


def test_sign_up_invalid_and_missing_attributes_are_reported_together(new_pool: NewPool) -> None:
    pool = new_pool(Schema=[REQUIRED_NAME])
    sentence = (
        f"{SCHEMA}nonsense: Attribute does not exist in the schema.\n"
        "name: The attribute is required\n"
    )
    with refused("InvalidParameterException", sentence):
        pool.sign_up(attributes={"nonsense": "x"})


def test_email_username_counts_as_required_email(new_pool: NewPool) -> None:
    pool = new_pool(UsernameAttributes=["email"], Schema=[REQUIRED_EMAIL])
    pool.sign_up("alice@home.example")


@pytest.mark.parametrize(
    "name",
    ["email_verified", "phone_number_verified", "identities"],
)
@pytest.mark.parametrize("listed", [False, True])
def test_service_attributes_are_not_writable(new_pool: NewPool, name: str, listed: bool) -> None:
    """amplify-js#5345."""
    client = {"WriteAttributes": ["email", "phone_number"]} if listed else {}
    pool = new_pool(client=client)
    with refused("NotAuthorizedException", UNAUTHORIZED):
        pool.sign_up(attributes={"email": "alice@home.example", name: "true"})


@pytest.mark.parametrize("client", [{}, {"WriteAttributes": []}])
def test_sign_up_by_client_without_list_sets_custom_attributes(
    new_pool: NewPool, client: dict[str, Any]
) -> None:
    """ev:users-4.1: terraform-provider-aws#2874, aws-cdk#30608, ef-cms#782."""
    inner = {**COLOUR, "Name": "inner", "DeveloperOnlyAttribute": True}
    pool = new_pool(Schema=[COLOUR, inner], client=client)
    pool.sign_up(attributes={"custom:colour": "red", "nickname": "Al", "updated_at": "1700000000"})
    assert pool.user()["attributes"]["custom:colour"] == "red"
    with refused("NotAuthorizedException", UNAUTHORIZED):
        pool.sign_up("bob", attributes={"dev:custom:inner": "red"})


@pytest.mark.parametrize("client", [{}, {"WriteAttributes": ["email"]}])
def test_sign_up_in_pool_requiring_a_flag_cannot_set_it(
    new_pool: NewPool, client: dict[str, Any]
) -> None:
    """ev:users-4.1: users never vouch for a contact, whatever the schema says.

    The other flag's name is too long for a schema in CreateUserPool.
    """
    flag = "email_verified"
    required = {"Name": flag, "AttributeDataType": "Boolean", "Required": True, "Mutable": True}
    pool = new_pool(Schema=[required], client=client)
    with refused("NotAuthorizedException", UNAUTHORIZED):
        pool.sign_up(attributes={"email": "alice@home.example", flag: "true"})
    pool.sign_up(attributes={"email": "alice@home.example"})
    assert pool.user()["attributes"][flag] == "false"


def test_client_writes_only_its_writable_attributes(new_pool: NewPool) -> None:
    pool = new_pool(Schema=[COLOUR], client={"WriteAttributes": ["custom:colour", "name"]})
    pool.sign_up("bob", attributes={"custom:colour": "red", "name": "Bob"})
    assert pool.user("bob")["attributes"]["custom:colour"] == "red"
    with refused("NotAuthorizedException", UNAUTHORIZED):
        pool.sign_up(attributes={"nickname": "Al"})


def test_write_permission_is_checked_before_the_schema(new_pool: NewPool) -> None:
    """amplify-flutter#1650."""
    pool = new_pool(client={"WriteAttributes": ["name"]})
    with refused("NotAuthorizedException", UNAUTHORIZED):
        pool.sign_up(attributes={"custom:unknown": "x"})


def test_required_attributes_are_always_writable(new_pool: NewPool) -> None:
    """ev:users-4.1."""
    pool = new_pool(Schema=[REQUIRED_EMAIL], client={"WriteAttributes": ["email", "name"]})
    pool.sign_up(attributes={"email": "alice@home.example"})


def test_immutable_attribute_is_set_at_sign_up(new_pool: NewPool) -> None:
    """ev:users-5.3."""
    pool = new_pool(Schema=[FOREVER], client={"WriteAttributes": ["custom:forever"]})
    pool.sign_up(attributes={"custom:forever": "so"})
    assert pool.user()["attributes"]["custom:forever"] == "so"


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("custom:colour", "r", "String must be no shorter than 2 characters"),
        ("custom:colour", "purple", "String must be no longer than 5 characters"),
        ("birthdate", "1.1.2000", "String must be no shorter than 10 characters"),
        ("birthdate", "1 January 2000", "String must be no longer than 10 characters"),
    ],
)
def test_string_must_have_its_attributes_length(
    new_pool: NewPool, name: str, value: str, fault: str
) -> None:
    """amplify-flutter#2034, amplify-swift#1088: no full stop before the line feed."""
    pool = new_pool(Schema=[COLOUR], client={"WriteAttributes": ["custom:colour", "birthdate"]})
    with refused("InvalidParameterException", f"{SCHEMA}{name}: {fault}\n"):
        pool.sign_up(attributes={name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("custom:age", "6"),
        ("custom:age", "100"),
        ("custom:age", "old"),
        ("custom:age", ""),
        ("custom:age", "NaN"),
        ("custom:age", "Infinity"),
        ("custom:age", "1_0"),
        ("custom:age", "１２"),
        ("custom:age", "1e1"),
        ("custom:age", "1" * 2049),
        ("custom:glad", "yes"),
        ("updated_at", "-1"),
        ("name", "a" * 2049),
    ],
)
def test_value_must_have_its_attributes_type_and_size(
    new_pool: NewPool, name: str, value: str
) -> None:
    """UNVERIFIED: the sentences; one line, of this attribute, in the schema's sentence."""
    pool = new_pool(
        Schema=[COLOUR, AGE, GLAD],
        client={"WriteAttributes": ["custom:colour", "custom:age", "custom:glad"]},
    )
    if not name.startswith("custom:"):
        pool = new_pool()
    with pytest.raises(ClientError) as caught:
        pool.sign_up(attributes={name: value})
    error = caught.value.response["Error"]
    assert error["Code"] == "InvalidParameterException"
    if len(value) <= 2048:  # the API model already forbids longer ones
        assert error["Message"].startswith(f"{SCHEMA}{name}: Value must ")
        assert error["Message"].count("\n") == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("custom:colour", "re"),
        ("custom:colour", "😀😀😀😀😀"),
        ("custom:age", "7"),
        ("custom:age", "98.6"),
        ("custom:age", "+99"),
        ("custom:glad", "True"),
        ("custom:glad", "false"),
    ],
)
def test_values_are_kept_as_written(new_pool: NewPool, name: str, value: str) -> None:
    pool = new_pool(
        Schema=[COLOUR, AGE, GLAD],
        client={"WriteAttributes": ["custom:colour", "custom:age", "custom:glad"]},
    )
    pool.sign_up(attributes={name: value})
    assert pool.user()["attributes"][name] == value


@pytest.mark.parametrize(
    ("attributes", "sentence"),
    [
        ({"email": "alice"}, "Invalid email address format."),
        ({"email": "alice@home"}, "Invalid email address format."),
        ({"email": "alice@@home.example"}, "Invalid email address format."),
        ({"email": "a lice@home.example"}, "Invalid email address format."),
        ({"phone_number": "01701234567"}, "Invalid phone number format."),
        ({"phone_number": "+49 170 1234567"}, "Invalid phone number format."),
        ({"phone_number": "+"}, "Invalid phone number format."),
        ({"phone_number": ""}, "Invalid phone number format."),
    ],
)
def test_contacts_must_look_like_what_they_are(
    pool: PoolForTest, attributes: dict[str, str], sentence: str
) -> None:
    """ev:amplify-ui; the empty phone number: amplify-js#13391."""
    with refused("InvalidParameterException", sentence):
        pool.sign_up(attributes=attributes)


def test_empty_values_are_not_kept(pool: PoolForTest) -> None:
    """UNVERIFIED: an update to an empty value deletes, so a new user does without as well."""
    pool.sign_up(attributes={"name": "", "email": ""})
    assert pool.user()["attributes"].keys() == {"sub"}


def test_preferred_username_as_an_alias_waits_for_confirmation(new_pool: NewPool) -> None:
    """dg: user-pool-settings-attributes. UNVERIFIED: the sentence."""
    with refused("InvalidParameterException"):
        new_pool(AliasAttributes=["preferred_username"]).sign_up(
            attributes={"preferred_username": "Al"}
        )
    pool = new_pool(AliasAttributes=["email"])
    pool.sign_up(attributes={"preferred_username": "Al"})
    assert pool.user()["attributes"]["preferred_username"] == "Al"
