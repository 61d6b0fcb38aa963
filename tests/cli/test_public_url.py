"""The issuer of tokens, however the server was started."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from cli.programs import Process, Server, cognito, free_port, root_key

OFTEN = 4
"""New connections, so that each of two workers is likely to get one."""
GUESSED = "tokens and mails name this URL"


def new_pool(url: str, folder: Path) -> str:
    client = cognito(url, root_key(folder / ".poolhouse"))
    return str(client.create_user_pool(PoolName="p")["UserPool"]["Id"])


def discovered(url: str, pool_id: str) -> Any:
    document = f"{url}/{pool_id}/.well-known/openid-configuration"
    found, *others = [httpx.get(document).json() for _ in range(OFTEN)]
    assert all(other == found for other in others)
    return found


@pytest.mark.parametrize("workers", [1, 2])
def test_issuer_is_the_listening_address_and_found_port(tmp_path: Path, workers: int) -> None:
    with Server(tmp_path, "serve", "--workers", workers) as server:
        pool_id = new_pool(server.url, tmp_path)
        found = discovered(server.url, pool_id)
        assert found["issuer"] == f"{server.url}/{pool_id}"
        assert found["jwks_uri"] == f"{found['issuer']}/.well-known/jwks.json"
        assert GUESSED not in server.stop()


def test_issuer_in_dev_mode_is_the_printed_url(tmp_path: Path) -> None:
    with Server(tmp_path, "dev", "--memory") as server:
        pool_id = "us-east-1_Poolhouse"
        assert discovered(server.url, pool_id)["issuer"] == f"{server.url}/{pool_id}"
        server.stop()


@pytest.mark.parametrize("given", ["https://id.example.com", "https://id.example.com/"])
def test_issuer_is_the_public_url_with_or_without_slash(tmp_path: Path, given: str) -> None:
    port = free_port()
    flags = ("--port", port, "--behind-proxy", "--public-url", given)
    with Process(tmp_path, "serve", *flags) as process:
        process.printed.until(re.escape('"url":"https://id.example.com"'))
        here = f"http://127.0.0.1:{port}"
        pool_id = new_pool(here, tmp_path)
        assert discovered(here, pool_id)["issuer"] == f"https://id.example.com/{pool_id}"
        assert GUESSED not in process.stop()


def test_issuer_of_aws_is_named_where_configured(tmp_path: Path) -> None:
    with Server(tmp_path, "serve", "--aws-issuer") as server:
        pool_id = new_pool(server.url, tmp_path)
        issuer = discovered(server.url, pool_id)["issuer"]
        assert issuer == f"https://cognito-idp.us-east-1.amazonaws.com/{pool_id}"
        server.stop()


def test_issuer_behind_a_proxy_without_public_url_is_warned_about(tmp_path: Path) -> None:
    with Server(tmp_path, "serve", "--behind-proxy") as server:
        server.printed.until(GUESSED)
        server.stop()
