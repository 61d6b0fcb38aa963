"""Several workers may share one SQLite file: they take turns, and none is starved."""

from collections import Counter
from pathlib import Path

from support.store_processes import writers
from support.store_samples import NOTES, all_notes

from poolhouse.store.store import open_database

COMMITS = 2000
NAMES = ("north", "east", "south", "west")


async def test_four_processes_on_one_file_each_get_a_fair_share(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    database = await open_database(url)
    await database.apply(NOTES, 1)
    with writers(url, *NAMES) as (said, _):
        acknowledged = [said.readline().decode().strip() for _ in range(COMMITS)]
    share = Counter(line.split()[0] for line in acknowledged)
    assert min(share[name] for name in NAMES) >= COMMITS / 10, share
    assert set(acknowledged) <= set(await all_notes(database))
    await database.close()
