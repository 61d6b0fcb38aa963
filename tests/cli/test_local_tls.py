"""HTTPS of `poolhouse dev`: a second port, and an authority that clients can trust."""

import base64
import contextlib
import json
import re
import socket
import ssl
import stat
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cli import certificates
from cli.programs import SECONDS, Server, cognito, free_port, poolhouse, refusal
from support.captured_logs import capture_logs
from support.programs import program

from poolhouse.cli.local_tls import MOST_NAMES, RENEWED_AFTER, LocalTls
from poolhouse.clock import Clock
from poolhouse.crypto.local_authority import LIFE, LocalAuthority

POOL = "us-east-1_Poolhouse"
CLIENT = "poolhousedevclient00000000"


def https(server: Server) -> tuple[str, Path]:
    """The second address, and the file of the authority's certificate, as the banner names them."""
    url = server.printed.until(r"HTTPS +(https://\S+),")[1]
    return url, Path(server.printed.until(r"NODE_EXTRA_CA_CERTS=(\S+)")[1])


def trusting(file: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=file)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


def issuer(url: str, file: Path) -> str:
    answer = httpx.get(
        f"{url}/{POOL}/.well-known/openid-configuration", verify=trusting(file), trust_env=False
    )
    found: str = answer.json()["issuer"]
    return found


def test_dev_https_is_trusted_with_the_authority_and_names_its_own_address(tmp_path: Path) -> None:
    with Server(tmp_path, "dev") as server:
        url, file = https(server)
        port = int(url.rpartition(":")[2])
        for name in ("127.0.0.1", "localhost"):
            there = f"https://{name}:{port}"
            assert issuer(there, file) == f"{there}/{POOL}"
        client = cognito(url, verify=str(file))
        client.sign_up(
            ClientId=CLIENT,
            Username="alice",
            Password="Correct-Horse-9!",
            UserAttributes=[{"Name": "email", "Value": "alice@example.com"}],
        )
        client.admin_confirm_sign_up(UserPoolId=POOL, Username="alice")
        tokens = client.initiate_auth(
            ClientId=CLIENT,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "alice", "PASSWORD": "Correct-Horse-9!"},
        )["AuthenticationResult"]
        # A token of one address counts at the other: it is the same server.
        assert cognito(server.url).get_user(AccessToken=tokens["AccessToken"])["Username"]
        server.stop()


def test_dev_https_domain_by_path_signs_in_as_amplify_addresses_it(tmp_path: Path) -> None:
    """ev:domain-1.6: Amplify puts `https://` before the domain, which may have a port and path."""
    callback = "http://localhost:3000/"
    query = {"client_id": CLIENT, "redirect_uri": callback, "response_type": "code"}
    with Server(tmp_path, "dev", "--memory") as server:
        url, file = https(server)
        origin = url.replace("127.0.0.1", "localhost")
        domain = f"{origin}/domains/poolhouse"
        admin = cognito(server.url)
        admin.admin_create_user(UserPoolId=POOL, Username="alice", MessageAction="SUPPRESS")
        admin.admin_set_user_password(
            UserPoolId=POOL, Username="alice", Password="Correct-Horse-9!", Permanent=True
        )
        with httpx.Client(verify=trusting(file), trust_env=False) as browser:
            page = browser.get(f"{domain}/oauth2/authorize", params=query, follow_redirects=True)
            assert str(page.url).startswith(f"{domain}/login?")
            assert {cookie.path for cookie in browser.cookies.jar} == {"/domains/poolhouse"}
            sent = browser.post(
                page.url,
                data={
                    "_csrf": browser.cookies["XSRF-TOKEN"],
                    "username": "alice",
                    "password": "Correct-Horse-9!",
                },
            )
            code = sent.headers["location"].removeprefix(f"{callback}?code=")
            exchange = {"grant_type": "authorization_code", "code": code}
            tokens = browser.post(
                f"{domain}/oauth2/token",
                data={**exchange, "client_id": CLIENT, "redirect_uri": callback},
            ).json()
        payload = tokens["id_token"].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
        assert claims["iss"] == f"{origin}/{POOL}"
        assert claims["cognito:username"] == "alice"
        server.stop()


def test_dev_https_without_the_authority_is_not_trusted(tmp_path: Path) -> None:
    with Server(tmp_path, "dev") as server:
        url, _ = https(server)
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(url, trust_env=False)
        server.stop()


def test_dev_https_names_below_localhost_have_certificates(tmp_path: Path) -> None:
    with Server(tmp_path, "dev", "--domain-url", "https://{domain}.localhost:9443") as server:
        url, file = https(server)
        port = int(url.rpartition(":")[2])
        for name in ("poolhouse.localhost", "Shop-2.localhost"):
            with (
                socket.create_connection(("127.0.0.1", port), SECONDS) as plain,
                trusting(file).wrap_socket(plain, server_hostname=name) as secure,
            ):
                assert secure.version() == "TLSv1.3"
        with (
            socket.create_connection(("127.0.0.1", port), SECONDS) as plain,
            pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"),
        ):
            trusting(file).wrap_socket(plain, server_hostname="example.com")
        server.stop()


def test_dev_https_authority_is_made_once_and_its_key_is_the_owners(tmp_path: Path) -> None:
    with Server(tmp_path, "dev") as server:
        _, file = https(server)
        assert file == tmp_path / ".poolhouse" / "tls" / "authority.pem"
        server.stop()
    before = {each.name: each.read_bytes() for each in file.parent.iterdir()}
    assert before.keys() == {"authority.pem", "authority.key"}
    assert b"PRIVATE" not in before["authority.pem"]
    for each in (file.parent, *file.parent.iterdir()):
        assert stat.S_IMODE(each.stat().st_mode) & 0o077 == 0
    with Server(tmp_path, "dev") as server:
        url, file = https(server)
        assert issuer(url, file) == f"{url}/{POOL}"
        server.stop()
    assert {each.name: each.read_bytes() for each in file.parent.iterdir()} == before


def test_dev_https_in_memory_leaves_no_authority(tmp_path: Path) -> None:
    with Server(tmp_path, "dev", "--memory", TMPDIR=str(tmp_path)) as server:
        url, file = https(server)
        assert file.is_relative_to(tmp_path)
        assert issuer(url, file) == f"{url}/{POOL}"
        server.stop()
    assert not file.exists()
    assert not list(tmp_path.glob("**/*authority*"))


def free_pair() -> int:
    """The first of two ports that are free."""
    for _ in range(100):
        port = free_port()
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port + 1)):
            return port
    raise AssertionError("no two ports are free")


def test_dev_https_is_on_the_next_port_or_on_a_free_one(tmp_path: Path) -> None:
    port = free_pair()
    with Server(tmp_path, "dev", "--memory", "--port", port) as server:
        assert server.port == port
        assert https(server)[0] == f"https://127.0.0.1:{port + 1}"
        server.stop()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        before = taken.getsockname()[1] - 1
        with Server(tmp_path, "dev", "--memory", "--port", before) as server:
            url = https(server)[0]
            assert url not in {f"https://127.0.0.1:{before}", f"https://127.0.0.1:{before + 1}"}
            server.stop()


def test_dev_https_port_as_set_is_used_or_refused(tmp_path: Path) -> None:
    port = free_port()
    with Server(tmp_path, "dev", "--memory", "--tls-port", port) as server:
        assert https(server)[0] == f"https://127.0.0.1:{port}"
        done = poolhouse(tmp_path, "dev", "--memory", "--port", "0", "--tls-port", str(port))
        assert "Choose another with --tls-port" in refusal(done, 1)
        server.stop()


def test_dev_with_own_certificate_has_no_second_port(tmp_path: Path) -> None:
    certificate, key = certificates.make(tmp_path)
    flags = ("--tls-certificate", certificate, "--tls-key", key)
    with Server(tmp_path, "dev", "--memory", *flags) as server:
        server.printed.until("Ctrl-C")
        assert "HTTPS" not in server.printed.text()
        server.stop()
    done = poolhouse(tmp_path, "dev", *map(str, flags), "--tls-port", "0")
    assert "exclude each other" in refusal(done, 2)


@pytest.mark.parametrize("port", ["0", "9443"])
def test_serve_refuses_the_port_of_a_local_authority(tmp_path: Path, port: str) -> None:
    done = poolhouse(tmp_path, "serve", "--tls-port", port)
    assert "a certificate that only this machine trusts" in refusal(done, 2)


def test_dev_https_is_trusted_by_node_with_the_printed_line(tmp_path: Path) -> None:
    with Server(tmp_path, "dev") as server:
        url, file = https(server)
        script = f"fetch('{url}/health').then(async r => console.log(await r.text()))"
        done = subprocess.run(
            [program("node"), "-e", script],
            env={"NODE_EXTRA_CA_CERTS": str(file)},
            capture_output=True,
            text=True,
            check=True,
            timeout=SECONDS,
        )
        assert json.loads(done.stdout) == {"status": "ok"}
        server.stop()


class _Later(Clock):
    def __init__(self) -> None:
        super().__init__()
        self.offset = timedelta()

    def now(self) -> datetime:
        return super().now() + self.offset


def test_local_tls_context_is_made_again_before_its_certificate_expires(tmp_path: Path) -> None:
    clock = _Later()
    tls = LocalTls(tmp_path, "127.0.0.1", clock)
    first = tls.context_for(None)
    clock.offset = RENEWED_AFTER - timedelta(minutes=1)
    assert tls.context_for("localhost") is first
    clock.offset = RENEWED_AFTER + timedelta(minutes=1)
    assert tls.context_for(None) is not first


def test_local_tls_keeps_contexts_of_few_names(tmp_path: Path) -> None:
    tls = LocalTls(tmp_path, "127.0.0.1")
    first = tls.context_for("a.localhost")
    assert tls.context_for("A.localhost") is first
    assert tls.context_for("example.com") is tls.context_for(None)
    for number in range(MOST_NAMES):
        tls.context_for(f"name-{number}.localhost")
    assert tls.context_for("a.localhost") is not first


@pytest.mark.parametrize("found", ["broken", "expired"])
def test_local_tls_replaces_an_authority_that_cannot_issue(tmp_path: Path, found: str) -> None:
    old = LocalTls(tmp_path, "127.0.0.1")
    old.start()
    file = old.wait_for_file()
    key = file.with_name("authority.key")
    expired = LocalAuthority.new(datetime.now(UTC) - LIFE).pem()
    key.write_bytes(b"" if found == "broken" else expired)
    before = file.read_bytes()
    with capture_logs() as logs:
        LocalTls(tmp_path, "127.0.0.1").context_for(None)
    assert [line["event"] for line in logs] == [
        "a new local authority replaces one that can't be used"
    ]
    assert file.read_bytes() != before
    assert re.match(rb"-----BEGIN CERTIFICATE-----", file.read_bytes())
    assert LocalAuthority.read(key.read_bytes(), datetime.now(UTC))


def test_local_tls_of_two_processes_at_once_is_one_authority(tmp_path: Path) -> None:
    both = [LocalTls(tmp_path, "127.0.0.1") for _ in range(2)]
    for each in both:
        each.start()
    files = {each.wait_for_file() for each in both}
    [file] = files
    key = LocalAuthority.read(file.with_name("authority.key").read_bytes(), datetime.now(UTC))
    assert file.read_bytes() == key.certificate_pem()
    assert {each.name for each in tmp_path.joinpath("tls").iterdir()} == {
        file.name,
        "authority.key",
    }
