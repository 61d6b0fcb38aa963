"""Refusals of users who are there: their attributes, their tokens, and what lists are asked for."""

from datetime import timedelta
from typing import Any, cast

from support.access_tokens import token_of
from support.error_cases import (
    EMAIL,
    PHONE,
    VERIFIED_EMAIL,
    Step,
    World,
    a_wrong_code,
    admin,
    changes,
    client,
    confirms,
    has_password,
    is_created,
    refuses,
    signed_in,
    signs_up,
    the_code,
)

from operations.error_cases.sign_up import ALIASES, EMAIL_POOL, UNKNOWN, VERIFYING
from poolhouse.errors import auth, tokens, users

ALICE = {"Username": "alice"}
BY_ANALOGY = "by analogy with amplify-flutter#1531, unverified"
BY_ADMIN = "admin_update_user_attributes"
THERE = (is_created(attributes=EMAIL), has_password())
NO_VALUE = [{"Name": "name", "Value": "Al"}, {"Name": "email"}]
UNKNOWN_LINES = (
    "user.custom:a: Attribute does not exist in the schema.\n"
    "user.custom:b: Attribute does not exist in the schema.\n"
)
FIXED = [
    {"Name": "fixed", "AttributeDataType": "String", "Mutable": False},
    {"Name": "name", "AttributeDataType": "String", "Required": True, "Mutable": True},
]


def asks_for_code(name: str) -> Step:
    return signed_in("get_user_attribute_verification_code", AttributeName=name)


def verifies(name: str = "email", code: Any = "123456", username: str = "alice") -> Step:
    return signed_in("verify_user_attribute", username, AttributeName=name, Code=code)


def deletes(*names: str, by: str = "delete_user_attributes") -> Step:
    if by == "delete_user_attributes":
        return signed_in(by, UserAttributeNames=names)
    return admin(by, **ALICE, UserAttributeNames=names)


OF_USERS: dict[str, dict[str, Any]] = {
    "get_user": {},
    "delete_user": {},
    "update_user_attributes": {"UserAttributes": [{"Name": "name", "Value": "Al"}]},
    "delete_user_attributes": {"UserAttributeNames": ["name"]},
    "get_user_attribute_verification_code": {"AttributeName": "email"},
    "verify_user_attribute": {"AttributeName": "email", "Code": "123456"},
}
"""Every operation that an access token opens."""


def with_token(operation: str, **changed: Any) -> Step:
    """A call with a token that isn't as it should be."""

    def token(world: World) -> str:
        return token_of(world.server, world.pool, **changed)

    return Step(operation, {"AccessToken": token, **OF_USERS[operation]})


SITUATIONS = [
    # Attributes that can't be so
    *(
        refuses(
            users.ChangeOutsideSchema,
            UNKNOWN_LINES,
            source,
            call,
            *THERE,
        )
        for source, call in (
            ("amplify-flutter#1531", changes(UNKNOWN)),
            (BY_ANALOGY, changes(UNKNOWN, BY_ADMIN)),
            (BY_ANALOGY, deletes(*UNKNOWN)),
            (BY_ANALOGY, deletes(*UNKNOWN, by="admin_delete_user_attributes")),
        )
    ),
    *(
        refuses(
            users.RequiredAttributeDeleted,
            "user.name: Required attribute cannot be deleted.\n",
            "aws-sdk-ios#4251; the line feed unverified",
            call,
            is_created(attributes={"name": "Alice"}),
            Schema=FIXED,
        )
        for call in (
            changes({"name": ""}, BY_ADMIN),
            deletes("name"),
            deletes("name", by="admin_delete_user_attributes"),
        )
    ),
    *(
        refuses(
            users.AttributeImmutable,
            "user.custom:fixed: Attribute cannot be updated.\n",
            "amplify-swift#3981, amplify-js#3526",
            call,
            is_created(attributes={"custom:fixed": "1"}),
            Schema=FIXED,
        )
        for call in (
            changes({"custom:fixed": "2"}, BY_ADMIN),
            deletes("custom:fixed", by="admin_delete_user_attributes"),
        )
    ),
    *(
        refuses(
            users.AttributeNotWritable,
            "A client attempted to write unauthorized attribute",
            "aws-sdk-js#3603, amplify-js#5345",
            changes({**EMAIL, name: value}),
            *THERE,
        )
        for name, value in (("email_verified", "true"), ("identities", "[]"))
    ),
    *(
        refuses(
            users.AttributeNotMutable,
            "Cannot modify the non-mutable attribute sub",
            "ev:users-5.3; an AWS-verified test of UpdateUserAttributes",
            call,
            *THERE,
        )
        for call in (
            changes({"name": "Al", "sub": "me"}),
            changes({"name": "Al", "sub": "me"}, BY_ADMIN),
            deletes("name", "sub"),
            deletes("name", "sub", by="admin_delete_user_attributes"),
        )
    ),
    *(
        refuses(
            users.AttributeNull,
            "Attribute value for email must not be null",
            "an AWS-verified test of UpdateUserAttributes",
            call,
            *THERE,
        )
        for call in (
            signed_in("update_user_attributes", UserAttributes=NO_VALUE),
            admin(BY_ADMIN, **ALICE, UserAttributes=NO_VALUE),
        )
    ),
    *(
        refuses(
            users.InvalidEmail,
            "Invalid email address format.",
            "ev:amplify-ui",
            changes({"email": email, "name": "Al"}, by),
            *THERE,
        )
        for by in ("update_user_attributes", BY_ADMIN)
        for email in ("alice", '"alice"@home.example', "alice(home)@home.example")
    ),
    *(
        refuses(
            users.InvalidPhone,
            "Invalid phone number format.",
            "ev:amplify-ui",
            changes({"phone_number": "1", "name": "Al"}, by),
            *THERE,
        )
        for by in ("update_user_attributes", BY_ADMIN)
    ),
    refuses(
        users.EmailNeeded,
        "Email is required to verify/un-verify an email",
        "ev:cognito-local",
        changes({"email_verified": "true"}, BY_ADMIN),
        is_created(),
    ),
    refuses(
        users.PhoneNeeded,
        "Phone Number is required to verify/un-verify a phone number",
        "ev:cognito-local",
        changes({"phone_number_verified": "True"}, BY_ADMIN),
        *THERE,
    ),
    refuses(
        users.NameCannotBeDeleted,
        "email: Attribute cannot be deleted, since it names the user.",
        "dg:user-pool-settings-attributes; the text unverified",
        admin(
            "admin_delete_user_attributes",
            Username=EMAIL["email"],
            UserAttributeNames=["email"],
        ),
        is_created(EMAIL["email"]),
        **EMAIL_POOL,
    ),
    *(
        refuses(
            users.ContactInUse,
            "An account with the given email already exists.",
            "ev:moto; boto3#3213",
            changes({"email": "bob@home.example"}, by, "alice@home.example"),
            is_created("alice@home.example"),
            is_created("bob@home.example"),
            **EMAIL_POOL,
        )
        for by in ("update_user_attributes", BY_ADMIN)
    ),
    # Contacts that are to be proved
    *(
        refuses(
            users.NotVerifiable,
            "Invalid attribute name. Only phone_number and email can be verified.",
            "floci#1898",
            call,
            *THERE,
        )
        for call in (asks_for_code("name"), verifies("name"))
    ),
    refuses(
        users.NoEmailToVerify,
        "User does not have a valid registered email address",
        "floci#1898",
        asks_for_code("email"),
        is_created(attributes=PHONE),
    ),
    refuses(
        users.NoPhoneToVerify,
        "User does not have a valid registered phone number",
        "floci#1898",
        asks_for_code("phone_number"),
        *THERE,
    ),
    refuses(
        auth.WrongCode,
        "Invalid verification code provided, please try again.",
        "floci#2018",
        verifies(code=a_wrong_code()),
        *THERE,
        asks_for_code("email"),
    ),
    refuses(
        auth.NoCode,
        "Invalid code provided, please request a code again.",
        "aws-sdk-ios-samples#144: never requested",
        verifies(),
        *THERE,
    ),
    refuses(
        auth.NoCode,
        "Invalid code provided, please request a code again.",
        "floci#2018: already used",
        verifies(code=the_code()),
        *THERE,
        asks_for_code("email"),
        verifies(code=the_code()),
    ),
    refuses(
        users.AliasTaken,
        "An account with the email already exists.",
        "dg:user-pool-settings-attributes",
        verifies(code=the_code("bob"), username="bob"),
        is_created("alice", VERIFIED_EMAIL),
        is_created("bob", EMAIL),
        signed_in("get_user_attribute_verification_code", "bob", AttributeName="email"),
        **ALIASES,
    ),
    # Tokens
    *(
        refuses(
            error, sentence, source, with_token(operation, **cast(dict[str, Any], changed)), *THERE
        )
        for error, sentence, source, changed in [
            (tokens.InvalidAccessToken, "Invalid Access Token", "floci#1898", {"iss": "other"}),
            (
                tokens.AccessTokenExpired,
                "Access Token has expired",
                "amplify reports",
                {"issued_before": timedelta(hours=2)},
            ),
            (
                tokens.ScopeMissing,
                "Access Token does not have required scopes",
                "amplify-js#5921",
                {"scope": "openid"},
            ),
            (
                tokens.AccessTokenRevoked,
                "Access Token has been revoked",
                "amplify reports: its app client is gone",
                {"client_id": "deleted"},
            ),
        ]
        for operation in OF_USERS
    ),
    # Who isn't there
    *(
        refuses(users.UserNotFound, "User does not exist.", "aws-sdk-android#366", call)
        for call in (
            *(
                admin(operation, Username="nobody")
                for operation in (
                    "admin_confirm_sign_up",
                    "admin_delete_user",
                    "admin_disable_user",
                    "admin_enable_user",
                    "admin_get_user",
                    "admin_list_groups_for_user",
                    "admin_reset_user_password",
                )
            ),
            has_password("nobody"),
            is_created("nobody", MessageAction="RESEND"),
            changes({"name": "No"}, BY_ADMIN, "nobody"),
            admin("admin_delete_user_attributes", Username="nobody", UserAttributeNames=["name"]),
        )
    ),
    *(
        refuses(
            users.UserNotFoundForClient,
            "Username/client id combination not found.",
            "ev:floci-capture; aws-sdk-ios#384",
            call,
            **VERIFYING,
        )
        for call in (
            client("forgot_password", Username="nobody"),
            client(
                "confirm_forgot_password",
                Username="nobody",
                ConfirmationCode="123456",
                Password="Correct-Horse-9!",
            ),
            client("resend_confirmation_code", Username="nobody"),
            confirms("nobody", ConfirmationCode="123456"),
        )
    ),
    refuses(
        users.UserNotFoundForClient,
        "Username/client id combination not found.",
        "the guide: an unverified email is no alias",
        client("forgot_password", Username=EMAIL["email"]),
        signs_up("alice", EMAIL),
        **ALIASES,
    ),
]
