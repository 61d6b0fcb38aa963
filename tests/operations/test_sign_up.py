"""SignUp over the wire: who may come, under which name, with which password (ev:users-8.1)."""

import threading
from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.refusals import refused
from support.running_server import RunningServer
from support.served_pools import NewPool, PoolForTest

PASSWORD = "Correct-Horse-9!"
EMAIL_AS_USERNAME = {"UsernameAttributes": ["email"]}
PHONE_AS_USERNAME = {"UsernameAttributes": ["phone_number"]}
EITHER_AS_USERNAME = {"UsernameAttributes": ["email", "phone_number"]}
EMAIL_ALIAS = {"AliasAttributes": ["email"]}
INSENSITIVE = {"UsernameConfiguration": {"CaseSensitive": False}}


def test_sign_up_creates_unconfirmed_enabled_user(pool: PoolForTest) -> None:
    answer = pool.sign_up(attributes={"name": "Alice", "email": "alice@home.example"})
    del answer["ResponseMetadata"]
    user = pool.user()
    # No code, for the pool verifies nothing; no Session, for there is no sign-in to go on with.
    assert answer == {"UserConfirmed": False, "UserSub": user["attributes"]["sub"]}
    assert (user["Username"], user["UserStatus"], user["Enabled"]) == ("alice", "UNCONFIRMED", True)
    assert user["UserCreateDate"] == user["UserLastModifiedDate"]
    assert user["attributes"] == {
        "sub": answer["UserSub"],
        "name": "Alice",
        "email": "alice@home.example",
        "email_verified": "false",
    }


def test_unknown_client_is_not_found(cognito: Any, pool: PoolForTest) -> None:
    """aws-sdk-php#2183."""
    client_id = "1example23456789"
    with refused("ResourceNotFoundException", f"User pool client {client_id} does not exist."):
        cognito.sign_up(ClientId=client_id, Username="alice", Password=PASSWORD)


def test_sign_up_in_admin_only_pool_is_refused(new_pool: NewPool) -> None:
    """pmill/aws-cognito#37; said before anything of the user is looked at."""
    closed = new_pool(AdminCreateUserConfig={"AllowAdminCreateUserOnly": True})
    with refused("NotAuthorizedException", "SignUp is not permitted for this user pool"):
        closed.sign_up(password="weak", attributes={"nonsense": "x"})


@pytest.mark.parametrize(
    ("settings", "username", "sentence"),
    [
        (EMAIL_AS_USERNAME, "alice", "Username should be an email."),
        (EMAIL_AS_USERNAME, "alice@home", "Username should be an email."),
        (EMAIL_AS_USERNAME, "a@b@home.example", "Username should be an email."),
        (EMAIL_AS_USERNAME, "+491701234567", "Username should be an email."),
        (PHONE_AS_USERNAME, "alice@home.example", "Username should be a phone number."),
        (PHONE_AS_USERNAME, "491701234567", "Username should be a phone number."),
        (PHONE_AS_USERNAME, "+49170123456789012", "Username should be a phone number."),
        (
            EITHER_AS_USERNAME,
            "alice",
            "Username should be either an email or a phone number.",
        ),
        (
            EMAIL_ALIAS,
            "alice@home.example",
            "Username cannot be of email format, since user pool is configured for email alias.",
        ),
        (
            {"AliasAttributes": ["phone_number"]},
            "+491701234567",
            "Username cannot be of phone number format, since user pool is configured for"
            " phone number alias.",
        ),
    ],
)
def test_username_must_have_the_pools_form(
    new_pool: NewPool, settings: dict[str, Any], username: str, sentence: str
) -> None:
    """ev:users-6.1; before the password is looked at (ev:users-8.1)."""
    with refused("InvalidParameterException", sentence):
        new_pool(**settings).sign_up(username, password="weak")


@pytest.mark.parametrize(
    ("settings", "username"),
    [
        ({}, "alice@home.example"),
        ({}, "+491701234567"),
        ({}, "Ünïcödé-ᚠ-😀"),
        ({"AliasAttributes": ["phone_number"]}, "alice@home.example"),
        (EMAIL_ALIAS, "+491701234567"),
        (EMAIL_ALIAS, "alice@home"),
    ],
)
def test_username_of_other_form_is_accepted(
    new_pool: NewPool, settings: dict[str, Any], username: str
) -> None:
    pool = new_pool(**settings)
    pool.sign_up(username)
    assert pool.user(username)["Username"] == username


@pytest.mark.parametrize("username", ["with space", "tab\there", "a" * 129])
def test_username_follows_the_model(pool: PoolForTest, username: str) -> None:
    """Username is sensitive: no value is echoed (ev:users-1.4)."""
    with pytest.raises(ClientError, match="Value at 'username' failed to satisfy") as caught:
        pool.sign_up(username)
    assert caught.value.response["Error"]["Code"] == "InvalidParameterException"
    assert username not in caught.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("password", "rule"),
    [
        ("Ab1!", "Password not long enough"),
        ("alllower", "Password must have uppercase characters"),
        ("ALLUPPER", "Password must have lowercase characters"),
        ("Lettersonly", "Password must have numeric characters"),
        ("Letters4nd1", "Password must have symbol characters"),
        ("ÄÖÜäöü12!", "Password must have uppercase characters"),
    ],
)
def test_weak_password_names_first_broken_rule(pool: PoolForTest, password: str, rule: str) -> None:
    """anomalyco/guide#216; before the attributes are looked at (ev:users-8.1)."""
    with refused("InvalidPasswordException", f"Password did not conform with policy: {rule}"):
        pool.sign_up(password=password, attributes={"nonsense": "x"})


def test_space_in_password_is_a_symbol(pool: PoolForTest) -> None:
    assert pool.sign_up(password="Correct Horse 9")["UserConfirmed"] is False


@pytest.mark.parametrize("password", ["", "x", " Leading-9!", "Trailing-9! "])
def test_password_follows_the_live_pattern(pool: PoolForTest, password: str) -> None:
    """amazon-cognito-identity-js#388: two characters or more, no space outside; never echoed."""
    sentence = (
        "1 validation error detected: Value at 'password' failed to satisfy constraint:"
        r" Member must satisfy regular expression pattern: ^[\S]+.*[\S]+$"
    )
    with refused("InvalidParameterException", sentence):
        pool.sign_up(password=password)


@pytest.mark.parametrize("confirmed", [False, True])
def test_taken_username_is_refused(pool: PoolForTest, confirmed: bool) -> None:
    """Also by a user who is not confirmed yet (ev:users-8.1)."""
    pool.sign_up()
    if confirmed:
        pool.admin_confirm()
    with refused("UsernameExistsException", "User already exists"):
        pool.sign_up()


def test_taken_username_is_reported_despite_prevent_user_existence_errors(
    new_pool: NewPool,
) -> None:
    """ev:users-14."""
    pool = new_pool(client={"PreventUserExistenceErrors": "ENABLED"})
    pool.sign_up()
    with refused("UsernameExistsException", "User already exists"):
        pool.sign_up()


def test_case_sensitive_pool_distinguishes_alice_from_ALICE(pool: PoolForTest) -> None:
    """The API's default (ev:users-6.2)."""
    assert pool.sign_up("alice")["UserSub"] != pool.sign_up("ALICE")["UserSub"]
    assert pool.user("ALICE")["Username"] == "ALICE"


def test_case_insensitive_pool_finds_name_in_any_case(new_pool: NewPool) -> None:
    pool = new_pool(**INSENSITIVE)
    pool.sign_up("Alice")
    assert pool.user("aLICE")["Username"] == "Alice"
    with refused("UsernameExistsException", "User already exists"):
        pool.sign_up("ALICE")


def test_sign_up_of_one_name_in_two_pools_creates_two_users(new_pool: NewPool) -> None:
    assert new_pool().sign_up()["UserSub"] != new_pool().sign_up()["UserSub"]


def test_email_username_becomes_attribute_and_sub_becomes_username(new_pool: NewPool) -> None:
    """ev:users-6.1."""
    pool = new_pool(**EMAIL_AS_USERNAME)
    sub = pool.sign_up("alice@home.example", attributes={"name": "Alice"})["UserSub"]
    user = pool.user("alice@home.example")
    assert user["Username"] == sub
    assert user["attributes"] == {
        "sub": sub,
        "name": "Alice",
        "email": "alice@home.example",
        "email_verified": "false",
    }
    assert pool.user(sub)["Username"] == pool.user(sub.upper())["Username"] == sub


@pytest.mark.parametrize(
    ("settings", "username", "kind"),
    [
        (EMAIL_AS_USERNAME, "alice@home.example", "email"),
        (PHONE_AS_USERNAME, "+491701234567", "phone_number"),
        (EITHER_AS_USERNAME, "+491701234567", "phone_number"),
    ],
)
def test_unverified_username_attribute_is_unique(
    new_pool: NewPool, settings: dict[str, Any], username: str, kind: str
) -> None:
    """amazon-cognito-identity-dart#73."""
    pool = new_pool(**settings)
    pool.sign_up(username)
    sentence = f"An account with the given {kind} already exists."
    with refused("UsernameExistsException", sentence):
        pool.sign_up(username)


def test_second_username_attribute_is_unique(new_pool: NewPool) -> None:
    pool = new_pool(**EITHER_AS_USERNAME)
    pool.sign_up("alice@home.example", attributes={"phone_number": "+491701234567"})
    with refused(
        "UsernameExistsException", "An account with the given phone_number already exists."
    ):
        pool.sign_up("bob@home.example", attributes={"phone_number": "+491701234567"})
    with refused("UsernameExistsException", "An account with the given email already exists."):
        pool.sign_up("+491707654321", attributes={"email": "alice@home.example"})
    sub = pool.user("alice@home.example")["Username"]
    assert pool.user("+491701234567")["Username"] == sub


def test_refused_sign_up_reserves_no_name(new_pool: NewPool) -> None:
    pool = new_pool(**EITHER_AS_USERNAME)
    pool.sign_up("alice@home.example")
    with refused("UsernameExistsException"):
        pool.sign_up("+491701234567", attributes={"email": "alice@home.example"})
    pool.sign_up("+491701234567")


def test_username_must_equal_its_attribute(new_pool: NewPool) -> None:
    """UNVERIFIED: the sentence."""
    pool = new_pool(**EMAIL_AS_USERNAME)
    pool.sign_up("alice@home.example", attributes={"email": "alice@home.example"})
    with refused("InvalidParameterException"):
        pool.sign_up("bob@home.example", attributes={"email": "bob@work.example"})


@pytest.mark.both_stores
@pytest.mark.parametrize(
    ("settings", "username", "sentence"),
    [
        ({}, "alice", "User already exists"),
        (
            EMAIL_AS_USERNAME,
            "alice@home.example",
            "An account with the given email already exists.",
        ),
    ],
)
def test_concurrent_sign_ups_with_one_name_succeed_once(
    server: RunningServer, new_pool: NewPool, settings: dict[str, Any], username: str, sentence: str
) -> None:
    pool = new_pool(**settings)
    many = 8
    barrier, outcomes = threading.Barrier(many), Counter[str]()

    def sign_up(client: Any) -> None:
        barrier.wait()
        try:
            client.sign_up(ClientId=pool.client_id, Username=username, Password=PASSWORD)
            outcomes["made"] += 1
        except ClientError as error:
            outcomes[error.response["Error"]["Message"]] += 1

    threads = [threading.Thread(target=sign_up, args=(server.client(),)) for _ in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == {"made": 1, sentence: many - 1}


PASSWORDLESS = {
    "Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}},
    "AutoVerifiedAttributes": ["email"],
    "client": {"ExplicitAuthFlows": ["ALLOW_USER_AUTH"]},
}


def _without_password(pool: PoolForTest, attributes: dict[str, str]) -> Any:
    return pool.cognito.sign_up(
        ClientId=pool.client_id,
        Username="alice",
        UserAttributes=[{"Name": k, "Value": v} for k, v in attributes.items()],
    )


def test_sign_up_without_password_is_allowed_with_codes(new_pool: NewPool) -> None:
    """dg: signing-up-users-in-your-app."""
    pool = new_pool(**PASSWORDLESS)
    answer = _without_password(pool, {"email": "alice@home.example"})
    assert answer["CodeDeliveryDetails"]["AttributeName"] == "email"


@pytest.mark.parametrize(
    ("changes", "attributes"),
    [
        ({}, {}),
        ({}, {"phone_number": "+491701234567"}),
        ({"AutoVerifiedAttributes": []}, {"email": "alice@home.example"}),
        ({"client": {}}, {"email": "alice@home.example"}),
        ({"Policies": {}}, {"email": "alice@home.example"}),
    ],
)
def test_sign_up_without_password_elsewhere_is_refused(
    new_pool: NewPool, changes: dict[str, Any], attributes: dict[str, str]
) -> None:
    """UNVERIFIED: the sentence."""
    pool = new_pool(**{**PASSWORDLESS, **changes})
    with refused("InvalidParameterException"):
        _without_password(pool, attributes)
