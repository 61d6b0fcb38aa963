"""Who has had an answer finds in the inbox what the call sent: tests take codes from there."""

import json
import urllib.request
from pathlib import Path

from support.running_server import running

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
