"""Email against a real SMTP server: what arrives, and what a failure is called."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from msgspec.structs import replace
from support.delivery_world import World, message, running

from poolhouse.delivery.contract import SendFailure
from poolhouse.delivery.smtp import Smtp
from poolhouse.entities.messages import Message

SECRETS = ("zoe@barn.example", "012345")


class Mailbox:
    """The server's side: keeps what it accepts; `replies` are other answers, by command."""

    def __init__(self, **replies: str) -> None:
        self.replies = replies
        self.envelopes: list[Envelope] = []
        self.logged_in: list[object] = []
        self.over_tls: list[bool] = []

    async def handle_MAIL(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.replies.get("MAIL", "250 OK")

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: object
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.replies.get("RCPT", "250 OK")

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:
        if "DATA" in self.replies:
            return self.replies["DATA"]
        self.envelopes.append(envelope)
        self.logged_in.append(session.auth_data)
        self.over_tls.append(session.ssl is not None)
        return "250 OK"

    async def handle_QUIT(self, server: SMTP, _session: Session, _envelope: Envelope) -> str:
        if "QUIT" in self.replies:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return "221 Bye"

    def mail(self) -> EmailMessage:
        [envelope] = self.envelopes
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        return mail


@asynccontextmanager
async def serving(
    factory: Callable[[], asyncio.BaseProtocol], tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(factory, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def smtpd(mailbox: Mailbox, **options: Any) -> Callable[[], asyncio.BaseProtocol]:
    return lambda: SMTP(mailbox, hostname="mail.barn.example", **options)


def plain(port: int) -> Smtp:
    return Smtp("127.0.0.1", port, tls="none")


async def deliver(sender: Smtp, mail: Message) -> None:
    """Send it, and leave the server."""
    await sender.send(mail)
    await sender.close()


def check_password(
    _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
) -> AuthResult:
    right = (data.login, data.password) == (b"barn", b"hay")
    return AuthResult(success=right, handled=False, auth_data=data.login)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a self-signed certificate for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + signed.public_bytes(pem)
    )
    return path


@pytest.fixture
def server_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate)


async def test_smtp_mail_is_html_from_the_default_address() -> None:
    """ev:users-13.2; the body is HTML, as of Cognito's mails."""
    mailbox = Mailbox()
    async with serving(smtpd(mailbox)) as port:
        await deliver(plain(port), message())
    [envelope] = mailbox.envelopes
    assert envelope.mail_from == "no-reply@verificationemail.com"
    assert envelope.rcpt_tos == ["zoe@barn.example"]
    mail = mailbox.mail()
    assert mail["From"] == "no-reply@verificationemail.com"
    assert mail["To"] == "zoe@barn.example"
    assert mail["Subject"] == "Your verification code"
    assert mail["Message-ID"] == "<m-1@verificationemail.com>"
    assert mail["Date"] == "Fri, 02 Jan 2026 03:04:05 +0000"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Reply-To"] is None
    assert mail.get_content_type() == "text/html"
    assert mail.get_content().rstrip("\r\n") == "Your verification code is 012345. "


async def test_smtp_mail_may_be_long_and_in_any_script() -> None:
    mailbox = Mailbox()
    body = "Stall № 5, Scheune, 納屋, .\n.\n" * 900
    text = replace(message(), body=body, subject="Dein Code für die Scheune, 納屋\n und mehr")
    async with serving(smtpd(mailbox)) as port:
        await deliver(plain(port), text)
    assert mailbox.mail().get_content().replace("\r\n", "\n") == body
    assert mailbox.mail()["Subject"] == "Dein Code für die Scheune, 納屋 und mehr"


async def test_smtp_starttls_precedes_the_password(
    server_tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    mailbox = Mailbox()
    factory = smtpd(
        mailbox,
        tls_context=server_tls,
        require_starttls=True,
        auth_required=True,
        authenticator=check_password,
    )
    async with serving(factory) as port:
        sender = Smtp("localhost", port, username="barn", password="hay", tls_context=trusting)
        await deliver(sender, message())
    assert (mailbox.over_tls, mailbox.logged_in) == ([True], [b"barn"])


async def test_smtp_implicit_tls_delivers(
    server_tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    mailbox = Mailbox()
    async with serving(smtpd(mailbox), server_tls) as port:
        await deliver(Smtp("localhost", port, tls="tls", tls_context=trusting), message())
    assert len(mailbox.envelopes) == 1


async def failure(sender: Smtp) -> SendFailure:
    with pytest.raises(SendFailure) as raised:
        await sender.send(message())
    assert not any(secret in repr(raised.value) for secret in SECRETS)
    assert raised.value.__cause__ is None
    return raised.value


async def test_smtp_server_with_unknown_certificate_receives_nothing(
    server_tls: ssl.SSLContext,
) -> None:
    mailbox = Mailbox()
    async with serving(smtpd(mailbox, tls_context=server_tls)) as port:
        assert not (await failure(Smtp("localhost", port))).refused
    assert mailbox.envelopes == []


async def test_smtp_server_without_starttls_receives_nothing() -> None:
    mailbox = Mailbox()
    async with serving(smtpd(mailbox)) as port:
        assert (await failure(Smtp("localhost", port))).reason == "SMTPException"
    assert mailbox.envelopes == []


async def test_smtp_wrong_password_is_retried(
    server_tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    mailbox = Mailbox()
    factory = smtpd(mailbox, tls_context=server_tls, authenticator=check_password)
    async with serving(factory) as port:
        sender = Smtp("localhost", port, username="barn", password="straw", tls_context=trusting)
        failed = await failure(sender)
    assert (failed.reason, failed.refused) == ("SMTPAuthenticationError 535", False)


@pytest.mark.parametrize(
    ("command", "reply", "reason", "refused"),
    [
        ("RCPT", "550 no zoe@barn.example here", "SMTPRecipientRefused 550", True),
        ("RCPT", "450 zoe@barn.example is out", "SMTPRecipientRefused 450", False),
        ("DATA", "554 we like no 012345", "SMTPDataError 554", True),
        ("DATA", "451 later", "SMTPDataError 451", False),
        ("MAIL", "550 we don't know you", "SMTPSenderRefused 550", False),
        ("MAIL", "421 going down", "SMTPSenderRefused 421", False),
    ],
)
async def test_smtp_reply_about_the_message_alone_is_a_permanent_refusal(
    command: str, reply: str, reason: str, refused: bool
) -> None:
    async with serving(smtpd(Mailbox(**{command: reply}))) as port:
        failed = await failure(plain(port))
    assert (failed.reason, failed.refused) == (reason, refused)


async def test_smtp_connection_refused_is_retried() -> None:
    with socket.socket() as bound_but_deaf:
        bound_but_deaf.bind(("127.0.0.1", 0))
        failed = await failure(plain(bound_but_deaf.getsockname()[1]))
    assert (failed.reason, failed.refused) == ("SMTPConnectError", False)


class SilentServer(asyncio.Protocol):
    """Takes the connection and says nothing."""


class DisconnectingServer(asyncio.Protocol):
    """Hangs up at once."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.abort()


async def test_smtp_server_that_disconnects_is_retried() -> None:
    async with serving(DisconnectingServer) as port:
        assert not (await failure(plain(port))).refused


async def test_smtp_server_that_hangs_times_out(world: World) -> None:
    await world.put(message())
    async with (
        serving(SilentServer) as port,
        running(world.delivery(plain(port), limit_seconds=0.05)),
    ):
        assert await world.outcome() == "delayed"


async def test_smtp_disconnect_on_quit_counts_as_delivered() -> None:
    """Sending it again would be a second mail."""
    mailbox = Mailbox(QUIT="hang up")
    async with serving(smtpd(mailbox)) as port:
        await deliver(plain(port), message())
    assert len(mailbox.envelopes) == 1


async def test_smtp_recipient_beyond_ascii_needs_smtputf8() -> None:
    mailbox = Mailbox()
    to_zoe = replace(message(), destination="zoé@barn.example")
    async with serving(smtpd(mailbox, enable_SMTPUTF8=True)) as port:
        await deliver(plain(port), to_zoe)
    assert mailbox.envelopes[0].rcpt_tos == ["zoé@barn.example"]
    async with serving(smtpd(Mailbox())) as port:
        with pytest.raises(SendFailure, match="SMTPNotSupported"):
            await plain(port).send(to_zoe)
