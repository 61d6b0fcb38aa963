"""The mail that is made of a message: unauthenticated callers choose addresses in its headers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from support.delivery_world import message

from poolhouse.delivery.contract import SendFailure
from poolhouse.delivery.smtp import compose

DEFAULT = "Barn <hay@barn.example>"


def test_mail_of_every_try_is_identical() -> None:
    first, again = (compose(replace(message(), attempts=n), DEFAULT)[0] for n in (0, 7))
    assert first.as_bytes() == again.as_bytes()


@pytest.mark.parametrize(
    ("sender", "header", "envelope"),
    [
        ("", "Barn <hay@barn.example>", "hay@barn.example"),
        ("a@b.example", "a@b.example", "a@b.example"),
        ("Dr. Zoe, Barn <a@b.example>", '"Dr. Zoe, Barn" <a@b.example>', "a@b.example"),
        ('"Dr. Zoe" <a@b.example>', '"Dr. Zoe" <a@b.example>', "a@b.example"),
        ("Zoë <a@b.example>", "Zoë <a@b.example>", "a@b.example"),
    ],
)
def test_mail_sender_is_the_pools_or_the_servers(sender: str, header: str, envelope: str) -> None:
    mail, envelope_from, _ = compose(replace(message(), sender=sender), DEFAULT)
    assert str(mail["From"]) == header
    assert envelope_from == envelope
    assert mail["Message-ID"] == f"<m-1@{envelope.split('@')[1]}>"


def test_answers_go_to_the_reply_to_address() -> None:
    mail, _, _ = compose(replace(message(), reply_to="Help <help@barn.example>"), DEFAULT)
    assert str(mail["Reply-To"]) == "Help <help@barn.example>"


HOSTILE = [
    "",
    "@",
    "zoe",
    "zoe@",
    "@barn.example",
    "<zoe@barn.example>",
    "Zoe <zoe@barn.example>",
    "zoe@barn.example, max@barn.example",
    "zoe@barn.example\r\nBcc: max@barn.example",
    "zoe@barn.example\nRCPT TO:<max@barn.example>",
    "zoe@barn.example>",
    "zoe barn@barn.example",
]


@pytest.mark.parametrize("destination", HOSTILE)
def test_mail_to_an_unusable_address_is_refused(destination: str) -> None:
    with pytest.raises(SendFailure) as raised:
        compose(replace(message(), destination=destination), DEFAULT)
    assert (raised.value.reason, raised.value.refused) == ("unusable recipient", True)


@pytest.mark.parametrize("sender", ["zoe", "Barn <>", "a@b.example\r\nBcc: max@barn.example", "<"])
def test_mail_from_an_unusable_sender_is_retried(sender: str) -> None:
    with pytest.raises(SendFailure) as raised:
        compose(replace(message(), sender=sender), DEFAULT)
    assert (raised.value.reason, raised.value.refused) == ("unusable sender", False)


@given(st.text(max_size=40))
def test_mail_destination_cannot_inject_headers_or_recipients(destination: str) -> None:
    try:
        mail, _, envelope_to = compose(replace(message(), destination=destination), DEFAULT)
    except SendFailure:
        return
    assert len(mail["To"].addresses) == 1
    assert not any(character in envelope_to for character in "\r\n<>")
