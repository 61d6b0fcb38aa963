"""Guesses at app clients' secrets: counted by client and address, also those that come together."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from guesses.released_requests import LIMITED, asked, released_together
from support.devices_at_domains import standing_clock
from support.domain_endpoints import MACHINE, Endpoints, add_domain
from support.running_server import RunningServer
from support.served_pools import NewPool
from support.wire_client import call

from poolhouse.app import App
from poolhouse.errors.oauth import InvalidClient, TooManySecretGuesses
from poolhouse.rules.auth import lockout
from poolhouse.services import client_secret_guesses
from poolhouse.services.context import Caller

pytestmark = pytest.mark.both_stores
TOO_MANY = (429, {"error": "too_many_requests"})
WRONG = (400, {"error": "invalid_client"})


@pytest.fixture
def machine(server: RunningServer, new_pool: NewPool) -> Iterator[Endpoints]:
    """A client for machines. The clock stands still, so that no lock ends between two requests."""
    pool = new_pool(client=MACHINE)
    with standing_clock(server):
        yield Endpoints(add_domain(server, pool), pool.client)


def asks(machine: Endpoints, secret: str | None, client_id: str | None = None) -> httpx.Response:
    return machine.token(
        grant_type="client_credentials",
        client_id=client_id or machine.client_id,
        client_secret=secret,
    )


def guess(
    app: App, machine: Endpoints, secret: str | None, address: str, now: datetime | None = None
) -> "asyncio.Task[str]":
    """Begin a guess from an address. Returns what comes of it."""
    caller = Caller(
        request_id="r", now=now or datetime.now(UTC), source_ip=address, user_agent=None
    )

    async def verify() -> str:
        await app.services.store.configuration.refresh()
        client = await app.services.store.clients.find(machine.client_id)
        try:
            await client_secret_guesses.verify(
                app.services,
                caller,
                client,
                client_id=machine.client_id,
                pool_id="p",
                readings=(secret or "",),
            )
        except InvalidClient:
            return "wrong"
        except TooManySecretGuesses:
            return "locked"
        return "right"

    return asyncio.ensure_future(verify())


@pytest.mark.parametrize("known", [True, False], ids=["known_client", "unknown_client"])
def test_secret_guesses_are_locked_after_failures(machine: Endpoints, *, known: bool) -> None:
    """Known and unknown clients are answered alike, and the right secret waits too."""
    client_id = machine.client_id if known else f"unknown{machine.client_id[7:]}"
    answers = [asks(machine, "x" * 51, client_id) for _ in range(lockout.FREE + 1)]
    seen = [(answer.status_code, answer.json()) for answer in answers]
    assert seen == [WRONG] * lockout.FREE + [TOO_MANY]
    right = asks(machine, machine.secret, client_id)
    assert (right.status_code, right.json()) == TOO_MANY


def test_secret_guesses_together_are_answered_up_to_the_limit(
    server: RunningServer, machine: Endpoints
) -> None:
    """No right secret is answered after as many wrong ones, though all arrive at once."""

    async def together(app: App) -> list[str]:
        wrong = [guess(app, machine, f"{n}" * 30, "192.0.2.1") for n in range(200)]
        right = guess(app, machine, machine.secret, "192.0.2.1")
        return [await task for task in [*wrong, right]]

    *wrong, right = server.run(together)
    counted = Counter(wrong)
    assert counted["wrong"] <= lockout.FREE
    assert counted["wrong"] + counted["locked"] == 200
    assert right == "locked"


def test_right_secrets_together_all_succeed(server: RunningServer, machine: Endpoints) -> None:
    async def together(app: App) -> list[str]:
        tasks = [guess(app, machine, machine.secret, "192.0.2.9") for _ in range(100)]
        return [await task for task in tasks]

    assert server.run(together) == ["right"] * 100


def test_guesses_from_elsewhere_do_not_lock_out_the_app(
    server: RunningServer, machine: Endpoints
) -> None:
    async def guesses(app: App) -> list[str]:
        found = [await guess(app, machine, "x" * 30, "192.0.2.2") for _ in range(9)]
        return [*found, await guess(app, machine, machine.secret, "192.0.2.3")]

    *_, last_wrong, right = server.run(guesses)
    assert (last_wrong, right) == ("locked", "right")
    assert asks(machine, machine.secret).status_code == 200


def test_secret_lock_ends_with_its_time(server: RunningServer, machine: Endpoints) -> None:
    async def guesses(app: App) -> list[str]:
        now, at = datetime.now(UTC), "192.0.2.4"
        found = [await guess(app, machine, "x" * 30, at, now) for _ in range(lockout.FREE)]
        for seconds in (0.5, 1.5):
            later = now + timedelta(seconds=seconds)
            found.append(await guess(app, machine, machine.secret, at, later))
        return found

    assert server.run(guesses) == ["wrong"] * lockout.FREE + ["locked", "right"]


def test_wrong_guesses_leave_nothing_in_memory(server: RunningServer, machine: Endpoints) -> None:
    asks(machine, "x" * 51)

    async def under_way(app: App) -> dict[str, int]:
        return app.services.wrong_secrets._under_way

    assert server.run(under_way) == {}


def test_lockout_counts_failures_under_way() -> None:
    now = datetime.now(UTC)
    assert not lockout.is_locked(None, lockout.FREE - 1, now)
    assert lockout.is_locked(None, lockout.FREE, now)


@pytest.mark.parametrize(
    ("operation", "member", "more"),
    [
        ("RevokeToken", "ClientSecret", {"Token": "x"}),
        ("GetTokensFromRefreshToken", "ClientSecret", {"RefreshToken": "x"}),
        ("GetClientToken", "Secret", {}),
        (
            "GetDerivedToken",
            "ClientSecret",
            {"SubjectToken": "x", "SubjectTokenType": "ACCESS_TOKEN"},
        ),
    ],
)
def test_secret_guesses_at_the_api_are_those_of_the_token_endpoint(
    server: RunningServer, machine: Endpoints, operation: str, member: str, more: dict[str, str]
) -> None:
    """Many at once are answered up to the limit; then right ones wait, at the domain too."""

    def guess(secret: str) -> bytes:
        members = {"ClientId": machine.client_id, member: secret, **more}
        return call(operation, json.dumps(members).encode())

    locked = "TooManyRequestsException: Rate exceeded"
    answers = released_together(server.port, [guess(f"{n}" * 24) for n in range(10, 50)])
    assert 0 < len(answers) - answers.count(locked) <= lockout.FREE
    assert asked(server.port, guess(machine.secret or "")) == locked
    right = asks(machine, machine.secret)
    assert (right.status_code, right.json()) == TOO_MANY


def test_secret_right_at_the_api_is_no_guess(server: RunningServer, machine: Endpoints) -> None:
    members = {"ClientId": machine.client_id, "Secret": machine.secret}
    request = call("GetClientToken", json.dumps(members).encode())
    answers = released_together(server.port, [request] * (2 * lockout.FREE))
    assert set(answers) == {asked(server.port, request)}
    assert not set(answers) & LIMITED
