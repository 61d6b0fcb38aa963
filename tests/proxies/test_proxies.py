"""Poolhouse behind nginx, HAProxy and Caddy, with the configurations of docs/proxies.md."""

import json
import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from cli.programs import Server, answer, poolhouse, root_key
from support.real_proxies import PROXIES, TlsWire, running_proxy
from support.wire_client import CONTENT_TYPE, TARGET, Answer, request, signed_headers

HOME, ELSEWHERE = "127.0.0.7", "127.0.0.8"
"""Addresses that clients come from."""

LIST = b'{"MaxResults":1}'
HEADERS = {"X-Amz-Target": f"{TARGET}SignUp", "Content-Type": CONTENT_TYPE}


class Site:
    """A server and the proxy in front of it."""

    def __init__(self, folder: Path, port: int, certificate: Path) -> None:
        """The folder is the server's, the port the proxy's."""
        self.folder = folder
        self.port = port
        self.certificate = certificate

    def wire(self, source: str = "127.0.0.1") -> TlsWire:
        return TlsWire(self.port, self.certificate, source)

    def key_with(self, condition: dict[str, Any]) -> tuple[str, str]:
        """A key of an administrator who may list pools under this condition."""
        statement = {"Effect": "Allow", "Action": "cognito-idp:ListUserPools", "Resource": "*"}
        policy = {"Version": "2012-10-17", "Statement": [statement | {"Condition": condition}]}
        (self.folder / "policy.json").write_text(json.dumps(policy))
        words = ("--user", f"u{os.urandom(4).hex()}", "--json")
        made = answer(poolhouse(self.folder, "keys", "create", *words, "--policy", "policy.json"))
        key = json.loads(made)
        return key["AccessKeyId"], key["SecretAccessKey"]

    def signed(self, key: tuple[str, str]) -> list[tuple[str, str]]:
        """The headers of a signed call of ListUserPools, whose body is LIST."""
        url = f"http://127.0.0.1:{self.port}"  # only the host of it is signed
        return list(signed_headers(url, "ListUserPools", LIST, key, region="us-east-1").items())

    def lists_pools(self, key: tuple[str, str], source: str, *more: tuple[str, str]) -> bool:
        """Whether a signed call from this address may list pools."""
        with self.wire(source) as wire:
            answer = wire.ask(request(LIST, [*self.signed(key), *more]))
        assert answer.status == 200 or answer.error[1] == "AccessDeniedException"
        return answer.status == 200


@pytest.fixture(scope="module", params=PROXIES)
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp(request.param)
    flags = ("--host", "127.0.0.1", "--behind-proxy")
    with Server(folder, "serve", *flags) as server:
        upstream = f"127.0.0.1:{server.port}"
        with running_proxy(request.param, folder, upstream) as (port, certificate):
            yield Site(folder, port, certificate)
        server.stop()


def test_proxy_passes_signed_calls_of_an_sdk(site: Site) -> None:
    access_key_id, secret = root_key(site.folder / ".poolhouse")
    client = boto3.client(
        "cognito-idp",
        endpoint_url=f"https://127.0.0.1:{site.port}",
        region_name="us-east-1",
        aws_access_key_id=access_key_id,
        aws_secret_access_key=secret,
        verify=str(site.certificate),
        config=Config(retries={"total_max_attempts": 1}),
    )
    assert client.list_user_pools(MaxResults=1)["UserPools"] == []


def test_proxy_passes_the_clients_address_and_scheme(site: Site) -> None:
    """Whatever the client writes into the headers that proxies write."""
    over_tls = {"Bool": {"aws:SecureTransport": "true"}}
    key = site.key_with({"IpAddress": {"aws:SourceIp": HOME}} | over_tls)
    assert site.lists_pools(key, HOME)
    assert not site.lists_pools(key, ELSEWHERE)
    assert site.lists_pools(key, HOME, ("X-Forwarded-For", ELSEWHERE))
    assert not site.lists_pools(key, ELSEWHERE, ("X-Forwarded-For", HOME))
    assert site.lists_pools(key, HOME, ("X-Forwarded-Proto", "http"))


def test_proxy_trailer_is_no_header(site: Site) -> None:
    """RFC 9110 §6.5.1. A trailer that names another address, behind a body in chunks."""
    key = site.key_with({"IpAddress": {"aws:SourceIp": HOME}})
    framing = [("Transfer-Encoding", "chunked"), ("Trailer", "X-Forwarded-For")]
    trailer = b"X-Forwarded-For: %b\r\n" % HOME.encode()
    body = b"%x\r\n%b\r\n0\r\n%b\r\n" % (len(LIST), LIST, trailer)
    chunked = request(body, [*site.signed(key), *framing])
    with site.wire(HOME) as wire:
        assert wire.ask(chunked).status == 200
    with site.wire(ELSEWHERE) as wire:
        assert wire.ask(chunked).error[1] == "AccessDeniedException"


def sign_up(client_id: str) -> bytes:
    """A SignUp whose answer names the client id, which isn't there."""
    body = json.dumps({"ClientId": client_id, "Username": "u", "Password": "Passw0rd!"}).encode()
    return request(body, HEADERS)


def hostile(*, lines: int = 0) -> list[bytes]:
    """Requests whose bodies hold another one, where an edited body would overflow its length.

    `lines` is the size of a header, which moves the place where a proxy cuts the head in two.
    """
    smuggled = sign_up("client_smuggled")
    smuggled = smuggled.replace(b"Host:", b"Host:" + b" " * (-len(smuggled) % 10))
    offers = b"\r\nUpgrade: h2c" * (len(smuggled) // 10)
    plain = b"{" + offers + smuggled
    chunked = b"%x\r\n%b\r\n0\r\nA: b\r\n\r\n" % (len(plain), plain)
    headers = HEADERS | {"X-Fill": "f" * lines}
    offering = headers | {"Connection": "Upgrade", "Upgrade": "h2c"}
    return [
        request(plain, headers),
        request(plain, offering),
        request(chunked, headers | {"Transfer-Encoding": "chunked"}),
        request(chunked, offering | {"Transfer-Encoding": "chunked"}),
    ]


def named(answer: Answer) -> list[str]:
    """The client ids that an answer names."""
    return re.findall(r"client_[a-z0-9_]+", answer.body.decode())


def send_in_pieces(wire: TlsWire, stream: bytes) -> None:
    """The last byte of the head comes with the body, in a later piece."""
    end = stream.index(b"\r\n\r\n") + 3
    wire.send(stream[: end - 40])
    wire.send(stream[end - 40 : end])
    wire.send(stream[end:])


@pytest.mark.parametrize("clients", [2, 6])
def test_proxy_gives_each_client_its_own_answers(site: Site, clients: int) -> None:
    """Every second client tries to get its requests run in the names of others."""

    def talk(number: int) -> None:
        for turn in range(15):
            own = f"client_{number}_{turn}"
            with site.wire() as wire:
                for n, stream in enumerate(hostile(lines=turn * 500)):
                    if number % 2:
                        send_in_pieces(wire, stream)
                        assert named(wire.receive()) == []
                    wire.send(sign_up(f"{own}_{n}"))
                    assert named(wire.receive()) == [f"{own}_{n}"]
                wire.send(b"".join(sign_up(f"{own}_p{n}") for n in range(5)))
                for n in range(5):
                    assert named(wire.receive()) == [f"{own}_p{n}"]

    with ThreadPoolExecutor(clients) as threads:
        for _ in threads.map(talk, range(clients)):
            pass


def test_proxy_body_is_never_run_wherever_the_head_is_cut(site: Site) -> None:
    """Caddy sends heads in pieces of 4,096 bytes, so that a client chooses where they are cut."""
    for start in range(3_400, 4_100, 100):
        with site.wire() as wire:
            for lines in range(start, start + 100):
                wire.send(hostile(lines=lines)[0])
                assert named(wire.receive()) == []
                wire.send(sign_up(f"client_{lines}"))
                assert named(wire.receive()) == [f"client_{lines}"]
