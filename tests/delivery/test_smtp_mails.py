"""The mail on the wire for any text, read back by the standard library's parser."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, default

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from support.delivery_world import message

from poolhouse.delivery.contract import SendFailure
from poolhouse.delivery.smtp import compose
from poolhouse.entities.messages import Message

NAMES = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
]

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
"""Whatever UTF-8 can say, so whatever can be stored."""


def on_the_wire(mail: Message) -> bytes:
    return compose(mail, "hay@barn.example")[0].as_bytes()


def read(wire: bytes) -> EmailMessage:
    mail = message_from_bytes(wire, policy=default)
    assert isinstance(mail, EmailMessage)
    return mail


@given(TEXTS)
def test_mail_subject_cannot_inject_headers_or_body(subject: str) -> None:
    wire = on_the_wire(replace(message(), subject=subject))
    mail = read(wire)
    assert list(mail.keys()) == NAMES
    assert mail.get_content() == "Your verification code is 012345. \r\n"
    assert wire.isascii()
    assert all(len(line) <= 998 for line in wire.split(b"\r\n"))  # RFC 5322 §2.1.1
    assert b"\n" not in wire.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    "subject",
    [
        "Your verification code",
        'Your code, "012345" (or so): <a@b.example>; it\'s = 5',
        "Dein Code für die Scheune, 納屋",
        "Straße " * 20 + "Ende",
        "word " * 40 + "end",
        "=?utf-8?q?=0D=0ABcc=3A_max=40barn=2Eexample?=x",
        "a =? b",
    ],
)
def test_subjects_are_written_as_the_standard_library_does(subject: str) -> None:
    whole = EmailMessage(policy=SMTP)
    whole["Subject"] = subject
    [written] = on_the_wire(replace(message(), subject=subject)).split(b"\r\nSubject: ")[1:]
    assert whole.as_bytes() == b"Subject: " + written.partition(b"\r\nDate: ")[0] + b"\r\n\r\n"


@given(TEXTS)
def test_mail_body_arrives_whole_in_short_lines(body: str) -> None:
    wire = on_the_wire(replace(message(), body=body))
    lines = body.encode().splitlines()
    expected = (b"\n".join(lines) + b"\n").decode()
    content = read(wire).get_payload(decode=True)
    assert isinstance(content, bytes)
    assert content.decode().replace("\r\n", "\n") == expected
    written = wire.partition(b"\r\n\r\n")[2]
    assert written.isascii()
    assert all(len(line) <= 76 for line in written.split(b"\r\n"))  # RFC 2045 §6.7


@given(st.from_regex(r"[!-~]{1,20}@[!-~]{1,20}", fullmatch=True))
def test_mail_address_is_the_one_that_the_parser_finds(destination: str) -> None:
    try:
        mail, _, envelope_to = compose(replace(message(), destination=destination), "a@b.example")
    except SendFailure:
        with pytest.raises(Exception):  # noqa: B017 - the parser's many kinds
            Address(addr_spec=destination)
        return
    assert envelope_to == Address(addr_spec=destination).addr_spec
    assert read(mail.as_bytes())["To"].addresses[0].addr_spec == envelope_to


@pytest.mark.parametrize("destination", ["x@[", "x@", ""])
def test_mail_address_that_the_parser_refuses_is_refused(destination: str) -> None:
    with pytest.raises(SendFailure, match="unusable recipient") as raised:
        compose(replace(message(), destination=destination), "a@b.example")
    assert raised.value.refused


def test_mail_head_has_the_expected_headers() -> None:
    day = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    mail = replace(message(), sender="Dr. Zoe <a@b.example>", reply_to="h@b.example")
    head = on_the_wire(replace(mail, created_at=day)).partition(b"\r\n\r\n")[0]
    assert head.decode().split("\r\n") == [
        'From: "Dr. Zoe" <a@b.example>',
        "To: zoe@barn.example",
        "Reply-To: h@b.example",
        "Subject: Your verification code",
        "Date: Fri, 02 Jan 2026 03:04:05 +0000",
        "Message-ID: <m-1@b.example>",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
        'Content-Type: text/html; charset="utf-8"',
        "Content-Transfer-Encoding: quoted-printable",
    ]
