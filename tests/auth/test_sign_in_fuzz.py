"""Tens of thousands of attempts to sign in without knowing anything: none ends in a token.

The number is set by TEST_FUZZ, the seed by TEST_SEED.
"""

import itertools
import json
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from support.hostile_requests import Place
from support.hostile_sign_ins import HostileSignIns
from support.run_size import size
from support.running_server import ROOT_KEY
from support.server_processes import ServerProcess, serving
from support.sign_ins import FLOWS
from support.wire_client import Wire, signed_headers
from support.wire_client import request as http_request

REQUESTS = int(os.environ.get("TEST_FUZZ", size(5_000, nightly=50_000)))
SEED = int(os.environ.get("TEST_SEED", "1"))
CONNECTIONS = 4
USERS = 40


def test_random_responses_sign_in_no_user_and_break_nothing(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        ask = Asking(server)
        place, other_client, before = ask.make_pool()
        with ThreadPoolExecutor(CONNECTIONS) as threads:
            parts = [
                threads.submit(attack, server, place, other_client, n) for n in range(CONNECTIONS)
            ]
            outcomes = sum((part.result() for part in parts), Counter[str]())
        assert ask.users(place.pool_id) == before, "somebody's account has changed"
        assert server.stop() == 0
        log = server.log()
    assert "unexpected error" not in log, log[-5_000:]
    assert outcomes.total() >= REQUESTS
    # Enough of them come as far as a challenge, a password that is looked at, a Session.
    assert outcomes["challenge"] > REQUESTS // 50
    for code in ("NotAuthorizedException", "InvalidParameterException", "UserNotFoundException"):
        assert outcomes[code] > REQUESTS // 1_000, outcomes


def attack(server: ServerProcess, place: Place, other_client: str, number: int) -> Counter[str]:
    outcomes: Counter[str] = Counter()
    usernames = [*(f"user-{n}" for n in range(USERS)), "nobody", ""]
    attempts = HostileSignIns(place, other_client, usernames, SEED * CONNECTIONS + number)
    with Wire(place.port) as wire:
        for data in itertools.islice(attempts, REQUESTS // CONNECTIONS + 1):
            answer = wire.ask(data)
            assert answer.status in (200, 400), (data, answer, server.log()[-3_000:])
            if answer.status == 200:
                assert "AuthenticationResult" not in answer.json, data
                attempts.learn(answer.json)
            outcomes["challenge" if answer.status == 200 else answer.error[1]] += 1
    return outcomes


class Asking:
    """What an administrator asks of the server."""

    def __init__(self, server: ServerProcess) -> None:
        self._server = server

    def make_pool(self) -> tuple[Place, str, Any]:
        """A pool with users in every state, its two app clients, and what it holds."""
        pool_id = self("CreateUserPool", PoolName="p")["UserPool"]["Id"]
        clients = [
            self("CreateUserPoolClient", UserPoolId=pool_id, ClientName="c", **more)[
                "UserPoolClient"
            ]["ClientId"]
            for more in (
                {"ExplicitAuthFlows": FLOWS},
                {"ExplicitAuthFlows": FLOWS, "PreventUserExistenceErrors": "ENABLED"},
            )
        ]
        self(
            "SetUserPoolMfaConfig",
            UserPoolId=pool_id,
            MfaConfiguration="OPTIONAL",
            SoftwareTokenMfaConfiguration={"Enabled": True},
        )
        for n in range(USERS):
            user = {"UserPoolId": pool_id, "Username": f"user-{n}"}
            self(
                "AdminCreateUser",
                **user,
                MessageAction="SUPPRESS",
                TemporaryPassword="Temporary-9!",
                UserAttributes=[{"Name": "email", "Value": f"user-{n}@example.com"}],
            )
            if n % 2:
                self("AdminSetUserPassword", **user, Password="Correct-horse-9!", Permanent=True)
            if n % 10 == 9:
                self("AdminDisableUser", **user)
        place = Place(self._server.port, pool_id, clients[0])
        return place, clients[1], self.users(pool_id)

    def users(self, pool_id: str) -> Any:
        return self("ListUsers", UserPoolId=pool_id)["Users"]

    def __call__(self, operation: str, **members: Any) -> Any:
        body = json.dumps(members).encode()
        with Wire(self._server.port) as wire:
            headers = signed_headers(self._server.url, operation, body, ROOT_KEY)
            answer = wire.ask(http_request(body, headers))
        assert answer.status == 200, answer
        return answer.json
