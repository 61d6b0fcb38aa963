"""Messages in the pool's own words, through CustomMessage.

Evidence: ev:triggers-4, ev:triggers-6.6, ev:triggers-8.
"""

import html
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from support.functions_server import FunctionError, FunctionsServer, arn
from support.refusals import refused
from support.running_server import RunningServer
from support.sent_codes import messages_to
from support.served_pools import NewPool, PoolForTest

from poolhouse.app import App
from poolhouse.entities.messages import Channel, Message

EMAIL = {"email": "alice@barn.example"}
BOTH = EMAIL | {"phone_number": "+12065550100"}
TRIGGER = {"CustomMessage": arn("words")}


@pytest.fixture
def worded(new_pool: NewPool) -> PoolForTest:
    """A pool that verifies emails and has a CustomMessage trigger."""
    return new_pool(AutoVerifiedAttributes=["email"], LambdaConfig=TRIGGER)


def says(**texts: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda event: event | {"response": texts}


HAY = says(emailSubject="Hay", emailMessage="<b>{####}</b> for {username}", smsMessage="x {####}")


def test_sign_up_message_has_the_functions_texts(
    server: RunningServer, worded: PoolForTest, functions: FunctionsServer
) -> None:
    functions.answers["CustomMessage_SignUp"] = HAY
    answer = worded.sign_up(attributes=EMAIL, ClientMetadata={"locale": "de"})
    assert answer["CodeDeliveryDetails"]["Destination"] == "a***@b***"
    (sent,) = messages_to(server, worded)
    assert sent.subject == "Hay"
    assert sent.body == f"<b>{sent.code}</b> for {{username}}"
    (event,) = functions.of("CustomMessage_SignUp")
    assert event["callerContext"]["clientId"] == worded.client_id
    assert event["request"]["clientMetadata"] == {"locale": "de"}
    attributes = event["request"]["userAttributes"]
    assert attributes["sub"] == answer["UserSub"]
    assert attributes["cognito:user_status"] == "UNCONFIRMED"
    assert sent.code not in str(event)


def test_template_replaces_missing_texts(
    server: RunningServer, worded: PoolForTest, functions: FunctionsServer
) -> None:
    worded.sign_up(attributes=EMAIL)
    (sent,) = messages_to(server, worded)
    assert sent.body == f"Your verification code is {sent.code}. "
    assert len(functions.of("CustomMessage_SignUp")) == 1


def test_resent_code_has_its_own_source(
    server: RunningServer, worded: PoolForTest, functions: FunctionsServer
) -> None:
    worded.sign_up(attributes=EMAIL)
    functions.answers["CustomMessage_ResendCode"] = says(emailMessage="again {####}")
    worded.cognito.resend_confirmation_code(
        ClientId=worded.client_id, Username="alice", ClientMetadata={"again": "yes"}
    )
    sent = messages_to(server, worded)[-1]
    assert (sent.subject, sent.body) == ("Your verification code", f"again {sent.code}")
    (event,) = functions.of("CustomMessage_ResendCode")
    assert event["request"]["clientMetadata"] == {"again": "yes"}


def test_code_in_custom_message_confirms(
    server: RunningServer, worded: PoolForTest, functions: FunctionsServer
) -> None:
    functions.answers["CustomMessage_SignUp"] = HAY
    worded.sign_up(attributes=EMAIL)
    (sent,) = messages_to(server, worded)
    worded.cognito.confirm_sign_up(
        ClientId=worded.client_id, Username="alice", ConfirmationCode=sent.code
    )
    assert worded.user()["UserStatus"] == "CONFIRMED"


def throws(_: dict[str, Any]) -> Any:
    raise FunctionError("No words today")


@pytest.mark.parametrize(
    ("answer", "code", "sentence"),
    [
        (
            throws,
            "UserLambdaValidationException",
            "CustomMessage failed with error No words today.",
        ),
        (
            says(emailMessage="Hello!"),
            "InvalidLambdaResponseException",
            "Invalid lambda response: emailMessage does not contain {####}.",
        ),
        (lambda _: None, "InvalidLambdaResponseException", "Unrecognizable lambda output"),
    ],
)
def test_failing_function_fails_sign_up_and_user_stays(
    server: RunningServer,
    worded: PoolForTest,
    functions: FunctionsServer,
    answer: Callable[[dict[str, Any]], Any],
    code: str,
    sentence: str,
) -> None:
    """ev:triggers-8. No message goes out."""
    functions.answers["CustomMessage_SignUp"] = answer
    with refused(code, sentence):
        worded.sign_up(attributes=EMAIL)
    assert worded.user()["UserStatus"] == "UNCONFIRMED"
    assert messages_to(server, worded) == []


def test_custom_message_in_progress_holds_back_the_template_message(
    server: RunningServer, worded: PoolForTest, functions: FunctionsServer
) -> None:
    """They would go out if the server died now, so that nothing is lost."""
    held: list[Message] = []

    def think(event: dict[str, Any]) -> dict[str, Any]:
        held.extend(messages_to(server, worded))
        return HAY(event)

    functions.answers["CustomMessage_SignUp"] = think
    worded.sign_up(attributes=EMAIL)
    (sent,) = messages_to(server, worded)
    (before,) = held
    assert before.body == f"Your verification code is {before.code}. "
    assert (before.id, before.code) == (sent.id, sent.code)
    assert before.due_at > before.created_at


def test_retried_operation_sends_one_message(
    server: RunningServer, worded: PoolForTest, functions: FunctionsServer
) -> None:
    """The function took longer than the message was held, and another worker has claimed it."""

    async def claim(app: App) -> None:
        store = app.services.store
        found = await store.messages.due(1 << 62, 100_000)
        ((message, version),) = [each for each in found if each[0].pool_id == worded.id]
        later = replace(message, due_at=message.due_at + timedelta(hours=1))
        await store.commit(store.messages.postpone(later, version))

    def think(event: dict[str, Any]) -> dict[str, Any]:
        server.run(claim)
        return HAY(event)

    functions.answers["CustomMessage_SignUp"] = think
    worded.sign_up(attributes=EMAIL)
    (sent,) = messages_to(server, worded)
    assert sent.body == f"Your verification code is {sent.code}. "


def invite(pool: PoolForTest, *mediums: str, **more: Any) -> None:
    pool.cognito.admin_create_user(
        UserPoolId=pool.id,
        Username="alice",
        UserAttributes=[{"Name": name, "Value": value} for name, value in BOTH.items()],
        DesiredDeliveryMediums=list(mediums),
        **more,
    )


INVITATION = says(emailMessage="{username}: {####}", smsMessage="{####} is {username}'s")


def test_invitation_by_both_media_invokes_function_once(
    server: RunningServer, worded: PoolForTest, functions: FunctionsServer
) -> None:
    functions.answers["CustomMessage_AdminCreateUser"] = INVITATION
    invite(worded, "EMAIL", "SMS", ClientMetadata={"from": "the barn"})
    sent = {each.channel: each for each in messages_to(server, worded)}
    assert html.unescape(sent[Channel.EMAIL].body) == f"alice: {sent[Channel.EMAIL].code}"
    assert sent[Channel.SMS].body == f"{sent[Channel.SMS].code} is alice's"
    (event,) = functions.of("CustomMessage_AdminCreateUser")
    assert event["request"]["usernameParameter"] == "{username}"
    assert event["request"]["clientMetadata"] == {"from": "the barn"}
    assert event["callerContext"]["clientId"] == "CLIENT_ID_NOT_APPLICABLE"


def test_resent_invitation_invokes_function_again(
    server: RunningServer, worded: PoolForTest, functions: FunctionsServer
) -> None:
    functions.answers["CustomMessage_AdminCreateUser"] = INVITATION
    invite(worded, "SMS")
    invite(worded, "SMS", MessageAction="RESEND")
    sent = messages_to(server, worded)
    assert [each.body for each in sent] == [f"{each.code} is alice's" for each in sent]
    assert len({each.code for each in sent}) == 2


def test_suppressed_invitation_invokes_no_function(
    server: RunningServer, worded: PoolForTest, functions: FunctionsServer
) -> None:
    invite(worded, "SMS", MessageAction="SUPPRESS")
    assert functions.of("CustomMessage_AdminCreateUser") == []
    assert messages_to(server, worded) == []


def test_auto_confirmed_user_gets_no_message(
    server: RunningServer, new_pool: NewPool, functions: FunctionsServer
) -> None:
    pool = new_pool(
        AutoVerifiedAttributes=["email"], LambdaConfig=TRIGGER | {"PreSignUp": arn("admit")}
    )
    functions.answers["PreSignUp_SignUp"] = lambda event: (
        event | {"response": {"autoConfirmUser": True}}
    )
    pool.sign_up(attributes=EMAIL)
    assert functions.of("CustomMessage_SignUp") == []
    assert messages_to(server, pool) == []
