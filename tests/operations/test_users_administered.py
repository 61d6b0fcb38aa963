"""AdminGetUser, AdminDeleteUser, AdminEnableUser and AdminDisableUser (ev:users-10.2)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.refusals import refused
from support.running_server import RunningServer
from support.served_pools import NewPool, PoolForTest
from support.user_rows import put_user, set_status

from poolhouse.entities.users import UserStatus

USER_NOT_FOUND = "User does not exist."
ONE_USER = ("admin_get_user", "admin_delete_user", "admin_enable_user", "admin_disable_user")


def test_admin_get_user_shows_all_but_the_password(pool: PoolForTest) -> None:
    """Members that are unset are absent: no MFA settings, no MFAOptions."""
    sub = pool.sign_up(attributes={"name": "Alice"})["UserSub"]
    user = pool.cognito.admin_get_user(UserPoolId=pool.id, Username="alice")
    made = user.pop("UserCreateDate")
    assert abs(datetime.now(UTC) - made) < timedelta(minutes=5)
    assert user.pop("UserLastModifiedDate") == made
    del user["ResponseMetadata"]
    assert user == {
        "Username": "alice",
        "UserAttributes": [{"Name": "sub", "Value": sub}, {"Name": "name", "Value": "Alice"}],
        "Enabled": True,
        "UserStatus": "UNCONFIRMED",
    }


def test_dates_are_seconds_with_milliseconds(server: RunningServer, pool: PoolForTest) -> None:
    """ev:users-1.1: JSON numbers such as 1470957431.965."""
    pool.sign_up()
    seen: list[bytes] = []
    client = server.client()
    client.meta.events.register(
        "before-parse.cognito-identity-provider.AdminGetUser",
        lambda response_dict, **_: seen.append(response_dict["body"]),
    )
    client.admin_get_user(UserPoolId=pool.id, Username="alice")
    number = seen[0].split(b'"UserCreateDate":')[1].split(b",")[0]
    assert float(number) > 1_700_000_000
    assert len(number.partition(b".")[2]) <= 3


@pytest.mark.parametrize("status", list(UserStatus))
def test_admin_get_user_shows_every_status(
    server: RunningServer, pool: PoolForTest, status: UserStatus
) -> None:
    sub = pool.sign_up()["UserSub"]
    set_status(server, pool, sub, status)
    assert pool.user()["UserStatus"] == status.value


@pytest.mark.parametrize("operation", ONE_USER)
def test_unknown_user_is_reported(pool: PoolForTest, operation: str) -> None:
    with refused("UserNotFoundException", USER_NOT_FOUND):
        getattr(pool.cognito, operation)(UserPoolId=pool.id, Username="nobody")


@pytest.mark.parametrize("operation", [*ONE_USER, "list_users", "admin_create_user"])
def test_user_of_unknown_pool_is_not_found(cognito: Any, operation: str) -> None:
    pool_id = "eu-central-1_000000000"
    named = {} if operation == "list_users" else {"Username": "alice"}
    with refused("ResourceNotFoundException", f"User pool {pool_id} does not exist."):
        getattr(cognito, operation)(UserPoolId=pool_id, **named)


@pytest.mark.parametrize("operation", ["admin_delete_user", "admin_disable_user"])
def test_user_is_named_by_username_sub_or_alias(new_pool: NewPool, operation: str) -> None:
    """ev:users-6.4."""
    pool = new_pool(AliasAttributes=["email"])
    for n in range(3):
        email = f"user{n}@home.example"
        user = pool.cognito.admin_create_user(
            UserPoolId=pool.id,
            Username=f"user{n}",
            UserAttributes=[
                {"Name": "email", "Value": email},
                {"Name": "email_verified", "Value": "true"},
            ],
        )["User"]
        sub = next(a["Value"] for a in user["Attributes"] if a["Name"] == "sub")
        name = (f"user{n}", sub.upper(), email)[n]
        getattr(pool.cognito, operation)(UserPoolId=pool.id, Username=name)


def test_deleting_answers_an_empty_body(pool: PoolForTest) -> None:
    """The operation has no output (ev:users-1.1)."""
    pool.sign_up()
    answer = pool.cognito.admin_delete_user(UserPoolId=pool.id, Username="alice")
    assert answer["ResponseMetadata"]["HTTPHeaders"]["content-length"] == "0"


def test_deleted_users_names_are_free_for_another_user(new_pool: NewPool) -> None:
    """ev:users-6.1: a new sub."""
    pool = new_pool(UsernameAttributes=["email", "phone_number"])
    attributes = {"phone_number": "+491701234567"}
    first = pool.sign_up("alice@home.example", attributes=attributes)["UserSub"]
    pool.cognito.admin_delete_user(UserPoolId=pool.id, Username="+491701234567")
    with refused("UserNotFoundException", USER_NOT_FOUND):
        pool.user(first)
    second = pool.sign_up("alice@home.example", attributes=attributes)["UserSub"]
    assert first != second
    assert pool.user("+491701234567")["Username"] == second


def test_deleting_needs_no_disabling(server: RunningServer, pool: PoolForTest) -> None:
    put_user(server, pool, "Google_1", UserStatus.EXTERNAL_PROVIDER)
    pool.cognito.admin_delete_user(UserPoolId=pool.id, Username="Google_1")
    with refused("UserNotFoundException", USER_NOT_FOUND):
        pool.user("Google_1")


def test_namesake_inherits_nothing_of_deleted_user(
    server: RunningServer, new_pool: NewPool
) -> None:
    """Codes and counted attempts go too."""
    pool = new_pool(AutoVerifiedAttributes=["email"])
    for _ in range(2):
        pool.sign_up(attributes={"email": "alice@home.example"})
        for _ in range(5):
            pool.cognito.resend_confirmation_code(ClientId=pool.client_id, Username="alice")
        with refused("LimitExceededException"):
            pool.cognito.resend_confirmation_code(ClientId=pool.client_id, Username="alice")
        pool.cognito.admin_delete_user(UserPoolId=pool.id, Username="alice")


def test_disabling_and_enabling_may_be_repeated(pool: PoolForTest) -> None:
    """The status is another matter, and disabled users are still listed."""
    pool.sign_up()
    for operation, enabled in (
        ("admin_disable_user", False),
        ("admin_disable_user", False),
        ("admin_enable_user", True),
        ("admin_enable_user", True),
    ):
        answer = getattr(pool.cognito, operation)(UserPoolId=pool.id, Username="alice")
        del answer["ResponseMetadata"]
        assert answer == {}
        user = pool.user()
        assert (user["Enabled"], user["UserStatus"]) == (enabled, "UNCONFIRMED")
        (listed,) = pool.cognito.list_users(UserPoolId=pool.id)["Users"]
        assert listed["Enabled"] is enabled
