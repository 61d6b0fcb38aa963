"""Heads of requests: endless ones, and those that offer another protocol."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.server_processes import ServerProcess, serving
from support.wire_client import TARGET, Wire, call, request

from poolhouse.http.request_reader import LARGEST_HEAD


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder: Path = tmp_path_factory.mktemp("heads")
    with serving(folder / "data") as server:
        yield server


@pytest.fixture
def wire(served: ServerProcess) -> Iterator[Wire]:
    with Wire(served.port) as wire:
        yield wire


def still_answers(server: ServerProcess) -> bool:
    with Wire(server.port) as wire:
        return wire.ask(call("Nope")).error[1] == "UnknownOperationException"


@pytest.mark.parametrize(
    "beginning",
    [b"POST / HTTP/1.1\r\nX-Endless: ", b"POST /", b"POST / HTTP/1.1\r\n"],
    ids=["a value", "a path", "headers"],
)
def test_endless_head_is_refused(served: ServerProcess, beginning: bytes) -> None:
    more = b"X-A: b\r\n" * 512 if beginning.endswith(b"\r\n") else b"a" * 4_096
    with Wire(served.port) as wire:
        wire.send(beginning)
        sent = 0
        with pytest.raises(ConnectionError):
            while sent < 1_000:
                wire.send(more)
                sent += 1
    assert sent < 1_000, "it isn't gathered for ever"
    assert still_answers(served)


def test_long_head_is_accepted(wire: Wire) -> None:
    headers = {f"X-Header-{n}": "a" * 1_000 for n in range(LARGEST_HEAD // 2_000)}
    assert wire.ask(call("SignUp", b"[", **headers)).error[1] == "SerializationException"


def test_consecutive_requests_do_not_count_as_one_long_head(wire: Wire) -> None:
    for _ in range(200):
        assert wire.ask(call("SignUp", b"[" + b" " * 1_000)).status == 400


@pytest.mark.parametrize("protocol", ["websocket", "h2c", "TLS/1.2"])
@pytest.mark.parametrize("name", ["Upgrade", "upgrade", "UPGRADE"])
def test_upgrade_request_is_answered_without_upgrading(
    wire: Wire, protocol: str, name: str
) -> None:
    """With its body, and the next one on the connection too."""
    headers = {
        "Connection": "Upgrade, HTTP2-Settings",
        name: protocol,
        "HTTP2-Settings": "AAMAAABkAARAAAAAAAIAAAAA",
        "X-Amz-Target": f"{TARGET}SignUp",
    }
    for _ in range(2):
        assert wire.ask(request(b"[", headers)).error[1] == "SerializationException"


def test_body_containing_upgrade_text_is_read_as_a_body(wire: Wire) -> None:
    body = b'{"ClientId":"a","Username":"\r\nUpgrade: b"}'
    answer = wire.ask(call("SignUp", body.replace(b"\r\n", b"\\r\\n")))
    assert answer.error[1] == "InvalidParameterException"
    headers = {"X-Amz-Target": f"{TARGET}SignUp", "Upgrade": "h2c"}
    assert wire.ask(request(b"[\r\nupgrade: x", headers)).error[1] == "SerializationException"
