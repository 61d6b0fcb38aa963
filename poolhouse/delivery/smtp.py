"""Email by SMTP, to the operator's own mail server or relay."""

import asyncio
import re
import socket
import ssl
from email import quoprimime
from email.errors import HeaderParseError, NonASCIILocalPartDefect
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from typing import Final, Literal

import aiosmtplib
import msgspec

from poolhouse.delivery.contract import SendFailure
from poolhouse.delivery.smtp_connections import IDLE_SECONDS, Connection, SmtpConnections
from poolhouse.entities.messages import Message

Tls = Literal["none", "starttls", "tls"]

DEFAULT_FROM: Final = "no-reply@verificationemail.com"
"""The address that AWS sends from, unless the pool has another (ev:users-13.2)."""

_KEPT_ANSWERS_WITHIN: Final = 5.0
"""Seconds for the first answer on a kept connection: what lies between may have forgotten it."""

_QP_LINE: Final = 76
"""RFC 2045 §6.7: the longest line of a quoted-printable body."""

_HTML: Final = SMTP.header_factory("Content-Type", 'text/html; charset="utf-8"')
"""Parsed once: each mail needs it several times."""

_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_PLAIN_MAILBOX: Final = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@({_ATOM}(?:\.{_ATOM})*)")
"""An address of dot-atoms (RFC 5322 §3.4.1), as nearly all are: nothing to quote or to parse."""

_PLAIN_VALUE: Final = re.compile(r"[ -~]*")
"""A header's value that stands on the wire as it is: no line feed, nothing beyond ASCII."""

_ENCODED: Final = "=?"
"""The beginning of an encoded word (RFC 2047): such a text means another."""


class _Envelope(msgspec.Struct, frozen=True):
    """The sender and recipient of a mail, and how they are encoded."""

    sender: str
    recipient: str

    @property
    def is_ascii(self) -> bool:
        return self.sender.isascii() and self.recipient.isascii()


class Smtp:
    """Sends emails to a mail server.

    `tls` is "tls" (from the first byte, usually port 465), "starttls" (refused if the server
    doesn't offer it) or "none". The server's certificate is checked by `tls_context`, or against
    the system's authorities. `from_address` is for pools that name no sender of their own.
    Connections stay open for the next mail, `idle_seconds` at most; `close` ends them.
    """

    keeps: Final = False

    def __init__(
        self,
        host: str,
        port: int,
        *,
        username: str | None = None,
        password: str | None = None,
        tls: Tls = "starttls",
        tls_context: ssl.SSLContext | None = None,
        from_address: str = DEFAULT_FROM,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._host = host
        self._port = port
        self._username = username
        self._password = password
        self._tls = tls
        if tls_context is None and tls != "none":
            tls_context = ssl.create_default_context()
        self._tls_context = tls_context
        self._from_address = from_address
        self._own_name: str | None = None
        self._connections = SmtpConnections(self._connect, idle_seconds=idle_seconds)

    async def send(self, message: Message) -> None:
        """Return when the server has taken the message over. Raises SendFailure."""
        mail, envelope_from, envelope_to = compose(message, self._from_address)
        envelope = _Envelope(envelope_from, envelope_to)
        try:
            content = mail.as_bytes(policy=SMTP if envelope.is_ascii else SMTPUTF8)
            await self._hand_over(envelope, content)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise _failure(error) from None  # the server's words may hold the address

    async def close(self) -> None:
        """Leave the server. A mail that is sent afterwards opens a connection of its own."""
        await self._connections.close()

    async def _hand_over(self, envelope: _Envelope, content: bytes) -> None:
        idle = self._connections.take()
        if idle is not None and await self._on_idle(idle, envelope, content):
            return
        fresh = await self._connections.open()
        try:
            await _announce(fresh.client, envelope, len(content))
            await self._transfer(fresh, content)
        except BaseException:
            fresh.client.close()
            raise

    async def _on_idle(self, idle: Connection, envelope: _Envelope, content: bytes) -> bool:
        """Return whether the server listened on a cached connection; only if so, it has the mail.

        A server may close a connection at any time. While none of the content was sent, no mail can
        result, and it is safe to start again.
        """
        try:
            try:
                await _announce(idle.client, envelope, len(content), _KEPT_ANSWERS_WITHIN)
            except (aiosmtplib.SMTPException, OSError) as error:
                # What is said of this recipient on a living connection holds on any other.
                if isinstance(error, aiosmtplib.SMTPRecipientRefused) and idle.client.is_connected:
                    raise
                idle.client.close()
                return False
            await self._transfer(idle, content)
        except BaseException:
            idle.client.close()
            raise
        return True

    async def _transfer(self, connection: Connection, content: bytes) -> None:
        """Return upon the server's 250. What goes wrong in here leaves the outcome unknown."""
        await connection.client.data(content)
        self._connections.keep(connection)

    async def _connect(self) -> aiosmtplib.SMTP:
        client = await self._client()
        try:
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await _greet(client)
        except BaseException:
            client.close()
            raise
        return client

    async def _client(self) -> aiosmtplib.SMTP:
        """Return a client for one connection, without time limits: the delivery has one limit."""
        if self._own_name is None:  # asks the name server, so not on the loop, and once
            self._own_name = await asyncio.to_thread(socket.getfqdn)
        return aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            username=self._username,
            password=self._password,
            local_hostname=self._own_name,
            use_tls=self._tls == "tls",
            start_tls=self._tls == "starttls",
            tls_context=self._tls_context,
            timeout=None,
        )


async def _greet(client: aiosmtplib.SMTP) -> None:
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError:
        if not client.is_connected:
            raise
        await client.helo()


async def _announce(
    client: aiosmtplib.SMTP, envelope: _Envelope, size: int, seconds: float | None = None
) -> None:
    """Send MAIL and RCPT, with the size. The first reply may take `seconds`."""
    options = [f"SIZE={size}"] if client.supports_extension("size") else []
    if not envelope.is_ascii:
        if not client.supports_extension("smtputf8"):
            raise aiosmtplib.SMTPNotSupported("SMTPUTF8")
        options += ["SMTPUTF8", "BODY=8BITMIME"]  # RFC 6531 §3.1: who can the one can the other
    encoding = "ascii" if envelope.is_ascii else "utf-8"
    await client.mail(envelope.sender, options=options, encoding=encoding, timeout=seconds)
    await client.rcpt(envelope.recipient, encoding=encoding)


def compose(message: Message, default_from: str) -> tuple[EmailMessage, str, str]:
    """Return the mail (HTML, as Cognito's), and the envelope's sender and recipient.

    The message's id becomes the Message-ID, the same on every try. Raises SendFailure for what can
    be no address: a line feed in one would end its header, or its command, and begin the next.
    """
    sender = _named_address(message.sender or default_from, "sender")
    try:
        recipient = _address(message.destination)
    except ValueError:
        raise SendFailure("unusable recipient", refused=True) from None
    mail = EmailMessage(policy=SMTP)
    _set_header(mail, "From", sender)
    _set_header(mail, "To", recipient)
    if message.reply_to:
        _set_header(mail, "Reply-To", _named_address(message.reply_to, "reply-to address"))
    _set_header(mail, "Subject", " ".join(message.subject.split()))  # on AWS it may hold line feeds
    _set_header(mail, "Date", format_datetime(message.created_at))
    _set_header(mail, "Message-ID", f"<{message.id}@{sender.domain}>")
    _set_header(mail, "Auto-Submitted", "auto-generated")  # RFC 3834: no vacation replies, please
    _set_header(mail, "MIME-Version", "1.0")
    mail["Content-Type"] = _HTML
    _set_header(mail, "Content-Transfer-Encoding", "quoted-printable")
    mail.set_payload(_quoted_printable(message.body))
    return mail, sender.addr_spec, recipient.addr_spec


def _set_header(mail: EmailMessage, name: str, value: str | Address) -> None:
    """Add a header. One that needs no encoding is not parsed: that is most of a mail's work.

    Lines that are too long are folded in any case, when the mail is written.
    """
    text = str(value)
    if _PLAIN_VALUE.fullmatch(text) and _ENCODED not in text:
        mail.set_raw(name, text)
    else:
        mail[name] = value


def _quoted_printable(body: str) -> str:
    lines = body.encode().splitlines()
    # The encoder takes bytes as characters of the same number.
    return quoprimime.body_encode((b"\n".join(lines) + b"\n").decode("latin-1"), _QP_LINE)


def _named_address(text: str, what: str) -> Address:
    """Parse the sender: `zoe@barn.example` or `Zoe of the Barn <zoe@barn.example>`."""
    name, _, mailbox = text.rpartition("<")
    try:
        if mailbox.endswith(">"):
            return _address(mailbox[:-1], name.strip().strip('"'))
        return _address(text)
    except ValueError:
        raise SendFailure(f"unusable {what}") from None


def _address(mailbox: str, name: str = "") -> Address:
    """Return the address of a mailbox. Raises ValueError unless it is one bare address."""
    plain = _PLAIN_MAILBOX.fullmatch(mailbox)
    if plain and _ENCODED not in mailbox:
        return Address(name, *plain.groups())
    try:
        return Address(name, addr_spec=mailbox)
    except NonASCIILocalPartDefect:  # not by RFC 5322, but by RFC 6531
        local, _, domain = mailbox.rpartition("@")
        return Address(name, local, domain)
    except (HeaderParseError, IndexError, AttributeError):  # what it makes of "", "x@" and "x@["
        raise ValueError("not an address") from None


def _failure(error: Exception) -> SendFailure:
    """Return why the server refused the message, in a word and a number.

    Only a refusal of the recipient or the content is permanent. The operator can correct a refused
    login or sender, so the message waits for that.
    """
    of_this_message = isinstance(error, aiosmtplib.SMTPDataError | aiosmtplib.SMTPRecipientRefused)
    reason, code = type(error).__name__, 0
    if isinstance(error, aiosmtplib.SMTPResponseException):
        code = error.code
        reason = f"{reason} {code}"
    return SendFailure(reason, refused=of_this_message and code >= 500)
