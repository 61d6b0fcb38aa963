"""Messages that pools send themselves, through CustomEmailSender and CustomSMSSender.

The functions open the code as they do on AWS, with the Encryption SDK (ev:triggers-6.11,
ev:triggers-7).
"""

import base64
import os
import queue
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aws_encryption_sdk import CommitmentPolicy, EncryptionSDKClient
from aws_encryption_sdk.identifiers import EncryptionKeyType, WrappingAlgorithm
from aws_encryption_sdk.internal.crypto import WrappingKey
from aws_encryption_sdk.key_providers.raw import RawMasterKey, RawMasterKeyConfig
from support.functions_server import FunctionError, FunctionsServer, arn
from support.running_server import RunningServer, running
from support.sent_codes import messages_to
from support.served_pools import PoolForTest

from poolhouse.app import App

KEY_ARN = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
EMAIL = {"email": "alice@barn.example"}
BOTH = EMAIL | {"phone_number": "+12065550100"}
BY_EMAIL = {"CustomEmailSender": {"LambdaVersion": "V1_0", "LambdaArn": arn("send")}}
BY_SMS = {"CustomSMSSender": {"LambdaVersion": "V1_0", "LambdaArn": arn("send")}}
KEY = os.urandom(32)


@pytest.fixture(scope="module")
def sending(
    tmp_path_factory: pytest.TempPathFactory, functions: FunctionsServer
) -> Iterator[RunningServer]:
    """A server with a key to seal codes with."""
    directory = tmp_path_factory.mktemp("sending")
    key_file = directory / "sender.key"
    key_file.write_bytes(base64.b64encode(KEY))
    with running(directory, triggers={"*": functions.url}, sender_key=str(key_file)) as server:
        yield server


@pytest.fixture
def events_sent(functions: FunctionsServer) -> Iterator[queue.Queue[dict[str, Any]]]:
    """The events of senders, as they come; the functions answer nothing."""
    functions.forget()
    events: queue.Queue[dict[str, Any]] = queue.Queue()
    for medium in ("Email", "SMS"):
        for occasion in ("SignUp", "ResendCode", "AdminCreateUser"):
            functions.answers[f"Custom{medium}Sender_{occasion}"] = events.put
    yield events
    functions.forget()


def pool_with(server: RunningServer, triggers: dict[str, Any]) -> PoolForTest:
    return PoolForTest(
        server.client(),
        AutoVerifiedAttributes=["email"],
        LambdaConfig=triggers | {"KMSKeyID": KEY_ARN},
    )


def opened(event: dict[str, Any]) -> str:
    wrapping_key = WrappingKey(
        WrappingAlgorithm.AES_256_GCM_IV12_TAG16_NO_PADDING, KEY, EncryptionKeyType.SYMMETRIC
    )
    config = RawMasterKeyConfig(key_id=KEY_ARN, provider_id="poolhouse", wrapping_key=wrapping_key)
    client = EncryptionSDKClient(commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT)
    plain, header = client.decrypt(
        source=base64.b64decode(event["request"]["code"]), key_provider=RawMasterKey(config=config)
    )
    assert header.encryption_context["userpool-id"] == event["userPoolId"]
    return str(plain.decode())


def test_custom_sender_gets_a_valid_code(
    sending: RunningServer, events_sent: queue.Queue[dict[str, Any]]
) -> None:
    pool = pool_with(sending, BY_EMAIL)
    answer = pool.sign_up(attributes=EMAIL, ClientMetadata={"locale": "de"})
    assert answer["CodeDeliveryDetails"]["Destination"] == "a***@b***"
    event = events_sent.get(timeout=30)
    assert event["triggerSource"] == "CustomEmailSender_SignUp"
    assert event["userName"] == "alice"
    assert event["callerContext"]["clientId"] == pool.client_id
    assert event["request"]["type"] == "customEmailSenderRequestV1"
    assert event["request"]["clientMetadata"] == {"locale": "de"}
    attributes = event["request"]["userAttributes"]
    assert attributes["sub"] == answer["UserSub"]
    assert attributes["email"] == "alice@barn.example"
    pool.cognito.confirm_sign_up(
        ClientId=pool.client_id, Username="alice", ConfirmationCode=opened(event)
    )
    assert pool.user()["UserStatus"] == "CONFIRMED"


def test_resent_code_goes_to_custom_sender(
    sending: RunningServer, events_sent: queue.Queue[dict[str, Any]]
) -> None:
    pool = pool_with(sending, BY_EMAIL)
    pool.sign_up(attributes=EMAIL)
    first = events_sent.get(timeout=30)
    pool.cognito.resend_confirmation_code(ClientId=pool.client_id, Username="alice")
    second = events_sent.get(timeout=30)
    assert second["triggerSource"] == "CustomEmailSender_ResendCode"
    assert second["request"]["clientMetadata"] is None
    assert first["request"]["code"] != second["request"]["code"]


def test_failing_custom_sender_is_retried_and_fails_no_call(
    sending: RunningServer, events_sent: queue.Queue[dict[str, Any]], functions: FunctionsServer
) -> None:
    """With the metadata, as long as this worker lives."""

    def fail_once(event: dict[str, Any]) -> None:
        events_sent.put(event)
        functions.answers["CustomEmailSender_SignUp"] = events_sent.put
        raise FunctionError("no mail today")

    functions.answers["CustomEmailSender_SignUp"] = fail_once
    pool = pool_with(sending, BY_EMAIL)
    pool.sign_up(attributes=EMAIL, ClientMetadata={"locale": "de"})
    events = [events_sent.get(timeout=30) for _ in range(2)]
    assert len({opened(event) for event in events}) == 1
    assert [event["request"]["clientMetadata"] for event in events] == [{"locale": "de"}] * 2


def test_client_metadata_is_never_stored(
    sending: RunningServer, events_sent: queue.Queue[dict[str, Any]], functions: FunctionsServer
) -> None:
    stored: list[bytes] = []

    async def outbox(app: App) -> list[bytes]:
        due = await app.services.store.messages.due(1 << 62, 100)
        return [msgspec.json.encode(message) for message, _ in due]

    def look(event: dict[str, Any]) -> None:
        stored.extend(sending.run(outbox))
        events_sent.put(event)

    functions.answers["CustomEmailSender_SignUp"] = look
    pool = pool_with(sending, BY_EMAIL)
    pool.sign_up(attributes=EMAIL, ClientMetadata={"secret": "of the caller"})
    assert events_sent.get(timeout=30)["request"]["clientMetadata"] == {"secret": "of the caller"}
    assert any(pool.id.encode() in entry for entry in stored)
    assert not any(b"of the caller" in entry for entry in stored)


def test_custom_sender_serves_only_its_medium(
    sending: RunningServer, events_sent: queue.Queue[dict[str, Any]], functions: FunctionsServer
) -> None:
    """CustomMessage words what we send, and isn't asked for what the pool sends itself."""
    pool = pool_with(sending, BY_SMS | {"CustomMessage": arn("words")})
    functions.answers["CustomMessage_AdminCreateUser"] = lambda event: (
        event | {"response": {"emailMessage": "{username}: {####}", "smsMessage": "no place"}}
    )
    pool.cognito.admin_create_user(
        UserPoolId=pool.id,
        Username="alice",
        UserAttributes=[{"Name": name, "Value": value} for name, value in BOTH.items()],
        DesiredDeliveryMediums=["EMAIL", "SMS"],
        TemporaryPassword="Correct-Horse-<9>&",
    )
    event = events_sent.get(timeout=30)
    assert event["triggerSource"] == "CustomSMSSender_AdminCreateUser"
    assert event["request"]["type"] == "customSMSSenderRequestV1"
    assert event["callerContext"]["clientId"] == "CLIENT_ID_NOT_APPLICABLE"
    assert opened(event) == "Correct-Horse-<9>&"
    assert "alice: Correct-Horse-&lt;9&gt;&amp;" in [
        message.body for message in messages_to(sending, pool)
    ]


def test_custom_message_is_not_invoked_if_senders_serve_all_media(
    sending: RunningServer, events_sent: queue.Queue[dict[str, Any]], functions: FunctionsServer
) -> None:
    pool = pool_with(sending, BY_EMAIL | {"CustomMessage": arn("words")})
    pool.sign_up(attributes=EMAIL)
    events_sent.get(timeout=30)
    assert functions.of("CustomMessage_SignUp") == []


def test_message_waits_without_key_and_call_succeeds(
    tmp_path: Path, functions: FunctionsServer
) -> None:
    with running(tmp_path, triggers={"*": functions.url}) as server:
        pool = pool_with(server, BY_EMAIL)
        pool.sign_up(attributes=EMAIL)
        (waiting,) = messages_to(server, pool)
        assert waiting.trigger_source == "CustomEmailSender_SignUp"
        assert functions.of("CustomEmailSender_SignUp") == []


def test_unsent_message_is_sent_by_next_server(
    tmp_path: Path, events_sent: queue.Queue[dict[str, Any]], functions: FunctionsServer
) -> None:
    """Without the ClientMetadata: it died with the first."""
    with running(tmp_path, triggers={"*": functions.url}) as first:
        pool = pool_with(first, BY_EMAIL)
        pool.sign_up(attributes=EMAIL, ClientMetadata={"locale": "de"})
        (waiting,) = messages_to(first, pool)
    key_file = tmp_path / "sender.key"
    key_file.write_bytes(base64.b64encode(KEY))
    with running(tmp_path, triggers={"*": functions.url}, sender_key=str(key_file)):
        event = events_sent.get(timeout=60)
    assert opened(event) == waiting.code
    assert event["request"]["clientMetadata"] is None
