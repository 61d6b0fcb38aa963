"""AdminUpdateUserAttributes, AdminDeleteUserAttributes and AddCustomAttributes over the wire
(ev:users-5, ev:users-6.3, ev:users-11)."""

from typing import Any

import pytest
from support.refusals import refused
from support.running_server import RunningServer
from support.sent_codes import messages_to
from support.served_pools import NewPool, PoolForTest

EMAIL, OTHER = "shared@home.example", "zoe@barn.example"
USER_NOT_FOUND = "User does not exist."
COLOUR = {"Name": "colour", "AttributeDataType": "String", "Mutable": True}


def listed(attributes: dict[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in attributes.items()]


def update(
    pool: PoolForTest, attributes: dict[str, str], username: str = "alice", **more: Any
) -> Any:
    answer = pool.cognito.admin_update_user_attributes(
        UserPoolId=pool.id, Username=username, UserAttributes=listed(attributes), **more
    )
    del answer["ResponseMetadata"]
    return answer


def delete(pool: PoolForTest, *names: str, username: str = "alice") -> Any:
    answer = pool.cognito.admin_delete_user_attributes(
        UserPoolId=pool.id, Username=username, UserAttributeNames=list(names)
    )
    del answer["ResponseMetadata"]
    return answer


def create(pool: PoolForTest, username: str = "alice", **attributes: str) -> Any:
    pool.cognito.admin_create_user(
        UserPoolId=pool.id,
        Username=username,
        UserAttributes=listed(attributes),
        MessageAction="SUPPRESS",
    )
    return pool


def flag_of(pool: PoolForTest, username: str = "alice") -> str | None:
    found: str | None = pool.user(username)["attributes"].get("email_verified")
    return found


@pytest.mark.parametrize(
    ("flag", "verified"), [({}, "false"), ({"email_verified": "false"}, "false"),
                           ({"email_verified": "true"}, "true"),
                           ({"email_verified": "True"}, "true")]
)  # fmt: skip
def test_changed_email_is_verified_if_the_request_sets_it(
    pool: PoolForTest, flag: dict[str, str], verified: str
) -> None:
    """ev:users-11; UNVERIFIED: how "True" is stored."""
    create(pool, email=EMAIL, email_verified="true")
    assert update(pool, {"email": OTHER, **flag}) == {}
    assert (pool.user()["attributes"]["email"], flag_of(pool)) == (OTHER, verified)


def test_unchanged_email_changes_nothing(server: RunningServer, new_pool: NewPool) -> None:
    """amazon-cognito-identity-js#350."""
    pool = create(new_pool(AutoVerifiedAttributes=["email"]), email=EMAIL, email_verified="true")
    update(pool, {"email": EMAIL})
    assert (flag_of(pool), messages_to(server, pool)) == ("true", [])
    update(pool, {"email": EMAIL, "email_verified": "false"})
    assert (flag_of(pool), messages_to(server, pool)) == ("false", [])


def test_new_email_gets_code_if_auto_verified(server: RunningServer, new_pool: NewPool) -> None:
    """UNVERIFIED: peers differ. The ClientMetadata goes to CustomMessage only."""
    pool = create(new_pool(AutoVerifiedAttributes=["email"]), email=EMAIL)
    update(pool, {"email": OTHER, "email_verified": "true"})
    assert messages_to(server, pool) == []
    update(pool, {"email": EMAIL}, ClientMetadata={"by": "desk"})
    (message,) = messages_to(server, pool)
    assert message.trigger_source == "CustomMessage_UpdateUserAttribute"
    assert message.destination == EMAIL


@pytest.mark.parametrize(
    ("attributes", "sentence"),
    [
        ({"email_verified": "true"}, "Email is required to verify/un-verify an email"),
        (
            {"phone_number_verified": "true"},
            "Phone Number is required to verify/un-verify a phone number",
        ),
        (
            {"custom:none": "1"},
            "user.custom:none: Attribute does not exist in the schema.\n",
        ),
        ({"sub": "1"}, "Cannot modify the non-mutable attribute sub"),
        ({"email": "home"}, "Invalid email address format."),
        ({"phone_number": "0170"}, "Invalid phone number format."),
        ({"custom:fixed": "2"}, "user.custom:fixed: Attribute cannot be updated.\n"),
    ],
)
def test_invalid_attribute_is_refused_for_administrators(
    new_pool: NewPool, attributes: dict[str, str], sentence: str
) -> None:
    """As cognito-local; amplify-js#3526; ev:amplify-ui. By analogy with
    amplify-flutter#1531, UNVERIFIED: the unknown attribute's sentence."""
    fixed = {"Name": "fixed", "AttributeDataType": "String", "Mutable": False}
    pool = create(new_pool(Schema=[fixed]), **{"custom:fixed": "1"})
    with refused("InvalidParameterException", sentence):
        update(pool, {"name": "B", **attributes})
    assert "name" not in pool.user()["attributes"]


def test_deleted_email_cannot_be_verified_in_one_request(pool: PoolForTest) -> None:
    create(pool, email=EMAIL)
    with refused("InvalidParameterException", "Email is required to verify/un-verify an email"):
        update(pool, {"email": "", "email_verified": "true"})


def test_verified_alias_moves_and_unverifies_former_holder(new_pool: NewPool) -> None:
    """boto3#3213."""
    pool = new_pool(AliasAttributes=["email"])
    create(pool, "alice", email=EMAIL, email_verified="true")
    create(pool, "bob")
    update(pool, {"email": EMAIL, "email_verified": "true"}, "bob")
    assert pool.user(EMAIL)["Username"] == "bob"
    alice = pool.user("alice")["attributes"]
    assert (alice["email"], alice["email_verified"]) == (EMAIL, "false")
    update(pool, {"email_verified": "true"}, "alice")
    assert pool.user(EMAIL)["Username"] == "alice"
    assert flag_of(pool, "bob") == "false"


def test_unverified_email_moves_no_alias(new_pool: NewPool) -> None:
    pool = new_pool(AliasAttributes=["email"])
    create(pool, "alice", email=EMAIL, email_verified="true")
    create(pool, "bob")
    update(pool, {"email": EMAIL}, "bob")
    assert pool.user(EMAIL)["Username"] == "alice"
    assert flag_of(pool, "alice") == "true"


def test_username_attribute_never_moves(new_pool: NewPool) -> None:
    """ev:moto."""
    pool = new_pool(UsernameAttributes=["email"])
    create(pool, EMAIL)
    create(pool, OTHER)
    for flag in ({}, {"email_verified": "true"}):
        with refused("AliasExistsException", "An account with the given email already exists."):
            update(pool, {"email": EMAIL, **flag}, OTHER)
    update(pool, {"email": "third@home.example"}, OTHER)
    assert pool.user("third@home.example")["attributes"]["email"] == "third@home.example"


def test_administrators_delete_attributes(pool: PoolForTest) -> None:
    """UNVERIFIED: that the flag goes with its contact."""
    create(pool, email=EMAIL, email_verified="true", name="Alice")
    assert delete(pool, "email", "nickname") == {}
    assert pool.user()["attributes"].keys() == {"sub", "name"}
    for name in ("sub", "custom:none"):
        with refused("InvalidParameterException"):
            delete(pool, name)


def test_deleting_the_email_frees_the_alias(new_pool: NewPool) -> None:
    pool = create(new_pool(AliasAttributes=["email"]), email=EMAIL, email_verified="true")
    delete(pool, "email")
    with refused("UserNotFoundException", USER_NOT_FOUND):
        pool.user(EMAIL)
    create(pool, "bob", email=EMAIL, email_verified="true")
    assert pool.user(EMAIL)["Username"] == "bob"


def test_unknown_user_is_reported_to_administrators(pool: PoolForTest) -> None:
    """aws-sdk-android#366."""
    with refused("UserNotFoundException", USER_NOT_FOUND):
        update(pool, {"name": "B"})
    with refused("UserNotFoundException", USER_NOT_FOUND):
        delete(pool, "name")


def add(pool: PoolForTest, *attributes: dict[str, Any]) -> Any:
    answer = pool.cognito.add_custom_attributes(
        UserPoolId=pool.id, CustomAttributes=list(attributes)
    )
    del answer["ResponseMetadata"]
    return answer


def test_add_custom_attributes_extends_schema(cognito: Any, pool: PoolForTest) -> None:
    """ev:users-5.2."""
    before = cognito.describe_user_pool(UserPoolId=pool.id)["UserPool"]
    create(pool)
    assert add(pool, COLOUR, {"Name": "size", "AttributeDataType": "Number"}) == {}
    after = cognito.describe_user_pool(UserPoolId=pool.id)["UserPool"]
    names = [attribute["Name"] for attribute in after["SchemaAttributes"]]
    assert names[-2:] == ["custom:colour", "custom:size"]
    assert after["LastModifiedDate"] > before["LastModifiedDate"]
    update(pool, {"custom:colour": "red", "custom:size": "7"})
    assert pool.user()["attributes"]["custom:colour"] == "red"


@pytest.mark.parametrize(
    ("attribute", "sentence"),
    [
        (COLOUR, "custom:colour: Existing attribute already has name custom:colour."),
        (
            {**COLOUR, "Name": "size", "Required": True},
            "Required custom attributes are not supported currently.",
        ),
    ],
)
def test_add_custom_attributes_with_invalid_attribute_is_refused(
    cognito: Any, pool: PoolForTest, attribute: dict[str, Any], sentence: str
) -> None:
    """serverless-cognito-add-custom-attributes#3; none of the others either."""
    add(pool, COLOUR)
    with refused("InvalidParameterException", sentence):
        add(pool, {**COLOUR, "Name": "shape"}, attribute)
    schema = cognito.describe_user_pool(UserPoolId=pool.id)["UserPool"]["SchemaAttributes"]
    assert schema[-1]["Name"] == "custom:colour"
