"""An answer as the bytes of HTTP/1.1: one piece, so that a client is woken once."""

import re
from http import HTTPStatus
from typing import Final

from poolhouse.http.messages import HttpResponse

CLOSE: Final = (b"connection", b"close")
CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"

_STATUS_LINES: Final = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


class UnsafeHeader(ValueError):
    """A header's value with a control character: a line feed would begin a header of its own."""


def encode_response(answer: HttpResponse, date: bytes, *, with_body: bool = True) -> bytes:
    """Return the whole answer; `date` is the Date header's line. Raises UnsafeHeader.

    Without a body, as HEAD asks, the length is sent all the same.
    """
    status, headers, body = answer
    parts = [_STATUS_LINES[status], date]
    for name, value in headers:
        if _CONTROL.search(value):
            raise UnsafeHeader(name.decode("latin-1"))
        parts += (name, b": ", value, b"\r\n")
    parts.append(b"content-length: %d\r\n\r\n" % len(body))
    if with_body:
        parts.append(body)
    return b"".join(parts)
