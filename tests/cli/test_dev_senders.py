"""`poolhouse dev` with a mail server or a provider of text messages, beside the inbox."""

import json
import queue
from collections.abc import Iterator
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import unquote
from urllib.request import urlopen

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from cli.programs import Server, cognito, free_port

CONTACTS = {"email": "alice@example.com", "phone_number": "+12065550100"}


def inbox(server: Server) -> list[dict[str, Any]]:
    """What was sent to alice; the page waits for what is under way."""
    with urlopen(f"{server.url}/inbox/messages.json?username=alice") as page:
        found: list[dict[str, Any]] = json.load(page)
    return found


def sign_up(server: Server, contact: str) -> None:
    """alice signs up, and a code goes to this contact of hers."""
    client = cognito(server.url)
    pool = client.create_user_pool(
        PoolName="p",
        AutoVerifiedAttributes=[contact],
        SmsConfiguration={"SnsCallerArn": "arn:aws:iam::123456789012:role/texts"},
    )["UserPool"]["Id"]
    app = client.create_user_pool_client(UserPoolId=pool, ClientName="c")["UserPoolClient"]
    client.sign_up(
        ClientId=app["ClientId"],
        Username="alice",
        Password="Correct-horse-9",
        UserAttributes=[{"Name": contact, "Value": CONTACTS[contact]}],
    )


class Mailbox:
    def __init__(self) -> None:
        self.mails: queue.Queue[str] = queue.Queue()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.mails.put(f"{envelope.rcpt_tos} {message_from_bytes(envelope.content)}")
        return "250 OK"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    mailbox, port = Mailbox(), free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield mailbox, port
    controller.stop()


def test_dev_sends_mail_to_the_mail_server_and_keeps_it_in_the_inbox(
    tmp_path: Path, mailbox: tuple[Mailbox, int]
) -> None:
    box, port = mailbox
    flags = ("--smtp-host", "127.0.0.1", "--smtp-port", port, "--smtp-tls", "none")
    with Server(tmp_path, "dev", "--memory", *flags) as server:
        sign_up(server, "email")
        mail = box.mails.get(timeout=30)
        [kept] = inbox(server)
        server.stop()
    assert CONTACTS["email"] in mail
    assert kept["code"] in mail


def test_dev_keeps_mail_that_the_mail_server_does_not_take(tmp_path: Path) -> None:
    flags = ("--smtp-host", "127.0.0.1", "--smtp-port", free_port(), "--smtp-tls", "none")
    with Server(tmp_path, "dev", "--memory", *flags) as server:
        sign_up(server, "email")
        server.printed.until("message is in the inbox only")
        [kept] = inbox(server)
        assert kept["code"]
        server.stop()


@pytest.fixture
def provider() -> Iterator[tuple[queue.Queue[str], str]]:
    """A provider of text messages: what was POSTed to it, and its address."""
    posted: queue.Queue[str] = queue.Queue()

    class Provider(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.put(self.rfile.read(int(self.headers["content-length"])).decode())
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with HTTPServer(("127.0.0.1", 0), Provider) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield posted, f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("flag", ["--sms-webhook", "--sns-endpoint", "--ses-endpoint"])
def test_dev_sends_messages_by_every_sender_that_is_set_and_keeps_them_in_the_inbox(
    tmp_path: Path, provider: tuple[queue.Queue[str], str], flag: str
) -> None:
    posted, address = provider
    contact = "email" if flag == "--ses-endpoint" else "phone_number"
    with Server(tmp_path, "dev", "--memory", flag, address) as server:
        sign_up(server, contact)
        sent = posted.get(timeout=30)
        [kept] = inbox(server)
        server.end()
    assert CONTACTS[contact] in unquote(sent)  # AWS's APIs put the code into other encodings
    assert kept["destination"] == CONTACTS[contact]
