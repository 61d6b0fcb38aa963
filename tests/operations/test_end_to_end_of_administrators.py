"""Administrators' changes of users, end to end, and their effect on the sign-in."""

from datetime import timedelta
from typing import Any

from support.end_to_end import (
    EMAIL,
    INCORRECT,
    NEW,
    VERIFYING,
    NewEndToEndPool,
    dev,
    functions,
    new_pool,
)
from support.functions_server import arn
from support.refusals import refused
from support.served_pools import PoolForTest

__all__ = ["dev", "functions", "new_pool"]

ROLE = "arn:aws:iam::123456789012:role/"
EXPIRED = "Temporary password has expired and must be reset by an administrator."


def invited(pool: PoolForTest, **more: Any) -> None:
    pool.cognito.admin_create_user(
        UserPoolId=pool.id, Username="alice", DesiredDeliveryMediums=["EMAIL"], **more
    )


def test_expired_invitation_is_sent_again(new_pool: NewEndToEndPool) -> None:
    """ev:users-10.1."""
    pool = new_pool(LambdaConfig={"PostConfirmation": arn("welcome")})
    attributes = [{"Name": "email", "Value": EMAIL}, {"Name": "email_verified", "Value": "true"}]
    invited(pool, UserAttributes=attributes)
    first = pool.newest(1)
    assert (first.destination, first.subject) == (EMAIL, "Your temporary password")
    assert first.body == f"Your username is alice and temporary password is {first.code}. "
    assert pool.signs_in(password=first.code)["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    with refused("NotAuthorizedException", "User password cannot be reset in the current state."):
        pool.cognito.forgot_password(ClientId=pool.client_id, Username="alice")

    pool.later(timedelta(days=7))
    with refused("NotAuthorizedException", EXPIRED):
        pool.signs_in(password=first.code)
    invited(pool, MessageAction="RESEND")
    second = pool.newest(2)
    with refused("NotAuthorizedException", INCORRECT):
        pool.signs_in(password=first.code)
    challenge = pool.signs_in(password=second.code)
    assert challenge["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    answer = pool.cognito.respond_to_auth_challenge(
        ClientId=pool.client_id,
        ChallengeName="NEW_PASSWORD_REQUIRED",
        Session=challenge["Session"],
        ChallengeResponses={"USERNAME": "alice", "NEW_PASSWORD": NEW},
    )
    assert "AccessToken" in answer["AuthenticationResult"]
    assert pool.user()["UserStatus"] == "CONFIRMED"
    pool.token(password=NEW)
    assert pool.functions.events == [], "no PostConfirmation: amplify-cli#13127"
    with refused(
        "UnsupportedUserStateException",
        "Resend not possible. alice status is not FORCE_CHANGE_PASSWORD",
    ):
        invited(pool, MessageAction="RESEND")


def test_admin_only_recovery_leaves_resets_to_administrators(new_pool: NewEndToEndPool) -> None:
    """dg:managing-users-passwords; ev:users-9.3."""
    mechanisms = {"RecoveryMechanisms": [{"Name": "admin_only", "Priority": 1}]}
    pool = new_pool(**VERIFYING, AccountRecoverySetting=mechanisms)
    pool.joins()
    alice = {"UserPoolId": pool.id, "Username": "alice"}
    sentence = "Contact administrator to reset password."
    for name in ("alice", "nobody"):
        with refused("NotAuthorizedException", sentence):
            pool.cognito.forgot_password(ClientId=pool.client_id, Username=name)
    with refused("NotAuthorizedException", sentence):
        pool.cognito.admin_reset_user_password(**alice)
    pool.token()
    pool.cognito.admin_set_user_password(**alice, Password=NEW)
    with refused("NotAuthorizedException", INCORRECT):
        pool.signs_in()
    assert pool.signs_in(password=NEW)["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    assert pool.newest(1).trigger_source == "CustomMessage_SignUp", "nobody was written to"


def test_reset_user_signs_in_after_code(new_pool: NewEndToEndPool) -> None:
    """ev:users-9.4."""
    pool = new_pool(**VERIFYING)
    pool.joins()
    pool.cognito.admin_reset_user_password(UserPoolId=pool.id, Username="alice")
    assert pool.user()["UserStatus"] == "RESET_REQUIRED"
    with refused("PasswordResetRequiredException", "Password reset required for the user"):
        pool.signs_in()
    pool.cognito.confirm_forgot_password(
        ClientId=pool.client_id,
        Username="alice",
        ConfirmationCode=pool.newest(2).code,
        Password=NEW,
    )
    pool.token(password=NEW)


def test_disabled_user_signs_in_after_enabling(new_pool: NewEndToEndPool) -> None:
    """ev:users-10.2."""
    pool = new_pool(**VERIFYING)
    pool.joins()
    token, alice = pool.token(), {"UserPoolId": pool.id, "Username": "alice"}
    pool.cognito.admin_disable_user(**alice)
    with refused("NotAuthorizedException", "User is disabled."):
        pool.signs_in()
    with refused("NotAuthorizedException"):
        pool.cognito.get_user(AccessToken=token)
    pool.cognito.admin_enable_user(**alice)
    pool.token()


def test_tokens_have_groups_and_preferred_role(new_pool: NewEndToEndPool) -> None:
    """ev:users-15: the lowest precedence wins; of a tie between two roles there is none."""
    pool = new_pool(**VERIFYING)
    pool.joins()
    alice = {"UserPoolId": pool.id, "Username": "alice"}

    def group(name: str, role: str | None, precedence: int | None) -> None:
        given = {"RoleArn": role and ROLE + role, "Precedence": precedence}
        pool.cognito.create_group(
            UserPoolId=pool.id,
            GroupName=name,
            **{member: value for member, value in given.items() if value is not None},
        )
        pool.cognito.admin_add_user_to_group(**alice, GroupName=name)

    def group_claims() -> tuple[list[str] | None, set[str], str | None]:
        claims = pool.claims()
        assert pool.claims("AccessToken").get("cognito:groups") == claims.get("cognito:groups")
        roles = {role.removeprefix(ROLE) for role in claims.get("cognito:roles", [])}
        preferred = claims.get("cognito:preferred_role")
        return claims.get("cognito:groups"), roles, preferred and preferred.removeprefix(ROLE)

    assert group_claims() == (None, set(), None)
    group("everybody", None, None)
    assert group_claims() == (["everybody"], set(), None)
    group("staff", "reader", 5)
    assert group_claims() == (["staff", "everybody"], {"reader"}, "reader")
    group("editors", "writer", 1)
    assert group_claims() == (["editors", "staff", "everybody"], {"reader", "writer"}, "writer")
    group("owners", "owner", 1)
    assert group_claims()[2] is None
    pool.cognito.update_group(UserPoolId=pool.id, GroupName="owners", RoleArn=f"{ROLE}writer")
    assert group_claims()[1:] == ({"reader", "writer"}, "writer")
    pool.cognito.admin_remove_user_from_group(**alice, GroupName="owners")
    pool.cognito.delete_group(UserPoolId=pool.id, GroupName="editors")
    assert group_claims() == (["staff", "everybody"], {"reader"}, "reader")
