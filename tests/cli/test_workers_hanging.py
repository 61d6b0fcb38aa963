"""Workers that hang or can't start, beside one that serves: no client notices, the log tells."""

import json
import os
import resource
import signal
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from cli import certificates
from cli.programs import SECONDS, Server
from cli.test_worker_processes import HEALTH, pids
from support.wire_client import Wire

CONNECTIONS = 24
"""More than enough for the kernel to send some of them to each of two workers."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    flags = ("--workers", "2", "--operator-port", "0", "--stop-seconds", "1")
    with Server(tmp_path, "serve", *flags) as server:
        yield server


def page(server: Server, path: str) -> str:
    with urlopen(f"http://127.0.0.1:{server.operator_port}{path}", timeout=SECONDS) as answer:
        found: str = answer.read().decode()
        return found


def test_connections_beside_hanging_worker_are_all_answered(server: Server) -> None:
    """A load balancer, and a client without patience, would take any that isn't for an outage."""
    frozen = pids(server)[1]
    os.kill(frozen, signal.SIGSTOP)
    wires = [Wire(server.port) for _ in range(CONNECTIONS)]
    for wire in wires:
        assert wire.ask(HEALTH, "GET").status == 200
        wire.close()
    assert json.loads(page(server, "/health/ready")) == {"status": "ok"}
    assert "poolhouse_workers_serving 1.0" in page(server, "/metrics")
    server.printed.until(rf'"pid":{frozen}\b.*worker hangs and is killed')
    server.printed.until(rf'"worker":1,"pid":(?!{frozen}\b)')
    server.printed.until(r'"worker":1.*worker serves again')
    assert "poolhouse_worker_deaths_total 1.0" in page(server, "/metrics")
    server.stop()


def test_worker_that_goes_on_in_time_is_not_killed(server: Server) -> None:
    """It takes back its socket, and goes on with what it had accepted."""
    frozen = pids(server)[0]
    os.kill(frozen, signal.SIGSTOP)
    server.printed.until(r'"worker":0.*connections of a worker go to another')
    os.kill(frozen, signal.SIGCONT)
    server.printed.until(r'"worker":0.*worker serves again')
    assert set(pids(server).values()) >= {frozen}
    server.stop()


def test_worker_that_goes_on_after_the_death_of_its_deputy_is_watched_on(server: Server) -> None:
    """The supervisor has nothing to take back from a process that has ended."""
    frozen, deputy = pids(server)[0], pids(server)[1]
    os.kill(frozen, signal.SIGSTOP)
    server.printed.until(r'"worker":0.*connections of a worker go to another')
    os.kill(deputy, signal.SIGKILL)
    server.printed.until(r'"worker":1.*worker ended')
    os.kill(frozen, signal.SIGCONT)
    server.printed.until(r'"worker":0.*worker serves again')
    os.kill(frozen, signal.SIGSTOP)
    server.printed.until(rf'"pid":{frozen}\b.*worker hangs and is killed')
    server.printed.until(rf'"worker":0,"pid":(?!{frozen}\b)')
    server.stop()


def test_stop_with_hanging_worker_ends(server: Server) -> None:
    os.kill(pids(server)[1], signal.SIGSTOP)
    server.send(signal.SIGTERM)
    assert server.wait() == 1, "it was killed, with whatever it had accepted"
    server.printed.until(r'"worker":1.*worker didn\'t stop in time')


def test_connections_beside_worker_that_cannot_start_are_all_answered(tmp_path: Path) -> None:
    """The new certificate is broken: who has the old one serves on, and a successor can't."""
    files = certificates.make(tmp_path)
    flags = ("--workers", "2", "--tls-certificate", files[0], "--tls-key", files[1])
    trusting = ssl.create_default_context(cafile=str(files[0]))
    with Server(tmp_path, "serve", *flags) as server:
        whole = files[0].read_bytes()
        files[0].write_bytes(whole[:100])
        os.kill(pids(server)[1], signal.SIGKILL)
        server.printed.until(r'"worker":1.*worker can\'t start')
        for _ in range(CONNECTIONS):
            with urlopen(f"{server.url}/health/live", context=trusting, timeout=SECONDS) as answer:
                assert answer.status == 200
        files[0].write_bytes(whole)
        server.printed.until(r'"worker":1.*worker serves again')
        server.stop()


def test_supervisor_that_can_make_no_process_tries_again(server: Server) -> None:
    """For want of descriptors, say: the other worker serves on."""
    soft, hard = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (3, hard))
    before = pids(server)[1]
    os.kill(before, signal.SIGKILL)
    server.printed.until(r'"worker":1,"status":.*Too many open files.*worker can\'t start')
    with Wire(server.port) as wire:
        assert wire.ask(HEALTH, "GET").status == 200
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (soft, hard))
    server.printed.until(rf'"worker":1,"pid":(?!{before}\b)')
    server.stop()
