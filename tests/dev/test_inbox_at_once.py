"""Messages are in the inbox as soon as a call has returned: tests take codes from there."""

import json
import urllib.request
from pathlib import Path

import httpx
import pytest
from support.running_server import running
from support.store_engines import Engine, new_store

CLIENT = "poolhousedevclient00000000"


def test_inbox_has_the_code_when_sign_up_has_answered(tmp_path: Path) -> None:
    with running(tmp_path, dev=True) as server:
        cognito = server.client()
        for number in range(10):
            name = f"user-{number}"
            cognito.sign_up(
                ClientId=CLIENT,
                Username=name,
                Password="Correct-Horse-9!",
                UserAttributes=[{"Name": "email", "Value": "somebody@example.com"}],
            )
            inbox = f"{server.url}/inbox/messages.json?username={name}"
            with urllib.request.urlopen(inbox) as answer:
                (message,) = json.load(answer)
            cognito.confirm_sign_up(
                ClientId=CLIENT, Username=name, ConfirmationCode=message["code"]
            )


@pytest.mark.both_stores
@pytest.mark.parametrize("name", ["pool", "username"])
def test_inbox_of_a_name_with_nul_is_that_of_an_unknown_one(
    tmp_path: Path, request: pytest.FixtureRequest, store_engine: Engine, name: str
) -> None:
    with running(tmp_path, dev=True, store=new_store(request, store_engine)) as server:
        for path in ("/inbox", "/inbox/messages.json"):
            answers = [
                httpx.get(f"{server.url}{path}?{name}={text}", trust_env=False)
                for text in ("unknown", "%00", "a%00b")
            ]
            assert [answer.status_code for answer in answers] == [200] * 3
            if path == "/inbox/messages.json":
                assert [answer.json() for answer in answers] == [[]] * 3
