"""ChangePassword: a signed-in user takes another password (ev:users-9, ev:auth-4.1)."""

import itertools

import pytest
from support.access_tokens import token_of
from support.refusals import refused
from support.running_server import RunningServer
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import FLOWS, PASSWORD, AuthApi, result_of

NEW = "Better-Horse-10!"
# amazon-cognito-identity-js#506
INCORRECT = ("NotAuthorizedException", "Incorrect username or password.")


@pytest.fixture
def alice(new_pool: NewPool) -> PoolForTest:
    made: PoolForTest = new_pool(client={"ExplicitAuthFlows": FLOWS})
    made.sign_up()
    made.admin_confirm()
    return made


def signs_in(pool: PoolForTest, password: str = PASSWORD) -> str:
    token: str = result_of(AuthApi(pool, by_admin=False).by_password(password=password))[
        "AccessToken"
    ]
    return token


def changes(pool: PoolForTest, token: str, new: str = NEW, old: str | None = PASSWORD) -> None:
    previous = {} if old is None else {"PreviousPassword": old}
    answer = pool.cognito.change_password(AccessToken=token, ProposedPassword=new, **previous)
    assert answer.keys() == {"ResponseMetadata"}


def test_new_password_signs_in_and_old_one_does_not(alice: PoolForTest) -> None:
    changes(alice, signs_in(alice))
    signs_in(alice, NEW)
    with refused(*INCORRECT):
        signs_in(alice)


def test_tokens_stay_valid(alice: PoolForTest) -> None:
    """The guide's list of what revokes tokens doesn't name it."""
    token = signs_in(alice)
    changes(alice, token)
    assert alice.cognito.get_user(AccessToken=token)["Username"] == "alice"


def test_wrong_previous_password_changes_nothing(alice: PoolForTest) -> None:
    token = signs_in(alice)
    with refused(*INCORRECT):
        changes(alice, token, old="Wrong-Horse-9!")
    signs_in(alice)


def test_missing_previous_password_is_refused(alice: PoolForTest) -> None:
    with refused("InvalidParameterException", "Missing required parameter PreviousPassword"):
        changes(alice, signs_in(alice), old=None)


def test_password_against_the_policy_is_refused(alice: PoolForTest) -> None:
    with refused(
        "InvalidPasswordException",
        "Password does not conform to policy: Password not long enough",  # ev:amplify-ui
    ):
        changes(alice, signs_in(alice), new="Short-1")


def test_former_passwords_are_not_taken_again(new_pool: NewPool) -> None:
    pool = new_pool(
        client={"ExplicitAuthFlows": FLOWS},
        Policies={"PasswordPolicy": {"MinimumLength": 8, "PasswordHistorySize": 2}},
    )
    pool.sign_up()
    pool.admin_confirm()
    token = signs_in(pool)
    with refused("PasswordHistoryPolicyViolationException"):
        changes(pool, token, new=PASSWORD)
    changes(pool, token)
    with refused("PasswordHistoryPolicyViolationException"):
        changes(pool, token, new=PASSWORD, old=NEW)


def test_change_password_beyond_five_an_hour_is_refused(alice: PoolForTest) -> None:
    """Right and wrong ones (dg:quotas)."""
    token = signs_in(alice)
    passwords = [PASSWORD, *(f"{NEW}{n}" for n in range(5))]
    for old, new in itertools.pairwise(passwords):
        changes(alice, token, new, old)
    with refused("LimitExceededException", "Attempt limit exceeded, please try after some time."):
        changes(alice, token, PASSWORD, passwords[-1])
    signs_in(alice, passwords[-1])


def test_right_password_clears_failures(alice: PoolForTest) -> None:
    token = signs_in(alice)
    for _ in range(3):
        with refused(*INCORRECT):
            changes(alice, token, old="Wrong-Horse-9!")
    changes(alice, token)
    for _ in range(4):
        with refused(*INCORRECT):
            signs_in(alice)
    signs_in(alice, NEW)


def test_user_without_password_sets_one_without_previous(
    new_pool: NewPool, server: RunningServer
) -> None:
    """The model: "Required if the user has a password"."""
    pool = new_pool(
        client={"ExplicitAuthFlows": FLOWS},
        Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}},
    )
    pool.cognito.admin_create_user(
        UserPoolId=pool.id,
        Username="alice",
        UserAttributes=[{"Name": "email", "Value": "alice@home.example"}],
        MessageAction="SUPPRESS",
    )
    assert pool.user()["UserStatus"] == "CONFIRMED"
    token = token_of(server, pool)
    with refused(*INCORRECT):
        changes(pool, token, old=PASSWORD)
    changes(pool, token, old=None)
    signs_in(pool, NEW)


def test_user_who_must_reset_the_password_is_refused(
    alice: PoolForTest, server: RunningServer
) -> None:
    alice.cognito.admin_update_user_attributes(
        UserPoolId=alice.id,
        Username="alice",
        UserAttributes=[
            {"Name": "email", "Value": "alice@home.example"},
            {"Name": "email_verified", "Value": "true"},
        ],
    )
    token = signs_in(alice)
    alice.cognito.admin_reset_user_password(UserPoolId=alice.id, Username="alice")
    with refused("PasswordResetRequiredException", "Password reset required for the user"):
        changes(alice, token)


def test_change_password_ends_temporary_password(alice: PoolForTest, server: RunningServer) -> None:
    alice.cognito.admin_set_user_password(
        UserPoolId=alice.id, Username="alice", Password=PASSWORD, Permanent=False
    )
    assert alice.user()["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    changes(alice, token_of(server, alice))
    assert alice.user()["UserStatus"] == "CONFIRMED"
    signs_in(alice, NEW)
