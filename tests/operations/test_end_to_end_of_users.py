"""Users' own changes, end to end over the wire, and their effect on the sign-in."""

from datetime import timedelta

from support.end_to_end import (
    EMAIL,
    INCORRECT,
    NEW,
    OLD,
    OTHER_EMAIL,
    VERIFYING,
    NewEndToEndPool,
    dev,
    functions,
    new_pool,
)
from support.refusals import refused

__all__ = ["dev", "functions", "new_pool"]


def test_forgot_password_emails_a_code_that_sets_another(new_pool: NewEndToEndPool) -> None:
    """ev:users-9.3: the old password works until the new one is set."""
    pool = new_pool(**VERIFYING)
    pool.joins()
    pool.token()
    alice = {"ClientId": pool.client_id, "Username": "alice"}
    details = pool.cognito.forgot_password(**alice)["CodeDeliveryDetails"]
    assert details == {
        "AttributeName": "email",
        "DeliveryMedium": "EMAIL",
        "Destination": "a***@h***",
    }
    message = pool.newest(2)
    assert message.destination == EMAIL
    pool.token()
    proof = {**alice, "ConfirmationCode": message.code}
    with refused(
        "InvalidPasswordException",
        "Password does not conform to policy: Password not long enough",
    ):
        pool.cognito.confirm_forgot_password(**proof, Password="Short-1")
    pool.cognito.confirm_forgot_password(**proof, Password=NEW)
    with refused("NotAuthorizedException", INCORRECT):
        pool.signs_in(password=OLD)
    pool.token(password=NEW)
    with refused("ExpiredCodeException", "Invalid code provided, please request a code again."):
        pool.cognito.confirm_forgot_password(**proof, Password=OLD)


def test_forgot_password_code_is_valid_for_an_hour(new_pool: NewEndToEndPool) -> None:
    """ev:users-17.1."""
    pool = new_pool(**VERIFYING)
    pool.joins()
    alice = {"ClientId": pool.client_id, "Username": "alice"}
    pool.cognito.forgot_password(**alice)
    code = pool.newest(2).code
    pool.later(timedelta(hours=1))
    with refused("ExpiredCodeException", "Invalid code provided, please request a code again."):
        pool.cognito.confirm_forgot_password(**alice, ConfirmationCode=code, Password=NEW)
    pool.cognito.forgot_password(**alice)
    code = pool.newest(3).code
    pool.cognito.confirm_forgot_password(**alice, ConfirmationCode=code, Password=NEW)
    pool.token(password=NEW)


def test_pending_email_replaces_old_one_once_verified(new_pool: NewEndToEndPool) -> None:
    """ev:users-11: the old value stays active until then, as a name to sign in by too."""
    before_update = {"AttributesRequireVerificationBeforeUpdate": ["email"]}
    pool = new_pool(
        **VERIFYING, AliasAttributes=["email"], UserAttributeUpdateSettings=before_update
    )
    pool.joins()
    token = pool.token(EMAIL)
    answer = pool.cognito.update_user_attributes(
        AccessToken=token, UserAttributes=[{"Name": "email", "Value": OTHER_EMAIL}]
    )
    assert [each["Destination"] for each in answer["CodeDeliveryDetailsList"]] == ["a***@w***"]
    message = pool.newest(2)
    assert message.destination == OTHER_EMAIL
    assert pool.user()["attributes"]["email"] == EMAIL
    pool.token(EMAIL)
    with refused("UserNotFoundException", "User does not exist."):
        pool.signs_in(OTHER_EMAIL)
    pool.cognito.verify_user_attribute(AccessToken=token, AttributeName="email", Code=message.code)
    seen = pool.cognito.get_user(AccessToken=token)["UserAttributes"]
    assert {"Name": "email", "Value": OTHER_EMAIL} in seen
    assert {"Name": "email_verified", "Value": "true"} in seen
    pool.token(OTHER_EMAIL)
    with refused("UserNotFoundException", "User does not exist."):
        pool.signs_in(EMAIL)


def test_immediate_email_is_unverified_until_code(new_pool: NewEndToEndPool) -> None:
    """ev:users-11, where the pool asks for no proof beforehand."""
    pool = new_pool(**VERIFYING)
    pool.joins()
    token = pool.token()
    pool.cognito.update_user_attributes(
        AccessToken=token, UserAttributes=[{"Name": "email", "Value": OTHER_EMAIL}]
    )
    flags = pool.user()["attributes"]
    assert (flags["email"], flags["email_verified"]) == (OTHER_EMAIL, "false")
    with refused(
        "InvalidParameterException",
        "Cannot reset password for the user as there is no registered/verified email or"
        " phone_number",
    ):
        pool.cognito.forgot_password(ClientId=pool.client_id, Username="alice")
    code = pool.newest(2).code
    pool.cognito.verify_user_attribute(AccessToken=token, AttributeName="email", Code=code)
    assert pool.user()["attributes"]["email_verified"] == "true"
    pool.cognito.forgot_password(ClientId=pool.client_id, Username="alice")
    assert pool.newest(3).destination == OTHER_EMAIL


def test_alias_moves_to_verifying_user_and_back_by_administrator(new_pool: NewEndToEndPool) -> None:
    """ev:users-6.3; the administrator's move: boto3#3213."""
    pool = new_pool(**VERIFYING, AliasAttributes=["email"])

    def owner() -> tuple[str, dict[str, str]]:
        token = pool.token(EMAIL)
        flags = {name: pool.user(name)["attributes"]["email_verified"] for name in ("alice", "bob")}
        return pool.cognito.get_user(AccessToken=token)["Username"], flags

    pool.joins("alice")
    pool.sign_up("bob", attributes={"email": EMAIL})
    code = pool.newest(1, "bob").code
    with refused("AliasExistsException", "An account with the email already exists."):
        pool.confirms(code, "bob")
    assert owner() == ("alice", {"alice": "true", "bob": "false"})
    pool.confirms(code, "bob", ForceAliasCreation=True)
    assert owner() == ("bob", {"alice": "false", "bob": "true"})
    # By a code alone alice can't take it back.
    token = pool.token("alice")
    pool.cognito.get_user_attribute_verification_code(AccessToken=token, AttributeName="email")
    code = pool.newest(2, "alice").code
    with refused("AliasExistsException", "An account with the email already exists."):
        pool.cognito.verify_user_attribute(AccessToken=token, AttributeName="email", Code=code)
    assert owner() == ("bob", {"alice": "false", "bob": "true"})
    verified = {"email": EMAIL, "email_verified": "true"}
    pool.cognito.admin_update_user_attributes(
        UserPoolId=pool.id,
        Username="alice",
        UserAttributes=[{"Name": name, "Value": value} for name, value in verified.items()],
    )
    assert owner() == ("alice", {"alice": "true", "bob": "false"})
    pool.token("bob")
