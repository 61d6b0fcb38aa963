"""AdminConfirmSignUp over the wire: whom it confirms and what that does (ev:users-8.3)."""

from typing import Any

import pytest
from support.functions_server import FunctionsServer
from support.refusals import refused
from support.running_server import RunningServer
from support.sent_codes import code_of, messages_to
from support.served_pools import NewPool, PoolForTest
from support.user_rows import put_user, set_status

from poolhouse.entities.users import UserStatus

EMAIL = {"email": "alice@home.example"}
USER_NOT_FOUND = "User does not exist."


def cannot(status: str) -> str:
    return f"User cannot be confirmed. Current status is {status}"


def test_admin_confirm_sign_up_returns_empty_object(pool: PoolForTest) -> None:
    pool.sign_up()
    answer = pool.admin_confirm()
    assert answer.pop("ResponseMetadata")["HTTPHeaders"]["content-length"] == "2"
    assert answer == {}


def test_admin_confirm_sign_up_changes_only_the_status(
    server: RunningServer, new_pool: NewPool
) -> None:
    pool = new_pool(AutoVerifiedAttributes=["email"])
    pool.sign_up(attributes={**EMAIL, "name": "Alice"})
    before = pool.user()
    sent = [message.id for message in messages_to(server, pool)]
    pool.admin_confirm()
    after = pool.user()
    assert after.pop("UserStatus") == "CONFIRMED"
    assert before.pop("UserStatus") == "UNCONFIRMED"
    # UNVERIFIED on AWS, but what else should the date tell?
    assert after.pop("UserLastModifiedDate") > before.pop("UserLastModifiedDate")
    for answer in (before, after):
        del answer["ResponseMetadata"]
    assert after == before
    assert after["attributes"]["email_verified"] == "false"
    assert [message.id for message in messages_to(server, pool)] == sent


def test_unverified_attribute_becomes_no_alias(new_pool: NewPool) -> None:
    """amazon-cognito-identity-js#566."""
    pool = new_pool(AliasAttributes=["email", "phone_number"])
    pool.sign_up(attributes={**EMAIL, "phone_number": "+491701234567"})
    pool.admin_confirm()
    for alias in ("alice@home.example", "+491701234567"):
        with refused("UserNotFoundException", USER_NOT_FOUND):
            pool.user(alias)


def test_admin_confirm_sign_up_invalidates_the_sent_code(
    server: RunningServer, new_pool: NewPool
) -> None:
    pool = new_pool(AutoVerifiedAttributes=["email"])
    pool.sign_up(attributes=EMAIL)
    pool.admin_confirm()
    with refused("NotAuthorizedException", cannot("CONFIRMED")):
        pool.cognito.confirm_sign_up(
            ClientId=pool.client_id, Username="alice", ConfirmationCode=code_of(server, pool)
        )


def test_disabled_user_is_confirmed_and_stays_disabled(cognito: Any, pool: PoolForTest) -> None:
    """UNVERIFIED on AWS."""
    pool.sign_up()
    cognito.admin_disable_user(UserPoolId=pool.id, Username="alice")
    pool.admin_confirm()
    user = pool.user()
    assert (user["UserStatus"], user["Enabled"]) == ("CONFIRMED", False)


def test_admin_confirm_sign_up_works_with_open_and_closed_sign_up(
    cognito: Any, new_pool: NewPool
) -> None:
    """The API's text ties it to AllowAdminCreateUserOnly; in practice it isn't."""
    pool = new_pool()
    pool.sign_up()
    cognito.update_user_pool(
        UserPoolId=pool.id, AdminCreateUserConfig={"AllowAdminCreateUserOnly": True}
    )
    pool.admin_confirm()
    assert pool.user()["UserStatus"] == "CONFIRMED"


@pytest.mark.parametrize("status", [s for s in UserStatus if s is not UserStatus.UNCONFIRMED])
def test_user_of_any_other_status_is_refused(
    server: RunningServer, pool: PoolForTest, status: UserStatus
) -> None:
    """Not idempotent; RESET_REQUIRED and EXTERNAL_PROVIDER are UNVERIFIED (ev:users-7)."""
    sub = pool.sign_up()["UserSub"]
    set_status(server, pool, sub, status)
    before = pool.user()
    with refused("NotAuthorizedException", cannot(status.value)):
        pool.admin_confirm()
    assert pool.user()["UserLastModifiedDate"] == before["UserLastModifiedDate"]


def test_second_confirmation_is_refused(pool: PoolForTest) -> None:
    """amazon-cognito-identity-dart-2#80."""
    pool.sign_up()
    pool.admin_confirm()
    with refused("NotAuthorizedException", cannot("CONFIRMED")):
        pool.admin_confirm()


def test_user_created_by_admin_is_refused(cognito: Any, pool: PoolForTest) -> None:
    """amplify-js#6711."""
    cognito.admin_create_user(UserPoolId=pool.id, Username="alice")
    with refused("NotAuthorizedException", cannot("FORCE_CHANGE_PASSWORD")):
        pool.admin_confirm()


def test_federated_user_is_found_by_username(server: RunningServer, pool: PoolForTest) -> None:
    """The API's text on Username; there is no sign-up to confirm."""
    put_user(server, pool, "Google_1234567890", UserStatus.EXTERNAL_PROVIDER)
    with refused("NotAuthorizedException", cannot("EXTERNAL_PROVIDER")):
        pool.admin_confirm("Google_1234567890")


@pytest.mark.parametrize("upper", [False, True])
def test_sub_names_user_in_every_pool(new_pool: NewPool, upper: bool) -> None:
    """moto#7376 saw it on AWS where usernames are the users' own. UNVERIFIED: in upper case."""
    for settings, username in (({}, "alice"), ({"UsernameAttributes": ["email"]}, EMAIL["email"])):
        pool = new_pool(**settings)
        sub = pool.sign_up(username)["UserSub"]
        pool.admin_confirm(sub.upper() if upper else sub)
        assert pool.user(sub)["UserStatus"] == "CONFIRMED"


@pytest.mark.parametrize(
    ("settings", "username"),
    [
        ({"UsernameAttributes": ["email"]}, "alice@home.example"),
        ({"UsernameAttributes": ["phone_number"]}, "+491701234567"),
        ({"UsernameAttributes": ["email", "phone_number"]}, "+491701234567"),
    ],
)
def test_username_attributes_name_a_user_unverified(
    new_pool: NewPool, settings: dict[str, Any], username: str
) -> None:
    """moto's aws_verified tests; ev:users-6.1."""
    pool = new_pool(**settings)
    pool.sign_up(username)
    pool.admin_confirm(username)
    assert pool.user(username)["UserStatus"] == "CONFIRMED"


@pytest.mark.parametrize(
    ("alias", "value"), [("email", "alice@home.example"), ("phone_number", "+491701234567")]
)
def test_verified_alias_names_user_and_unverified_does_not(
    functions: FunctionsServer, new_pool: NewPool, alias: str, value: str
) -> None:
    """ev:users-6.4. A function verifies the contact without confirming the user."""
    flag = "autoVerifyEmail" if alias == "email" else "autoVerifyPhone"
    arn = "arn:aws:lambda:eu-central-1:123456789012:function:verify"
    pool = new_pool(AliasAttributes=[alias], LambdaConfig={"PreSignUp": arn})
    pool.sign_up(attributes={alias: value})
    with refused("UserNotFoundException", USER_NOT_FOUND):
        pool.admin_confirm(value)
    functions.answers["PreSignUp_SignUp"] = lambda event: {**event, "response": {flag: True}}
    pool.sign_up("bob", attributes={alias: value})
    pool.admin_confirm(value)
    assert pool.user("bob")["UserStatus"] == "CONFIRMED"
    assert pool.user("alice")["UserStatus"] == "UNCONFIRMED"


def test_contact_that_is_no_alias_names_no_user(new_pool: NewPool) -> None:
    pool = new_pool()
    pool.sign_up(attributes=EMAIL)
    with refused("UserNotFoundException", USER_NOT_FOUND):
        pool.admin_confirm("alice@home.example")


def test_preferred_username_names_user(cognito: Any, new_pool: NewPool) -> None:
    pool = new_pool(AliasAttributes=["preferred_username"])
    cognito.admin_create_user(
        UserPoolId=pool.id,
        Username="alice",
        UserAttributes=[{"Name": "preferred_username", "Value": "Al"}],
    )
    with refused("NotAuthorizedException", cannot("FORCE_CHANGE_PASSWORD")):
        pool.admin_confirm("Al")


@pytest.mark.parametrize(("case_sensitive", "found"), [(True, False), (False, True)])
def test_username_case_follows_the_pool(
    new_pool: NewPool, case_sensitive: bool, found: bool
) -> None:
    pool = new_pool(UsernameConfiguration={"CaseSensitive": case_sensitive})
    pool.sign_up("Alice")
    if found:
        pool.admin_confirm("aLICE")
    else:
        with refused("UserNotFoundException", USER_NOT_FOUND):
            pool.admin_confirm("aLICE")


def test_unknown_user_is_reported_despite_prevent_user_existence_errors(new_pool: NewPool) -> None:
    """There is no client in the request (ev:users-14)."""
    pool = new_pool(client={"PreventUserExistenceErrors": "ENABLED"})
    for username in ("nobody", "nobody@home.example", "4e7c9c03-46e2-41a9-b1f8-6aa97df1e9a5"):
        with refused("UserNotFoundException", USER_NOT_FOUND):
            pool.admin_confirm(username)


def test_admin_confirm_sign_up_user_of_another_pool_is_not_found(new_pool: NewPool) -> None:
    theirs, ours = new_pool(), new_pool()
    sub = theirs.sign_up()["UserSub"]
    for username in ("alice", sub):
        with refused("UserNotFoundException", USER_NOT_FOUND):
            ours.admin_confirm(username)
    assert theirs.user()["UserStatus"] == "UNCONFIRMED"


def test_deleted_user_is_not_found(cognito: Any, pool: PoolForTest) -> None:
    pool.sign_up()
    cognito.admin_delete_user(UserPoolId=pool.id, Username="alice")
    with refused("UserNotFoundException", USER_NOT_FOUND):
        pool.admin_confirm()


@pytest.mark.parametrize("pool_id", ["eu-central-1_000000000", "us-east-1_000000000", "x_y"])
def test_unknown_pool_is_not_found(cognito: Any, pool_id: str) -> None:
    """aws-aspnet-cognito-identity-provider#135; the id's region changes nothing."""
    with refused("ResourceNotFoundException", f"User pool {pool_id} does not exist."):
        cognito.admin_confirm_sign_up(UserPoolId=pool_id, Username="alice")


def test_deleted_pool_is_not_found(cognito: Any, pool: PoolForTest) -> None:
    pool.sign_up()
    cognito.delete_user_pool(UserPoolId=pool.id)
    with refused("ResourceNotFoundException", f"User pool {pool.id} does not exist."):
        pool.admin_confirm()
