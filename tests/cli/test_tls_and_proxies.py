"""`poolhouse serve` with TLS of its own, and behind a proxy that does TLS."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from cli import certificates
from cli.programs import Process, Server, answer, poolhouse, refusal
from support.wire_client import Wire, request, signed_headers


@pytest.mark.parametrize(
    ("certificate", "key", "sentence"),
    [
        ("one.pem", "other.key", "the key belongs to another certificate"),
        ("one.pem", "locked.key", "the key has a password"),
        ("one.key", "one.pem", "one of them is not a PEM file"),
        ("one.pem", ".", "The TLS key . can't be read: Is a directory"),
    ],
)
@pytest.mark.parametrize("name", ["serve", "dev"])
def test_files_that_tls_cannot_be_done_with_are_refused(
    tmp_path: Path, name: str, certificate: str, key: str, sentence: str
) -> None:
    certificates.make(tmp_path, "one")
    certificates.make(tmp_path, "other")
    certificates.make(tmp_path, "locked", b"password")
    (tmp_path / "one.pem").chmod(0o600)
    flags = ("--tls-certificate", certificate, "--tls-key", key)
    assert sentence in refusal(poolhouse(tmp_path, name, *flags), 2)


def _policy(folder: Path, condition: dict[str, Any]) -> tuple[str, str]:
    """A key of an administrator who may list pools under this condition."""
    statement = {
        "Effect": "Allow",
        "Action": "cognito-idp:ListUserPools",
        "Resource": "*",
        "Condition": condition,
    }
    (folder / "policy.json").write_text(
        json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    words = ("--user", f"u{os.urandom(4).hex()}", "--policy", "policy.json", "--json")
    key = json.loads(answer(poolhouse(folder, "keys", "create", *words)))
    return key["AccessKeyId"], key["SecretAccessKey"]


def _status(server: Server, key: tuple[str, str], *forwarded: tuple[str, str]) -> int:
    """Of a call of ListUserPools that came through a proxy, which doesn't sign what it adds."""
    body = b'{"MaxResults": 1}'
    signed = signed_headers(server.url, "ListUserPools", body, key, region="us-east-1")
    with Wire(server.port) as wire:
        return wire.ask(request(body, [*signed.items(), *forwarded])).status


def test_proxy_last_forwarded_address_is_the_clients(tmp_path: Path) -> None:
    """The values before it came with the request that the proxy received."""
    with Server(tmp_path, "serve", "--host", "127.0.0.1", "--behind-proxy") as server:
        from_home = {"IpAddress": {"aws:SourceIp": "203.0.113.7"}}
        over_tls = {"Bool": {"aws:SecureTransport": "true"}}
        key = _policy(tmp_path, from_home | over_tls)
        tls = ("X-Forwarded-Proto", "https")
        home = ("X-Forwarded-For", "198.51.100.1, 203.0.113.7")
        assert _status(server, key, home, tls) == 200
        assert _status(server, key, tls) == 400
        assert _status(server, key, home) == 400
        assert _status(server, key, ("X-Forwarded-For", "203.0.113.7, 198.51.100.1"), tls) == 400
        assert _status(server, key, home, ("X-Forwarded-For", "198.51.100.1"), tls) == 400
        assert _status(server, key, home, ("X-Forwarded-Proto", "https, http")) == 400
        assert _status(server, key, ("X-Forwarded-For", "\xff, unknown"), tls) == 400
        server.stop()


def test_forwarded_headers_without_a_proxy_are_ignored(tmp_path: Path) -> None:
    with Server(tmp_path, "serve") as server:
        key = _policy(tmp_path, {"IpAddress": {"aws:SourceIp": "203.0.113.7"}})
        assert _status(server, key, ("X-Forwarded-For", "203.0.113.7")) == 400
        server.stop()


def test_serve_public_url_is_the_configured_one(tmp_path: Path) -> None:
    flags = ("--behind-proxy", "--public-url", "https://id.example.com")
    with Process(tmp_path, "serve", "--port", "0", *flags) as process:
        process.printed.until(re.escape('"url":"https://id.example.com"'))
        process.stop()


def test_serve_on_an_unknown_host_is_refused(tmp_path: Path) -> None:
    flags = ("--host", "nobody.invalid", "--behind-proxy")
    stderr = refusal(poolhouse(tmp_path, "serve", *flags), 1)
    assert re.match(r"Can't listen on nobody\.invalid port 9229: \w", stderr)
