"""Administrators in dev mode: the signatures that it accepts."""

import pytest
from botocore.exceptions import ClientError
from support.access_keys import add_key
from support.running_server import ROOT_KEY, RunningServer
from support.wire_client import Wire, call, request, signed_headers

BODY = b'{"MaxResults": 1}'
UNRECOGNIZED = "UnrecognizedClientException"


def ask(server: RunningServer, headers: dict[str, str], body: bytes = BODY) -> str:
    """The error's code, or "ok"."""
    with Wire(server.port) as wire:
        answer = wire.ask(request(body, headers))
        return "ok" if answer.status == 200 else answer.error[1]


def signed(server: RunningServer, key: tuple[str, str], **more: str) -> dict[str, str]:
    return signed_headers(server.url, "ListUserPools", BODY, key, **more)


def test_dev_mode_accepts_unknown_key(dev: RunningServer) -> None:
    """Whatever is in the developer's environment will do."""
    client = dev.client(("AKIAWHATEVER", "anything"))
    pool = client.create_user_pool(PoolName="made by an unknown key")["UserPool"]
    assert client.describe_user_pool(UserPoolId=pool["Id"])["UserPool"]["Id"] == pool["Id"]


def test_dev_mode_accepts_unknown_key_with_session_token(dev: RunningServer) -> None:
    assert ask(dev, signed(dev, ("ASIAWHATEVER", "anything"), token="sso")) == "ok"


def test_dev_mode_verifies_known_key(dev: RunningServer) -> None:
    assert ask(dev, signed(dev, ROOT_KEY)) == "ok"
    assert ask(dev, signed(dev, (ROOT_KEY[0], "guessed"))) == "InvalidSignatureException"


def test_dev_mode_applies_policies_of_known_key(dev: RunningServer) -> None:
    """So that permissions can be tried before they are used on AWS."""
    key = add_key(dev, policies={})
    with pytest.raises(ClientError, match="no identity-based policy allows"):
        dev.client(key).list_user_pools(MaxResults=1)


def test_disabled_key_is_refused(dev: RunningServer) -> None:
    assert ask(dev, signed(dev, add_key(dev, enabled=False))) == UNRECOGNIZED


def test_dev_mode_refuses_unsigned_administrative_call(dev: RunningServer) -> None:
    with Wire(dev.port) as wire:
        answer = wire.ask(call("ListUserPools", BODY))
    assert answer.error[1] == "MissingAuthenticationTokenException"


def test_form_of_signature_of_unknown_key_is_checked(dev: RunningServer) -> None:
    headers = signed(dev, ("AKIAWHATEVER", "x"), service="cognito-identity")
    assert ask(dev, headers) == "InvalidSignatureException"


@pytest.mark.parametrize("region", ["eu-west-1", "us-gov-west-1", "ap-southeast-5"])
def test_signature_for_another_region_in_dev_mode_is_taken(dev: RunningServer, region: str) -> None:
    """Clients sign for the region of their environment, of which the endpoint says nothing."""
    assert region != dev.settings.home_region
    assert ask(dev, signed(dev, ("AKIAWHATEVER", "x"), region=region)) == "ok"
    assert ask(dev, signed(dev, ROOT_KEY, region=region)) == "ok"
    wrong = signed(dev, (ROOT_KEY[0], "guessed"), region=region)
    assert ask(dev, wrong) == "InvalidSignatureException"


@pytest.mark.parametrize("region", ["", "here", "EU-WEST-1", "eu-west-1a", "eu_west-1", "eu-west-"])
def test_signature_for_no_region_in_dev_mode_is_refused(dev: RunningServer, region: str) -> None:
    headers = signed(dev, ("AKIAWHATEVER", "x"), region=region)
    assert ask(dev, headers) == "InvalidSignatureException"


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "http://localhost.evil.example", "null", "", "http://[::1", "file://"],
)
def test_dev_mode_refuses_unknown_key_from_foreign_page(dev: RunningServer, origin: str) -> None:
    """Any page on the Internet can send requests from its visitors' browsers."""
    headers = signed(dev, ("AKIAWHATEVER", "x")) | {"Origin": origin}
    assert ask(dev, headers) == UNRECOGNIZED


@pytest.mark.parametrize(
    "origin", ["http://localhost:3000", "http://127.0.0.1", "https://LOCALHOST", "http://[::1]:80"]
)
def test_dev_mode_accepts_unknown_key_from_local_page(dev: RunningServer, origin: str) -> None:
    assert ask(dev, signed(dev, ("AKIAWHATEVER", "x")) | {"Origin": origin}) == "ok"


def test_dev_mode_accepts_known_key_from_foreign_page(dev: RunningServer) -> None:
    assert ask(dev, signed(dev, ROOT_KEY) | {"Origin": "https://admin.example"}) == "ok"
