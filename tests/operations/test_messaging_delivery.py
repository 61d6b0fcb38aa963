"""A server that sends by SES, SNS and webhooks, as its settings say."""

import base64
import json
import queue
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from support.aws_server import CREDENTIALS, REGION, AwsServer, Reply, Request
from support.running_server import running
from support.served_pools import PoolForTest

SIGNED = {
    "region": (REGION,),
    "aws_access_key_id": CREDENTIALS.access_key_id,
    "aws_secret_access_key": CREDENTIALS.secret,
    "aws_session_token": CREDENTIALS.session_token,
}
ATTRIBUTES = {"email": "alice@barn.example", "phone_number": "+12065550100"}


@pytest.fixture
def arrived() -> queue.Queue[Request]:
    return queue.Queue()


@pytest.fixture
def receiver(arrived: queue.Queue[Request]) -> Iterator[Callable[[str | None], AwsServer]]:
    """Starts a server whose requests arrive in the queue."""
    started: list[AwsServer] = []

    def answer(request: Request) -> Reply:
        arrived.put(request)
        return Reply()

    def start(service: str | None) -> AwsServer:
        started.append(AwsServer(service, answer).__enter__())
        return started[-1]

    yield start
    for server in started:
        assert server.refusals == []
        server.__exit__()


def sent(arrived: queue.Queue[Request], directory: Path, verified: str, **settings: Any) -> Request:
    """What arrives when alice signs up on a server of these settings."""
    with running(directory, **settings) as server:
        pool = PoolForTest(
            server.client(),
            AutoVerifiedAttributes=[verified],
            SmsConfiguration={"SnsCallerArn": "arn:aws:iam::123456789012:role/texts"},
        )
        pool.sign_up(attributes=ATTRIBUTES)
        return arrived.get(timeout=30)


def test_email_goes_out_by_ses(
    tmp_path: Path,
    receiver: Callable[[str | None], AwsServer],
    arrived: queue.Queue[Request],
) -> None:
    ses = receiver("ses")
    settings = SIGNED | {"ses_endpoint": ses.url, "email_from": "hay@barn.example"}
    asked = json.loads(sent(arrived, tmp_path, "email", **settings).body)
    assert asked["Destination"] == {"ToAddresses": ["alice@barn.example"]}
    raw = base64.b64decode(asked["Content"]["Raw"]["Data"])
    mail = message_from_bytes(raw, policy=policy.default)
    assert mail["From"] == "hay@barn.example"
    assert mail["Subject"] == "Your verification code"


def test_text_messages_go_out_by_sns(
    tmp_path: Path,
    receiver: Callable[[str | None], AwsServer],
    arrived: queue.Queue[Request],
) -> None:
    sns = receiver("sns")
    request = sent(arrived, tmp_path, "phone_number", sns_endpoint=sns.url, **SIGNED)
    form = parse_qs(request.body.decode())
    assert form["PhoneNumber"] == ["+12065550100"]
    assert form["Message"][0].startswith("Your verification code is ")


def test_text_messages_go_out_by_a_webhook(
    tmp_path: Path,
    receiver: Callable[[str | None], AwsServer],
    arrived: queue.Queue[Request],
) -> None:
    webhook = receiver(None)
    settings = {"sms_webhook": f"{webhook.url}/sms", "webhook_secret": "shared"}
    request = sent(arrived, tmp_path, "phone_number", **settings)
    assert request.path == "/sms"
    assert request.headers["poolhouse-signature"].startswith("t=")
    assert json.loads(request.body)["phoneNumber"] == "+12065550100"
