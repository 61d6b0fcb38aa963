"""Errors of messages that can't be sent, and the messages that are sent nonetheless.

SES and SNS refuse some messages at once, and Cognito answers CodeDeliveryFailureException
(ev:users-8.1, ev:users-10.1). What was done stays done. Anything else passes unreported.
"""

import base64
import json
import queue
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from support.access_tokens import token_of
from support.aws_server import AwsServer, Reply, Request
from support.refusals import refused
from support.running_server import RunningServer, running
from support.sent_codes import messages_to
from support.served_pools import PoolForTest
from support.store_contents import eventually

from poolhouse.entities.messages import Message

CODE = "CodeDeliveryFailureException"
EMAIL_REFUSED = "Invalid email provided/Unable to send the email"
SMS = {"SnsCallerArn": "arn:aws:iam::123456789012:role/texts"}
VERIFIED = {"email": "alice@barn.example", "email_verified": "true"}
REFUSED = Reply(400, b"{}", (("x-amzn-ErrorType", "MessageRejected"),))
BUSY = Reply(429, b"{}", (("x-amzn-ErrorType", "TooManyRequestsException"),))
SNS_REFUSED = Reply(400, b"<Error><Code>InvalidParameter</Code></Error>")


class Provider:
    """SES and SNS; `says` is what each answers until it is told otherwise."""

    def __init__(self) -> None:
        self.says = Reply()
        self.arrived: queue.Queue[Request] = queue.Queue()

    def fresh(self) -> "Provider":
        self.arrived = queue.Queue()
        return self

    def __call__(self, request: Request) -> Reply:
        self.arrived.put(request)
        return self.says


@pytest.fixture(scope="module")
def providers() -> Iterator[dict[str, tuple[AwsServer, Provider]]]:
    answers = {"ses": Provider(), "sns": Provider()}
    with AwsServer(None, answers["ses"]) as ses, AwsServer(None, answers["sns"]) as sns:
        yield {"ses": (ses, answers["ses"]), "sns": (sns, answers["sns"])}


@pytest.fixture(scope="module")
def sending(
    tmp_path_factory: pytest.TempPathFactory, providers: dict[str, tuple[AwsServer, Provider]]
) -> Iterator[RunningServer]:
    endpoints = {f"{name}_endpoint": server.url for name, (server, _) in providers.items()}
    with running(tmp_path_factory.mktemp("sending"), **endpoints) as server:
        yield server


@pytest.fixture
def ses(providers: dict[str, tuple[AwsServer, Provider]]) -> Iterator[Provider]:
    yield providers["ses"][1].fresh()
    providers["ses"][1].says = Reply()


@pytest.fixture
def sns(providers: dict[str, tuple[AwsServer, Provider]]) -> Iterator[Provider]:
    yield providers["sns"][1].fresh()
    providers["sns"][1].says = Reply()


def made(server: RunningServer, **settings: Any) -> PoolForTest:
    """A pool that verifies emails; alice has signed up there, and can recover by hers."""
    settings = {"AutoVerifiedAttributes": ["email"], **settings}
    pool = PoolForTest(server.client(), **settings)
    pool.cognito.admin_create_user(
        UserPoolId=pool.id,
        Username="alice",
        UserAttributes=listed(VERIFIED),
        MessageAction="SUPPRESS",
    )
    pool.cognito.admin_set_user_password(
        UserPoolId=pool.id, Username="alice", Password="Correct-Horse-9!", Permanent=True
    )
    return pool


def waiting(server: RunningServer, pool: PoolForTest) -> list[Message]:
    all_users = ("alice", "bob", "carol", "dave")
    return [message for name in all_users for message in messages_to(server, pool, name)]


def listed(attributes: dict[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in attributes.items()]


Ask = Callable[[RunningServer, PoolForTest], object]
NEW = {"email": "zoe@hay.example"}


def resend(_: RunningServer, pool: PoolForTest) -> None:
    pool.cognito.resend_confirmation_code(ClientId=pool.client_id, Username="bob")


def forgot(_: RunningServer, pool: PoolForTest) -> None:
    pool.cognito.forgot_password(ClientId=pool.client_id, Username="alice")


def update(server: RunningServer, pool: PoolForTest) -> None:
    pool.cognito.update_user_attributes(
        AccessToken=token_of(server, pool), UserAttributes=listed(NEW)
    )


def verify(server: RunningServer, pool: PoolForTest) -> None:
    pool.cognito.get_user_attribute_verification_code(
        AccessToken=token_of(server, pool), AttributeName="email"
    )


def invite(_: RunningServer, pool: PoolForTest) -> None:
    pool.cognito.admin_create_user(
        UserPoolId=pool.id,
        Username="carol",
        UserAttributes=listed(NEW),
        DesiredDeliveryMediums=["EMAIL"],
    )


def admin_update(_: RunningServer, pool: PoolForTest) -> None:
    pool.cognito.admin_update_user_attributes(
        UserPoolId=pool.id, Username="alice", UserAttributes=listed(NEW)
    )


def admin_reset(_: RunningServer, pool: PoolForTest) -> None:
    pool.cognito.admin_reset_user_password(UserPoolId=pool.id, Username="alice")


HEARING: dict[str, Ask] = {
    "SignUp": lambda _, pool: pool.sign_up("dave", attributes=NEW),
    "ResendConfirmationCode": resend,
    "ForgotPassword": forgot,
    "UpdateUserAttributes": update,
    "GetUserAttributeVerificationCode": verify,
    "AdminCreateUser": invite,
}
"""The operations for which the model lists the error."""


@pytest.mark.parametrize("ask", HEARING.values(), ids=HEARING.keys())
def test_refused_email_returns_code_delivery_failure(
    sending: RunningServer, ses: Provider, ask: Ask
) -> None:
    """amazon-cognito-identity-js#307. It isn't sent later: who heard of it asks again."""
    pool = made(sending)
    pool.sign_up("bob", attributes=NEW)
    ses.says = REFUSED
    with refused(CODE, EMAIL_REFUSED):
        ask(sending, pool)
    assert eventually(lambda: waiting(sending, pool) == [] or None)


@pytest.mark.parametrize("ask", [admin_update, admin_reset])
def test_admin_update_user_attributes_with_refused_message_succeeds(
    sending: RunningServer, ses: Provider, ask: Ask
) -> None:
    """The model has no such error for them; the message is tried again."""
    pool = made(sending)
    ses.says = REFUSED
    ask(sending, pool)
    assert len(waiting(sending, pool)) == 1


def test_refused_email_keeps_the_user(sending: RunningServer, ses: Provider) -> None:
    """aws-sdk#438: the user exists."""
    pool = made(sending)
    ses.says = REFUSED
    with refused(CODE):
        invite(sending, pool)
    with refused(CODE):
        pool.sign_up("dave", attributes=NEW)
    with refused(CODE):
        update(sending, pool)
    assert pool.user("carol")["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    assert pool.user("dave")["UserStatus"] == "UNCONFIRMED"
    assert pool.user("alice")["attributes"]["email"] == NEW["email"]


def test_refused_email_allows_another_code(sending: RunningServer, ses: Provider) -> None:
    pool = made(sending)
    ses.says = REFUSED
    with refused(CODE):
        pool.sign_up("bob", attributes=NEW)
    ses.says = Reply()
    ses.fresh()
    resend(sending, pool)
    raw = json.loads(ses.arrived.get(timeout=30).body)["Content"]["Raw"]["Data"]
    assert b"Your verification code is" in base64.b64decode(raw)


def test_refused_text_message_returns_code_delivery_failure(
    sending: RunningServer, sns: Provider
) -> None:
    pool = made(sending, AutoVerifiedAttributes=["phone_number"], SmsConfiguration=SMS)
    sns.says = SNS_REFUSED
    with refused(CODE):
        pool.sign_up("dave", attributes={"phone_number": "+12065550100"})
    assert pool.user("dave")["UserStatus"] == "UNCONFIRMED"


@pytest.mark.parametrize("ask", HEARING.values(), ids=HEARING.keys())
def test_busy_provider_fails_no_call(sending: RunningServer, ses: Provider, ask: Ask) -> None:
    """It is asked again until it takes the message, once."""
    pool = made(sending)
    pool.sign_up("bob", attributes=NEW)
    ses.says = BUSY
    ask(sending, pool)
    assert len(waiting(sending, pool)) == 1


@pytest.mark.parametrize("ask", [forgot, resend])
def test_refused_message_is_hidden_by_prevent_user_existence_errors(
    sending: RunningServer, ses: Provider, ask: Ask
) -> None:
    pool = made(sending, client={"PreventUserExistenceErrors": "ENABLED"})
    pool.sign_up("bob", attributes=NEW)
    ses.says = REFUSED
    ask(sending, pool)


def test_forgot_password_by_text_message_sets_password(
    sending: RunningServer, sns: Provider
) -> None:
    """From the call to the number and back (ev:users-9.3)."""
    pool = made(sending, SmsConfiguration=SMS)
    number = {"phone_number": "+12065550100", "phone_number_verified": "true"}
    pool.cognito.admin_update_user_attributes(
        UserPoolId=pool.id, Username="alice", UserAttributes=listed(number)
    )
    forgot(sending, pool)
    form = parse_qs(sns.arrived.get(timeout=30).body.decode())
    assert form["PhoneNumber"] == ["+12065550100"]
    code = form["Message"][0].removeprefix("Your verification code is ").removesuffix(". ")
    pool.cognito.confirm_forgot_password(
        ClientId=pool.client_id,
        Username="alice",
        ConfirmationCode=code,
        Password="Battery-Staple-7!",
    )
    assert pool.user()["UserStatus"] == "CONFIRMED"
