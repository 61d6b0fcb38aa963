"""The delivery of a sign-up's code, and the secret hash of a client."""

import base64
import hashlib
import hmac
from typing import Any

import pytest
from support.refusals import refused
from support.running_server import RunningServer
from support.sent_codes import messages_to
from support.served_pools import NewPool, PoolForTest

from poolhouse.entities.messages import Channel

SMS = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}
EMAIL = {"email": "zoe@barn.example"}
PHONE = {"phone_number": "+491701238920"}
TO_EMAIL = {"Destination": "z***@b***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
TO_PHONE = {
    "Destination": "+********8920",
    "DeliveryMedium": "SMS",
    "AttributeName": "phone_number",
}


@pytest.mark.parametrize(
    ("verified", "attributes", "details"),
    [
        (["email"], EMAIL, TO_EMAIL),
        (["phone_number"], PHONE, TO_PHONE),
        (["email", "phone_number"], {**EMAIL, **PHONE}, TO_PHONE),
        (["email", "phone_number"], EMAIL, TO_EMAIL),
        (["email"], {**EMAIL, **PHONE}, TO_EMAIL),
        (["email"], PHONE, None),
        (["email"], {}, None),
        ([], {**EMAIL, **PHONE}, None),
    ],
)
def test_sign_up_sends_one_code_to_auto_verified_contact(
    server: RunningServer,
    new_pool: NewPool,
    verified: list[str],
    attributes: dict[str, str],
    details: dict[str, str] | None,
) -> None:
    """The phone number before the email, never both (amplify-js#1959, ev:users-8.1)."""
    pool = new_pool(AutoVerifiedAttributes=verified, SmsConfiguration=SMS)
    answer = pool.sign_up(attributes=attributes)
    assert answer["UserConfirmed"] is False
    assert answer.get("CodeDeliveryDetails") == details
    channels = [message.channel for message in messages_to(server, pool)]
    assert channels == ([Channel(details["DeliveryMedium"])] if details else [])


def test_sign_up_message_has_six_digits_in_default_text(
    server: RunningServer, new_pool: NewPool
) -> None:
    """ev:users-13.1, ev:users-17.1."""
    pool = new_pool(AutoVerifiedAttributes=["email"])
    pool.sign_up(attributes=EMAIL)
    (message,) = messages_to(server, pool)
    assert len(message.code) == 6
    assert message.code.isdecimal()
    assert message.body == f"Your verification code is {message.code}. "
    assert message.subject == "Your verification code"
    assert message.destination == "zoe@barn.example"
    assert message.trigger_source == "CustomMessage_SignUp"


def test_sign_up_message_in_email_pool_goes_to_username(
    server: RunningServer, new_pool: NewPool
) -> None:
    pool = new_pool(UsernameAttributes=["email"], AutoVerifiedAttributes=["email"])
    answer = pool.sign_up("zoe@barn.example")
    assert answer["CodeDeliveryDetails"] == TO_EMAIL
    (message,) = messages_to(server, pool, answer["UserSub"])
    assert message.destination == "zoe@barn.example"


def test_sign_up_sets_verified_flag_of_every_contact(new_pool: NewPool) -> None:
    """ev:users-8.1: dumps of UNCONFIRMED users show "false"."""
    pool = new_pool(AutoVerifiedAttributes=["email"])
    pool.sign_up(attributes={**EMAIL, **PHONE})
    found = pool.user()["attributes"]
    assert (found["email_verified"], found["phone_number_verified"]) == ("false", "false")


def secret_hash(secret: str, username: str, client_id: str) -> str:
    digest = hmac.digest(secret.encode(), (username + client_id).encode(), hashlib.sha256)
    return base64.b64encode(digest).decode()


def with_secret(new_pool: NewPool, **settings: Any) -> PoolForTest:
    return new_pool(client={"GenerateSecret": True}, **settings)


def test_client_with_secret_must_send_hash(new_pool: NewPool) -> None:
    """amplify-android#2504."""
    pool = with_secret(new_pool)
    sentence = f"Client {pool.client_id} is configured with secret but SECRET_HASH was not received"
    with refused("NotAuthorizedException", sentence):
        pool.sign_up()


@pytest.mark.parametrize(
    ("secret", "username"),
    [("another", "alice"), (None, "bob"), (None, "Alice"), (None, "")],
)
def test_wrong_secret_hash_is_refused(new_pool: NewPool, secret: str | None, username: str) -> None:
    """laravel-aws-cognito-auth#26."""
    pool = with_secret(new_pool)
    wrong = secret_hash(secret or pool.client["ClientSecret"], username, pool.client_id)
    sentence = f"Unable to verify secret hash for client {pool.client_id}"
    with refused("NotAuthorizedException", sentence):
        pool.sign_up(SecretHash=wrong)


def test_client_without_secret_must_send_no_hash(pool: PoolForTest) -> None:
    """pmill/aws-cognito#23."""
    sentence = (
        f"App client {pool.client_id} is not configured for secret but secret hash was received"
    )
    with refused("InvalidParameterException", sentence):
        pool.sign_up(SecretHash=secret_hash("any", "alice", pool.client_id))


def test_secret_hash_covers_username_as_sent(new_pool: NewPool) -> None:
    """An email as the email, although the username becomes the sub (ev:users-4.2)."""
    pool = with_secret(new_pool, UsernameAttributes=["email"])
    right = secret_hash(pool.client["ClientSecret"], "zoe@barn.example", pool.client_id)
    pool.sign_up("zoe@barn.example", SecretHash=right)


def test_secret_hash_of_either_secret_is_accepted(cognito: Any, new_pool: NewPool) -> None:
    """ev:users-4.3: so that a secret can be rotated."""
    pool = with_secret(new_pool)
    added = cognito.add_user_pool_client_secret(
        UserPoolId=pool.id, ClientId=pool.client_id, ClientSecret="b" * 30
    )["ClientSecretDescriptor"]
    for n, secret in enumerate((pool.client["ClientSecret"], "b" * 30)):
        pool.sign_up(f"user{n}", SecretHash=secret_hash(secret, f"user{n}", pool.client_id))
    cognito.delete_user_pool_client_secret(
        UserPoolId=pool.id, ClientId=pool.client_id, ClientSecretId=added["ClientSecretId"]
    )
    with refused("NotAuthorizedException"):
        pool.sign_up("late", SecretHash=secret_hash("b" * 30, "late", pool.client_id))


def test_secret_hash_is_verified_before_user_is_read(new_pool: NewPool) -> None:
    """ev:users-8.1."""
    pool = with_secret(new_pool, AdminCreateUserConfig={"AllowAdminCreateUserOnly": True})
    with refused("NotAuthorizedException") as _:
        pool.sign_up(password="weak")
    right = secret_hash(pool.client["ClientSecret"], "alice", pool.client_id)
    with refused("NotAuthorizedException", "SignUp is not permitted for this user pool"):
        pool.sign_up(password="weak", SecretHash=right)
