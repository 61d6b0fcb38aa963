"""Check the head of a request: its version, its Host, its target, and where its body ends.

The parser has split the head into its parts. What is checked here is what two implementations of
HTTP could understand differently: a proxy in front and this server. Such a request is refused.
"""

import re
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

import httptools
from httptools.parser.url_parser import URL

from poolhouse.http.messages import IncomingRequest

MOST_HEADERS: Final = 256
"""Headers of a request. HAProxy passes on 101."""

LONGEST_HOST: Final = 300
"""Bytes of Host: a name of DNS has 253 at most."""

LONGEST_PATH: Final = 1_024
"""Bytes of a path. Ours have less than 100. Longer ones stay encoded: 64 KiB of `%` take 25 ms."""

_VERSIONS: Final = frozenset({"1.1", "1.0"})
_ONCE: Final = frozenset({b"host", b"content-length", b"transfer-encoding", b"expect"})
_host = re.compile(rb"(?:[A-Za-z0-9._~!$&'()*+;=%-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?").fullmatch


class MalformedHead(Exception):
    """A head that is no HTTP/1.1, or that others could understand differently."""


def check(received: IncomingRequest, version: str) -> None:
    """Set where the body ends, whether the client awaits 100, the path and the query.

    Raises MalformedHead.
    """
    if version not in _VERSIONS:
        raise MalformedHead
    found: dict[bytes, bytes] = {}
    for name, value in received.headers:
        if name in _ONCE:
            if name in found:
                raise MalformedHead
            found[name] = value
    host = found.get(b"host")
    # HTTP/1.1 requires it, HTTP/1.0 didn't know it (RFC 9112 §3.2).
    if version == "1.1" if host is None else len(host) > LONGEST_HOST or not _is_host(host):
        raise MalformedHead
    if b"transfer-encoding" in found:
        # Only what every proxy understands alike: chunks, without another length beside them
        # (RFC 9112 §6.1, §6.3), and not in HTTP/1.0, which has none.
        is_chunked = found[b"transfer-encoding"].lower() == b"chunked"
        if not is_chunked or b"content-length" in found or version == "1.0":
            raise MalformedHead
        received.length = None
    elif b"content-length" in found:
        if not found[b"content-length"].isdigit():
            raise MalformedHead
        received.length = int(found[b"content-length"])
    if b"expect" in found and version == "1.1" and received.length != 0:  # RFC 9110 §10.1.1
        received.awaits_continue = found[b"expect"].lower() == b"100-continue"
    if received.target != b"/":
        _split(received)


@lru_cache(64)  # most requests name the same one
def _is_host(value: bytes) -> bool:
    return _host(value) is not None


def size(received: IncomingRequest) -> int:
    """Return the bytes that this head takes at least, as it stands on the wire."""
    lines = sum(len(name) + len(value) + 3 for name, value in received.headers)
    return len(received.method) + len(received.target) + len("  HTTP/1.1\r\n\r\n") + lines


def framing(received: IncomingRequest) -> bytes:
    """Return a head of our own whose body and connection end where those of this request end."""
    lines = [b"POST / HTTP/1.1"]
    if received.length is None:
        lines.append(b"Transfer-Encoding: chunked")
    else:
        lines.append(b"Content-Length: %d" % received.length)
    if not received.keeps_alive:
        lines.append(b"Connection: close")
    return b"\r\n".join([*lines, b"", b""])


def _split(received: IncomingRequest) -> None:
    """Split the target into its path, as sent and decoded, and its query. Raises MalformedHead."""
    if received.target == b"*":
        if received.method != "OPTIONS":
            raise MalformedHead
        received.path = "*"
        return
    try:
        url = httptools.parse_url(received.target)
    except httptools.HttpParserInvalidURLError:
        raise MalformedHead from None
    if url.path is None or not url.path.isascii() or url.fragment is not None:
        raise MalformedHead
    if url.schema is not None:
        _take_host_of_target(received, url)
    received.target = url.path
    path = url.path.decode("ascii")
    received.path = unquote(path) if len(path) <= LONGEST_PATH else path
    received.query = url.query or b""


def _take_host_of_target(received: IncomingRequest, url: URL) -> None:
    """Replace Host by the host of an absolute target, which counts instead (RFC 9112 §3.2.2)."""
    if url.schema.lower() not in {b"http", b"https"} or url.userinfo is not None or not url.host:
        raise MalformedHead
    host = b"[%b]" % url.host if b":" in url.host else url.host
    if url.port is not None:
        host += b":%d" % url.port
    if not _is_host(host):
        raise MalformedHead
    others = [pair for pair in received.headers if pair[0] != b"host"]
    received.headers[:] = [(b"host", host), *others]
