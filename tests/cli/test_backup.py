"""`poolhouse backup`: a copy that is whole, made while the server is busy."""

import shutil
import stat
from pathlib import Path

import pytest
from cli.programs import answer, poolhouse, refusal
from support.running_server import ACCOUNT, running
from support.served_pools import PoolForTest
from support.store_contents import tables
from support.store_invariants import faults, faults_of_codes
from support.user_load import CODE, Load

from poolhouse.app import App
from poolhouse.entities.pools import Pool

BACKUPS = 3
SETTINGS = ("--account-id", ACCOUNT)


async def pools(app: App) -> list[Pool]:
    return list((await app.services.store.pools.page(None, 60)).items)


def test_backup_under_load_is_consistent(tmp_path: Path) -> None:
    """Each user in it has every name, a password and the code that the status asks for."""
    source = tmp_path / "source"
    with running(source, code=CODE) as server:
        pool = PoolForTest(server.client(), AutoVerifiedAttributes=["email"])
        load = Load(pool.id, pool.client_id, seed=5)
        run = load.run([server.port], threads=4, answers=150)
        for n in range(BACKUPS):
            assert "doesn't contain the master key" in answer(
                poolhouse(tmp_path, "backup", f"copy-{n}", "--data", source, *SETTINGS)
            )
        run.wait()
        run.stop()
    counts = []
    for n in range(BACKUPS):
        restored = tmp_path / f"restored-{n}"
        restored.mkdir()
        shutil.copy(tmp_path / f"copy-{n}", restored / "poolhouse.db")
        shutil.copy(source / "master.key", restored / "master.key")
        with running(restored) as server:
            contents = tables(f"sqlite:///{restored}/poolhouse.db")
            assert faults(contents, server.run(pools), []) == []
            assert faults_of_codes(contents) == []
            counts.append(len(contents["users"]))
    assert counts == sorted(counts)
    assert counts[-1] > 0


def test_backup_is_one_file_private_to_its_owner(tmp_path: Path) -> None:
    answer(poolhouse(tmp_path, "keys", "create", "--user", "ann", "--admin"))
    answer(poolhouse(tmp_path, "backup", "copy"))
    answer(poolhouse(tmp_path, "backup", "copy"))
    assert sorted(file.name for file in tmp_path.iterdir()) == [".poolhouse", "copy"]
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o600


def test_backup_does_not_contain_the_master_key(tmp_path: Path) -> None:
    answer(poolhouse(tmp_path, "keys", "create", "--user", "ann", "--admin"))
    answer(poolhouse(tmp_path, "backup", "copy"))
    restored = tmp_path / "restored"
    restored.mkdir()
    shutil.copy(tmp_path / "copy", restored / "poolhouse.db")
    words = ("keys", "list", "--data", restored)
    assert "master.key" in refusal(poolhouse(tmp_path, *words), 1)


@pytest.mark.parametrize(
    ("words", "sentence", "status"),
    [
        (
            ["copy", "--store", "postgresql://nobody@nowhere/poolhouse"],
            "The store is on PostgreSQL: back it up with pg_dump.",
            1,
        ),
        (["copy", "--data", "elsewhere"], "There is no store in elsewhere", 1),
        ([".poolhouse/poolhouse.db"], "belongs to the store", 2),
        ([".poolhouse/poolhouse.db-wal"], "belongs to the store", 2),
        ([".poolhouse/../.poolhouse/master.key"], "belongs to the store", 2),
        (["no/folder/copy"], "can't be written: No such file", 1),
    ],
)
def test_backup_impossible_is_refused_with_the_reason(
    tmp_path: Path, words: list[str], sentence: str, status: int
) -> None:
    answer(poolhouse(tmp_path, "keys", "create", "--user", "ann", "--admin"))
    assert sentence in refusal(poolhouse(tmp_path, "backup", *words), status)
