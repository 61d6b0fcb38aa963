"""The check of a store finds what is wrong in it."""

from pathlib import Path

import apsw
import pytest
from support.running_server import RunningServer, running
from support.served_pools import PoolForTest
from support.store_contents import tables
from support.store_invariants import faults, faults_of_codes

from poolhouse.app import App
from poolhouse.bootstrap.store import store_url
from poolhouse.entities.pools import Pool


def found(server: RunningServer) -> list[str]:
    async def pools(app: App) -> list[Pool]:
        return list((await app.services.store.pools.page(None, 60)).items)

    contents = tables(store_url(server.settings))
    return faults(contents, server.run(pools), []) + faults_of_codes(contents)


def change(file: Path, statement: str, *parameters: str) -> None:
    connection = apsw.Connection(str(file))
    connection.set_busy_timeout(10_000)
    connection.execute(statement, parameters)
    connection.close()


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        ("DELETE FROM users WHERE username = 'alice'", "a row of credentials belongs to no user"),
        ("DELETE FROM users WHERE username = 'alice'", "a row of codes belongs to no user"),
        ("DELETE FROM credentials", "alice has no password"),
        ("DELETE FROM codes", "alice is UNCONFIRMED and lacks a code"),
        ("DELETE FROM names WHERE key LIKE '%alice'", "alice lacks the name username"),
        ("UPDATE names SET sub = 'x'", "alice lacks the name username"),
        ("UPDATE users SET status = 'CONFIRMED'", "alice is CONFIRMED and has a code"),
    ],
)
def test_store_invariants_find_damage(tmp_path: Path, damage: str, fault: str) -> None:
    with running(tmp_path) as server:
        pool = PoolForTest(server.client(), AutoVerifiedAttributes=["email"])
        pool.sign_up(attributes={"email": "alice@example.com"})
        assert found(server) == []
        change(tmp_path / "poolhouse.db", damage)
        assert fault in found(server)


def test_name_without_a_user_is_reported(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        pool = PoolForTest(server.client())
        pool.sign_up()
        key = f"{pool.id}/username/bob"
        change(tmp_path / "poolhouse.db", "INSERT INTO names (key, sub) VALUES (?, 'x')", key)
        assert found(server) == [f"the name {key} leads to no user that has it"]
