"""Cached configuration is never older than the start of the request that uses it."""

import asyncio

from msgspec.structs import replace
from support.store_samples import POOL, a_client, a_pool, a_principal, a_sealer, an_access_key

from poolhouse.store import clients, pools, principals
from poolhouse.store.configuration import GenerationCache
from poolhouse.store.interface import Database
from poolhouse.store.store import Store


async def test_configuration_is_cached_while_it_is_unchanged(store: Store) -> None:
    await store.commit(pools.add(a_pool()))
    await store.configuration.refresh()
    first = await store.pools.find(POOL)
    await store.configuration.refresh()
    assert first is not None
    assert await store.pools.find(POOL) is first


async def test_configuration_without_refresh_is_not_cached(store: Store) -> None:
    await store.commit(pools.add(a_pool()))
    assert await store.pools.find(POOL) is not await store.pools.find(POOL)


async def test_configuration_changed_by_another_worker_is_seen_at_the_next_request(
    database: Database,
) -> None:
    here, there = Store(database, a_sealer()), Store(database, a_sealer())
    pool, client, key = a_pool(), a_client(), an_access_key()
    await here.commit(pools.add(pool))
    await here.commit(here.clients.add(client))
    await here.commit(principals.add(a_principal()), here.principals.add_key(key))
    await here.configuration.refresh()
    assert await here.pools.find(pool.id) == pool
    assert await here.clients.find(client.id) == client
    assert await here.principals.of_key(key.id) == (key, a_principal())
    await there.commit(pools.save(pool))
    await there.commit(clients.delete(client))
    await there.commit(principals.delete_key(key.id))
    await here.configuration.refresh()
    assert await here.pools.find(pool.id) == replace(pool, version=2)
    assert await here.clients.find(client.id) is None
    assert await here.principals.of_key(key.id) is None


async def test_configuration_of_a_recreated_pool_is_not_the_cached_one(
    database: Database,
) -> None:
    here, there = Store(database, a_sealer()), Store(database, a_sealer())
    old = a_pool()
    new = replace(old, modified_at=old.modified_at.replace(year=2030))
    await here.commit(pools.add(old))
    await here.configuration.refresh()
    assert await here.pools.find(old.id) == old
    await there.commit(*pools.delete(old))
    await there.commit(pools.purge(old.id))
    await there.commit(pools.add(new))
    await here.configuration.refresh()
    assert await here.pools.find(old.id) == new


async def test_configuration_read_before_a_change_is_not_cached_after_it(store: Store) -> None:
    """A slow read that began before the change must not be kept as if it were new."""
    await store.commit(pools.add(a_pool()))
    await store.configuration.refresh()
    kept: GenerationCache[str] = store.configuration.new_cache()
    read_at = kept.generation
    await store.commit(pools.save(a_pool()))
    await store.configuration.refresh()
    kept.keep("slow", "old", read_at)
    assert kept.get("slow") is None


async def test_configuration_reads_are_shared_within_a_turn_of_the_loop(
    database: Database,
) -> None:
    here, there = Store(database, a_sealer()), Store(database, a_sealer())
    before, after = list[int | None](), list[int | None]()

    async def request(seen: list[int | None]) -> None:
        await here.configuration.refresh()
        seen.append(here.configuration.generation)

    await asyncio.gather(*(request(before) for _ in range(20)))
    await there.commit(pools.add(a_pool()))
    await asyncio.gather(*(request(after) for _ in range(20)))
    assert len({*before}) == len({*after}) == 1
    assert before != after
