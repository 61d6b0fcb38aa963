"""Senders over HTTP: SES, SNS and the webhook for text messages, against real servers."""

import base64
import hmac
import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from urllib.parse import parse_qs

import httpx
import pytest
from msgspec.structs import replace
from support.aws_server import CREDENTIALS, REGION, AwsServer, Reply
from support.delivery_world import NOW, message

from poolhouse.delivery.aws_api import AwsJsonClient, region_of
from poolhouse.delivery.contract import Sender, SendFailure
from poolhouse.delivery.ses import Ses
from poolhouse.delivery.sms_webhook import SmsWebhook
from poolhouse.delivery.sns import Sns
from poolhouse.entities.messages import Channel

SMS = message("m-2", Channel.SMS)
SECRET = b"shared with the receiver"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


@pytest.fixture
def aws() -> Iterator[Callable[[str], AwsServer]]:
    started: list[AwsServer] = []

    def start(service: str) -> AwsServer:
        started.append(AwsServer(service).__enter__())
        return started[-1]

    yield start
    for server in started:
        server.__exit__()


def api(server: AwsServer, service: str, client: httpx.AsyncClient) -> AwsJsonClient:
    return AwsJsonClient(
        server.url,
        service,
        client=client,
        credentials=CREDENTIALS,
        region=REGION,
        now=lambda: datetime.now(UTC),
    )


async def failure_of(sender: Sender, channel: Channel) -> tuple[str, bool]:
    with pytest.raises(SendFailure) as failure:
        await sender.send(message(channel=channel))
    return failure.value.reason, failure.value.refused


async def test_ses_is_given_the_whole_mail(
    aws: Callable[[str], AwsServer], client: httpx.AsyncClient
) -> None:
    server = aws("ses")
    sent = replace(message(), sender="Zoe's Barn <hay@barn.example>", reply_to="help@barn.example")
    await Ses(api(server, "ses", client)).send(sent)
    assert server.last.path == "/v2/email/outbound-emails"
    asked = json.loads(server.last.body)
    assert asked["FromEmailAddress"] == "hay@barn.example"
    assert asked["Destination"] == {"ToAddresses": ["zoe@barn.example"]}
    assert asked["EmailTags"] == [{"Name": "poolhouse-message-id", "Value": "m-1"}]
    raw = base64.b64decode(asked["Content"]["Raw"]["Data"])
    mail = message_from_bytes(raw, policy=policy.default)
    assert mail["Subject"] == "Your verification code"
    assert mail["Reply-To"] == "help@barn.example"
    assert mail.get_content().strip() == "Your verification code is 012345."


async def test_ses_is_given_the_servers_sender_where_the_pool_has_none(
    aws: Callable[[str], AwsServer], client: httpx.AsyncClient
) -> None:
    server = aws("ses")
    await Ses(api(server, "ses", client), "Barn <all@barn.example>").send(message())
    assert json.loads(server.last.body)["FromEmailAddress"] == "all@barn.example"


def aws_error(status: int, code: str) -> Reply:
    return Reply(status, b'{"message": "zoe@barn.example"}', (("x-amzn-ErrorType", code),))


@pytest.mark.parametrize(
    ("reply", "reason", "refused"),
    [
        (aws_error(400, "MessageRejected"), "SES: MessageRejected", True),
        (aws_error(400, "BadRequestException:http://x/"), "SES: BadRequestException", True),
        (aws_error(429, "TooManyRequestsException"), "SES: TooManyRequestsException", False),
        (aws_error(400, "SendingPausedException"), "SES: SendingPausedException", False),
        (aws_error(404, "NotFoundException"), "SES: NotFoundException", False),
        (Reply(502, b"<html>"), "SES: HTTP status 502", False),
        (Reply(307, b"", (("location", "http://127.0.0.1:1/"),)), "SES: HTTP status 307", False),
    ],
)
async def test_ses_permanent_refusal_is_distinguished(
    aws: Callable[[str], AwsServer],
    client: httpx.AsyncClient,
    reply: Reply,
    reason: str,
    refused: bool,
) -> None:
    server = aws("ses")
    server.answer = lambda _: reply
    assert await failure_of(Ses(api(server, "ses", client)), Channel.EMAIL) == (reason, refused)


async def test_sns_publishes_to_the_number(
    aws: Callable[[str], AwsServer], client: httpx.AsyncClient
) -> None:
    server = aws("sns")
    await Sns(api(server, "sns", client)).send(replace(SMS, body="Grüße & 100 %: 012345"))
    form = {name: values[0] for name, values in parse_qs(server.last.body.decode()).items()}
    assert form == {
        "Action": "Publish",
        "Version": "2010-03-31",
        "PhoneNumber": "+12065550100",
        "Message": "Grüße & 100 %: 012345",
        "MessageAttributes.entry.1.Name": "AWS.SNS.SMS.SMSType",
        "MessageAttributes.entry.1.Value.DataType": "String",
        "MessageAttributes.entry.1.Value.StringValue": "Transactional",
    }


def sns_error(status: int, code: str) -> Reply:
    return Reply(status, f"<ErrorResponse><Error><Code>{code}</Code></Error>".encode())


@pytest.mark.parametrize(
    ("reply", "reason", "refused"),
    [
        (sns_error(400, "InvalidParameter"), "SNS: InvalidParameter", True),
        (sns_error(400, "ParameterValueInvalid"), "SNS: ParameterValueInvalid", True),
        (sns_error(400, "Throttling"), "SNS: Throttling", False),
        (sns_error(403, "AuthorizationError"), "SNS: AuthorizationError", False),
        (sns_error(500, "InternalError"), "SNS: InternalError", False),
        (Reply(503, b"busy"), "SNS: HTTP status 503", False),
        (Reply(400, b"x" * 1_000_000), "SNS: HTTP status 400", False),
    ],
)
async def test_sns_permanent_refusal_is_distinguished(
    aws: Callable[[str], AwsServer],
    client: httpx.AsyncClient,
    reply: Reply,
    reason: str,
    refused: bool,
) -> None:
    server = aws("sns")
    server.answer = lambda _: reply
    assert await failure_of(Sns(api(server, "sns", client)), Channel.SMS) == (reason, refused)


@pytest.mark.parametrize(
    ("endpoint", "region"),
    [
        ("https://sns.ap-southeast-2.amazonaws.com", "ap-southeast-2"),
        ("https://sns.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("http://localhost:4566", "eu-west-1"),
        ("https://sns.us-east-1.amazonaws.com.evil.example", "eu-west-1"),
    ],
)
def test_aws_request_is_signed_for_the_region_of_its_endpoint(endpoint: str, region: str) -> None:
    assert region_of(endpoint, "eu-west-1") == region


@pytest.fixture
def receiver() -> Iterator[AwsServer]:
    """The receiver of a webhook."""
    with AwsServer(None) as server:
        yield server


def webhook(
    receiver: AwsServer, client: httpx.AsyncClient, secret: bytes | None = None
) -> SmsWebhook:
    return SmsWebhook(f"{receiver.url}/send", client=client, secret=secret, now=lambda: NOW)


async def test_sms_webhook_receives_the_signed_message(
    receiver: AwsServer, client: httpx.AsyncClient
) -> None:
    await webhook(receiver, client, SECRET).send(SMS)
    assert receiver.last.path == "/send"
    assert json.loads(receiver.last.body) == {
        "id": "m-2",
        "phoneNumber": "+12065550100",
        "message": "Your verification code is 012345. ",
        "userPoolId": "eu-west-1_Barn",
        "userName": "zoe",
        "triggerSource": "CustomMessage_SignUp",
    }
    parts = receiver.last.headers["poolhouse-signature"].split(",")
    seconds, digest = (part.partition("=")[2] for part in parts)
    assert int(seconds) == NOW.timestamp()
    signed = f"{seconds}.".encode() + receiver.last.body
    assert digest == hmac.digest(SECRET, signed, "sha256").hex()


async def test_sms_webhook_without_secret_is_not_signed(
    receiver: AwsServer, client: httpx.AsyncClient
) -> None:
    await webhook(receiver, client).send(SMS)
    assert "poolhouse-signature" not in receiver.last.headers


@pytest.mark.parametrize(
    ("status", "refused"),
    [
        (400, True),
        (413, True),
        (422, True),
        (401, False),
        (404, False),
        (429, False),
        (500, False),
        (302, False),
    ],
)
async def test_sms_webhook_permanent_refusal_is_distinguished(
    receiver: AwsServer, client: httpx.AsyncClient, status: int, refused: bool
) -> None:
    receiver.answer = lambda _: Reply(status)
    failure = await failure_of(webhook(receiver, client), Channel.SMS)
    assert failure == (f"HTTP status {status}", refused)


async def test_sms_webhook_unreachable_is_retried(client: httpx.AsyncClient) -> None:
    with AwsServer(None) as gone:
        sender = webhook(gone, client)
    assert await failure_of(sender, Channel.SMS) == ("ConnectError", False)
