"""More connections than the limit on open files leaves room for."""

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from cli.programs import SECONDS, Printed, command, environment
from support.wire_client import Wire, request

from poolhouse.cli.connection_limit import MOST_CONNECTIONS, connections_within

LIMITED = 'ulimit -n 200 && exec "$@"'


@pytest.fixture
def port(tmp_path: os.PathLike[str]) -> Iterator[int]:
    """The port of a server that may open 200 files."""
    words = ["sh", "-c", LIMITED, "sh", *command("serve", "--port", "0")]
    process = subprocess.Popen(
        words,
        cwd=tmp_path,
        env=environment(tmp_path, {}),  # type: ignore[arg-type]
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    printed = Printed(process.stdout)
    try:
        yield int(printed.until(r'"url":"http://127\.0\.0\.1:(\d+)"')[1])
    finally:
        process.terminate()
        process.wait(SECONDS)
    assert printed.to_the_end().count("too many connections") == 1
    assert '"level":"error"' not in printed.text()


@pytest.mark.parametrize("sent", [b"", b"POST / HTTP/1.1\r\nHost: a\r\nX-Slow: "])
def test_idle_connections_do_not_shut_out_new_ones(port: int, sent: bytes) -> None:
    """400 at `ulimit -n 200`: those that have been idle for longest give way."""
    health = request(line="GET /health HTTP/1.1")
    with ExitStack() as stack:
        idle = []
        for _ in range(400):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), SECONDS))
            connection.sendall(sent)
            idle.append(connection)
        for connection in idle[:150]:
            assert connection.recv(1) == b"", "the oldest are closed without a word"
        for _ in range(50):
            wire = stack.enter_context(Wire(port))
            assert wire.ask(health, "GET").status == 200


@pytest.mark.parametrize(
    ("limit", "open_now", "most"),
    [
        (64, 30, 18),
        (200, 30, 120),
        (1_024, 40, 856),
        (1_000_000, 40, MOST_CONNECTIONS),
        (32, 30, 8),
    ],
)
def test_connections_leave_descriptors_for_the_store_and_functions(
    limit: int, open_now: int, most: int
) -> None:
    assert connections_within(limit, open_now) == most
