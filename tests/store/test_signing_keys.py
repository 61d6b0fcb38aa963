"""A pool's signing keys: retired once, and dropped when nothing needs them any more."""

from datetime import timedelta

import pytest
from support.store_samples import NOW, POOL

from poolhouse.entities.signing_keys import KeyUse, PoolKey
from poolhouse.rules.tokens.signing_keys import OVERLAP
from poolhouse.store import pools
from poolhouse.store.garbage_collection import GarbageCollector
from poolhouse.store.interface import VersionConflict
from poolhouse.store.store import Store

SECOND = timedelta(seconds=1)


def a_key(kid: str) -> PoolKey:
    return PoolKey(kid=kid, pool_id=POOL, use=KeyUse.ID, private_der=b"private", created_at=NOW)


async def retirements(store: Store) -> dict[str, object]:
    return {key.kid: key.retired_at for key in await store.pools.keys(POOL)}


async def test_signing_key_is_retired_and_replaced_in_one_commit(store: Store) -> None:
    await store.commit(store.pools.add_key(a_key("old")))
    await store.commit(pools.retire_key("old", NOW), store.pools.add_key(a_key("new")))
    assert await retirements(store) == {"old": NOW, "new": None}


@pytest.mark.parametrize("kid", ["old", "unknown"])
async def test_signing_key_concurrent_rotation_conflicts(store: Store, kid: str) -> None:
    await store.commit(store.pools.add_key(a_key("old")))
    await store.commit(pools.retire_key("old", NOW))
    with pytest.raises(VersionConflict):
        await store.commit(pools.retire_key(kid, NOW + SECOND), store.pools.add_key(a_key("new")))
    assert await retirements(store) == {"old": NOW}


async def test_retire_key_that_is_retired_at_another_moment_is_stale(store: Store) -> None:
    await store.commit(store.pools.add_key(a_key("old")))
    await store.commit(pools.retire_key("old", NOW + SECOND))
    with pytest.raises(VersionConflict):
        await store.commit(pools.retire_key("old", NOW, NOW + 2 * SECOND))
    await store.commit(pools.retire_key("old", NOW, NOW + SECOND))
    assert await retirements(store) == {"old": NOW}


async def test_garbage_collection_drops_long_retired_signing_keys(store: Store) -> None:
    kids = [f"key {number}" for number in range(250)]
    await store.commit(*(store.pools.add_key(a_key(kid)) for kid in (*kids, "late", "current")))
    await store.commit(*(pools.retire_key(kid, NOW) for kid in kids))
    await store.commit(pools.retire_key("late", NOW + 2 * SECOND))
    await GarbageCollector(store, lambda: NOW + OVERLAP).collect()
    assert len(await retirements(store)) == 252
    await GarbageCollector(store, lambda: NOW + OVERLAP + SECOND).collect()
    assert (await retirements(store)).keys() == {"late", "current"}


async def test_garbage_collection_without_findings_keeps_the_configuration_cached(
    store: Store,
) -> None:
    await store.commit(store.pools.add_key(a_key("current")))
    await store.configuration.refresh()
    before = store.configuration.generation
    await GarbageCollector(store, lambda: NOW + 9 * OVERLAP).collect()
    await store.configuration.refresh()
    assert store.configuration.generation == before
