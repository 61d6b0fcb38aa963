"""Fetches of other people's URLs: where they may connect, and for how long."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.document_server import NAMED, DocumentServer, replying

from poolhouse.http.client import ConnectionFailed, HttpReply
from poolhouse.http.document_fetch import DocumentFetch


@pytest.fixture
def documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DocumentServer]:
    with DocumentServer(tmp_path) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        server.pages["/a"] = replying(b"found")
        yield server


def get(url: str, *, is_private_allowed: bool = False, limit: int = 100) -> HttpReply:
    fetch = DocumentFetch(is_private_allowed=is_private_allowed)
    try:
        return asyncio.run(fetch.get(url, limit=limit))
    finally:
        fetch.close()


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let names resolve to these addresses, one list after the other; return who was asked for."""
    left, asked = list(answers), []

    def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in left.pop(0)]

    monkeypatch.setattr("poolhouse.http.document_fetch.socket.getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.1", "0x7f000001", "2130706433", "0177.0.0.1", "0"]
)
def test_fetch_from_any_spelling_of_loopback_is_refused(host: str) -> None:
    with pytest.raises(ConnectionFailed, match="isn't public"):
        get(f"https://{host}/a")


@pytest.mark.parametrize(
    "addresses",
    [["169.254.169.254"], ["10.0.0.1"], ["::1"], ["1.1.1.1", "127.0.0.1"], ["::ffff:10.0.0.1"]],
)
def test_fetch_from_name_with_an_address_inside_is_refused(
    monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    resolving(monkeypatch, addresses)
    with pytest.raises(ConnectionFailed, match="isn't public"):
        get("https://app.example/a")


def test_fetch_from_another_port_is_refused(documents: DocumentServer) -> None:
    with pytest.raises(ConnectionFailed, match="443"):
        get(documents.url + "/a")
    assert not documents.asked


def test_fetch_connects_to_the_address_that_was_checked(
    documents: DocumentServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that resolves to another address a moment later isn't asked for again."""
    asked = resolving(monkeypatch, ["127.0.0.1"])
    reply = get(f"https://{NAMED}:{documents.port}/a", is_private_allowed=True)
    assert (reply.status, reply.body, reply.is_whole) == (200, b"found", True)
    assert asked == [NAMED]


def test_fetch_verifies_the_certificate_for_the_name(
    documents: DocumentServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving(monkeypatch, ["127.0.0.1"])
    with pytest.raises(ConnectionFailed, match="ConnectError"):
        get(f"https://other.example:{documents.port}/a", is_private_allowed=True)
    assert not documents.asked


def test_fetch_sends_the_host_of_the_url(
    documents: DocumentServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving(monkeypatch, ["127.0.0.1"])
    sent: list[dict[str, str]] = []

    def respond(handler: Any) -> None:
        sent.append({name.lower(): value for name, value in handler.headers.items()})
        replying(b"{}")(handler)

    documents.pages["/a"] = respond
    get(f"https://{NAMED}:{documents.port}/a", is_private_allowed=True)
    assert sent[0]["host"] == f"{NAMED}:{documents.port}"
    assert sent[0]["accept-encoding"] == "identity"
    assert not {"cookie", "authorization"} & sent[0].keys()


def test_fetch_that_never_ends_is_given_up(
    documents: DocumentServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("poolhouse.http.document_fetch.SECONDS", 0.2)

    def respond(handler: Any) -> None:
        handler.rfile.read(1)  # until the client leaves

    documents.pages["/a"] = respond
    with pytest.raises(ConnectionFailed, match="in time"):
        get(documents.url + "/a", is_private_allowed=True)


def test_fetch_reads_no_more_than_its_limit(documents: DocumentServer) -> None:
    documents.pages["/a"] = replying(b"x" * 101)
    assert get(documents.url + "/a", is_private_allowed=True).is_whole is False
    documents.pages["/a"] = replying(b"x" * 100)
    assert get(documents.url + "/a", is_private_allowed=True).is_whole is True
