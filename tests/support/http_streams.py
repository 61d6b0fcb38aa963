"""Streams of HTTP requests made from a seed: sound ones, and ones that are nearly so."""

import random
from collections.abc import Callable
from typing import NamedTuple

METHODS = [b"GET", b"POST", b"POST", b"POST", b"PUT", b"HEAD", b"OPTIONS", b"DELETE", b"PATCH"]
PATHS = [b"/", b"/", b"/", b"/health", b"/a/b?c=d", b"//", b"/%2e%2e/", b"/?Action=x", b"/%ff"]
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
BODIES = [
    b"",
    b"{}",
    b"[1, 2, 3]",
    b"\r\nupgrade: h2c\r\n",
    b"\r\n\r\n" + SMUGGLED,
    b"x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nPOST / HTTP/1.1\r\n",
    b"0\r\n\r\n" + SMUGGLED,
    b"a" * 300,
    bytes(range(256)),
]
EXTENSIONS = [b"", b"", b"", b";a", b";a=b", b';a="b c"', b";upgrade=h2c;b"]
TRAILERS = [
    b"",
    b"",
    b"X-Checksum: 1\r\n",
    b"X-Forwarded-For: 10.0.0.1\r\n",
    b"Host: other\r\nX-Amz-Target: b\r\n",
    b"Connection: Upgrade\r\nUpgrade: h2c\r\n",
]
HARMLESS = [
    b"Accept: */*",
    b"X-Empty:",
    b"X-Spaces:  \t a b \t ",
    b"x-bytes: \xe4\xf6\xfc",
    b"X-Odd!#$%&'*+-.^_`|~: 1",
    b"Cookie: a=b; c=d",
    b"X-Forwarded-For: 203.0.113.7",
    b"Connection: keep-alive",
    b"X-Long: " + b"l" * 500,
    b"TE: trailers",
    b"Upgrade-Insecure-Requests: 1",
]
UPGRADES = [
    [b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQ"],
    [b"connection: upgrade", b"upgrade: websocket"],
    [b"UPGRADE: TLS/1.2", b"CONNECTION: keep-alive, UPGRADE"],
    [b"Upgrade: h2c"],
    [b"Connection: upgrade"],
]
ODD = [
    b"Host: b",
    b"Host:",
    b"Host: a, b",
    b"Host: a/b",
    b"Host: user@a",
    b"Content-Length: 0",
    b"Content-Length: 2",
    b"Content-Length: 2, 2",
    b"Content-Length: +2",
    b"Content-Length: 0x2",
    b"Content-Length: 2 2",
    b"Content-Length:",
    b"Content-Length: \xb2",
    b"Content-Length : 2",
    b"Content_Length: 2",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: Chunked \t",
    b"Transfer-Encoding:\tchunked",
    b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: chunked, identity",
    b"Transfer-Encoding: ,chunked",
    b"Transfer-Encoding: xchunked",
    b"Transfer-Encoding: \x0bchunked",
    b'Transfer-Encoding: "chunked"',
    b"Transfer-Encoding: identity",
    b"Transfer-Encoding:",
    b"Transfer-Encoding\t: chunked",
    b" Transfer-Encoding: chunked",
    b"X-Folded: a\r\n b",
    b"X-Folded: a\r\n\tTransfer-Encoding: chunked",
    b"X-Feed: a\nTransfer-Encoding: chunked",
    b"X-Feed: a\n",
    b"X-Return: a\rTransfer-Encoding: chunked",
    b"X-Null: a\0b",
    b"X-Control: a\x01b",
    b"X-Delete: \x7f",
    b"No colon",
    b": no name",
    b"X(y): a",
    b"X\xe4: a",
    b"X\0: a",
    b"",
    b"Connection: close",
    b"Connection: close, upgrade",
    b"Expect: 100-continue",
    b"Expect: 200-maybe",
]
LINES = [
    b"POST / HTTP/1.0",
    b"POST / HTTP/0.9",
    b"POST / HTTP/1.2",
    b"POST / HTTP/2.0",
    b"POST / http/1.1",
    b"POST / HTTP/1.1 ",
    b"POST / HTTP/01.1",
    b"POST\t/ HTTP/1.1",
    b"POST  / HTTP/1.1",
    b"POST / RTSP/1.0",
    b"GET / RTSP/1.1",
    b"SOURCE / ICE/1.0",
    b"POST /",
    b"POST / a HTTP/1.1",
    b"post / HTTP/1.1",
    b"P\xd6ST / HTTP/1.1",
    b"SIGNUP / HTTP/1.1",
    b"POST /\xe4 HTTP/1.1",
    b"POST /\x01 HTTP/1.1",
    b"POST /#fragment HTTP/1.1",
    b"POST * HTTP/1.1",
    b"OPTIONS * HTTP/1.1",
    b"POST a HTTP/1.1",
    b"POST http://a/b HTTP/1.1",
    b"POST http://b/ HTTP/1.1",
    b"POST http://u@a/ HTTP/1.1",
    b"POST ftp://a/ HTTP/1.1",
    b"POST http:///a HTTP/1.1",
    b"POST http://a HTTP/1.1",
    b"CONNECT a:80 HTTP/1.1",
    b"PRI * HTTP/2.0",
]
BYTES = [
    b"\r\n",
    b"\n",
    b"\r",
    b" ",
    b"\t",
    b"\0",
    b":",
    b";",
    b",",
    b"0",
    b"\x0b",
    b"\x85",
    b"\xff",
]


class ValidRequest(NamedTuple):
    """A request that every server must understand, and what it says."""

    wire: bytes
    method: str
    path: bytes
    body: bytes
    closes: bool
    awaits_continue: bool


class HttpStreams:
    """An endless, repeatable source of what may come on a connection."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)

    def sound(self) -> list[ValidRequest]:
        """Requests that are all to be answered, one after the other."""
        return [self._sound() for _ in range(self._rng.choice([1, 1, 2, 2, 3, 5]))]

    def nearly_sound(self) -> bytes:
        """Requests of which one or more have been spoilt, by plan or by chance."""
        requests = [request.wire for request in self.sound()]
        for _ in range(self._rng.choice([1, 1, 1, 2, 3])):
            at = self._rng.randrange(len(requests))
            requests[at] = self._spoilt(requests[at])
        return b"".join(requests)

    def cuts(self, stream: bytes) -> list[bytes]:
        """The stream in pieces: a few large ones, or single bytes around a place."""
        rng, length = self._rng, len(stream)
        if rng.random() < 0.2:
            start = rng.randrange(length)
            places = set(range(start, min(start + 40, length)))
        else:
            places = {rng.randrange(length) for _ in range(rng.choice([0, 1, 1, 2, 3, 8]))}
        ends = [*sorted(places - {0}), length]
        return [stream[start:end] for start, end in zip([0, *ends], ends, strict=False)]

    def _sound(self) -> ValidRequest:
        rng = self._rng
        method, path, body = rng.choice(METHODS), rng.choice(PATHS), rng.choice(BODIES)
        lines = [b"Host: a", *rng.sample(HARMLESS, rng.choice([0, 0, 1, 2, 4]))]
        if rng.random() < 0.25:
            lines += rng.choice(UPGRADES)
        awaits_continue = rng.random() < 0.1
        if awaits_continue:
            lines.append(rng.choice([b"Expect: 100-continue", b"expect: 100-Continue"]))
        closes = rng.random() < 0.03
        if closes:
            lines.append(b"Connection: close")
        wire = body
        if rng.random() < 0.4:
            lines.append(rng.choice([b"Transfer-Encoding: chunked", b"transfer-encoding:CHUNKED"]))
            wire = self._chunks(body)
        elif body or rng.random() < 0.5:
            lines.append(b"Content-Length: %d" % len(body))
        rng.shuffle(lines)
        target = path
        if rng.random() < 0.05:
            target = rng.choice([b"http://a", b"HTTPS://a"]) + path
        head = b"\r\n".join([b"%b %b HTTP/1.1" % (method, target), *lines, b"", b""])
        awaits_continue = awaits_continue and (bool(body) or wire != body)
        return ValidRequest(
            head + wire, method.decode(), path.partition(b"?")[0], body, closes, awaits_continue
        )

    def _chunks(self, body: bytes) -> bytes:
        rng = self._rng
        wire, rest = b"", body
        while rest:
            size = rng.choice([1, 2, 7, 100, 1_000])
            chunk, rest = rest[:size], rest[size:]
            digits = rng.choice([b"%x", b"%X", b"0%x", b"000%x"]) % len(chunk)
            wire += b"%b%b\r\n%b\r\n" % (digits, rng.choice(EXTENSIONS), chunk)
        last = rng.choice([b"0", b"0", b"00"]) + rng.choice(EXTENSIONS)
        return wire + last + b"\r\n" + rng.choice(TRAILERS) + b"\r\n"

    def _spoilt(self, request: bytes) -> bytes:
        ways: list[Callable[[bytes], bytes]] = [
            self._with_odd_header,
            self._with_odd_header,
            self._with_odd_line,
            self._with_changed_bytes,
            self._with_doubled_line,
            self._with_bare_feeds,
        ]
        return self._rng.choice(ways)(request)

    def _with_odd_header(self, request: bytes) -> bytes:
        lines = request.split(b"\r\n")
        end = lines.index(b"") if b"" in lines else len(lines)
        lines.insert(self._rng.randrange(end + 1) or 1, self._rng.choice(ODD))
        return b"\r\n".join(lines)

    def _with_odd_line(self, request: bytes) -> bytes:
        return self._rng.choice(LINES) + b"\r\n" + request.partition(b"\r\n")[2]

    def _with_changed_bytes(self, request: bytes) -> bytes:
        rng, changed = self._rng, bytearray(request)
        for _ in range(rng.choice([1, 1, 2, 4])):
            at = rng.randrange(len(changed) + 1)
            until = at + rng.choice([0, 0, 1, 1, 2, 5])
            changed[at:until] = rng.choice([b"", rng.randbytes(1), rng.choice(BYTES)])
        return bytes(changed)

    def _with_doubled_line(self, request: bytes) -> bytes:
        lines = request.split(b"\r\n")
        at = self._rng.randrange(len(lines))
        return b"\r\n".join([*lines[: at + 1], *lines[at:]])

    def _with_bare_feeds(self, request: bytes) -> bytes:
        lines = request.split(b"\r\n")
        at = self._rng.randrange(len(lines)) or 1
        odd = self._rng.choice([b"\n", b"\r", b"\r\r\n", b" \r\n", b"\n\r\n"])
        return b"\r\n".join(lines[:at]) + odd + b"\r\n".join(lines[at:])
