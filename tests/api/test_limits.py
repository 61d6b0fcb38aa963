"""The limit on the length of a request body."""

from pathlib import Path

import pytest
from support.running_server import RunningServer, running
from support.wire_client import TARGET, Wire, call, request

CHUNKED = {"Transfer-Encoding": "chunked", "X-Amz-Target": f"{TARGET}SignUp"}


def too_large(limit: int) -> tuple[int, str, str]:
    """UNVERIFIED: AWS's sentence and limit."""
    sentence = f"Request size is too large. The maximum is {limit} bytes."
    return 413, "RequestEntityTooLargeException", sentence


def padded(size: int) -> bytes:
    return b"{" + b" " * (size - 2) + b"}"


def chunked(size: int) -> bytes:
    body = padded(size)
    parts = [body[at : at + 10_000] for at in range(0, size, 10_000)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


@pytest.mark.parametrize("more", [-1, 0])
def test_body_of_largest_size_is_read(strict: RunningServer, more: int) -> None:
    size = strict.settings.largest_body + more
    with Wire(strict.port) as wire:
        assert wire.ask(call("SignUp", padded(size))).status == 400
        assert wire.ask(request(chunked(size), CHUNKED)).error[1] == "InvalidParameterException"


@pytest.mark.parametrize("more", [1, 2_000_000])
def test_longer_body_is_refused_after_it_was_sent(strict: RunningServer, more: int) -> None:
    """A client that is still sending doesn't listen: it must be able to finish, and then hear."""
    limit = strict.settings.largest_body
    with Wire(strict.port) as wire:
        answer = wire.ask(call("SignUp", padded(limit + more)))
    assert answer.error == too_large(limit)
    assert answer.closes
    with Wire(strict.port) as wire:
        assert wire.ask(request(chunked(limit + more), CHUNKED)).error == too_large(limit)


def test_body_with_too_long_content_length_is_refused_at_once(strict: RunningServer) -> None:
    with Wire(strict.port) as wire:
        answer = wire.ask(request(b"{", {"Content-Length": str(10**12)}))
    assert answer.error == too_large(strict.settings.largest_body)
    assert answer.closes


def test_expect_continue_with_too_long_body_is_refused_before_it(
    strict: RunningServer,
) -> None:
    limit = strict.settings.largest_body
    headers = {"Content-Length": str(limit + 1), "Expect": "100-continue"}
    with Wire(strict.port) as wire:
        assert wire.ask(request(b"", headers)).error == too_large(limit)


def test_expect_continue_with_fitting_body_is_accepted(strict: RunningServer) -> None:
    headers = {"Content-Length": "1", "Expect": "100-continue", "X-Amz-Target": f"{TARGET}SignUp"}
    with Wire(strict.port) as wire:
        wire.send(request(b"", headers))
        assert wire.read_line() == b"HTTP/1.1 100 Continue\r\n"
        assert wire.read_line() == b"\r\n"
        assert wire.ask(b"{").error[1] == "SerializationException"


def test_chunks_without_end_end_with_an_answer(strict: RunningServer) -> None:
    """Nothing of it is kept, and not all of it is read."""
    with Wire(strict.port) as wire:
        wire.send(request(b"", CHUNKED))
        chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
        sent = 0
        with pytest.raises(ConnectionError):
            while sent < 1_000:
                wire.send(chunk)
                sent += 1
    assert sent < 1_000
    with Wire(strict.port) as another:
        assert another.ask(call("Nope")).status == 400


def test_body_limit_follows_the_setting(tmp_path: Path) -> None:
    with running(tmp_path, largest_body=2_048) as server, Wire(server.port) as wire:
        assert wire.ask(call("SignUp", padded(2_048))).error[1] == "InvalidParameterException"
        assert wire.ask(call("SignUp", padded(2_049))).error == too_large(2_048)
