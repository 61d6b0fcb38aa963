"""HTTP itself: whatever bytes arrive, the answer is a clear one, and the connection stays sound."""

import pytest
from support.running_server import RunningServer
from support.wire_client import TARGET, Wire, call, request

UNKNOWN = (400, "UnknownOperationException", None)
CHUNKED = {"Transfer-Encoding": "chunked", "X-Amz-Target": f"{TARGET}SignUp"}


def chunks(*parts: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + end


def still_answers(wire: Wire) -> bool:
    return wire.ask(call("Nope")).error == UNKNOWN


# --- Methods and paths ----------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("path", ["/", "/?Action=SignUp", "/no/such/page", "//", "/%2e%2e/"])
def test_http_other_methods_and_paths_are_not_found(wire: Wire, method: str, path: str) -> None:
    answer = wire.ask(request(b"", line=f"{method} {path} HTTP/1.1"), method)
    assert answer.status == 404
    assert answer.header("x-amzn-requestid")
    assert still_answers(wire)


@pytest.mark.parametrize("path", ["/x", "//", "/%ff", "/health", "/metrics", "/%2F", "/a/../"])
def test_http_calls_outside_the_root_are_not_found(wire: Wire, path: str) -> None:
    assert wire.ask(request(b"{}", line=f"POST {path} HTTP/1.1")).status == 404
    assert still_answers(wire)


def test_path_with_nul_is_malformed(wire: Wire) -> None:
    """PostgreSQL takes it in no text."""
    assert wire.ask(request(b"{}", line="POST /%00 HTTP/1.1")).status == 400
    assert still_answers(wire)


@pytest.mark.parametrize("path", ["/inbox", "/inbox/messages.json", "/dev/clock"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_dev_routes_in_strict_mode_are_not_found(wire: Wire, method: str, path: str) -> None:
    assert wire.ask(request(b"", line=f"{method} {path} HTTP/1.1"), method).status == 404


def test_absolute_target_is_routed_by_its_path(wire: Wire) -> None:
    """As proxies send it (RFC 9112 §3.2.2)."""
    assert wire.ask(request(b"{}", line="POST http://127.0.0.1/ HTTP/1.1")).error == UNKNOWN


# --- What is no HTTP ------------------------------------------------------------------------

NO_HTTP = {
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    "another protocol": b"SSH-2.0-OpenSSH_9.6\r\n",
    "no version": b"POST /\r\n\r\n",
    "an unknown method": b"SIGNUP / HTTP/1.1\r\nHost: a\r\n\r\n",
    "no host": b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}",
    "two hosts": request(b"{}", [("Host", "127.0.0.1"), ("Host", "127.0.0.1")]),
    "a version of the future": b"POST / HTTP/9.9\r\nHost: a\r\n\r\n",
    "a tunnel": b"CONNECT 127.0.0.1:80 HTTP/1.1\r\nHost: a\r\n\r\n",
    "bytes in the path": b"POST /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
    "a space before the colon": request(b"{}", {"X-Amz-Target ": "x"}),
    "a folded header": request(b"{}", {"X-A": "b\r\n c"}),
    "a NUL in a header": request(b"{}", {"X-A": "b\0c"}),
    "a bare line feed in a header": request(b"{}", {"X-A": "b\nContent-Length: 0"}),
    "a negative length": request(b"{}", {"Content-Length": "-2"}),
    "a signed length": request(b"{}", {"Content-Length": "+2"}),
    "a length that is no number": request(b"{}", {"Content-Length": "2a"}),
    "a length in hexadecimal": request(b"{}", {"Content-Length": "0x2"}),
    "a length beyond 64 bits": request(b"{}", {"Content-Length": "99999999999999999999999"}),
    "two lengths": request(b"{}", [("Content-Length", "2"), ("Content-Length", "3")]),
    "a length and chunks": request(chunks(b"{}"), {**CHUNKED, "Content-Length": "2"}),
    "an unknown transfer encoding": request(b"{}", {"Transfer-Encoding": "gzip"}),
    "a chunk without a length": request(b"zz\r\n{}\r\n0\r\n\r\n", CHUNKED),
    "a chunk of another length": request(b"1\r\n{}\r\n0\r\n\r\n", CHUNKED),
    "a chunk of negative length": request(b"-1\r\n{}\r\n0\r\n\r\n", CHUNKED),
    "a chunk beyond 64 bits": request(b"fffffffffffffffff\r\n{}", CHUNKED),
}


@pytest.mark.parametrize("data", NO_HTTP.values(), ids=NO_HTTP.keys())
def test_malformed_request_is_refused_and_closes_the_connection(
    strict: RunningServer, data: bytes
) -> None:
    """One clear response, then nothing: the start of the next request can't be known."""
    with Wire(strict.port) as wire:
        answer = wire.ask(data)
        assert 400 <= answer.status < 500
        assert answer.closes
        assert b"Traceback" not in answer.body
    with Wire(strict.port) as another:
        assert still_answers(another)


def test_bad_request_response_does_not_name_the_server(strict: RunningServer) -> None:
    with Wire(strict.port) as wire:
        answer = wire.ask(NO_HTTP["an unknown method"])
    assert answer.header("server") is None
    assert answer.body == b"Invalid HTTP request received."


# --- Connections ----------------------------------------------------------------------------


def test_connection_serves_consecutive_requests(wire: Wire) -> None:
    assert all(still_answers(wire) for _ in range(20))


def test_pipelined_requests_are_answered_in_their_order(wire: Wire) -> None:
    wire.send(call("Nope") + call("SignUp", b"{") + call("AdminGetUser") + call("Nope"))
    assert [wire.receive().error[1] for _ in range(4)] == [
        "UnknownOperationException",
        "SerializationException",
        "MissingAuthenticationTokenException",
        "UnknownOperationException",
    ]


def test_http_1_0_request_closes_the_connection(strict: RunningServer) -> None:
    with Wire(strict.port) as wire:
        answer = wire.ask(request(b"{}", line="POST / HTTP/1.0"))
    assert answer.error == UNKNOWN
    assert answer.closes


def test_connection_close_header_closes_the_connection(strict: RunningServer) -> None:
    with Wire(strict.port) as wire:
        assert wire.ask(request(b"{}", {"Connection": "close"})).closes


@pytest.mark.parametrize("kept", [0, 5, 40, 100, 150])
def test_client_disconnect_within_a_request_affects_no_other_client(
    strict: RunningServer, kept: int
) -> None:
    whole = call("SignUp", b'{"ClientId":"a","Username":"b","Password":"Correct-Horse-9!"}')
    with Wire(strict.port) as wire:
        wire.send(whole[:kept])
        wire.end()
    with Wire(strict.port) as another:
        assert still_answers(another)


def test_truncated_body_is_not_processed(strict: RunningServer) -> None:
    """Good JSON so far, yet the client said there would be more: it isn't run."""
    with Wire(strict.port) as wire:
        wire.send(request(b"{}", {"X-Amz-Target": f"{TARGET}SignUp", "Content-Length": "5"}))
        wire.end()
        with pytest.raises(ConnectionError):
            wire.receive()


def test_request_sent_byte_by_byte_is_answered(wire: Wire) -> None:
    for byte in call("SignUp", b"["):
        wire.send(bytes([byte]))
    assert wire.receive().error[1] == "SerializationException"
