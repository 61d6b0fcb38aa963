"""`poolhouse serve`: first starts, insecure starts, and ends."""

import json
import signal
import socket
import ssl
import stat
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from cli.programs import Server, answer, poolhouse, refusal, root_key
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from support.functions_server import FunctionsServer
from support.wire_client import Wire, request, signed_headers

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:slow"
HEALTH = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
MADE = "created the first administrator, whose key is in this file"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / ".poolhouse"


def signed(server: Server, data: Path, operation: str, members: dict[str, Any]) -> bytes:
    """A request of the first administrator's."""
    body = json.dumps(members).encode()
    headers = signed_headers(server.url, operation, body, root_key(data), region="us-east-1")
    return request(body, headers)


def ask(server: Server, data: Path, operation: str, **members: Any) -> Any:
    with Wire(server.port) as wire:
        answered = wire.ask(signed(server, data, operation, members))
    assert answered.status == 200, answered
    return answered.json


def test_first_start_creates_an_administrator_and_logs_the_file(tmp_path: Path, data: Path) -> None:
    with Server(tmp_path, "serve") as server:
        [made] = [event for event in server.log() if event["message"] == MADE]
        assert made["file"] == ".poolhouse/root-credentials"
        assert stat.S_IMODE((tmp_path / made["file"]).stat().st_mode) == 0o600
        key = root_key(data)
        ask(server, data, "ListUserPools", MaxResults=1)
        assert key[1] not in server.stop()
    with Server(tmp_path, "serve") as again:
        ask(again, data, "ListUserPools", MaxResults=1)
        assert MADE not in again.stop()
    assert root_key(data) == key


def test_serve_files_are_private_to_their_owner(tmp_path: Path, data: Path) -> None:
    with Server(tmp_path, "serve") as server:
        server.stop()
    modes = {path.name: path.stat().st_mode & 0o077 for path in (data, *data.rglob("*"))}
    assert set(modes.values()) == {0}, modes


def test_serve_twice_in_an_empty_directory_starts_both(tmp_path: Path, data: Path) -> None:
    one, other = Server(tmp_path, "serve"), Server(tmp_path, "serve")
    with one, other:
        for server in (one, other):
            ask(server, data, "ListUserPools", MaxResults=1)
        one.stop()
        other.stop()
    keys = answer(poolhouse(tmp_path, "keys", "list")).splitlines()
    assert len([line for line in keys if ":root" in line]) == 1


@pytest.mark.parametrize(
    ("name", "mode", "sentence"),
    [
        ("master.key", 0o644, "Other users can read the file of the master key"),
        ("master.key", 0o660, "Other users can change the file of the master key"),
        (
            "root-credentials",
            0o604,
            "Other users can read the file of the first administrator's key",
        ),
        (".", 0o777, "Other users can replace files in the data directory"),
    ],
)
def test_serve_with_files_open_to_others_is_refused(
    tmp_path: Path, data: Path, name: str, mode: int, sentence: str
) -> None:
    data.mkdir()
    if name != ".":
        (data / name).touch()
    (data / name).chmod(mode)
    complaint = refusal(poolhouse(tmp_path, "serve"), 2)
    assert complaint.startswith(sentence)
    assert ": chmod " in complaint


def test_serve_on_a_public_address_requires_tls(tmp_path: Path, data: Path) -> None:
    complaint = refusal(poolhouse(tmp_path, "serve", "--host", "0.0.0.0"), 2)
    assert "`tls_certificate` and `tls_key`, or `behind_proxy`" in complaint
    assert not data.exists()


@pytest.mark.parametrize("workers", [1, 2])
def test_serve_on_a_used_port_is_refused(tmp_path: Path, workers: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = poolhouse(tmp_path, "serve", "--port", port, "--workers", workers)
    sentence = f"Can't listen on 127.0.0.1 port {port}: Address already in use. Choose another with"
    assert f"{sentence} --port." in refusal(done, 1)


def test_serve_with_a_certificate_answers_https(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    flags = ("--tls-certificate", certificate, "--tls-key", key)
    trusting = ssl.create_default_context(cafile=str(certificate))
    with Server(tmp_path, "serve", *flags) as server:
        url = f"https://localhost:{server.port}/health"
        with urlopen(url, context=trusting) as health:
            assert health.status == 200
        server.stop()


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
        self.flags = ("--trigger", f"{FUNCTION}={functions.url}", "--trigger-seconds", "60")
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


def ready_to_confirm(server: Server, data: Path) -> bytes:
    """The request that confirms a user who has signed up; the pool's function is the slow one."""
    pool = ask(
        server,
        data,
        "CreateUserPool",
        PoolName="p",
        LambdaConfig={"PostConfirmation": FUNCTION},
    )["UserPool"]
    client = ask(server, data, "CreateUserPoolClient", UserPoolId=pool["Id"], ClientName="c")
    client_id = client["UserPoolClient"]["ClientId"]
    alice = {"Username": "alice", "Password": "Correct-horse-9"}
    ask(server, data, "SignUp", ClientId=client_id, **alice)
    members = {"UserPoolId": pool["Id"], "Username": "alice"}
    return signed(server, data, "AdminConfirmSignUp", members)


@pytest.mark.parametrize("workers", [1, 2])
def test_graceful_stop_finishes_accepted_requests(
    tmp_path: Path, data: Path, slow: SlowFunction, workers: int
) -> None:
    """The request is under way, in its trigger, when the server is told to end."""
    with Server(tmp_path, "serve", "--workers", workers, *slow.flags) as server:
        confirm = ready_to_confirm(server, data)
        with Wire(server.port) as wire, Wire(server.port) as idle:
            idle.ask(HEALTH, "GET")  # or it might wait in the queue, not accepted yet
            wire.send(confirm)
            assert slow.is_called.wait(60)
            server.send(signal.SIGTERM)
            assert idle.read_line() == b"", "idle connections are closed as the end begins"
            slow.may_answer.set()
            answered = wire.receive()
        assert (answered.status, answered.json) == (200, {})
        assert server.wait() == 0
    printed = answer(poolhouse(tmp_path, "audit", "--action", "AdminConfirmSignUp", "--json"))
    assert [json.loads(line)["outcome"] for line in printed.splitlines()] == ["committed"]


@pytest.mark.parametrize("workers", [1, 2])
def test_second_signal_stops_at_once(
    tmp_path: Path, data: Path, slow: SlowFunction, workers: int
) -> None:
    """The status says that not everything was finished."""
    with Server(tmp_path, "serve", "--workers", workers, *slow.flags) as server:
        confirm = ready_to_confirm(server, data)
        with Wire(server.port) as wire, Wire(server.port) as idle:
            idle.ask(HEALTH, "GET")  # or it might wait in the queue, not accepted yet
            wire.send(confirm)
            assert slow.is_called.wait(60)
            server.send(signal.SIGTERM)
            assert idle.read_line() == b""
            server.send(signal.SIGTERM)
            assert server.wait() == 128 + signal.SIGTERM


def test_start_without_senders_warns_and_stop_is_logged(tmp_path: Path) -> None:
    """Users wait for a code that isn't sent, and the log of the start says so."""
    with Server(tmp_path, "serve", "--smtp-host", "127.0.0.1") as server:
        server.printed.until(
            "no text message can be sent: neither `sns_endpoint` nor `sms_webhook`"
        )
        printed = server.stop()
    assert "no email can be sent" not in printed
    events = [line["message"] for line in server.log()]
    assert [event for event in events if event.startswith("stop")] == ["stopping", "stopped"]
