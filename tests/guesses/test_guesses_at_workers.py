"""The limits hold over two workers, which share nothing but the store."""

import asyncio
import contextlib
import math
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from cli.programs import Server
from guesses.guessable_pages import WRONG_RECOVERY_CODE, asked_for_recovery_code, recovery_codes
from guesses.guessing_world import TO_APP, Guessable, Program, World, named
from guesses.released_guesses import most_wrong, storm
from guesses.released_requests import LIMITED, released_together
from guesses.test_guessables import GUESSABLES, STORES, on_stores
from support.postgres_server import PostgresServer
from support.wire_client import Wire

from poolhouse.rules.auth import lockout
from poolhouse.rules.oauth.device_grants import GRANT_TYPE

DOMAIN = "guessed"
CSRF = "0f0f0f0f-0f0f-4f0f-8f0f-0f0f0f0f0f0f"
TRIED = {
    *("sign-up code", "password reset code", "email code"),
    *("password, in clear", "password of a disabled user", "app's code"),
    *("password, at a page", "password reset code, at a page", "recovery code"),
}


@contextlib.contextmanager
def two_workers(folder: Path, store: str | None = None) -> Iterator[World]:
    extras = ("--device-grant", "--account-page", "--recovery-codes")
    flags = [*extras, *([] if store is None else ["--store", store])]
    with Server(folder, "serve", "--workers", "2", *flags) as program:
        yield World(Program(program, folder / ".poolhouse", store))
        program.stop()


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with two_workers(tmp_path_factory.mktemp("sqlite")) as world:
        yield world


@pytest.fixture(scope="module")
def on_postgres(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer
) -> Iterator[World]:
    store = asyncio.run(postgres_server.empty_database())
    with two_workers(tmp_path_factory.mktemp("postgres"), store) as world:
        yield world


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    """The workers on the store that the case names; cases share them."""
    found: World = request.getfixturevalue(f"on_{request.param}")
    return found


@on_stores((store, each) for store in STORES for each in GUESSABLES if each.name in TRIED)
def test_guesses_released_together_at_workers_are_answered_up_to_the_limit(
    world: World, guessable: Guessable
) -> None:
    target = guessable.target(world, named(guessable, "alice"))
    began = time.monotonic()
    answers = storm(world.place.port, guessable, target)
    most = most_wrong(guessable, target, answers)
    if not guessable.hourly:
        most += after_locks(began)
    assert 0 < answers.count(target.wrong_says) <= most


def after_locks(began: float) -> int:
    """How many guesses more: locks of 1, 2, 4, … seconds are over by now, and after each one."""
    return int(math.log2(time.monotonic() - began + 1))


@pytest.mark.parametrize("world", STORES, indirect=True)
def test_recovery_code_released_together_at_workers_signs_in_once(world: World) -> None:
    """Each browser is at a step of its own, so that only the code is used up by the first."""
    username = "owner-of-recovery-codes"
    site, codes = recovery_codes(world, username)
    browsers = [asked_for_recovery_code(site, username) for _ in range(8)]
    answers = released_together(world.place.port, [guess(codes[0]) for guess in browsers])
    assert answers.count(TO_APP) == 1
    assert set(answers) <= {TO_APP, WRONG_RECOVERY_CODE, *LIMITED}


@pytest.mark.parametrize("world", STORES, indirect=True)
def test_client_secrets_released_together_at_workers_are_answered_up_to_the_limit(
    world: World,
) -> None:
    """A right one is refused behind as many wrong ones, though it arrives with them."""
    made = world.place.cognito().create_user_pool_client(
        UserPoolId=world.pool("open").id, ClientName="secret", GenerateSecret=True
    )["UserPoolClient"]

    def guess(secret: str) -> bytes:
        return world.unsigned(
            "RevokeToken", Token="x", ClientId=made["ClientId"], ClientSecret=secret
        )

    began = time.monotonic()
    requests = [guess(f"{n}" * 24) for n in range(10, 70)]
    *wrong, right = released_together(world.place.port, [*requests, guess(made["ClientSecret"])])
    refused = "UnauthorizedException: "
    answered = sum(answer.startswith(refused) for answer in wrong)
    assert 0 < answered <= lockout.FREE + after_locks(began)
    assert answered + sum(answer in LIMITED for answer in wrong) == len(wrong)
    assert right in LIMITED or after_locks(began)


@pytest.mark.parametrize("world", STORES, indirect=True)
def test_codes_of_devices_released_together_at_workers_are_answered_up_to_the_limit(
    world: World,
) -> None:
    cognito, pool = world.place.cognito(), world.pool("open")
    cognito.create_user_pool_domain(UserPoolId=pool.id, Domain=DOMAIN)
    client = cognito.create_user_pool_client(
        UserPoolId=pool.id,
        ClientName="device",
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=["openid"],
        CallbackURLs=[GRANT_TYPE],
    )["UserPoolClient"]

    def post(path: str, **fields: str) -> bytes:
        body = urlencode(fields)
        return (
            f"POST /domains/{DOMAIN}{path} HTTP/1.1\r\nHost: 127.0.0.1:{world.place.port}\r\n"
            f"Cookie: XSRF-TOKEN={CSRF}\r\nContent-Length: {len(body)}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}"
        ).encode()

    with Wire(world.place.port) as wire:
        asked = post("/oauth2/device_authorization", client_id=client["ClientId"])
        shown = wire.ask(asked, "POST").json["user_code"]
    codes = [f"BCDFGH{first}{second}" for first in "BCDFGHJK" for second in "BCDFGHJK"][:60]
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        wires = [stack.enter_context(Wire(world.place.port)) for _ in (*codes, shown)]
        for wire, code in zip(wires, (*codes, shown), strict=True):
            wire.send(post("/device", _csrf=CSRF, user_code=code))
        *wrong, right = [wire.receive().status for wire in wires]
    assert 0 < wrong.count(400) <= lockout.FREE + after_locks(began)
    assert set(wrong) <= {400, 429}
    assert right in {303, 429}
    # The right one counts in no limit, but none is answered once so many wrong ones were.
    with Wire(world.place.port) as wire:
        again = wire.ask(post("/device", _csrf=CSRF, user_code=shown), "POST").status
    assert again == 429 or after_locks(began)
