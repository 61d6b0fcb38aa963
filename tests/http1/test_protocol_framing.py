"""Framing of requests: heads, bodies, trailers, and offers of another protocol."""

import tracemalloc

import pytest
from support.fake_connection import Application, Outcome, converse

from poolhouse.http.messages import HttpResponse, IncomingRequest
from poolhouse.http.request_heads import MOST_HEADERS
from poolhouse.http.request_reader import LARGEST_HEAD, PIECE, THROWN_AWAY, RequestReader

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
NEXT = b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n"


class Ignored:
    """Events of a reader that nothing becomes of."""

    def on_begin(self) -> None: ...
    def on_expectation(self) -> None: ...
    def on_request(self, received: IncomingRequest) -> None: ...
    def on_refusal(self, answer: HttpResponse) -> None: ...


def head(*lines: bytes, target: bytes = b"/", version: bytes = b"HTTP/1.1") -> bytes:
    return b"\r\n".join([b"POST %b %b" % (target, version), *lines, b"", b""])


def post(body: bytes, *lines: bytes) -> bytes:
    return head(b"Host: a", *lines, b"Content-Length: %d" % len(body)) + body


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def bodies(outcome: Outcome) -> list[bytes]:
    assert outcome.late == b""
    assert outcome.statuses == [200] * len(outcome.asked)
    return [asked.body for asked in outcome.asked]


def is_refused(outcome: Outcome, *before: int) -> bool:
    """Whether there was one refusal, behind these answers, and the end."""
    assert outcome.late == b""
    assert len(outcome.asked) == len(before)
    return outcome.is_closed and outcome.statuses == [*before, 400]


# --- Offers of another protocol -------------------------------------------------------------

OFFER = (b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQ")
BODIES = [b"", b"{}", b"\r\nupgrade: h2c\r\n" + SMUGGLED, SMUGGLED, bytes(range(256))]


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("lines", [(), OFFER], ids=["plain", "offering"])
def test_body_that_looks_like_http_cut_anywhere_stays_a_body(
    body: bytes, lines: tuple[bytes, ...]
) -> None:
    """RFC 9112 §6: the length alone says where a body ends."""
    stream = post(body, *lines) + NEXT
    for at in range(len(stream)):
        assert bodies(converse([stream[:at], stream[at:]])) == [body, b""]


@pytest.mark.parametrize("answers_late", [False, True])
def test_upgrade_offered_by_every_request_is_ignored(answers_late: bool) -> None:
    """RFC 9110 §7.8: a server may ignore it. Each request has its own body, and one answer."""
    requests = [post(body, *OFFER) for body in BODIES] + [
        head(b"Host: a", *OFFER, b"Transfer-Encoding: chunked") + b"2\r\n{}\r\n0\r\nA: b\r\n\r\n"
    ]
    stream = b"".join(requests) + NEXT
    for size in (1, 7, 100, len(stream)):
        outcome = converse(cut(stream, size), answers_late=answers_late)
        assert bodies(outcome) == [*BODIES, b"{}", b""]
        assert not outcome.is_closed


def test_upgrade_offered_in_http_1_0_is_ignored_and_the_connection_closed() -> None:
    stream = head(*OFFER, b"Content-Length: 2", version=b"HTTP/1.0") + b"{}" + NEXT
    outcome = converse([stream])
    assert bodies(outcome) == [b"{}"]
    assert outcome.is_closed


def test_upgrade_with_a_close_closes_after_the_body() -> None:
    stream = post(b"{}", b"Connection: upgrade, close", b"Upgrade: h2c") + NEXT
    for at in range(len(stream)):
        outcome = converse([stream[:at], stream[at:]])
        assert bodies(outcome) == [b"{}"]
        assert outcome.is_closed


def test_upgrade_with_a_body_in_time_is_continued_once() -> None:
    stream = post(b"{}", *OFFER, b"Expect: 100-continue")
    outcome = converse([stream[:-2], stream[-2:]])
    assert (bodies(outcome), outcome.continued) == ([b"{}"], 1)


def test_upgrade_with_a_body_too_long_is_refused_once() -> None:
    outcome = converse([post(b"a" * 30, *OFFER), NEXT], largest_body=20)
    assert (outcome.asked, outcome.statuses, outcome.is_closed) == ([], [413], True)
    announced = head(b"Host: a", *OFFER, b"Content-Length: %d" % (THROWN_AWAY + 1))
    assert converse([announced + SMUGGLED]).statuses == [413]


@pytest.mark.parametrize("body", [b"", b"abc" + SMUGGLED])
def test_connect_is_refused(body: bytes) -> None:
    """A tunnel to anywhere isn't opened."""
    assert is_refused(converse([b"CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n" + body]))


# --- Host -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines",
    [
        (),
        (b"X-Host: a",),
        (b"Host: a", b"Host: a"),
        (b"Host: a", b"host: b"),
        (b"Host: a, b",),
        (b"Host: a b",),
        (b"Host: user@a",),
        (b"Host: a/b",),
        (b"Host: http://a",),
        (b"Host: [::1",),
        (b"Host: a:b",),
        (b"Host: a:123456",),
        (b"Host: " + b"a" * 301,),
        (b"Host: \xe4",),
    ],
)
def test_host_missing_doubled_or_malformed_is_refused(lines: tuple[bytes, ...]) -> None:
    """RFC 9112 §3.2: 400 for a request without Host, with several, or with an invalid one."""
    assert is_refused(converse([head(*lines) + NEXT]))


@pytest.mark.parametrize(
    "host", [b"a", b"a.example:443", b"127.0.0.1:9229", b"[::1]:9229", b"a_b", b"", b" a\t"]
)
def test_host_of_any_form_is_passed_on(host: bytes) -> None:
    outcome = converse([head(b"Host:" + host)])
    assert bodies(outcome) == [b""]
    assert outcome.asked[0].headers == ((b"host", host.strip()),)


def test_host_in_http_1_0_may_be_missing_but_not_doubled() -> None:
    assert bodies(converse([head(version=b"HTTP/1.0")])) == [b""]
    assert is_refused(converse([head(b"Host: a", b"Host: a", version=b"HTTP/1.0")]))


@pytest.mark.parametrize(
    ("target", "host"),
    [
        (b"http://b/", b"b"),
        (b"HTTPS://b:8443/", b"b:8443"),
        (b"http://[::1]:80/?x", b"[::1]:80"),
    ],
)
def test_host_of_an_absolute_target_counts(target: bytes, host: bytes) -> None:
    """RFC 9112 §3.2.2: the server must ignore Host then."""
    outcome = converse([head(b"X: y", b"Host: a", target=target)])
    assert outcome.paths == ["/"]
    assert sorted(outcome.asked[0].headers) == [(b"host", host), (b"x", b"y")]


@pytest.mark.parametrize(
    "target", [b"ftp://a/", b"http://u@a/", b"http:///", b"http://a", b"/#a", b"*", b"a", b"a:80"]
)
def test_target_of_another_form_is_refused(target: bytes) -> None:
    assert is_refused(converse([head(b"Host: a", target=target) + SMUGGLED]))


@pytest.mark.parametrize(
    ("peer", "address"),
    [("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"), ("2001:db8::7", "2001:db8::7")],
)
def test_address_of_a_peer_on_an_ipv6_socket_is_its_own(peer: str, address: str) -> None:
    """A socket for both versions shows an IPv4 client as ::ffff:… (RFC 4291 §2.5.5.2)."""
    assert converse([NEXT], address=peer).addresses == [address]


# --- Bodies ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines",
    [
        (b"Content-Length: 2", b"Transfer-Encoding: chunked"),
        (b"Transfer-Encoding: chunked", b"Content-Length: 2"),
        (b"Content-Length: 2", b"Content-Length: 2"),
        (b"Content-Length: 2, 2",),
        (b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
        (b"Transfer-Encoding: gzip, chunked",),
        (b"Transfer-Encoding: ,chunked",),
        (b"Transfer-Encoding: chunked;a=b",),
        (b"Transfer-Encoding: identity",),
        (b"Transfer-Encoding : chunked",),
        (b"Content-Length: 2\n",),
        (b"Content-Length: 1_0",),
        (b"X: y\r\n Transfer-Encoding: chunked",),
    ],
)
@pytest.mark.parametrize("offer", [(), OFFER], ids=["plain", "offering"])
def test_body_whose_length_is_in_doubt_is_refused(
    lines: tuple[bytes, ...], offer: tuple[bytes, ...]
) -> None:
    """RFC 9112 §6.1 and §6.3: an attack or an error, and the connection ends."""
    stream = head(b"Host: a", *offer, *lines) + b"0\r\n\r\n" + SMUGGLED
    assert is_refused(converse([stream]))
    assert is_refused(converse([NEXT + stream], answers_late=True), 200)


def test_body_in_chunks_in_http_1_0_is_refused() -> None:
    """RFC 9112 §6.1: the framing of such a message is faulty."""
    lines = (b"Host: a", b"Transfer-Encoding: chunked")
    assert is_refused(converse([head(*lines, version=b"HTTP/1.0") + b"0\r\n\r\n"]))


@pytest.mark.parametrize("version", [b"HTTP/0.9", b"HTTP/1.2", b"HTTP/2.0", b"HTTP/3.0"])
def test_http_version_unsupported_is_refused(version: bytes) -> None:
    assert is_refused(converse([head(b"Host: a", version=version)]))


@pytest.mark.parametrize(
    "trailers",
    [
        b"X-Forwarded-For: 10.0.0.1\r\n",
        b"X-Forwarded-For: 10.0.0.1\r\nAuthorization: a\r\nHost: b\r\n",
        b"Connection: Upgrade\r\nUpgrade: h2c\r\n",
    ],
)
def test_trailers_are_dropped(trailers: bytes) -> None:
    """RFC 9110 §6.5.1: a recipient may drop them; they are no headers of this or the next one."""
    chunked = head(b"Host: a", b"Transfer-Encoding: chunked")
    stream = chunked + b"2;a=b\r\n{}\r\n0\r\n" + trailers + b"\r\n" + NEXT
    for at in range(len(stream)):
        outcome = converse([stream[:at], stream[at:]])
        assert bodies(outcome) == [b"{}", b""]
        assert [len(asked.headers) for asked in outcome.asked] == [2, 1]


def test_continue_is_sent_once_and_only_for_a_body() -> None:
    """RFC 9110 §10.1.1."""
    expect = b"Expect: 100-continue"
    stream = post(b"{}", expect)
    assert converse([stream[:-2], stream[-2:]]).continued == 1
    assert converse([post(b"", expect)]).continued == 0
    assert converse([head(b"Host: a", expect)]).continued == 0
    lines = (expect, b"Content-Length: 2")
    assert converse([head(*lines, version=b"HTTP/1.0") + b"{}"]).continued == 0


# --- Sizes ----------------------------------------------------------------------------------

SIZES = [1_000, 16_384, 50_000, 262_144]
"""Bytes of the pieces that a stream arrives in; the last is the most that one read brings."""


def long_head(size: int) -> bytes:
    """A head of so many bytes."""
    begun = head(b"Host: a", b"X-Long: ")
    return head(b"Host: a", b"X-Long: " + b"l" * (size - len(begun)))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("before", [b"", NEXT, post(b"a" * 70_000)])
def test_head_of_one_size_is_refused_in_whatever_pieces(size: int, before: bytes) -> None:
    """The same heads are accepted, and the same refused, however they are cut."""
    kept = [200] if before else []
    longest, longer = long_head(LARGEST_HEAD), long_head(LARGEST_HEAD + 10)
    accepted = converse(cut(before + longest + SMUGGLED, size))
    assert len(bodies(accepted)) == len(kept) + 2
    assert is_refused(converse(cut(before + longer + SMUGGLED, size)), *kept)
    assert is_refused(converse(cut(before + long_head(115_000) + SMUGGLED, size)), *kept)


@pytest.mark.parametrize("size", SIZES)
def test_head_with_many_headers_is_refused(size: int) -> None:
    many = [b"X: y"] * (MOST_HEADERS - 1)
    assert len(bodies(converse(cut(head(b"Host: a", *many), size)))) == 1
    assert is_refused(converse(cut(head(b"Host: a", *many, b"X: y"), size)))


def test_head_with_many_headers_is_refused_before_its_end() -> None:
    """Each header takes twenty times its four bytes; a head that never ends would hold them."""
    begun = head(b"Host: a")[:-2]
    assert is_refused(converse([begun + b"X:\r\n" * (MOST_HEADERS + 1)]))
    assert converse([begun + b"X:\r\n" * (MOST_HEADERS - 1)]).statuses == []


@pytest.mark.parametrize("size", [1, 2, 4, 20])
def test_body_in_small_chunks_takes_little_more_memory_than_its_bytes(size: int) -> None:
    """Two bytes in a chunk took 44: 10,000 unauthenticated connections could hold 57 GB."""
    body = bytes(range(250)) * 400
    chunks = [b"%x\r\n%b\r\n" % (size, body[at : at + size]) for at in range(0, 100_000, size)]
    application = Application(largest_body=100_000)
    reader = RequestReader(application, Ignored(), "192.0.2.1", is_secure=False)
    reader.read(head(b"Host: a", b"Transfer-Encoding: chunked"))
    stream = b"".join(chunks)
    tracemalloc.start()
    try:
        reader.read(stream)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert reader.arriving is not None
    assert b"".join(reader.arriving.parts) == body
    assert held < 2 * len(body)


ENDLESS = {
    "a value": head(b"Host: a", b"X: ")[:-4] + b"a" * 400_000,
    "a name": head(b"Host: a")[:-2] + b"a" * 400_000,
    "a target": b"GET /" + b"a" * 400_000,
    "spaces": head(b"Host: a", b"X:")[:-4] + b" " * 400_000,
    "empty lines": b"\r\n" * 200_000,
    "trailers": head(b"Host: a", b"Transfer-Encoding: chunked") + b"0\r\n" + b"A: b\r\n" * 70_000,
    "a trailer": head(b"Host: a", b"Transfer-Encoding: chunked") + b"0\r\nA: " + b"b" * 400_000,
    "an extension": head(b"Host: a", b"Transfer-Encoding: chunked") + b"1;" + b"a" * 400_000,
    "extensions": head(b"Host: a", b"Transfer-Encoding: chunked")
    + (b"1;" + b"a" * 100 + b"\r\nb\r\n") * 4_000,
    "a chunk's length": head(b"Host: a", b"Transfer-Encoding: chunked") + b"0" * 400_000,
}


@pytest.mark.parametrize("stream", ENDLESS.values(), ids=ENDLESS.keys())
@pytest.mark.parametrize("size", SIZES)
def test_request_that_never_ends_is_refused(stream: bytes, size: int) -> None:
    assert is_refused(converse(cut(stream, size)))


def test_requests_by_the_thousand_in_one_segment_wait_unread() -> None:
    """A request takes a hundred times the memory of its bytes; all are answered in their order."""
    request = b"GET / HTTP/1.1\r\nHost:\r\n\r\n"
    outcome = converse([request * 10_000], answers_late=True)
    assert len(bodies(outcome)) == 10_000
    assert outcome.most_waiting <= PIECE // len(request) + 1


def test_body_in_single_bytes_is_read() -> None:
    body = b"1\r\na\r\n" * 90_000 + b"0\r\n\r\n"
    stream = head(b"Host: a", b"Transfer-Encoding: chunked") + body
    assert bodies(converse(cut(stream, 50_000))) == [b"a" * 90_000]
