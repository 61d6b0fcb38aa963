"""Guesses that arrive together: no more are answered than the limit allows.

The last of them is right. Before, a right one succeeded whatever the count, since its commit
didn't carry it.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from guesses.guessable_codes import CODES, NEW, WRONG
from guesses.guessable_factors import FACTORS
from guesses.guessable_pages import PAGES
from guesses.guessable_passwords import PASSWORDS, by_srp, typed
from guesses.guessing_world import (
    Guessable,
    HeldCommit,
    OneServer,
    RecordedCommits,
    Target,
    World,
    named,
)
from guesses.released_guesses import most_wrong, storm
from guesses.released_requests import LIMITED, asked, released_together, reported_by
from support.functions_server import FunctionsServer
from support.postgres_server import PostgresServer
from support.running_server import running
from support.wire_client import Wire

GUESSABLES = [*CODES, *PASSWORDS, *FACTORS, *PAGES]
EXTRAS = {"account_page": True, "recovery_codes": True}
STORES = ("sqlite", "postgres")


@contextlib.contextmanager
def one_worker(data: Path, store: str | None = None) -> Iterator[World]:
    with (
        FunctionsServer() as functions,
        running(data, store=store, triggers={"*": functions.url}, **EXTRAS) as server,
    ):
        yield World(OneServer(server), functions)


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with one_worker(tmp_path_factory.mktemp("sqlite")) as world:
        yield world


@pytest.fixture(scope="module")
def on_postgres(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer
) -> Iterator[World]:
    store = asyncio.run(postgres_server.empty_database())
    with one_worker(tmp_path_factory.mktemp("postgres"), store) as world:
        yield world


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    """The server on the store that the case names; cases share it."""
    found: World = request.getfixturevalue(f"on_{request.param}")
    return found


def one_server(world: World) -> OneServer:
    assert isinstance(world.place, OneServer)
    return world.place


def on_stores(cases: Iterable[tuple[str, Guessable]]) -> pytest.MarkDecorator:
    """Each case on its store, on which all share a server."""
    return pytest.mark.parametrize(
        ("world", "guessable"),
        [pytest.param(store, each, id=f"{store}-{each.name}") for store, each in cases],
        indirect=["world"],
    )


ON_BOTH = on_stores((store, each) for store in STORES for each in GUESSABLES)
ON_SQLITE = on_stores(("sqlite", each) for each in GUESSABLES)
WHERE_THEY_DIFFER = on_stores(
    (store, each) for store in STORES for each in GUESSABLES if store == "sqlite" or each.everywhere
)


@WHERE_THEY_DIFFER
def test_guesses_released_together_are_answered_up_to_the_limit(
    world: World, guessable: Guessable
) -> None:
    """The right one comes last, but may be looked at earlier: then it counts like the others."""
    target = guessable.target(world, named(guessable, "alice"))
    with one_server(world).standing_clock(guessable.later):
        answers = storm(world.place.port, guessable, target)
        if not guessable.right_among:
            assert asked(world.place.port, target.right()) in LIMITED
    assert 0 < answers.count(target.wrong_says) <= most_wrong(guessable, target, answers)


@ON_BOTH
def test_guess_compared_first_but_committed_last_is_refused(
    world: World, guessable: Guessable
) -> None:
    """In the time between, as many wrong ones as the limit allows are answered."""
    target = guessable.target(world, named(guessable, "carol"))
    port = world.place.port
    server = one_server(world)
    with (
        server.standing_clock(guessable.later),
        Wire(port) as wire,
        HeldCommit(server.server) as held,
    ):
        wire.send(target.right())
        assert held.reached(), "the right guess is answered without a commit"
        for n in range(guessable.limit):
            assert asked(port, target.wrong(n)) == target.wrong_says
        assert asked(port, target.wrong(guessable.limit)) in LIMITED
        held.let_go()
        assert reported_by(wire.receive()) in LIMITED


@pytest.mark.parametrize("world", STORES, indirect=True)
@pytest.mark.parametrize(
    ("operation", "members", "limit"),
    [
        ("ConfirmSignUp", {"ConfirmationCode": "123456"}, 15),
        ("ConfirmForgotPassword", {"ConfirmationCode": "123456", "Password": NEW}, 5),
    ],
)
def test_codes_of_unknown_users_are_answered_up_to_the_limit(
    world: World, operation: str, members: dict[str, str], limit: int
) -> None:
    """Else the count would tell who exists."""
    client_id = world.client_that_hides(world.pool("open"))
    if operation == "ConfirmForgotPassword":
        forgot = world.unsigned("ForgotPassword", ClientId=client_id, Username="nobody")
        assert asked(world.place.port, forgot) == "ok"
    guess = world.unsigned(operation, ClientId=client_id, Username="nobody", **members)
    answers = released_together(world.place.port, [guess] * 60)
    assert set(answers) <= {WRONG, *LIMITED}
    assert 0 < answers.count(WRONG) <= limit
    for _ in range(limit - answers.count(WRONG)):
        assert asked(world.place.port, guess) == WRONG
    assert asked(world.place.port, guess) in LIMITED


@pytest.mark.parametrize("world", STORES, indirect=True)
@pytest.mark.parametrize("target", [typed, by_srp])
def test_guess_right_at_the_first_try_writes_no_count(
    world: World, target: Callable[[World, str], Target]
) -> None:
    """The session carries the condition."""
    right = target(world, f"dave-{target.__name__}").right()
    with RecordedCommits(one_server(world).server) as commits:
        assert asked(world.place.port, right) == "ok"
    [writes] = commits.writes
    assert [each.statement for each in writes if "INTO attempts" in each.statement] == []
    assert any("FROM attempts" in each.statement for each in writes)


@ON_SQLITE
def test_guess_right_within_the_limit_is_accepted(world: World, guessable: Guessable) -> None:
    target = guessable.target(world, named(guessable, "bob"))
    with one_server(world).standing_clock(guessable.later):
        for n in range(guessable.limit - 1):
            assert asked(world.place.port, target.wrong(n)) == target.wrong_says
        assert asked(world.place.port, target.right()) == target.right_says
