"""The audit trail's rows, in order of time, and the end of the old ones."""

from datetime import timedelta

from support.store_samples import NOW, an_audit_record

from poolhouse.ids import Ids, before_ids_of
from poolhouse.store import audit
from poolhouse.store.garbage_collection import GarbageCollector
from poolhouse.store.store import Store

SECOND = timedelta(seconds=1)


async def add(store: Store, rows: int) -> None:
    """A row a second, from NOW on, of two records each."""
    for n in range(rows):
        records = [an_audit_record(f"{n} first"), an_audit_record(f"{n} second")]
        await store.commit(audit.insert(Ids().audit_id(NOW + n * SECOND), records))


async def kept(store: Store) -> list[str]:
    records, _ = await store.audit.after("", 1000)
    return [each.request_id for each in records]


async def test_records_are_read_in_the_order_of_time(store: Store) -> None:
    await add(store, 5)
    assert await kept(store) == [f"{n} {which}" for n in range(5) for which in ("first", "second")]


async def test_garbage_collection_drops_audit_records_before_a_moment_only(store: Store) -> None:
    await add(store, 130)
    moment = before_ids_of(NOW + 127 * SECOND)
    await GarbageCollector(store, lambda: NOW, first_audit_id=lambda: moment).collect()
    assert await kept(store) == [
        f"{n} {which}" for n in (127, 128, 129) for which in ("first", "second")
    ]


async def test_records_are_kept_for_good_by_a_sweep_that_knows_of_no_moment(store: Store) -> None:
    await add(store, 3)
    await GarbageCollector(store, lambda: NOW + timedelta(days=9999)).collect()
    assert len(await kept(store)) == 6
