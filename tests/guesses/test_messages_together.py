"""Requests for messages that arrive together: no more are sent than the limit allows."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from guesses.released_requests import LIMITED, released_together
from support.mfa_pools import BY_EMAIL, SNS, prefers
from support.running_server import RunningServer
from support.sent_codes import messages_to
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import FLOWS, PASSWORD, AuthApi, result_of
from support.wire_client import call

from poolhouse.entities.codes import Action
from poolhouse.rules.auth.attempt_limits import LIMITS

pytestmark = pytest.mark.both_stores

Request = Callable[[int], bytes]
EMAIL_OTP = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
TOGETHER = 60


def unsigned(operation: str, **members: Any) -> bytes:
    return call(operation, json.dumps(members).encode())


def resend(pool: PoolForTest) -> Request:
    named = {"ClientId": pool.client_id, "Username": "alice"}
    return lambda _: unsigned("ResendConfirmationCode", **named)


def forgot(pool: PoolForTest) -> Request:
    verify(pool)
    named = {"ClientId": pool.client_id, "Username": "alice"}
    return lambda _: unsigned("ForgotPassword", **named)


def verification(pool: PoolForTest) -> Request:
    token = access_token(pool)
    given = {"AccessToken": token, "AttributeName": "email"}
    return lambda _: unsigned("GetUserAttributeVerificationCode", **given)


def update(pool: PoolForTest) -> Request:
    token = access_token(pool)

    def request(number: int) -> bytes:
        email = {"Name": "email", "Value": f"other-{number}@home.example"}
        return unsigned("UpdateUserAttributes", AccessToken=token, UserAttributes=[email])

    return request


def first_factor(pool: PoolForTest) -> Request:
    verify(pool)
    given = {"USERNAME": "alice", "PREFERRED_CHALLENGE": "EMAIL_OTP"}
    return lambda _: sign_in(pool, "USER_AUTH", given)


def second_factor(pool: PoolForTest) -> Request:
    verify(pool)
    prefers(pool, email=True)
    given = {"USERNAME": "alice", "PASSWORD": PASSWORD}
    return lambda _: sign_in(pool, "USER_PASSWORD_AUTH", given)


def sign_in(pool: PoolForTest, flow: str, given: dict[str, str]) -> bytes:
    return unsigned("InitiateAuth", ClientId=pool.client_id, AuthFlow=flow, AuthParameters=given)


def verify(pool: PoolForTest) -> None:
    """Confirm alice, and her address."""
    pool.admin_confirm()
    pool.cognito.admin_update_user_attributes(
        UserPoolId=pool.id,
        Username="alice",
        UserAttributes=[{"Name": "email_verified", "Value": "true"}],
    )


def access_token(pool: PoolForTest) -> str:
    pool.admin_confirm()
    return str(result_of(AuthApi(pool, by_admin=False).by_password())["AccessToken"])


@pytest.mark.parametrize(
    ("prepare", "action"),
    [
        (resend, Action.RESEND_CONFIRMATION_CODE),
        (forgot, Action.FORGOT_PASSWORD),
        (verification, Action.GET_USER_ATTRIBUTE_VERIFICATION_CODE),
        (update, Action.UPDATE_USER_ATTRIBUTES),
        (first_factor, Action.SIGN_IN_CODE),
        (second_factor, Action.SECOND_FACTOR_MESSAGE),
    ],
)
def test_messages_asked_for_together_are_sent_up_to_the_limit(
    server: RunningServer, new_pool: NewPool, prepare: Callable[[Any], Request], action: Action
) -> None:
    pool = new_pool(
        client={"ExplicitAuthFlows": FLOWS},
        AutoVerifiedAttributes=["email"],
        SmsConfiguration=SNS,
        Policies=EMAIL_OTP,
        **BY_EMAIL,
    )
    pool.cognito.set_user_pool_mfa_config(
        UserPoolId=pool.id, MfaConfiguration="OPTIONAL", EmailMfaConfiguration={}
    )
    pool.sign_up(attributes={"email": "alice@home.example"})
    request = prepare(pool)
    before = len(messages_to(server, pool))
    answers = released_together(server.port, [request(number) for number in range(TOGETHER)])
    assert set(answers) <= {"ok", *LIMITED}
    sent = len(messages_to(server, pool)) - before
    assert 0 < answers.count("ok") == sent <= LIMITS[action]
