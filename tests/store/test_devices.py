"""Devices in the store: listed, changed only by the latest reader, and sealed."""

import pytest
from msgspec.structs import replace
from support.store_samples import NOW, POOL, a_pool, a_sealer, a_user

from poolhouse.crypto.sealer import Unsealable
from poolhouse.entities.devices import Device
from poolhouse.store import devices, pools, users
from poolhouse.store.interface import Database, VersionConflict, Write
from poolhouse.store.store import Store

ALICE = a_user()
VERIFIER = b"a verifier of a device's secret"


def a_device(key: str = "one", *, remembered: bool = True) -> Device:
    return Device(
        key=key,
        sub=ALICE.sub,
        pool_id=POOL,
        group_key="-Gr0upK3y",
        salt=b"salt",
        verifier=VERIFIER,
        remembered=remembered,
        name="MyDevice",
        created_at=NOW,
        modified_at=NOW,
        authenticated_at=NOW,
    )


@pytest.fixture
async def home(store: Store) -> Store:
    """A store with alice in it."""
    await store.commit(pools.add(a_pool()), users.add(ALICE))
    return store


async def test_device_is_found_by_user_and_key(home: Store) -> None:
    await home.commit(home.devices.add(a_device()))
    assert await home.devices.find(ALICE, "one") == a_device()
    assert await home.devices.find(ALICE, "other") is None
    assert await home.devices.find(a_user("another"), "one") is None


async def test_device_is_added_once_and_only_for_an_existing_user(home: Store) -> None:
    await home.commit(home.devices.add(a_device()))
    with pytest.raises(VersionConflict):
        await home.commit(home.devices.add(a_device()))
    with pytest.raises(VersionConflict):
        await home.commit(home.devices.add(replace(a_device("two"), sub="nobody")))


async def test_device_saved_over_another_version_conflicts(home: Store) -> None:
    await home.commit(home.devices.add(a_device()))
    changed = replace(a_device(), remembered=False)
    await home.commit(home.devices.save(changed))
    assert await home.devices.find(ALICE, "one") == replace(changed, version=2)
    with pytest.raises(VersionConflict):
        await home.commit(home.devices.save(changed))


async def test_devices_are_listed_by_their_keys(home: Store) -> None:
    kept = {key: a_device(key, remembered=key != "b") for key in ("c", "a", "b")}
    await home.commit(*(home.devices.add(device) for device in kept.values()))
    first = await home.devices.page(ALICE, None, 2, only_remembered=False)
    assert (first.items, first.next) == ((kept["a"], kept["b"]), "b")
    rest = await home.devices.page(ALICE, first.next, 2, only_remembered=False)
    assert (rest.items, rest.next) == ((kept["c"],), None)
    remembered = await home.devices.page(ALICE, None, 2, only_remembered=True)
    assert (remembered.items, remembered.next) == ((kept["a"], kept["c"]), None)


async def test_device_forgotten_ends_the_sign_in_that_waits_for_it(home: Store) -> None:
    device = a_device()
    await home.commit(home.devices.add(device))
    assert await home.devices.sign_in_waiting_for(ALICE, "one") is None
    await home.commit(devices.await_device(device, "the first"))
    await home.commit(devices.await_device(device, "the second"))
    assert await home.devices.sign_in_waiting_for(ALICE, "one") == "the second"
    await home.commit(devices.drop(device))
    assert await home.devices.sign_in_waiting_for(ALICE, "one") is None
    for write in (devices.drop(device), devices.await_device(device, "late")):
        with pytest.raises(VersionConflict):
            await home.commit(write)


async def test_device_secret_is_sealed_for_its_row(home: Store, database: Database) -> None:
    await home.commit(home.devices.add(a_device("one")), home.devices.add(a_device("two")))
    rows = await database.fetch("SELECT key, sealed FROM devices ORDER BY key")
    assert all(VERIFIER not in row[1] for row in rows)
    await home.commit(
        Write("UPDATE devices SET sealed = $1 WHERE key = $2", (rows[0][1], rows[1][0]))
    )
    with pytest.raises(Unsealable):
        await Store(database, a_sealer()).devices.find(ALICE, "two")
