"""Email by SMTP: one connection a message, to the operator's own mail server or relay."""

import asyncio
import socket
import ssl
from contextlib import suppress
from email.errors import HeaderParseError, NonASCIILocalPartDefect
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final, Literal

import aiosmtplib

from poolhouse.delivery.contract import SendFailure
from poolhouse.entities.messages import Message

Tls = Literal["none", "starttls", "tls"]

DEFAULT_FROM: Final = "no-reply@verificationemail.com"
"""What AWS sends from, unless the pool says otherwise (users.md §13.2)."""

_QUIT_SECONDS: Final = 1.0


class Smtp:
    """Hands emails to a mail server.

    `tls` is "tls" (from the first byte, usually port 465), "starttls" (refused if the server
    doesn't offer it) or "none". The server's certificate is checked by `tls_context`, or against
    the system's authorities. `from_address` is for pools that name no sender of their own.
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

    async def send(self, message: Message) -> None:
        """Return when the server has taken the message over. Raises SendFailure."""
        mail, envelope_from, envelope_to = compose(message, self._from_address)
        client = await self._client()
        try:
            await client.connect()
            await client.send_message(mail, sender=envelope_from, recipients=[envelope_to])
            await _take_leave(client)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise _failure(error) from None  # the server's words may hold the address
        finally:
            client.close()

    async def _client(self) -> aiosmtplib.SMTP:
        """A client for one connection; it sets no time limits: the delivery sets one for all."""
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


def compose(message: Message, default_from: str) -> tuple[EmailMessage, str, str]:
    """The mail (HTML, as Cognito's), and the envelope's sender and recipient.

    The message's id becomes the Message-ID, the same on every try. Raises SendFailure for what can
    be no address: a line feed in one would end its header, or its command, and begin the next.
    """
    sender = _named_address(message.sender or default_from, "sender")
    try:
        recipient = _address(message.destination)
    except ValueError:
        raise SendFailure("unusable recipient", refused=True) from None
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = recipient
    if message.reply_to:
        mail["Reply-To"] = _named_address(message.reply_to, "reply-to address")
    mail["Subject"] = " ".join(message.subject.split())  # on AWS it may hold line feeds
    mail["Date"] = format_datetime(message.created_at)
    mail["Message-ID"] = f"<{message.id}@{sender.domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no vacation replies, please
    mail.set_content(message.body, subtype="html", cte="quoted-printable")
    return mail, sender.addr_spec, recipient.addr_spec


def _named_address(text: str, what: str) -> Address:
    """`zoe@barn.example` or `Zoe of the Barn <zoe@barn.example>`: the operator's or the pool's."""
    name, _, mailbox = text.rpartition("<")
    try:
        if mailbox.endswith(">"):
            return _address(mailbox[:-1], name.strip().strip('"'))
        return _address(text)
    except ValueError:
        raise SendFailure(f"unusable {what}") from None


def _address(mailbox: str, name: str = "") -> Address:
    """Raises ValueError for anything that isn't one bare address."""
    try:
        return Address(name, addr_spec=mailbox)
    except NonASCIILocalPartDefect:  # not by RFC 5322, but by RFC 6531
        local, _, domain = mailbox.rpartition("@")
        return Address(name, local, domain)
    except (HeaderParseError, IndexError):  # IndexError: what the parser makes of "" and "x@"
        raise ValueError("not an address") from None


async def _take_leave(client: aiosmtplib.SMTP) -> None:
    """Say QUIT. The message is the server's by now, so whatever happens here is no failure."""
    with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
        async with asyncio.timeout(_QUIT_SECONDS):
            await client.quit()


def _failure(error: Exception) -> SendFailure:
    """Why the server didn't take the message, in a word and a number.

    Refused for good is only what speaks of this message: its recipient or its content. A refused
    login or sender is the operator's to put right, and the message waits for that.
    """
    of_this_message = isinstance(error, aiosmtplib.SMTPDataError)
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        error, of_this_message = error.recipients[0], True
    reason, code = type(error).__name__, 0
    if isinstance(error, aiosmtplib.SMTPResponseException):
        code = error.code
        reason = f"{reason} {code}"
    return SendFailure(reason, refused=of_this_message and code >= 500)
