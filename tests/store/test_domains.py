"""Domains and resources of pools in the store."""

import pytest
from msgspec.structs import replace
from support.store_samples import NOW, POOL, a_pool

from poolhouse.entities.domains import Domain
from poolhouse.entities.pool_resources import ResourceServer
from poolhouse.store import domains, pool_resources, pools
from poolhouse.store.interface import UniqueViolation, VersionConflict
from poolhouse.store.store import Store

OTHER = "eu-central-1_Other0000"
HOME = Domain(name="home", pool_id=POOL, created_at=NOW, modified_at=NOW)
IMAGE = (POOL, "branding/client", "name", b"\x89PNG\x00")


def a_server(identifier: str = "weather", pool_id: str = POOL) -> ResourceServer:
    return ResourceServer(
        pool_id=pool_id, identifier=identifier, name="API", created_at=NOW, modified_at=NOW
    )


@pytest.fixture(autouse=True)
async def two_pools(store: Store) -> None:
    await store.commit(pools.add(a_pool()), pools.add(a_pool(OTHER)))


async def test_domain_name_is_unique_among_all_pools(store: Store) -> None:
    await store.commit(domains.add(HOME))
    with pytest.raises(UniqueViolation):
        await store.commit(domains.add(replace(HOME, pool_id=OTHER)))
    assert await store.domains.find("home") == HOME
    assert await store.domains.of_pool(POOL) == (HOME,)
    assert await store.domains.of_pool(OTHER) == ()


async def test_domain_save_and_delete_need_the_version_that_was_read(store: Store) -> None:
    await store.commit(domains.add(HOME))
    await store.commit(domains.save(replace(HOME, pages_version=2)))
    for stale in (domains.save(HOME), domains.delete(HOME)):
        with pytest.raises(VersionConflict):
            await store.commit(stale)
    await store.configuration.refresh()
    saved = await store.domains.find("home")
    assert saved == replace(HOME, pages_version=2, version=2)
    await store.commit(domains.delete(saved))
    await store.configuration.refresh()
    assert await store.domains.find("home") is None


async def test_domain_and_resource_of_a_deleted_pool_are_refused(store: Store) -> None:
    await store.commit(domains.add(HOME))
    await store.commit(pool_resources.add(a_server()), pool_resources.put_asset(*IMAGE))
    await store.commit(*pools.delete(a_pool()))
    for late in (domains.add(HOME), pool_resources.add(a_server())):
        with pytest.raises(UniqueViolation):
            await store.commit(late)
    await store.configuration.refresh()
    assert await store.domains.find("home") is None
    assert await store.resources.find(ResourceServer, POOL, "weather") is None
    assert await store.resources.asset(*IMAGE[:3]) is None


async def test_resource_is_unique_in_its_pool(store: Store) -> None:
    await store.commit(pool_resources.add(a_server()))
    with pytest.raises(UniqueViolation):
        await store.commit(pool_resources.add(a_server()))
    await store.commit(pool_resources.add(a_server(pool_id=OTHER)))
    found = await store.resources.find_by_key(ResourceServer, OTHER, "weather")
    assert found == a_server(pool_id=OTHER)


async def test_resource_pages_and_counts_are_bounded(store: Store) -> None:
    names = [f"api-{number}" for number in range(3)]
    await store.commit(*(pool_resources.add(a_server(name)) for name in names))
    first = await store.resources.page(ResourceServer, POOL, None, 2)
    assert ([each.id for each in first.items], first.next) == (names[:2], names[1])
    rest = await store.resources.page(ResourceServer, POOL, first.next, 2)
    assert ([each.id for each in rest.items], rest.next) == (names[2:], None)
    assert await store.resources.count(ResourceServer, POOL, most=2) == 2
    assert await store.resources.count(ResourceServer, POOL, most=9) == 3


async def test_resource_save_needs_the_version_that_was_read(store: Store) -> None:
    await store.commit(pool_resources.add(a_server()))
    await store.commit(pool_resources.save(replace(a_server(), name="Weather")))
    for stale in (pool_resources.save(a_server()), pool_resources.delete(a_server())):
        with pytest.raises(VersionConflict):
            await store.commit(stale)
    found = await store.resources.find(ResourceServer, POOL, "weather")
    assert found == replace(a_server(), name="Weather", version=2)


async def test_assets_are_kept_once_and_deleted_with_their_owner(store: Store) -> None:
    await store.commit(pool_resources.put_asset(*IMAGE))
    await store.commit(pool_resources.put_asset(*IMAGE))
    assert await store.resources.asset(*IMAGE[:3]) == IMAGE[3]
    await store.commit(pool_resources.delete_assets(POOL, IMAGE[1]))
    assert await store.resources.asset(*IMAGE[:3]) is None
