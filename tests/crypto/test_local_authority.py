"""The authority of dev mode: what clients accept of it, and what they refuse."""

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from poolhouse.crypto.local_authority import LIFE, LIFE_OF_CERTIFICATE, LocalAuthority

NOW = datetime.now(UTC)
NAMES = ("localhost", "poolhouse.localhost", "127.0.0.1", "::1")


@pytest.fixture(scope="module")
def authority() -> LocalAuthority:
    return LocalAuthority.new(NOW)


def connect(authority: LocalAuthority, pem: bytes, name: str, folder: Path) -> None:
    """Connect by TLS as a strict client that trusts the authority. Raises its refusal."""
    file = folder / "server.pem"
    file.write_bytes(pem)
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(file)
    client_side = ssl.create_default_context(cadata=authority.certificate_pem().decode())
    client_side.verify_flags |= ssl.VERIFY_X509_STRICT
    ours, theirs = socket.socketpair()

    def serve() -> None:
        with theirs:
            try:
                with server_side.wrap_socket(theirs, server_side=True) as connection:
                    connection.recv(1)
            except (ssl.SSLError, ConnectionError):
                return  # the client has refused

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with ours, client_side.wrap_socket(ours, server_hostname=name) as connection:
            connection.sendall(b".")
    finally:
        thread.join()


@pytest.mark.parametrize("name", NAMES)
def test_local_authority_certificate_is_accepted_for_each_name(
    authority: LocalAuthority, tmp_path: Path, name: str
) -> None:
    connect(authority, authority.issue(NAMES, NOW), name, tmp_path)


@pytest.mark.parametrize("name", ["example.com", "localhost.example.com", "192.0.2.1", "::2"])
def test_local_authority_certificate_of_another_machine_is_refused(
    authority: LocalAuthority, tmp_path: Path, name: str
) -> None:
    """Even with its key, which is in a developer's folder, no other site can be imitated."""
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        connect(authority, authority.issue([name], NOW), name, tmp_path)


def test_local_authority_certificate_issues_no_others(
    authority: LocalAuthority, tmp_path: Path
) -> None:
    pem = authority.issue(NAMES, NOW)
    leaf = LocalAuthority.read(pem, NOW - timedelta(days=1))
    forged = leaf.issue(NAMES, NOW) + pem[pem.index(b"-----BEGIN CERTIFICATE") :]
    with pytest.raises(ssl.SSLCertVerificationError):
        connect(authority, forged, "localhost", tmp_path)


def test_local_authority_lifetimes_are_those_that_browsers_accept(
    authority: LocalAuthority,
) -> None:
    leaf = x509.load_pem_x509_certificate(authority.issue(NAMES, NOW))
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc <= timedelta(days=397)
    assert leaf.not_valid_after_utc == (NOW + LIFE_OF_CERTIFICATE).replace(microsecond=0)
    expires = authority.certificate.not_valid_after_utc
    assert expires == (NOW + LIFE).replace(microsecond=0)


def test_local_authority_is_read_as_it_was_written(authority: LocalAuthority) -> None:
    read = LocalAuthority.read(authority.pem(), NOW)
    assert read.pem() == authority.pem()
    assert b"PRIVATE" not in authority.certificate_pem()


def test_local_authority_that_cannot_issue_is_refused(authority: LocalAuthority) -> None:
    other = LocalAuthority.new(NOW)
    key = authority.pem().partition(b"-----BEGIN CERTIFICATE")[0]
    for pem in (b"", b"none", key, authority.certificate_pem(), key + other.certificate_pem()):
        with pytest.raises(ValueError, match=r".+"):
            LocalAuthority.read(pem, NOW)
    with pytest.raises(ValueError, match="expires soon"):
        LocalAuthority.read(authority.pem(), NOW + LIFE)
