"""Two calls about one user at the same moment: either order is fine, and nothing between."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.running_server import ROOT_KEY, RunningServer
from support.served_pools import (
    PoolForTest,
    cognito,
    functions,
    server,
    server_on_postgres,
    server_on_sqlite,
)
from support.store_contents import tables
from support.store_invariants import faults
from support.wire_client import Wire, call, request, signed_headers

from poolhouse.app import App
from poolhouse.bootstrap.store import store_url
from poolhouse.entities.pools import Pool

__all__ = ["cognito", "functions", "server", "server_on_postgres", "server_on_sqlite"]

pytestmark = pytest.mark.both_stores

PAIRS = 40
Outcome = str
"""An error's code, or "ok"."""


class Race:
    """Two connections, and users who are made for every start."""

    def __init__(self, server: RunningServer, pool: PoolForTest) -> None:
        self._url = server.url
        self._wires = (Wire(server.port), Wire(server.port))
        self.pool = pool

    def close(self) -> None:
        for wire in self._wires:
            wire.close()

    def start(self, *calls: tuple[str, dict[str, Any]]) -> tuple[Outcome, ...]:
        """Send both before either is answered."""
        for wire, (operation, members) in zip(self._wires, calls, strict=True):
            wire.send(self._bytes(operation, members))
        return tuple(self._outcome(wire) for wire in self._wires)

    def ask(self, operation: str, members: dict[str, Any]) -> Outcome:
        self._wires[0].send(self._bytes(operation, members))
        return self._outcome(self._wires[0])

    def _bytes(self, operation: str, members: dict[str, Any]) -> bytes:
        body = json.dumps(members).encode()
        if "ClientId" in members:
            return call(operation, body)
        return request(body, signed_headers(self._url, operation, body, ROOT_KEY))

    @staticmethod
    def _outcome(wire: Wire) -> Outcome:
        answer = wire.receive()
        assert answer.status < 500, answer
        return "ok" if answer.status == 200 else answer.error[1]


@pytest.fixture
def race(server: RunningServer, cognito: Any) -> Iterator[Race]:
    race = Race(server, PoolForTest(cognito, AutoVerifiedAttributes=["email"]))
    yield race
    race.close()


def sign_up(race: Race, name: str) -> tuple[str, dict[str, Any]]:
    email = [{"Name": "email", "Value": f"{name}@example.com"}]
    more = {"Password": "Correct-Horse-9!", "UserAttributes": email}
    return "SignUp", {"ClientId": race.pool.client_id, "Username": name, **more}


def public(operation: str, **more: Any) -> Callable[[Race, str], tuple[str, dict[str, Any]]]:
    return lambda race, name: (
        operation,
        {"ClientId": race.pool.client_id, "Username": name, **more},
    )


def admin(operation: str, **more: Any) -> Callable[[Race, str], tuple[str, dict[str, Any]]]:
    return lambda race, name: (operation, {"UserPoolId": race.pool.id, "Username": name, **more})


def whole(server: RunningServer, race: Race) -> None:
    async def pools(app: App) -> list[Pool]:
        found = await app.services.store.pools.find(race.pool.id)
        assert found is not None
        return [found]

    contents = tables(store_url(server.settings))
    mine = {
        table: [row for row in rows if _is_of(race.pool.id, row)]
        for table, rows in contents.items()
    }
    assert faults(mine, server.run(pools), []) == []


def _is_of(pool_id: str, row: dict[str, Any]) -> bool:
    return row.get("pool_id") == pool_id or str(row.get("key", "")).startswith(pool_id)


CREATE = admin("AdminCreateUser", MessageAction="SUPPRESS")
DELETE = admin("AdminDeleteUser")
CONFIRM = admin("AdminConfirmSignUp")
NOT_THERE = "UserNotFoundException"
TAKEN = "UsernameExistsException"
WRONG_CODE = {"CodeMismatchException", "ExpiredCodeException"}


@pytest.mark.parametrize("other", [sign_up, CREATE], ids=["SignUp", "AdminCreateUser"])
def test_concurrent_claims_of_a_username_succeed_once(
    server: RunningServer, race: Race, other: Callable[[Race, str], tuple[str, dict[str, Any]]]
) -> None:
    for number in range(PAIRS):
        name = f"user-{number}"
        assert sorted(race.start(sign_up(race, name), other(race, name))) == [TAKEN, "ok"]
    whole(server, race)


@pytest.mark.parametrize(
    ("other", "late"),
    [
        (DELETE, NOT_THERE),
        (CONFIRM, NOT_THERE),
        (admin("AdminDisableUser"), NOT_THERE),
        (public("ResendConfirmationCode"), NOT_THERE),
        (public("ConfirmSignUp", ConfirmationCode="000000"), NOT_THERE),
        (admin("AdminSetUserPassword", Password="Correct-Horse-8!", Permanent=True), NOT_THERE),
        (sign_up, "ok"),
    ],
    ids=["delete", "confirm", "disable", "resend", "wrong code", "set password", "sign up"],
)
def test_concurrent_user_deletion_leaves_no_rows(
    server: RunningServer,
    race: Race,
    other: Callable[[Race, str], tuple[str, dict[str, Any]]],
    late: Outcome,
) -> None:
    for number in range(PAIRS):
        name = f"user-{number}"
        race.ask(*sign_up(race, name))
        calls = (DELETE(race, name), other(race, name))
        outcomes = race.start(*(calls if number % 2 else reversed(calls)))
        assert "ok" in outcomes
        assert set(outcomes) <= {"ok", late, TAKEN, *WRONG_CODE}
    whole(server, race)


def test_concurrent_confirmations_succeed_once(server: RunningServer, race: Race) -> None:
    for number in range(PAIRS):
        name = f"user-{number}"
        race.ask(*sign_up(race, name))
        outcomes = race.start(CONFIRM(race, name), CONFIRM(race, name))
        assert sorted(outcomes) == ["NotAuthorizedException", "ok"]
    whole(server, race)
