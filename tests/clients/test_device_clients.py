"""Other people's clients of the device grant, as they come: openid-client and authlib."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from support.devices_at_domains import DEVICE_CLIENT, Device, answers, enters
from support.domain_pools import DomainPool
from support.programs import node_clients, program
from support.running_server import RunningServer, running
from support.served_pools import PoolForTest
from support.sign_ins import claims_of

from poolhouse.rules.oauth.device_grants import GRANT_TYPE


@pytest.fixture(scope="module")
def domain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DomainPool]:
    with running(tmp_path_factory.mktemp("data"), device_grant=True) as server:
        made = DomainPool(server, PoolForTest(server.client(), DEVICE_CLIENT))
        made.add_user(email="alice@example.com")
        yield made


def answered(domain: DomainPool, user_code: str, action: str) -> None:
    browser = domain.signed_in()
    assert answers(browser, enters(domain, browser, user_code), action).status == 200


@contextmanager
def openid_client(domain: DomainPool, server: RunningServer) -> Iterator["subprocess.Popen[str]"]:
    environment = {
        "PATH": os.environ["PATH"],
        "ISSUER": f"{server.url}/{domain.pool.id}",
        "CLIENT_ID": domain.client_id,
    }
    with subprocess.Popen(
        [program("node"), "device.mjs"],
        cwd=node_clients(),
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as running_client:
        yield running_client


@pytest.mark.parametrize(
    ("action", "end"),
    [("allow", {"username": "alice"}), ("deny", {"error": "access_denied"})],
)
def test_openid_client_gets_what_the_user_answers(
    domain: DomainPool, action: str, end: dict[str, Any]
) -> None:
    with openid_client(domain, domain.server) as client:
        assert client.stdin is not None
        assert client.stdout is not None
        codes = json.loads(client.stdout.readline())
        answered(domain, codes["user_code"], action)
        client.stdin.write("answered\n")
        client.stdin.flush()
        assert json.loads(client.stdout.readline()) == end


def test_authlib_gets_tokens_by_a_device_code(
    domain: DomainPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    codes = Device(domain).codes()
    url = f"{domain.url}/oauth2/token"
    with OAuth2Session(domain.client_id, token_endpoint_auth_method="none") as session:
        with pytest.raises(OAuthError, match="authorization_pending"):
            session.fetch_token(url, grant_type=GRANT_TYPE, device_code=codes["device_code"])
        answered(domain, codes["user_code"], "allow")
        token = session.fetch_token(url, grant_type=GRANT_TYPE, device_code=codes["device_code"])
    assert claims_of(token["access_token"])["username"] == "alice"
