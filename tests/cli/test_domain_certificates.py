"""Certificates by host in `poolhouse serve`: those of pools' domains (SNI)."""

import signal
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli import certificates
from cli.programs import SECONDS, Server, poolhouse, refusal
from cli.test_check_command import look

CUSTOM = "auth.shop.example"
BELOW = "*.auth.example.com"
LOADED = "TLS certificate loaded"
REFUSED = "the new TLS certificate can't be used; the old one stays"

Pair = tuple[Path, Path]


@pytest.fixture
def pairs(tmp_path: Path) -> dict[str, Pair]:
    """The files of each host, and those of all others."""
    return {
        "": certificates.make(tmp_path, "server"),
        CUSTOM: certificates.make(tmp_path, "custom", hosts=(CUSTOM,)),
        BELOW: certificates.make(tmp_path, "below", hosts=(BELOW,)),
    }


def flags(pairs: dict[str, Pair]) -> tuple[object, ...]:
    parts = [f"{host}={certificate},{key}" for host, (certificate, key) in pairs.items() if host]
    own = ("--tls-certificate", pairs[""][0], "--tls-key", pairs[""][1])
    return (*own, "--domain-certificates", " ".join(parts))


@pytest.fixture
def server(tmp_path: Path, pairs: dict[str, Pair]) -> Iterator[Server]:
    with Server(tmp_path, "serve", *flags(pairs)) as server:
        yield server


def shown(server: Server, host: str | None) -> str:
    """The certificate that a client gets which asks for this host, or for none."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", server.port), SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=host) as connection,
    ):
        binary = connection.getpeercert(binary_form=True)
    assert binary is not None
    return ssl.DER_cert_to_PEM_cert(binary)


def test_domain_certificate_is_chosen_by_the_host_that_clients_name(
    server: Server, pairs: dict[str, Pair]
) -> None:
    for host, owner in (
        (None, ""),
        ("127.0.0.1", ""),
        ("unknown.example", ""),
        (CUSTOM, CUSTOM),
        (CUSTOM.upper(), CUSTOM),
        (f"other.{CUSTOM}", ""),
        ("shop.auth.example.com", BELOW),
        ("Other.auth.example.com", BELOW),
        ("a.shop.auth.example.com", ""),
        ("auth.example.com", ""),
    ):
        assert shown(server, host) == pairs[owner][0].read_text(), host
    server.stop()


def test_domain_certificate_that_is_renewed_is_served_and_others_stay(
    server: Server, tmp_path: Path, pairs: dict[str, Pair]
) -> None:
    renewed = certificates.make(tmp_path, "renewed", hosts=(CUSTOM,))
    old = pairs[CUSTOM][0].read_text()
    for new, file in zip(renewed, pairs[CUSTOM], strict=True):
        new.replace(file)
    server.printed.until_times(LOADED, 1)
    for host, owner in ((CUSTOM, CUSTOM), ("shop.auth.example.com", BELOW), (None, "")):
        assert shown(server, host) == pairs[owner][0].read_text()
    assert shown(server, CUSTOM) != old
    [loaded] = [line for line in server.log() if line["message"] == LOADED]
    assert loaded["file"] == str(pairs[CUSTOM][0])
    server.stop()


def test_certificate_of_all_hosts_that_is_renewed_leaves_those_of_domains(
    server: Server, tmp_path: Path, pairs: dict[str, Pair]
) -> None:
    for new, file in zip(certificates.make(tmp_path, "renewed"), pairs[""], strict=True):
        new.replace(file)
    server.printed.until_times(LOADED, 1)
    for host, owner in ((None, ""), (CUSTOM, CUSTOM), ("shop.auth.example.com", BELOW)):
        assert shown(server, host) == pairs[owner][0].read_text()
    server.stop()


def test_domain_certificate_that_is_broken_leaves_the_old(
    server: Server, pairs: dict[str, Pair]
) -> None:
    before = pairs[CUSTOM][0].read_text()
    pairs[CUSTOM][0].write_text("nothing of the kind")
    server.printed.until_times(REFUSED, 1)
    assert shown(server, CUSTOM) == before
    server.stop()


def test_hang_up_loads_the_certificates_of_all_hosts(server: Server) -> None:
    server.send(signal.SIGHUP)
    server.printed.until_times(LOADED, 3)
    server.stop()


def test_domain_certificates_from_a_file_are_served_by_every_worker(
    tmp_path: Path, pairs: dict[str, Pair]
) -> None:
    """The settings reach workers by JSON."""
    certificate, key = pairs[CUSTOM]
    (tmp_path / "poolhouse.toml").write_text(
        f"tls_certificate = '{pairs[''][0]}'\ntls_key = '{pairs[''][1]}'\n"
        f"[domain_certificates]\n'{CUSTOM}' = ['{certificate}', '{key}']\n"
    )
    with Server(tmp_path, "serve", "--workers", "2") as server:
        for _ in range(8):
            assert shown(server, CUSTOM) == certificate.read_text()
        server.stop()


def test_domain_certificates_need_one_of_all_other_hosts(
    tmp_path: Path, pairs: dict[str, Pair]
) -> None:
    given = flags(pairs)[-2:]
    assert "needs `tls_certificate` too" in refusal(poolhouse(tmp_path, "serve", *given), 2)


@pytest.mark.parametrize(
    "value", ["x", "auth.shop.example=one.pem", "=a,b", "a.example=a,b,c", "a_b.example=a,b"]
)
def test_domain_certificates_of_another_form_are_refused(tmp_path: Path, value: str) -> None:
    done = poolhouse(tmp_path, "serve", "--domain-certificates", value)
    assert "`domain_certificates` must be a table of [CERTIFICATE, KEY]" in refusal(done, 2)


def test_check_of_domain_certificate_that_is_of_another_host_fails(
    tmp_path: Path, pairs: dict[str, Pair]
) -> None:
    assert look(tmp_path, *flags(pairs))[::2] == (0, set())
    wrong = {**pairs, CUSTOM: pairs[BELOW]}
    status, _, found = look(tmp_path, *flags(wrong))
    assert (status, found) == (
        1,
        {f"Clients will refuse the TLS certificate {pairs[BELOW][0]}: it is not for {CUSTOM}."},
    )


def test_domain_certificate_with_an_open_or_wrong_key_is_refused(
    tmp_path: Path, pairs: dict[str, Pair]
) -> None:
    mixed = {**pairs, CUSTOM: (pairs[CUSTOM][0], pairs[BELOW][1])}
    done = poolhouse(tmp_path, "serve", *flags(mixed))
    assert "the key belongs to another certificate" in refusal(done, 2)
    pairs[CUSTOM][1].chmod(0o604)
    done = poolhouse(tmp_path, "serve", *flags(pairs))
    assert "Other users can read the file of the TLS key" in refusal(done, 2)
