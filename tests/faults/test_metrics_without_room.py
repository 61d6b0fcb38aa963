"""Counting when nothing can be written or opened: no request and no worker suffers from it."""

import json
import os
import resource
import signal
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from cli.programs import Server, root_key
from cli.test_worker_processes import counted, listed, pids
from support.wire_client import Wire, request, signed_headers


def test_workers_keep_no_metrics_in_files(tmp_path: Path) -> None:
    """A full folder for temporary files would kill a worker that maps one into its memory."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    flags = ("--workers", "2", "--operator-port", "0")
    with Server(tmp_path, "serve", *flags, TMPDIR=str(folder)) as server:
        assert list(folder.iterdir()) == []
        folder.rmdir()
        assert listed(server, tmp_path / ".poolhouse") == 200
        assert counted(server, "ListUserPools") == 1
        before = pids(server)[1]
        os.kill(before, signal.SIGKILL)
        server.printed.until(rf'"worker":1,"pid":(?!{before}\b)')
        assert listed(server, tmp_path / ".poolhouse") == 200
        assert counted(server, "ListUserPools") >= 1
        server.stop()


def limited(pid: int, soft: int) -> None:
    _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))


def test_change_without_free_descriptor_is_answered_as_done(tmp_path: Path) -> None:
    """The outcome is counted for the first time just then. The log tells of the descriptors."""

    def ask(wire: Wire, operation: str, **members: Any) -> int:
        body = json.dumps(members).encode()
        key = root_key(tmp_path / ".poolhouse")
        headers = signed_headers(server.url, operation, body, key, region="us-east-1")
        return wire.ask(request(body, headers)).status

    with Server(tmp_path, "serve", "--operator-port", "0") as server, Wire(server.port) as wire:
        assert ask(wire, "ListUserPools", MaxResults=1) == 200
        soft, _ = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
        limited(server.pid, 3)
        assert ask(wire, "CreateUserPool", PoolName="p") == 200
        server.printed.until('"limit":3.*no file descriptor is left')
        limited(server.pid, soft)
        server.printed.until("file descriptors are free again")
        with urlopen(f"http://127.0.0.1:{server.operator_port}/metrics") as page:
            counts = page.read().decode()
        assert 'poolhouse_requests_total{operation="CreateUserPool",outcome="ok"} 1.0' in counts
        server.stop()
