"""Tokens name the address by which their client has found this server, where it has several."""

import json
import urllib.request

import pytest
from support.running_server import RunningServer
from support.served_pools import PoolForTest
from support.sign_ins import AuthApi, claims_of, result_of
from support.wire_client import Wire, request

from poolhouse.rules.tokens import issuers


def test_issuer_on_loopback_has_the_requested_name(
    open_pool: PoolForTest, server: RunningServer
) -> None:
    local = f"http://localhost:{server.port}"
    there = open_pool.cognito
    open_pool.cognito = server.client(endpoint_url=local)
    result = result_of(AuthApi(open_pool, by_admin=False).by_password())
    issuer = f"{local}/{open_pool.id}"
    assert claims_of(result["AccessToken"])["iss"] == claims_of(result["IdToken"])["iss"] == issuer
    with urllib.request.urlopen(f"{issuer}/.well-known/openid-configuration") as answer:
        document = json.load(answer)
    assert document["issuer"] == issuer
    assert document["jwks_uri"] == f"{issuer}/.well-known/jwks.json"
    # By any name it is the same server, and the token is good.
    assert there.get_user(AccessToken=result["AccessToken"])["Username"] == "alice"


@pytest.mark.parametrize("host", ["evil.example", "localhost:1", "localhost", ""])
def test_issuer_ignores_other_host_names(
    open_pool: PoolForTest, server: RunningServer, host: str
) -> None:
    path = f"GET /{open_pool.id}/.well-known/openid-configuration HTTP/1.1"
    with Wire(server.port) as wire:
        document = wire.ask(request(b"", {"Host": host}, path), "GET").json
    assert document["issuer"] == f"{server.url}/{open_pool.id}"


def test_issuer_has_several_names_on_loopback_only() -> None:
    assert issuers.names_of("https://id.example.com") == {"https://id.example.com"}
    assert issuers.names_of("http://localhost:9229") == {
        *("http://localhost:9229", "http://127.0.0.1:9229", "http://[::1]:9229"),
    }
