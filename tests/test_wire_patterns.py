"""The patterns of the wire accept what Java's `matches` accepts on AWS's texts."""

import re
import unicodedata
import warnings
from typing import Annotated, get_args, get_origin

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import Meta

from poolhouse.wire import shapes

METAS = {
    name: get_args(alias)[1]
    for name, alias in vars(shapes).items()
    if get_origin(alias) is Annotated
}
PATTERNS = {name: meta.pattern for name, meta in METAS.items() if meta.pattern}


def accepts(name: str, value: str) -> bool:
    meta: Meta = METAS[name]
    assert meta.pattern
    return re.search(meta.pattern, value) is not None


@pytest.mark.parametrize("name", PATTERNS)
def test_pattern_compiles_without_a_warning(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        re.purge()
        assert re.compile(PATTERNS[name]).groups >= 0


@pytest.mark.parametrize("name", PATTERNS)
def test_pattern_accepts_a_trailing_line_feed_only_where_aws_does(name: str) -> None:
    """Python's `$` would accept one anywhere."""
    accepted = any(accepts(name, f"{text}\n") for text in ("", "a", "{####}", "{####}a"))
    java = METAS[name].extra["pattern"].replace(r"[^\s]", "")
    # The last two: a dot that means every character, and "anything but these".
    assert accepted == any(part in java for part in (r"\s", r"\n", "(?s).", r"[^_\p{Z}]+"))


@pytest.mark.parametrize(
    ("value", "accepted"),
    [
        ("alice", True),
        ("alice@example.com", True),
        ("élodie", True),
        ("e\u0301", True),  # a combining accent, \p{M}
        ("\u0301", True),
        ("日本語", True),
        ("😀", True),  # \p{S}
        ("👍🏽", True),  # \p{S} both
        ("❤\ufe0f", True),  # a variation selector, \p{M}
        ("٣", True),
        ("€", True),
        ("“", True),
        ("a b", False),
        (" alice", False),
        ("alice\n", False),
        ("a\u00a0b", False),  # no-break space
        ("a\u3000b", False),  # ideographic space
        ("a\u2028b", False),  # line separator
        ("a\u200bb", False),  # zero width space, \p{Cf}
        ("👩\u200d💻", False),  # zero width joiner, \p{Cf}
        ("a\u00adb", False),  # soft hyphen
        ("\ufeffalice", False),
        ("a\x00b", False),
        ("a\x7fb", False),
        ("a\x85b", False),
        ("a\ue000b", False),  # private use
        ("a\uffffb", False),
        ("a\U000e0041b", False),  # a tag character
        ("a\U0010fffdb", False),
        ("", False),
    ],
)
def test_username_pattern_accepts_visible_characters_only(value: str, accepted: bool) -> None:
    """`[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+`: no separators and none of the categories C."""
    assert accepts("UsernameType", value) is accepted


def test_username_pattern_equals_the_unicode_categories() -> None:
    """Every code point that this Python's Unicode knows; unassigned ones count as visible."""
    search = re.compile(PATTERNS["UsernameType"]).search
    for character in map(chr, range(0x110000)):
        category = unicodedata.category(character)
        if category != "Cn":
            assert (search(character) is not None) == (category[0] not in "ZC"), hex(ord(character))


@pytest.mark.parametrize(
    ("value", "accepted"),
    [
        ("ab", True),
        ("a b", True),
        ("a  b\tc d", True),
        ("ab cd", True),
        ("pass\u2028word", True),  # no space to Java's \S
        ("a", False),
        ("", False),
        (" ab", False),
        ("ab ", False),
        ("a\nb", False),
        ("a \u2028 b", False),  # a line end to Java's dot
        ("a\u2028 b\u2028", True),
    ],
)
def test_password_pattern_accepts_inner_blanks_only(value: str, accepted: bool) -> None:
    """The live pattern `^[\\S]+.*[\\S]+$` [amazon-cognito-identity-js#388]."""
    assert METAS["PasswordType"].extra["pattern"] == r"^[\S]+.*[\S]+$"
    assert accepts("PasswordType", value) is accepted


def test_letters_digits_and_blanks_of_a_class_are_ascii_as_in_java() -> None:
    assert accepts("UserPoolIdType", "eu-west-1_AbCdEfGhI")
    assert not accepts("UserPoolIdType", "eu-west-1_٣")
    assert not accepts("UserPoolIdType", "é_1")
    assert accepts("ConfirmationCodeType", "a\u00a0b")
    assert not accepts("ConfirmationCodeType", "a\x0bb")


# Straight readings of AWS's texts, for characters that are ASCII or line ends. They may take
# cubic time, so they see short strings only.
_DOT = r"[^\n\r\x85\u2028\u2029]"
NAIVE = {
    "EmailAddressType": r"[!-~]+@[!-~]+",
    "EmailVerificationMessageType": r"[!-~\s]*\{####\}[!-~\s]*",
    "EmailVerificationMessageByLinkType": r"[!-~\s]*\{##[!-~\s]*##\}[!-~\s]*",
    "SmsVerificationMessageType": rf"{_DOT}*\{{####\}}{_DOT}*",
    "PasswordType": rf"[\S]+{_DOT}*[\S]+",
}


PIECES = st.sampled_from(["a", "@", "{##", "##}", *"{}# \t\n\r\x85\u2028\x00"])


@pytest.mark.parametrize("name", NAIVE)
@given(pieces=st.lists(PIECES, max_size=9))
@example(pieces=["{##", "}"])
@example(pieces=["{##", "##}"])
@example(pieces=["{##", "##}", "{##", "##}"])
@example(pieces=["a", "@", "@"])
def test_pattern_rewritten_for_speed_accepts_the_same(name: str, pieces: list[str]) -> None:
    value = "".join(pieces)
    assert accepts(name, value) == (re.fullmatch(NAIVE[name], value, re.ASCII) is not None)


@pytest.mark.parametrize(
    ("name", "hostile"),
    [
        ("EmailAddressType", "@" * 100_000 + "\x00"),
        ("EmailVerificationMessageType", "{####}" * 50_000 + "\x00"),
        ("EmailVerificationMessageByLinkType", "{##" * 100_000),
        ("EmailVerificationMessageByLinkType", "{####}" * 50_000 + "\x00"),
        ("SmsVerificationMessageType", "{####}" * 50_000 + "\n"),
        ("PasswordType", "a" * 100_000 + " "),
        ("PasswordType", "a " * 100_000),
        ("PasswordType", " a" * 100_000),
        ("ArnType", "arn:a:a:a:0" + ":a" * 100_000),
        ("DeviceKeyType", "_0" * 100_000 + "!"),
        ("UserPoolIdType", "_0" * 100_000 + "!"),
    ],
)
def test_pattern_on_hostile_values_does_not_backtrack(name: str, hostile: str) -> None:
    """With the patterns as AWS writes them some of these would take hours."""
    assert not accepts(name, hostile)
