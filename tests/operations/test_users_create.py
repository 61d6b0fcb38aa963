"""AdminCreateUser over the wire (ev:users-10.1)."""

from typing import Any

import pytest
from support.functions_server import FunctionError, FunctionsServer, arn
from support.refusals import refused
from support.running_server import RunningServer
from support.sent_codes import messages_to
from support.served_pools import NewPool, PoolForTest

from poolhouse.app import App
from poolhouse.entities.messages import Channel
from poolhouse.entities.users import PasswordCredential
from poolhouse.rules.auth import srp

EMAIL = {"Name": "email", "Value": "alice@home.example"}
PHONE = {"Name": "phone_number", "Value": "+491701234567"}
PASSWORD = "Correct-Horse-9!"


def create(pool: PoolForTest, username: str = "alice", **more: Any) -> dict[str, Any]:
    user: dict[str, Any] = pool.cognito.admin_create_user(
        UserPoolId=pool.id, Username=username, **more
    )["User"]
    return user


def credential_of(server: RunningServer, pool: PoolForTest, sub: str) -> PasswordCredential | None:
    async def read(app: App) -> PasswordCredential | None:
        user = await app.services.store.users.by_sub(pool.id, sub)
        assert user is not None
        return await app.services.store.users.password(user)

    found: PasswordCredential | None = server.run(read)
    return found


def has_password(
    server: RunningServer, pool: PoolForTest, user: dict[str, Any], password: str
) -> bool:
    sub = next(a["Value"] for a in user["Attributes"] if a["Name"] == "sub")
    found = credential_of(server, pool, sub)
    assert found is not None
    name = pool.id.split("_", 1)[1]
    return srp.verifier(name, user["Username"], password, found.salt) == found.verifier


def test_admin_create_user_forces_change_of_password(pool: PoolForTest) -> None:
    user = create(pool, UserAttributes=[EMAIL, {"Name": "name", "Value": "Alice"}])
    assert user["Username"] == "alice"
    assert user["Enabled"] is True
    assert user["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    assert user["UserCreateDate"] == user["UserLastModifiedDate"]
    attributes = {a["Name"]: a["Value"] for a in user["Attributes"]}
    # The flags are shown only if given.
    assert attributes.keys() == {"sub", "email", "name"}
    shown = pool.user()
    assert shown["attributes"] == attributes
    assert {k: shown[k] for k in user if k != "Attributes"} == {
        k: v for k, v in user.items() if k != "Attributes"
    }


def test_admin_create_user_works_in_admin_only_pool(new_pool: NewPool) -> None:
    create(new_pool(AdminCreateUserConfig={"AllowAdminCreateUserOnly": True}))


def test_admin_create_user_in_email_pool_has_sub_as_username(new_pool: NewPool) -> None:
    pool = new_pool(UsernameAttributes=["email"])
    user = create(pool, "alice@home.example")
    attributes = {a["Name"]: a["Value"] for a in user["Attributes"]}
    assert user["Username"] == attributes["sub"]
    assert attributes["email"] == "alice@home.example"
    with refused("InvalidParameterException", "Username should be an email."):
        create(pool, "alice")
    with refused("UsernameExistsException", "An account with the given email already exists."):
        create(pool, "alice@home.example")


@pytest.mark.parametrize("by_sign_up", [False, True])
def test_admin_create_user_with_taken_username_is_refused(
    pool: PoolForTest, by_sign_up: bool
) -> None:
    """localstack#4465."""
    pool.sign_up() if by_sign_up else create(pool)
    with refused("UsernameExistsException", "User account already exists"):
        create(pool)


@pytest.mark.parametrize(
    ("minimum", "length"),
    [(6, 14), (20, 20), (99, 99)],
)
def test_generated_password_complies_and_is_sent(
    server: RunningServer, new_pool: NewPool, minimum: int, length: int
) -> None:
    policy = {"MinimumLength": minimum, "RequireSymbols": True, "RequireNumbers": True}
    pool = new_pool(Policies={"PasswordPolicy": policy})
    user = create(pool, UserAttributes=[EMAIL], DesiredDeliveryMediums=["EMAIL"])
    (message,) = messages_to(server, pool)
    assert len(message.code) == length
    assert has_password(server, pool, user, message.code)
    assert message.trigger_source == "CustomMessage_AdminCreateUser"


def test_given_password_signs_in(server: RunningServer, pool: PoolForTest) -> None:
    user = create(pool, TemporaryPassword=PASSWORD)
    assert has_password(server, pool, user, PASSWORD)


@pytest.mark.parametrize(
    ("password", "rule"),
    [
        ("Short1!", "Password not long enough"),
        ("alllower", "Password must have uppercase characters"),
        ("Letters4nd1", "Password must have symbol characters"),
    ],
)
def test_given_password_against_the_policy_is_refused(
    pool: PoolForTest, password: str, rule: str
) -> None:
    """dataall#690: another sentence than SignUp's."""
    sentence = f"Password did not conform with password policy: {rule}"
    with refused("InvalidPasswordException", sentence):
        create(pool, TemporaryPassword=password)
    with refused("UserNotFoundException"):
        pool.user()


@pytest.mark.parametrize(("settings", "days"), [({}, 7), ({"TemporaryPasswordValidityDays": 3}, 3)])
def test_temporary_password_expires_by_the_policy(
    server: RunningServer, new_pool: NewPool, settings: dict[str, Any], days: int
) -> None:
    pool = new_pool(Policies={"PasswordPolicy": {"MinimumLength": 8, **settings}})
    user = create(pool)
    sub = next(a["Value"] for a in user["Attributes"] if a["Name"] == "sub")
    found = credential_of(server, pool, sub)
    assert found is not None
    assert found.expires_at is not None
    assert (found.expires_at - found.set_at).days == days


@pytest.mark.parametrize(
    ("mediums", "attributes", "sent"),
    [
        (None, [EMAIL, PHONE], [Channel.SMS]),
        (None, [EMAIL], []),
        (["EMAIL"], [EMAIL, PHONE], [Channel.EMAIL]),
        (["EMAIL"], [PHONE], []),
        (["SMS", "EMAIL"], [EMAIL, PHONE], [Channel.EMAIL, Channel.SMS]),
        (["EMAIL", "EMAIL"], [EMAIL], [Channel.EMAIL]),
    ],
)
def test_invitations_go_by_the_mediums_that_were_asked_for(
    server: RunningServer,
    new_pool: NewPool,
    mediums: list[str] | None,
    attributes: list[dict[str, str]],
    sent: list[Channel],
) -> None:
    """SMS by default; without the address nothing is sent, and that is no error (ev:moto)."""
    pool = new_pool()
    asked: dict[str, Any] = {} if mediums is None else {"DesiredDeliveryMediums": mediums}
    create(pool, UserAttributes=attributes, **asked)
    messages = messages_to(server, pool)
    assert sorted(message.channel for message in messages) == sent
    for message in messages:
        assert message.body.startswith("Your username is alice and temporary password is ")
    assert len({message.code for message in messages}) == min(len(messages), 1)


def test_suppressed_invitations_are_not_sent(server: RunningServer, pool: PoolForTest) -> None:
    create(pool, UserAttributes=[PHONE], MessageAction="SUPPRESS")
    assert messages_to(server, pool) == []


def test_invitation_has_the_pools_texts(server: RunningServer, new_pool: NewPool) -> None:
    template = {"SMSMessage": "Hi {username}, use {####}.", "EmailMessage": "<b>{####}</b>"}
    pool = new_pool(
        AdminCreateUserConfig={"InviteMessageTemplate": template},
        EmailConfiguration={
            "EmailSendingAccount": "DEVELOPER",
            "SourceArn": "arn:aws:ses:eu-central-1:123456789012:identity/home.example",
        },
    )
    create(
        pool,
        UserAttributes=[EMAIL, PHONE],
        DesiredDeliveryMediums=["EMAIL", "SMS"],
        TemporaryPassword=PASSWORD,
    )
    bodies = {message.body for message in messages_to(server, pool)}
    assert bodies == {f"<b>{PASSWORD}</b>", f"Hi alice, use {PASSWORD}."}


def test_resending_gives_a_new_password_and_a_new_lifetime(
    server: RunningServer, pool: PoolForTest
) -> None:
    user = create(pool, UserAttributes=[PHONE], TemporaryPassword=PASSWORD)
    again = create(pool, MessageAction="RESEND")
    assert again["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    assert again["UserLastModifiedDate"] > user["UserLastModifiedDate"]
    assert again["UserCreateDate"] == user["UserCreateDate"]
    first, second = messages_to(server, pool)
    assert first.code == PASSWORD != second.code
    assert has_password(server, pool, user, second.code)
    assert not has_password(server, pool, user, PASSWORD)
    create(pool, MessageAction="RESEND", TemporaryPassword=PASSWORD)
    assert has_password(server, pool, user, PASSWORD)


def test_resending_needs_a_user_who_was_created(pool: PoolForTest) -> None:
    """floci#755."""
    with refused("UserNotFoundException", "User does not exist."):
        create(pool, MessageAction="RESEND")
    pool.sign_up()
    sentence = "Resend not possible. alice status is not FORCE_CHANGE_PASSWORD"
    for status in ("UNCONFIRMED", "CONFIRMED"):
        assert pool.user()["UserStatus"] == status
        with refused("UnsupportedUserStateException", sentence):
            create(pool, MessageAction="RESEND")
        if status == "UNCONFIRMED":
            pool.admin_confirm()


def test_resending_checks_the_password_too(pool: PoolForTest) -> None:
    create(pool)
    with refused("InvalidPasswordException"):
        create(pool, MessageAction="RESEND", TemporaryPassword="weak")


def test_admin_create_user_sets_any_attribute_and_needs_none(new_pool: NewPool) -> None:
    """ev:users-5.3, ev:users-10.1: immutable ones and the flags too."""
    pool = new_pool(
        Schema=[
            {"Name": "name", "AttributeDataType": "String", "Required": True, "Mutable": True},
            {"Name": "forever", "AttributeDataType": "String", "Mutable": False},
            {"Name": "inner", "AttributeDataType": "String", "DeveloperOnlyAttribute": True},
        ]
    )
    given = [
        EMAIL,
        {"Name": "email_verified", "Value": "True"},
        {"Name": "custom:forever", "Value": "so"},
        {"Name": "dev:custom:inner", "Value": "x"},
    ]
    create(pool, UserAttributes=given)
    attributes = pool.user()["attributes"]
    del attributes["sub"]
    assert attributes == {each["Name"]: each["Value"] for each in given}


@pytest.mark.parametrize(
    ("attributes", "sentence"),
    [
        (
            {"custom:a": "1", "b": "2"},
            "Attributes did not conform to the schema: custom:a: Attribute does not exist in the"
            " schema.\nb: Attribute does not exist in the schema.\n",
        ),
        ({"sub": "4e7c9c03"}, "Cannot modify the non-mutable attribute sub"),
        ({"email": "alice"}, "Invalid email address format."),
        ({"phone_number": "0170"}, "Invalid phone number format."),
        ({"email_verified": "true"}, "Email is required to verify/un-verify an email"),
        (
            {"phone_number_verified": "true", "email": "alice@home.example"},
            "Phone Number is required to verify/un-verify a phone number",
        ),
    ],
)
def test_admin_create_user_attributes_outside_the_schema_are_refused(
    pool: PoolForTest, attributes: dict[str, str], sentence: str
) -> None:
    with refused("InvalidParameterException", sentence):
        create(pool, UserAttributes=[{"Name": k, "Value": v} for k, v in attributes.items()])


def test_pre_sign_up_may_refuse_but_its_flags_are_ignored(
    functions: FunctionsServer, new_pool: NewPool
) -> None:
    """yulin#462; and there is no PostConfirmation."""
    pool = new_pool(LambdaConfig={"PreSignUp": arn("before"), "PostConfirmation": arn("after")})
    functions.answers["PreSignUp_AdminCreateUser"] = lambda event: {
        **event,
        "response": {"autoConfirmUser": True, "autoVerifyEmail": True, "autoVerifyPhone": True},
    }
    user = create(
        pool,
        UserAttributes=[EMAIL],
        ValidationData=[{"Name": "by", "Value": "hand"}],
        ClientMetadata={"from": "the office"},
    )
    assert user["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    assert pool.user()["attributes"].keys() == {"sub", "email"}
    (event,) = functions.events
    assert event["userName"] == "alice"
    assert event["callerContext"]["clientId"] == "CLIENT_ID_NOT_APPLICABLE"
    assert event["request"] == {
        "userAttributes": {"email": "alice@home.example"},
        "validationData": {"by": "hand"},
        "clientMetadata": {"from": "the office"},
    }

    def refuse(_: Any) -> Any:
        raise FunctionError("no")

    functions.answers["PreSignUp_AdminCreateUser"] = refuse
    with refused("UserLambdaValidationException", "PreSignUp failed with error no."):
        create(pool, "bob")
    with refused("UserNotFoundException"):
        pool.user("bob")


BY_CODE = {"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}}


def test_admin_create_user_makes_no_password_with_codes(
    server: RunningServer, new_pool: NewPool
) -> None:
    """The API's text on TemporaryPassword. UNVERIFIED: the status, and what is sent."""
    pool = new_pool(**BY_CODE)
    user = create(pool, UserAttributes=[EMAIL], DesiredDeliveryMediums=["EMAIL"])
    assert user["UserStatus"] == "CONFIRMED"
    sub = next(a["Value"] for a in user["Attributes"] if a["Name"] == "sub")
    assert credential_of(server, pool, sub) is None
    assert messages_to(server, pool) == []


def test_user_without_password_needs_contact_and_required_attributes(new_pool: NewPool) -> None:
    """UNVERIFIED: the first sentence."""
    name = {"Name": "name", "AttributeDataType": "String", "Required": True, "Mutable": True}
    with refused("InvalidParameterException"):
        create(new_pool(**BY_CODE), UserAttributes=[PHONE])
    sentence = "Attributes did not conform to the schema: name: The attribute is required\n"
    pool = new_pool(Schema=[name], **BY_CODE)
    with refused("InvalidParameterException", sentence):
        create(pool, UserAttributes=[EMAIL])
    assert create(pool, TemporaryPassword=PASSWORD)["UserStatus"] == "FORCE_CHANGE_PASSWORD"


def test_generated_passwords_differ(server: RunningServer, new_pool: NewPool) -> None:
    pool = new_pool()
    for n in range(5):
        create(pool, f"user{n}", UserAttributes=[PHONE])
    assert len({messages_to(server, pool, f"user{n}")[0].code for n in range(5)}) == 5
