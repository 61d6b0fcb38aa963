"""`poolhouse serve`: first starts, insecure starts, and ends."""

import signal
import ssl
import stat
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from command_line import CommandLine, Running
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from functions_server import FunctionsServer
from wire_client import Wire

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:slow"


def test_the_first_start_makes_an_administrator_and_says_where_the_key_is(
    poolhouse: CommandLine,
) -> None:
    file = poolhouse.data / "root-credentials"
    with poolhouse.serving() as server:
        [made] = server.events("made the first administrator, whose key is in this file")
        assert made["file"] == ".poolhouse/root-credentials"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert server.outcome(poolhouse.root_key()) == "ok"
        assert server.stop() == 0
        assert poolhouse.root_key()[1] not in "\n".join(server.lines)
    with poolhouse.serving() as again:
        assert not again.events("made the first administrator, whose key is in this file")
        assert again.outcome(poolhouse.root_key()) == "ok"


def test_what_it_makes_is_its_owners_alone(poolhouse: CommandLine) -> None:
    with poolhouse.serving() as server:
        assert server.stop() == 0
    modes = {path.name: path.stat().st_mode & 0o077 for path in poolhouse.data.rglob("*")}
    assert set(modes.values()) == {0}, modes
    assert poolhouse.data.stat().st_mode & 0o077 == 0


def test_two_servers_may_start_in_an_empty_directory_at_once(poolhouse: CommandLine) -> None:
    with (
        poolhouse.running("serve", "--port", "0") as one,
        poolhouse.running("serve", "--port", "0") as other,
    ):
        one.ready()
        other.ready()
        key = poolhouse.root_key()
        assert (one.outcome(key), other.outcome(key)) == ("ok", "ok")
        assert (one.stop(), other.stop()) == (0, 0)
    keys = [line for line in poolhouse.ok("keys", "list").splitlines() if ":root" in line]
    assert len(keys) == 1


@pytest.mark.parametrize(
    ("name", "mode", "sentence"),
    [
        ("master.key", 0o644, "The file of the master key, {}, can be read by others"),
        ("master.key", 0o660, "The file of the master key, {}, can be changed by others"),
        ("root-credentials", 0o604, "The file of the first administrator's key, {}, can be read"),
        (".", 0o777, "Everybody may replace the files in the data directory"),
    ],
)
def test_a_start_with_files_that_are_open_to_others_is_refused(
    poolhouse: CommandLine, name: str, mode: int, sentence: str
) -> None:
    poolhouse.data.mkdir()
    if name != ".":
        (poolhouse.data / name).touch()
    (poolhouse.data / name).chmod(mode)
    [line] = poolhouse.refused("serve")
    assert line.startswith(sentence.format(f".poolhouse/{name}"))
    assert "chmod" in line


def test_a_start_that_others_can_reach_needs_tls(poolhouse: CommandLine) -> None:
    [line] = poolhouse.refused("serve", "--host", "0.0.0.0")
    assert "`tls_certificate` and `tls_key`, or `behind_proxy`" in line
    assert not poolhouse.data.exists()


def test_a_port_in_use_is_told(poolhouse: CommandLine) -> None:
    with poolhouse.serving() as server:
        for workers in ("1", "2"):
            done = poolhouse.run("serve", "--port", str(server.port), "--workers", workers)
            assert done.returncode == 1
            assert f"Can't listen on 127.0.0.1 port {server.port}: " in done.stderr


def test_it_speaks_tls(poolhouse: CommandLine) -> None:
    certificate, key = self_signed(poolhouse.folder)
    with poolhouse.serving("--tls-certificate", certificate, "--tls-key", key) as server:
        assert server.url.startswith("https://")
        trusting = ssl.create_default_context(cafile=str(certificate))
        with Wire(server.port) as wire:
            secured = trusting.wrap_socket(wire._socket, server_hostname="localhost")
            with secured:
                secured.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert secured.recv(64).startswith(b"HTTP/1.1 200 OK\r\n")


def self_signed(folder: Path) -> tuple[Path, Path]:
    """Files of a certificate for localhost and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "certificate.pem", folder / "key.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.touch(mode=0o600)
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate_file, key_file


class SlowFunction:
    """A post-confirmation function that answers when the test says so."""

    def __init__(self, functions: FunctionsServer) -> None:
        self.is_called = threading.Event()
        self.may_answer = threading.Event()
        self.url = functions.url
        functions.answers["PostConfirmation_ConfirmSignUp"] = self._answer

    def _answer(self, event: dict[str, Any]) -> dict[str, Any]:
        self.is_called.set()
        self.may_answer.wait(60)
        return event


@pytest.fixture
def slow() -> Iterator[SlowFunction]:
    with FunctionsServer() as functions:
        function = SlowFunction(functions)
        yield function
        function.may_answer.set()


def ready_to_confirm(server: Running, poolhouse: CommandLine) -> bytes:
    """The request that confirms a user who has signed up; the pool's function is the slow one."""
    key = poolhouse.root_key()
    lambdas = {"PostConfirmation": FUNCTION}
    made = server.ask(key, "CreateUserPool", PoolName="p", LambdaConfig=lambdas)
    pool_id = made.json["UserPool"]["Id"]
    client = server.ask(key, "CreateUserPoolClient", UserPoolId=pool_id, ClientName="c")
    client_id = client.json["UserPoolClient"]["ClientId"]
    user = {"Username": "alice", "Password": "Correct-horse-9"}
    assert server.ask(key, "SignUp", ClientId=client_id, **user).status == 200
    members = {"UserPoolId": pool_id, "Username": "alice"}
    return server.bytes_of(key, "AdminConfirmSignUp", members)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_end_in_good_order_finishes_what_was_accepted(
    poolhouse: CommandLine, slow: SlowFunction, workers: str
) -> None:
    """The request is under way, in its trigger, when the server is told to end."""
    flags = ("--trigger", f"{FUNCTION}={slow.url}", "--trigger-seconds", "60")
    with poolhouse.serving("--workers", workers, *flags) as server:
        confirm = ready_to_confirm(server, poolhouse)
        with Wire(server.port) as wire, Wire(server.port) as idle:
            wire.send(confirm)
            assert slow.is_called.wait(60)
            server.send(signal.SIGTERM)
            assert idle.read_line() == b"", "idle connections are closed as the end begins"
            slow.may_answer.set()
            answer = wire.receive()
        assert (answer.status, answer.json) == (200, {})
        assert server.wait() == 0
    printed = poolhouse.ok("audit", "--action", "AdminConfirmSignUp", "--json")
    assert '"outcome":"committed"' in printed


@pytest.mark.parametrize(("workers", "statuses"), [("1", {128 + 15}), ("2", {0})])
def test_a_second_signal_ends_at_once(
    poolhouse: CommandLine, slow: SlowFunction, workers: str, statuses: set[int]
) -> None:
    flags = ("--trigger", f"{FUNCTION}={slow.url}", "--trigger-seconds", "60")
    with poolhouse.serving("--workers", workers, *flags) as server:
        confirm = ready_to_confirm(server, poolhouse)
        with Wire(server.port) as wire, Wire(server.port) as idle:
            wire.send(confirm)
            assert slow.is_called.wait(60)
            server.send(signal.SIGTERM)
            assert idle.read_line() == b""
            server.send(signal.SIGTERM)
            assert server.wait() in statuses
            assert not slow.may_answer.is_set()
