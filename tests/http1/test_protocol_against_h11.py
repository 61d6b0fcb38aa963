"""HTTP's framing beside h11's: the same requests in the same bytes, or a refusal.

A proxy in front of the server puts the requests of many clients on one connection. If the server
found other requests in the bytes than the proxy meant, a client could get another's answer.
"""

import re

import h11
import pytest
from support.fake_connection import Asked, Outcome, converse
from support.http_streams import HttpStreams, ValidRequest
from support.run_size import size

SEEDS = range(20)
STREAMS = size(126, nightly=630)
"""For each seed, of each kind. With their cuts the nightly run has 200,000 conversations."""
CUTS = 8


def as_llhttp_reads_it(stream: bytes) -> bytes:
    """What llhttp forgives at the start of a request; where the request ends stays the same.

    Empty lines before it (RFC 9112 §2.2 asks servers to), several spaces before the target, and the
    names of two protocols that look alike.
    """
    line, end, rest = stream.lstrip(b"\r\n").partition(b"\r\n")
    line = re.sub(rb"\A([A-Z-]+) +", rb"\1 ", line)
    return re.sub(rb" (?:RTSP|ICE)/([0-9.]+)\Z", rb" HTTP/\1", line) + end + rest


def by_h11(stream: bytes) -> tuple[list[Asked], bool]:
    """The requests that h11 finds, and whether it refuses what comes behind them."""
    asked: list[Asked] = []
    while stream := as_llhttp_reads_it(stream):
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1_000_000)
        try:
            connection.receive_data(stream)
            request = connection.next_event()
            if not isinstance(request, h11.Request):
                return asked, False
            method = request.method.decode()
            if method == "CONNECT":
                return asked, True
            body = b""
            while isinstance(event := connection.next_event(), h11.Data):
                body += event.data
        except h11.RemoteProtocolError:
            return asked, True
        if not isinstance(event, h11.EndOfMessage):
            return asked, False
        headers = tuple((bytes(name), bytes(value)) for name, value in request.headers)
        asked.append(Asked(method, request.target, headers, body))
        connection.send(h11.Response(status_code=200, headers=[("Content-Length", "0")]))
        connection.send(h11.EndOfMessage())
        if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
            break
        stream = connection.trailing_data[0]
    return asked, False


def same(ours: Asked, theirs: Asked) -> bool:
    """Whether both have found one request; ours is split into path and query."""
    target = re.sub(rb"\A[Hh][Tt][Tt][Pp][Ss]?://[^/?#]*", b"", theirs.target)
    is_absolute = target != theirs.target
    path = target.partition(b"?")[0]
    if ours[0] != theirs[0] or ours.target != path or ours.body != theirs.body:
        return False
    if is_absolute:  # Host is replaced by the target's
        return sorted(name for name, _ in ours.headers) == sorted(n for n, _ in theirs.headers)
    return [
        (name, value.lower()) if name == b"transfer-encoding" else (name, value)
        for name, value in ours.headers
    ] == list(theirs.headers)


def check(outcome: Outcome, theirs: list[Asked], is_refused_by_them: bool) -> None:
    """Check that we found what they found, or refused it, with one answer to each request."""
    assert outcome.late == b""
    assert len(outcome.asked) <= len(theirs), "h11 refuses what we take for a request"
    assert all(map(same, outcome.asked, theirs))
    accepted = [200] * len(outcome.asked)
    if outcome.is_refused:
        assert outcome.statuses == [*accepted, 400]
    else:
        assert outcome.statuses == accepted
        assert len(outcome.asked) == len(theirs), "a request is left without an answer"
        assert outcome.is_closed or not is_refused_by_them


def cut_everywhere(stream: bytes) -> list[list[bytes]]:
    return [
        [stream],
        [stream[at : at + 1] for at in range(len(stream))],
        *([stream[:at], stream[at:]] for at in range(1, len(stream))),
    ]


def check_sound(outcome: Outcome, requests: list[ValidRequest]) -> None:
    until_close = next((n + 1 for n, r in enumerate(requests) if r.closes), len(requests))
    meant = requests[:until_close]
    assert [(a.method, a.target, a.body) for a in outcome.asked] == [
        (r.method, r.path, r.body) for r in meant
    ]
    assert outcome.statuses == [200] * len(meant)
    assert outcome.is_closed == any(r.closes for r in meant)
    assert outcome.continued <= sum(r.awaits_continue for r in meant)
    assert outcome.late == b""
    assert not any(
        value in {b"10.0.0.1", b"other"} for a in outcome.asked for _, value in a.headers
    ), "a trailer is no header"


@pytest.mark.parametrize("seed", SEEDS)
def test_protocol_sound_streams_cut_anywhere_give_the_same_requests(seed: int) -> None:
    """RFC 9112 §6: where a body ends doesn't depend on the pieces that it arrives in."""
    streams = HttpStreams(seed)
    for _ in range(STREAMS):
        requests = streams.sound()
        stream = b"".join(request.wire for request in requests)
        theirs, is_refused = by_h11(stream)
        for n in range(CUTS):
            outcome = converse(streams.cuts(stream), answers_late=n % 2 == 1)
            check_sound(outcome, requests)
            check(outcome, theirs, is_refused)


@pytest.mark.parametrize("seed", SEEDS)
def test_protocol_odd_streams_cut_anywhere_give_h11s_requests_or_a_refusal(seed: int) -> None:
    streams = HttpStreams(1_000 + seed)
    refused = 0
    for _ in range(STREAMS):
        stream = streams.nearly_sound()
        theirs, is_refused = by_h11(stream)
        first: Outcome | None = None
        for n in range(CUTS):
            outcome = converse(streams.cuts(stream), answers_late=n % 2 == 1)
            check(outcome, theirs, is_refused)
            first = first or outcome
            assert (outcome.asked, outcome.statuses) == (first.asked, first.statuses)
        refused += outcome.is_refused
    assert 0.3 * STREAMS < refused < 0.9 * STREAMS, "both kinds are there"


@pytest.mark.parametrize("seed", range(20))
def test_protocol_streams_cut_at_every_place_give_the_same_requests(seed: int) -> None:
    streams = HttpStreams(2_000 + seed)
    requests = streams.sound()
    for stream in (b"".join(r.wire for r in requests)[:1_500], streams.nearly_sound()[:1_500]):
        theirs, is_refused = by_h11(stream)
        for pieces in cut_everywhere(stream):
            for answers_late in (False, True):
                outcome = converse(pieces, answers_late=answers_late)
                check(outcome, theirs, is_refused)
