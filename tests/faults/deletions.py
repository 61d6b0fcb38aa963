"""Deletions in the midst of requests, on either store: no request fails with a 500.

Of a pool that is gone AWS answers ResourceNotFoundException; of users and clients that are gone
each operation has its own refusal. Nothing of it is a fault of the server's.
"""

import json
from collections.abc import Iterator

import pytest
from auth.played_operations import play_every_operation
from support.every_operation import CODE
from support.functions_server import FunctionsServer
from support.replayed_requests import Recorded, Recorder, run_on, words
from support.running_server import running
from support.store_engines import new_store

_OF_USERS = (
    *("credentials", "codes", "attempts", "memberships", "sessions", "spent"),
    *("software_tokens", "devices", "passkeys", "passkey_challenges"),
)
_CHANGED = "UPDATE configuration SET generation = generation + 1"
_POOL = [
    "UPDATE pools SET deleted = 1",
    "DELETE FROM clients",
    "DELETE FROM signing_keys",
    _CHANGED,
]
_USERS = [*(f"DELETE FROM {table}" for table in ("users", "names", *_OF_USERS))]
DELETIONS = {
    "pool": _POOL,
    "swept pool": [*_POOL, *_USERS, "DELETE FROM groups", "DELETE FROM pools"],
    "client": ["DELETE FROM clients", _CHANGED],
    "user": _USERS,
    "group": ["DELETE FROM groups", "DELETE FROM memberships"],
    "signing keys": ["DELETE FROM signing_keys", _CHANGED],
    "sessions": ["DELETE FROM sessions"],
    "credentials": ["DELETE FROM credentials", "DELETE FROM codes"],
    "factors": [f"DELETE FROM {table}" for table in _OF_USERS[-4:]],
}
"""What each deletion does to the store; of every pool at once, as there is but one at a time."""


@pytest.fixture(scope="module")
def recorder(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Recorder]:
    """A server that has answered one request of each kind, on a store of its own."""
    store = new_store(request, request.param)
    folder = tmp_path_factory.mktemp("deleted")
    with (
        FunctionsServer() as functions,
        running(folder, store=store, triggers={"*": functions.url}, code=CODE) as server,
    ):
        recorder = Recorder(server)
        play_every_operation(server, functions)
        recorder.stop()
        yield recorder
        run_on(server, recorder.tables.close)


def failures(recorder: Recorder, deleted: str) -> list[str]:
    """Return the replays that failed: with a deletion before each use of the store in turn."""
    replays = [
        (f"{recorded.name} before its use {at} of the store: {answer}", recorded)
        for recorded in recorder.recorded.values()
        for at, answer in _replays(recorder, recorded, DELETIONS[deleted])
    ]
    assert replays
    recorder.check_put_back(replays[-1][1])
    return [each for each, _ in replays if ": 5" in each]


def _replays(
    recorder: Recorder, recorded: Recorded, statements: list[str]
) -> Iterator[tuple[int, str]]:
    """Skip deletions after which the request uses none of the tables: it can't notice them."""
    tables = words(statements) & {"configuration", *recorded.contents}
    uses = recorder.uses(recorded)
    for at in range(1, len(uses) + 1):
        if any(used & tables for used in uses[at - 1 :]):
            answer = recorder.replay(recorded, statements, at)
            error = json.loads(answer.body).get("__type") if answer.body else None
            yield at, f"{answer.status} {error}"
