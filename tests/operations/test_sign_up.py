"""SignUp over the wire: who may come, under which name, with which password (ev:users-8.1)."""

import threading
from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.refusals import refused

PASSWORD = "Correct-Horse-9!"
EMAIL_AS_USERNAME = {"UsernameAttributes": ["email"]}
PHONE_AS_USERNAME = {"UsernameAttributes": ["phone_number"]}
EITHER_AS_USERNAME = {"UsernameAttributes": ["email", "phone_number"]}
EMAIL_ALIAS = {"AliasAttributes": ["email"]}
INSENSITIVE = {"UsernameConfiguration": {"CaseSensitive": False}}


def test_a_new_user_is_unconfirmed_and_enabled(pool: Any) -> None:
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


def test_an_unknown_client_is_not_found(cognito: Any, pool: Any) -> None:
    """aws-sdk-php#2183."""
    client_id = "1example23456789"
    with refused("ResourceNotFoundException", f"User pool client {client_id} does not exist."):
        cognito.sign_up(ClientId=client_id, Username="alice", Password=PASSWORD)


def test_a_pool_may_leave_sign_up_to_administrators(new_pool: Any) -> None:
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
def test_a_username_must_have_the_form_of_the_pools_model(
    new_pool: Any, settings: dict[str, Any], username: str, sentence: str
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
def test_other_usernames_are_the_users_own(
    new_pool: Any, settings: dict[str, Any], username: str
) -> None:
    pool = new_pool(**settings)
    pool.sign_up(username)
    assert pool.user(username)["Username"] == username


@pytest.mark.parametrize("username", ["with space", "tab\there", "a" * 129])
def test_a_username_keeps_the_models_constraints(pool: Any, username: str) -> None:
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
def test_a_weak_password_is_told_the_first_rule_it_breaks(
    pool: Any, password: str, rule: str
) -> None:
    """anomalyco/guide#216; before the attributes are looked at (ev:users-8.1)."""
    with refused("InvalidPasswordException", f"Password did not conform with policy: {rule}"):
        pool.sign_up(password=password, attributes={"nonsense": "x"})


def test_a_space_inside_a_password_is_a_symbol(pool: Any) -> None:
    assert pool.sign_up(password="Correct Horse 9")["UserConfirmed"] is False


@pytest.mark.parametrize("password", ["", "x", " Leading-9!", "Trailing-9! "])
def test_a_password_keeps_the_live_pattern(pool: Any, password: str) -> None:
    """amazon-cognito-identity-js#388: two characters or more, no space outside; never echoed."""
    sentence = (
        "1 validation error detected: Value at 'password' failed to satisfy constraint:"
        r" Member must satisfy regular expression pattern: ^[\S]+.*[\S]+$"
    )
    with refused("InvalidParameterException", sentence):
        pool.sign_up(password=password)


@pytest.mark.parametrize("confirmed", [False, True])
def test_a_username_is_taken_by_whoever_was_first(pool: Any, confirmed: bool) -> None:
    """Also by a user who is not confirmed yet (ev:users-8.1)."""
    pool.sign_up()
    if confirmed:
        pool.admin_confirm()
    with refused("UsernameExistsException", "User already exists"):
        pool.sign_up()


def test_a_taken_username_is_told_where_the_client_hides_who_exists(new_pool: Any) -> None:
    """ev:users-14."""
    pool = new_pool(client={"PreventUserExistenceErrors": "ENABLED"})
    pool.sign_up()
    with refused("UsernameExistsException", "User already exists"):
        pool.sign_up()


def test_a_case_sensitive_pool_tells_alice_from_ALICE(pool: Any) -> None:
    """The API's default (ev:users-6.2)."""
    assert pool.sign_up("alice")["UserSub"] != pool.sign_up("ALICE")["UserSub"]
    assert pool.user("ALICE")["Username"] == "ALICE"


def test_without_case_the_name_is_kept_as_typed_and_found_in_any_case(new_pool: Any) -> None:
    pool = new_pool(**INSENSITIVE)
    pool.sign_up("Alice")
    assert pool.user("aLICE")["Username"] == "Alice"
    with refused("UsernameExistsException", "User already exists"):
        pool.sign_up("ALICE")


def test_two_pools_have_users_of_one_name(new_pool: Any) -> None:
    assert new_pool().sign_up()["UserSub"] != new_pool().sign_up()["UserSub"]


def test_an_email_username_becomes_the_attribute_and_the_sub_the_username(new_pool: Any) -> None:
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
def test_a_username_attribute_is_unique_though_unverified(
    new_pool: Any, settings: dict[str, Any], username: str, kind: str
) -> None:
    """amazon-cognito-identity-dart#73."""
    pool = new_pool(**settings)
    pool.sign_up(username)
    sentence = f"An account with the given {kind} already exists."
    with refused("UsernameExistsException", sentence):
        pool.sign_up(username)


def test_where_both_name_users_the_second_attribute_is_unique_too(new_pool: Any) -> None:
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


def test_a_refused_sign_up_leaves_none_of_its_names_behind(new_pool: Any) -> None:
    pool = new_pool(**EITHER_AS_USERNAME)
    pool.sign_up("alice@home.example")
    with refused("UsernameExistsException"):
        pool.sign_up("+491701234567", attributes={"email": "alice@home.example"})
    pool.sign_up("+491701234567")


def test_a_username_and_its_attribute_must_agree(new_pool: Any) -> None:
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
def test_of_many_who_sign_up_at_once_with_one_name_one_is_made(
    server: Any, new_pool: Any, settings: dict[str, Any], username: str, sentence: str
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


def _without_password(pool: Any, attributes: dict[str, str]) -> Any:
    return pool.cognito.sign_up(
        ClientId=pool.client_id,
        Username="alice",
        UserAttributes=[{"Name": k, "Value": v} for k, v in attributes.items()],
    )


def test_who_can_sign_in_by_a_code_needs_no_password(new_pool: Any) -> None:
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
def test_everybody_else_needs_one(
    new_pool: Any, changes: dict[str, Any], attributes: dict[str, str]
) -> None:
    """UNVERIFIED: the sentence."""
    pool = new_pool(**{**PASSWORDLESS, **changes})
    with refused("InvalidParameterException"):
        _without_password(pool, attributes)
