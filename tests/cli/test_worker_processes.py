"""`poolhouse serve --workers`: processes that share a port, and what becomes of them."""

import json
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from cli.programs import Server, poolhouse, refusal, root_key
from support.wire_client import Wire, request, signed_headers

HEALTH = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path, "serve", "--workers", "2", "--operator-port", "0") as server:
        yield server


@pytest.mark.parametrize("workers", ["1", "2"])
def test_stop_without_requests_under_way_logs_no_error(tmp_path: Path, workers: str) -> None:
    flags = ("--workers", workers, "--operator-port", "0", "--stop-seconds", "1")
    with Server(tmp_path, "serve", *flags) as server:
        server.stop()
    assert [line for line in server.log() if line["level"] == "error"] == []


def events(server: Server, message: str) -> list[dict[str, Any]]:
    return [event for event in server.log() if event["message"] == message]


def pids(server: Server) -> dict[int, int]:
    """The process that holds each worker's place now."""
    return {event["worker"]: event["pid"] for event in events(server, "worker started")}


def listed(server: Server, data: Path) -> int:
    """The status of a signed call, on a connection of its own."""
    body = json.dumps({"MaxResults": 1}).encode()
    key = root_key(data)
    headers = signed_headers(server.url, "ListUserPools", body, key, region="us-east-1")
    with Wire(server.port) as wire:
        return wire.ask(request(body, headers)).status


def counted(server: Server, operation: str) -> float:
    """Prometheus' count of the calls of an operation."""
    with urlopen(f"http://127.0.0.1:{server.operator_port}/metrics") as page:
        exposition = page.read().decode()
    line = rf'^poolhouse_requests_total{{operation="{operation}",outcome="ok"}} (.+)$'
    found = re.search(line, exposition, re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_workers_share_the_port_and_their_metrics(server: Server, tmp_path: Path) -> None:
    assert len(set(pids(server).values())) == 2
    for _ in range(20):
        assert listed(server, tmp_path / ".poolhouse") == 200
    assert counted(server, "ListUserPools") == 20
    server.stop()


def test_worker_killed_is_replaced_and_its_queue_served(server: Server, tmp_path: Path) -> None:
    """The port refuses no connection meanwhile, whichever worker it was for."""
    before = pids(server)
    os.kill(before[1], signal.SIGKILL)
    for _ in range(20):
        assert listed(server, tmp_path / ".poolhouse") == 200
    server.printed.until(r'"worker":1.*"message":"worker ended"')
    [ended] = events(server, "worker ended")
    assert ended["status"] == -signal.SIGKILL
    server.printed.until(rf'"worker":1,"pid":(?!{before[1]}\b)')
    assert pids(server)[0] == before[0]
    server.stop()


def test_workers_do_not_outlive_their_supervisor(server: Server) -> None:
    """Whatever killed it: their connections end, in good order."""
    wires = [Wire(server.port) for _ in range(8)]
    for wire in wires:
        assert wire.ask(HEALTH, "GET").status == 200
    os.kill(server.pid, signal.SIGKILL)
    for wire in wires:
        assert wire.read_line() == b""
        wire.close()
    # The pipe that they share ends with the last of them.
    assert "Traceback" not in server.printed.to_the_end()


def test_workers_that_all_fail_to_start_report_the_error_once(tmp_path: Path) -> None:
    data = tmp_path / ".poolhouse"
    data.mkdir(mode=0o700)
    (data / "master.key").touch(0o600)
    done = poolhouse(tmp_path, "serve", "--port", "0", "--workers", "3")
    assert refusal(done, 1).count("can't start") == 2, "the worker, and the supervisor of it"


def test_interrupt_stops_all_workers_gracefully(server: Server) -> None:
    server.stop(signal.SIGINT)
    assert not events(server, "worker ended")


def test_worker_signalled_with_its_supervisor_stops_gracefully(server: Server) -> None:
    """Some managers tell every process of a service; that must not count as a second signal."""
    workers = pids(server).values()
    with Wire(server.port) as wire:
        wire.ask(HEALTH, "GET")
        for pid in workers:
            os.kill(pid, signal.SIGTERM)
        server.stop()
        assert wire.read_line() == b""


def test_worker_settings_are_absent_from_the_command_line(tmp_path: Path) -> None:
    secret = {"POOLHOUSE_SMTP_USERNAME": "u", "POOLHOUSE_SMTP_PASSWORD": "sesame"}
    with Server(tmp_path, "serve", "--workers", "2", **secret) as server:
        for pid in pids(server).values():
            seen = Path(f"/proc/{pid}/cmdline").read_bytes()
            assert b"poolhouse.cli.worker" in seen
            assert b"sesame" not in seen
        assert "sesame" not in server.stop()
