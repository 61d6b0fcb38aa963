"""AWS JSON 1.1: a request's body to its struct, an answer or an error to a body.

A body that is not good JSON for the operation is always an error of status 400 that says what
is wrong; no body can make `decode` raise anything else. Of two members with one name the last
counts, as in most JSON parsers. A byte order mark is refused, as RFC 8259 asks of senders.
"""

import re
from contextlib import suppress
from functools import cache
from typing import Any, Final

import msgspec

from poolhouse.errors.protocol import SerializationException
from poolhouse.rules.aws.violations import violations
from poolhouse.wire.errors import InvalidParameterException, ServiceError
from poolhouse.wire.operations import Operation
from poolhouse.wire.structs import Shape

# Members that are free documents are kept and sent back; a store or an encoder further in must
# never meet a nesting that the interpreter's stack cannot hold.
DEEPEST = 100

MOST_VALUES: Final = 5_000
"""Members and elements of a body, in all its objects and lists together. Each costs memory and time
before anything is known of the caller; the longest good request has some hundreds."""

_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")  # an escaped NUL, and no escaped backslash
_broken = re.compile(
    r"at '([A-Za-z0-9.]{1,100})' failed to satisfy constraint: "
    r"(Member must [a-z ]*[a-z](?: [0-9]+)?)"
).findall
"""The members that a sentence is about, and what they must, for the log: without any value."""
_encode = msgspec.json.Encoder().encode
# Numbers that no float holds are read too: there may be one in a member that is never used.
_decode_anything = msgspec.json.Decoder(float_hook=float).decode


class ConstraintViolations(InvalidParameterException):
    """The request breaks the API model; the sentence names every member that does."""

    auditable = False
    message = "{sentence}"


def decode(operation: Operation, body: bytes) -> Shape:
    """Return the operation's request. An empty body means `{}`.

    Raises SerializationException for what is not JSON or has a wrong JSON type, and
    ConstraintViolations for lengths, ranges, patterns, enumerations and missing members.
    """
    if len(body) > MOST_VALUES and _has_too_many_values(body):
        raise SerializationException(text=f"The request body has more than {MOST_VALUES} values.")
    try:
        request = _decoder(operation.request).decode(body or b"{}")
        # Reads it all once more, members that the operation doesn't know among them.
        _refuse_what_cannot_be_kept(body)
    except msgspec.ValidationError:
        return _decode_without_nulls(operation, body or b"{}")
    except (ValueError, RecursionError) as error:
        raise SerializationException(text=_malformed(error)) from None
    return request


def _decode_without_nulls(operation: Operation, body: bytes) -> Shape:
    """Try once more with what is null left out, as the service reads maps.

    Real clients send null where they have no value: amazon-cognito-identity-js its DEVICE_KEY.
    """
    if b"null" in body:
        with suppress(ValueError, RecursionError):
            bare = _encode(_without_nulls(_decode_anything(body)))
            request = _decoder(operation.request).decode(bare)
            _refuse_what_cannot_be_kept(body)
            return request
    raise _explain(operation, body) from None


def _without_nulls(document: Any) -> Any:
    if isinstance(document, dict):
        return {name: _without_nulls(v) for name, v in document.items() if v is not None}
    return [_without_nulls(v) for v in document] if isinstance(document, list) else document


def encode(response: Shape | None) -> bytes:
    """Return an answer's body; no response at all is an empty one."""
    return b"" if response is None else _encode(response)


def encode_error(error: ServiceError) -> bytes:
    """Return an error's body. An error without a sentence has no message member."""
    members = {"__type": error.code}
    if error.text:
        members["message"] = error.text
    for member, attribute in error.extra_members.items():
        if (value := getattr(error, attribute)) is not None:
            members[member] = value
    return _encode(members)


@cache
def _decoder(request_type: type[Shape]) -> msgspec.json.Decoder[Shape]:
    """Return an operation's decoder.

    It is made when the operation is first called, since 153 of them would delay the start.
    """
    return msgspec.json.Decoder(request_type)


def _explain(operation: Operation, body: bytes) -> ServiceError:
    """Return the error for a body that the decoder refused.

    The decoder stops at the first violation; AWS lists all.
    """
    try:
        sentence = violations(operation.request, _decode_anything(body))
    except SerializationException as error:
        return error
    except (ValueError, RecursionError) as error:
        return SerializationException(text=_malformed(error))
    if sentence is None:
        # The decoder refuses a bad member even when a good one of the same name follows it.
        return SerializationException(text="A member appears twice, once with a wrong value.")
    return ConstraintViolations(sentence=sentence).because(
        "; ".join(map(": ".join, _broken(sentence)))
    )


def _malformed(error: Exception) -> str:
    """Return what is wrong with the JSON itself, without repeating any of it.

    UNVERIFIED: AWS's sentences; it often sends none. Ours name the mistake.
    """
    if isinstance(error, UnicodeDecodeError):
        return "The request body is not valid UTF-8."
    if isinstance(error, RecursionError):
        return "The request body is nested too deeply."
    return str(error) if isinstance(error, msgspec.DecodeError) else "JSON is malformed"


def _has_too_many_values(body: bytes) -> bool:
    """Count what begins a value (a comma, an opening bracket) outside of strings.

    No value is made for it, and no more pieces than a body with that many values has: a value has a
    name at most and a string, thus four quotes.
    """
    if body.count(b",") + body.count(b"[") + body.count(b"{") <= MOST_VALUES:
        return False
    pieces = body.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"', 4 * MOST_VALUES)
    if len(pieces) > 4 * MOST_VALUES:
        return True
    outside = b"".join(pieces[::2])
    return outside.count(b",") + outside.count(b"[") + outside.count(b"{") > MOST_VALUES


def _refuse_what_cannot_be_kept(body: bytes) -> None:
    """Refuse U+0000 and deep nesting, which are valid JSON, so that no later code meets them.

    DIFFERS: AWS accepts NUL characters where no pattern forbids them; PostgreSQL cannot store
    one. AWS's limits of nesting and of the number of values are not known.
    """
    if b"\\u0000" in body and _NUL.search(body):
        raise SerializationException(text="A string holds the character U+0000.")
    if body.count(b"{") + body.count(b"[") > DEEPEST and _depth(_decode_anything(body)) > DEEPEST:
        raise SerializationException(text="The request body is nested too deeply.")


def _depth(document: Any) -> int:
    """Return the depth of a document, which is walked level by level instead of recursively."""
    level, depth = [document], 0
    while level:
        depth += 1
        level = [
            child
            for each in level
            for child in (
                each.values() if isinstance(each, dict) else each if isinstance(each, list) else ()
            )
        ]
    return depth
