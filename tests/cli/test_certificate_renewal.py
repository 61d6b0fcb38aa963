"""A TLS certificate that is replaced while the server runs, at every worker."""

import os
import signal
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli import certificates
from cli.programs import Server
from cli.test_worker_processes import events, pids

LOADED = "TLS certificate loaded"
REFUSED = "the new TLS certificate can't be used; the old one stays"
CONNECTIONS = 16
"""More than enough for the kernel to send some of them to each of two workers."""


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return certificates.make(tmp_path)


@pytest.fixture
def server(tmp_path: Path, files: tuple[Path, Path]) -> Iterator[Server]:
    flags = ("--workers", "2", "--tls-certificate", files[0], "--tls-key", files[1])
    with Server(tmp_path, "serve", *flags) as server:
        yield server


def shown(server: Server) -> set[str]:
    """What clients see on new connections."""
    address = ("127.0.0.1", server.port)
    return {ssl.get_server_certificate(address) for _ in range(CONNECTIONS)}


def written(file: Path) -> set[str]:
    return {file.read_text()}


def until_logged(server: Server, message: str, times: int) -> None:
    server.printed.until_times(message, times)
    assert len(events(server, message)) == times


def test_renewed_certificate_is_served_by_every_worker(
    server: Server, tmp_path: Path, files: tuple[Path, Path]
) -> None:
    assert shown(server) == written(files[0])
    old = files[0].read_text()
    renewed = certificates.make(tmp_path, "renewed")
    for new, file in zip(renewed, files, strict=True):
        new.replace(file)
    until_logged(server, LOADED, 2)
    assert shown(server) == written(files[0]) != {old}
    # A successor has the same.
    before = pids(server)[0]
    os.kill(before, signal.SIGKILL)
    server.printed.until(rf'"worker":0,"pid":(?!{before}\b)')
    assert shown(server) == written(files[0])
    server.stop()


@pytest.mark.parametrize("hours", [None, -1])
def test_renewed_certificate_that_is_broken_or_expired_leaves_the_old(
    server: Server, tmp_path: Path, files: tuple[Path, Path], hours: int | None
) -> None:
    before = written(files[0])
    if hours is None:
        files[0].write_text("nothing of the kind")
    else:
        for new, file in zip(certificates.make(tmp_path, "new", hours=hours), files, strict=True):
            new.replace(file)
    until_logged(server, REFUSED, 2)
    assert shown(server) == before
    server.stop()


def test_hang_up_loads_certificate_at_every_worker(
    server: Server, files: tuple[Path, Path]
) -> None:
    """Though the files are the same: an operator wants to be sure."""
    server.send(signal.SIGHUP)
    until_logged(server, LOADED, 2)
    for pid in pids(server).values():
        os.kill(pid, signal.SIGHUP)
    until_logged(server, LOADED, 4)
    assert shown(server) == written(files[0])
    server.stop()


@pytest.mark.parametrize("workers", [1, 2])
def test_hang_up_without_tls_ends_no_server(tmp_path: Path, workers: int) -> None:
    with Server(tmp_path, "serve", "--workers", workers) as server:
        server.send(signal.SIGHUP)
        until_logged(server, "no TLS certificate to reload: none is set", workers)
        server.stop()
