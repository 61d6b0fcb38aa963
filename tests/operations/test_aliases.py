"""Aliases: created by verification, refused, or moved (ev:users-6)."""

import threading
from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.functions_server import FunctionsServer, arn
from support.refusals import refused
from support.running_server import RunningServer
from support.sent_codes import code_of
from support.served_pools import NewPool, PoolForTest

EMAIL = {"email": "shared@home.example"}
VERIFIED = [
    {"Name": "email", "Value": "shared@home.example"},
    {"Name": "email_verified", "Value": "true"},
]
ALIASES = {"AliasAttributes": ["email"], "AutoVerifiedAttributes": ["email"]}
INSENSITIVE = {"UsernameConfiguration": {"CaseSensitive": False}}
HELD = "An account with the email already exists."


def confirm(server: RunningServer, pool: PoolForTest, username: str, **more: Any) -> None:
    pool.cognito.confirm_sign_up(
        ClientId=pool.client_id,
        Username=username,
        ConfirmationCode=code_of(server, pool, username),
        **more,
    )


@pytest.fixture
def contested(server: RunningServer, new_pool: NewPool) -> PoolForTest:
    """alice has verified the email; bob has signed up with the same and wants to confirm."""
    pool = new_pool(**ALIASES)
    for username in ("alice", "bob"):
        pool.sign_up(username, attributes=EMAIL)
    confirm(server, pool, "alice")
    return pool


def test_email_is_alias_once_verified(server: RunningServer, new_pool: NewPool) -> None:
    pool = new_pool(**ALIASES)
    pool.sign_up(attributes=EMAIL)
    with refused("UserNotFoundException", "User does not exist."):
        pool.user("shared@home.example")
    confirm(server, pool, "alice")
    assert pool.user("shared@home.example")["Username"] == "alice"


def test_confirm_sign_up_with_taken_alias_leaves_user_unconfirmed_and_code_valid(
    server: RunningServer, contested: PoolForTest
) -> None:
    """dg: cognito-user-pool-managing-errors."""
    for _ in range(2):
        with refused("AliasExistsException", HELD):
            confirm(server, contested, "bob")
    with refused("AliasExistsException", HELD):
        confirm(server, contested, "bob", ForceAliasCreation=False)
    bob = contested.user("bob")
    assert (bob["UserStatus"], bob["attributes"]["email_verified"]) == ("UNCONFIRMED", "false")
    contested.cognito.admin_delete_user(UserPoolId=contested.id, Username="alice")
    confirm(server, contested, "bob")
    assert contested.user("shared@home.example")["Username"] == "bob"


def test_force_alias_creation_moves_alias_and_unverifies_former_holder(
    server: RunningServer, contested: PoolForTest
) -> None:
    """ev:users-6.3."""
    confirm(server, contested, "bob", ForceAliasCreation=True)
    assert contested.user("shared@home.example")["Username"] == "bob"
    alice = contested.user("alice")
    assert alice["UserStatus"] == "CONFIRMED"
    assert alice["attributes"]["email"] == "shared@home.example"
    assert alice["attributes"]["email_verified"] == "false"


def test_force_alias_creation_without_a_conflict_succeeds(
    server: RunningServer, new_pool: NewPool
) -> None:
    pool = new_pool(**ALIASES)
    pool.sign_up(attributes=EMAIL)
    confirm(server, pool, "alice", ForceAliasCreation=True)
    assert pool.user("shared@home.example")["Username"] == "alice"


def test_pool_without_aliases_lets_many_users_verify_one_email(
    server: RunningServer, new_pool: NewPool
) -> None:
    pool = new_pool(AutoVerifiedAttributes=["email"])
    for username in ("alice", "bob"):
        pool.sign_up(username, attributes=EMAIL)
        confirm(server, pool, username)
        assert pool.user(username)["attributes"]["email_verified"] == "true"


@pytest.mark.parametrize(("settings", "same"), [(INSENSITIVE, True), ({}, False)])
def test_aliases_compare_like_usernames(
    server: RunningServer, new_pool: NewPool, settings: dict[str, Any], same: bool
) -> None:
    """dg: user-pool-case-sensitivity, also of email aliases."""
    pool = new_pool(**ALIASES, **settings)
    pool.sign_up("alice", attributes=EMAIL)
    pool.sign_up("bob", attributes={"email": "Shared@Home.example"})
    confirm(server, pool, "alice")
    if same:
        assert pool.user("SHARED@home.example")["Username"] == "alice"
        with refused("AliasExistsException", HELD):
            confirm(server, pool, "bob")
    else:
        confirm(server, pool, "bob")
        assert pool.user("Shared@Home.example")["Username"] == "bob"


@pytest.mark.both_stores
def test_concurrent_confirmations_give_alias_once(server: RunningServer, new_pool: NewPool) -> None:
    pool = new_pool(**ALIASES)
    outcomes, barrier = Counter[str](), threading.Barrier(2)
    for username in ("alice", "bob"):
        pool.sign_up(username, attributes=EMAIL)
    codes = {username: code_of(server, pool, username) for username in ("alice", "bob")}

    def confirm_one(username: str) -> None:
        barrier.wait()
        try:
            pool.cognito.confirm_sign_up(
                ClientId=pool.client_id, Username=username, ConfirmationCode=codes[username]
            )
            outcomes["confirmed"] += 1
        except ClientError as error:
            outcomes[error.response["Error"]["Code"]] += 1

    threads = [threading.Thread(target=confirm_one, args=(name,)) for name in codes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == {"confirmed": 1, "AliasExistsException": 1}
    holder = pool.user("shared@home.example")
    assert (holder["UserStatus"], holder["attributes"]["email_verified"]) == ("CONFIRMED", "true")


@pytest.mark.both_stores
def test_concurrent_auto_verified_sign_ups_give_alias_once(
    functions: FunctionsServer, new_pool: NewPool
) -> None:
    """All are made: the alias moves from one to the next. No function is asked twice."""
    functions.answers["PreSignUp_SignUp"] = lambda event: {
        **event,
        "response": {"autoConfirmUser": True, "autoVerifyEmail": True},
    }
    pool = new_pool(AliasAttributes=["email"], LambdaConfig={"PreSignUp": arn("verify")})
    names = [f"user{n}" for n in range(4)]
    barrier = threading.Barrier(len(names))

    def sign_up(username: str) -> None:
        barrier.wait()
        pool.sign_up(username, attributes=EMAIL)

    threads = [threading.Thread(target=sign_up, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    holder = pool.user("shared@home.example")["Username"]
    for name in names:
        verified = pool.user(name)["attributes"]["email_verified"]
        assert verified == ("true" if name == holder else "false")
    assert Counter(event["userName"] for event in functions.events) == dict.fromkeys(names, 1)


def create(pool: PoolForTest, username: str, attributes: list[dict[str, str]], **more: Any) -> Any:
    return pool.cognito.admin_create_user(
        UserPoolId=pool.id, Username=username, UserAttributes=attributes, **more
    )


def test_admin_create_user_with_verified_email_creates_alias(new_pool: NewPool) -> None:
    pool = new_pool(**ALIASES)
    create(pool, "alice", VERIFIED)
    assert pool.user("shared@home.example")["Username"] == "alice"


def test_admin_create_user_with_taken_alias_is_refused(new_pool: NewPool) -> None:
    """boto3#3213: the exception of usernames, and the email in the sentence.

    The API's text speaks of AliasExistsException, but its list of errors doesn't.
    """
    pool = new_pool(**ALIASES)
    create(pool, "alice", VERIFIED)
    with refused("UsernameExistsException", "An account with the given email already exists."):
        create(pool, "bob", VERIFIED)
    with refused("UserNotFoundException"):
        pool.user("bob")
    create(pool, "bob", VERIFIED, ForceAliasCreation=True)
    assert pool.user("shared@home.example")["Username"] == "bob"
    assert pool.user("alice")["attributes"]["email_verified"] == "false"


def test_admin_create_user_with_unverified_email_creates_no_alias(new_pool: NewPool) -> None:
    """ForceAliasCreation matters only where something is verified."""
    pool = new_pool(**ALIASES)
    create(pool, "alice", VERIFIED)
    create(pool, "bob", VERIFIED[:1], ForceAliasCreation=True)
    assert pool.user("shared@home.example")["Username"] == "alice"
    assert pool.user("alice")["attributes"]["email_verified"] == "true"


def test_force_alias_creation_moves_both_aliases_of_one_holder(new_pool: NewPool) -> None:
    pool = new_pool(AliasAttributes=["email", "phone_number"])
    contacts = [
        *VERIFIED,
        {"Name": "phone_number", "Value": "+491701234567"},
        {"Name": "phone_number_verified", "Value": "True"},
    ]
    create(pool, "alice", contacts)
    create(pool, "bob", contacts, ForceAliasCreation=True)
    for alias in ("shared@home.example", "+491701234567"):
        assert pool.user(alias)["Username"] == "bob"
    flags = pool.user("alice")["attributes"]
    assert (flags["email_verified"], flags["phone_number_verified"]) == ("false", "false")


def test_username_attributes_never_move(new_pool: NewPool) -> None:
    pool = new_pool(UsernameAttributes=["email"])
    create(pool, "shared@home.example", VERIFIED)
    with refused("UsernameExistsException", "An account with the given email already exists."):
        create(pool, "shared@home.example", VERIFIED, ForceAliasCreation=True)


def test_preferred_username_names_a_user_and_never_moves(new_pool: NewPool) -> None:
    """UNVERIFIED: what a taken preferred_username is answered."""
    pool = new_pool(AliasAttributes=["preferred_username"])
    preferred = [{"Name": "preferred_username", "Value": "Al"}]
    create(pool, "alice", preferred)
    assert pool.user("Al")["Username"] == "alice"
    for force in (False, True):
        with refused("UsernameExistsException"):
            create(pool, "bob", preferred, ForceAliasCreation=force)


@pytest.mark.both_stores
def test_deleted_user_frees_all_names(server: RunningServer, contested: PoolForTest) -> None:
    contested.cognito.admin_delete_user(UserPoolId=contested.id, Username="shared@home.example")
    with refused("UserNotFoundException"):
        contested.user("alice")
    contested.sign_up("alice", attributes=EMAIL)
    confirm(server, contested, "alice")
    assert contested.user("shared@home.example")["Username"] == "alice"
