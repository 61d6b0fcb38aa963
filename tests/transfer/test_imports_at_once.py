"""Imports that run side by side, or into the way of something else."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from support.store_samples import NOW
from transfer.conftest import MakeUrl
from transfer.generated_pools import (
    POOL,
    Contents,
    a_pool_of,
    exported,
    keep,
    kept,
    open_store,
    reader,
)

from poolhouse.entities.codes import Code, Purpose
from poolhouse.store.bulk import pool_import
from poolhouse.store.bulk.pool_import import PoolState
from poolhouse.store.bulk.user_records import UserRecord
from poolhouse.store.garbage_collection import GarbageCollector
from poolhouse.store.store import Store
from poolhouse.transfer.file_format import ImportRefused
from poolhouse.transfer.importer import USERS_AT_ONCE, abandon, load

USERS = 3 * USERS_AT_ONCE


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
async def test_imports_of_one_file_may_run_at_once(engine: str, new_url: MakeUrl) -> None:
    """As from two processes: the second finds what the first has imported."""
    source, contents = await open_store("sqlite://"), a_pool_of(USERS)
    await keep(source, contents)
    export = await exported(source, contents.pool)
    url = await new_url(engine)
    targets = [await open_store(url)]
    targets += [Store(targets[0]._database, targets[0].users._sealer) for _ in range(2)]
    added = await asyncio.gather(*(load(target, reader(export)) for target in targets))
    assert sum(added) == USERS
    assert await kept(targets[0]) == contents
    await targets[0].close()
    await source.close()


async def test_import_completed_by_another_process_succeeds(stores: tuple[Store, Store]) -> None:
    """Just before the first one's first commit, the second brings everything in."""
    source, target = stores
    contents = a_pool_of(3)
    await keep(source, contents)
    export = await exported(source, contents.pool)
    await target.commit(pool_import.reserve(contents.pool))
    database = target._database
    done: list[Any] = []

    class Overtaken:
        async def commit(self, writes: Any) -> None:
            if not done:
                done.append(await load(Store(database, target.users._sealer), reader(export)))
            await database.commit(writes)

        def __getattr__(self, name: str) -> Any:
            return getattr(database, name)

    overtaken: Any = Overtaken()
    assert await load(Store(overtaken, target.users._sealer), reader(export)) == 0
    assert done == [3]
    assert await kept(target) == contents


async def test_import_abandoned_meanwhile_is_reported(stores: tuple[Store, Store]) -> None:
    source, target = stores
    contents = a_pool_of(3)
    await keep(source, contents)
    database = target._database

    class GivenUp:
        asked = 0

        async def commit(self, writes: Any) -> None:
            self.asked += 1
            if self.asked == 3:
                await abandon(Store(database, target.users._sealer), POOL)
            await database.commit(writes)

        def __getattr__(self, name: str) -> Any:
            return getattr(database, name)

    given_up: Any = GivenUp()
    with pytest.raises(ImportRefused, match=f"The import of {POOL} was abandoned meanwhile"):
        await load(
            Store(given_up, target.users._sealer), reader(await exported(source, contents.pool))
        )
    await GarbageCollector(target, lambda: NOW).collect()
    assert await target.bulk.presence(POOL) is None


def renamed(contents: Contents) -> Contents:
    settings = msgspec.structs.replace(contents.pool.settings, Name="another")
    return replace(contents, pool=msgspec.structs.replace(contents.pool, settings=settings))


def repaired(contents: Contents) -> Contents:
    """The same pool, of which a user has another name."""
    first, *others = contents.users
    user = msgspec.structs.replace(first.user, username="another")
    return replace(contents, users=(msgspec.structs.replace(first, user=user), *others))


@pytest.mark.parametrize("other", [renamed, repaired])
async def test_import_of_another_export_into_an_unfinished_pool_is_refused_with_advice(
    stores: tuple[Store, Store], other: Callable[[Contents], Contents]
) -> None:
    source, target = stores
    contents = a_pool_of(2)
    await keep(source, other(contents))
    await target.commit(pool_import.reserve(contents.pool))
    one = msgspec.structs.replace(contents.users[0], group_ids=())
    await target.commit(*target.bulk.add_users(contents.pool, [one]))
    with pytest.raises(ImportRefused, match="--abandon"):
        await load(target, reader(await exported(source, other(contents).pool)))


async def test_import_of_a_signing_key_of_another_pool_is_refused(
    stores: tuple[Store, Store],
) -> None:
    source, target = stores
    contents = a_pool_of(1)
    await keep(source, contents)
    elsewhere = msgspec.structs.replace(contents.keys[0], pool_id="eu-central-1_Other")
    await target.commit(target.pools.add_key(elsewhere))
    with pytest.raises(ImportRefused, match="Line 3: the signing key key is already in the store"):
        await load(target, reader(await exported(source, contents.pool)))
    presence = await target.bulk.presence(POOL)
    assert presence is not None
    assert presence[0] is PoolState.ARRIVING


@pytest.mark.parametrize(
    ("engine", "change"),
    [
        ("sqlite", {"version": 1 << 70}),
        ("postgres", {"version": 1 << 70}),
        ("postgres", {"username": "a\0b"}),
    ],
)
async def test_import_of_a_value_that_the_store_refuses_names_its_line(
    engine: str, change: dict[str, Any], new_url: MakeUrl
) -> None:
    """Of no store such an export comes; but who has the passphrase can write one."""
    source, target = await open_store("sqlite://"), await open_store(await new_url(engine))
    contents = a_pool_of(1)
    await keep(source, contents)
    user = msgspec.structs.replace(contents.users[0].user, **change)
    broken = msgspec.structs.replace(contents.users[0], user=user)

    export = await with_first_user(source, contents, broken)
    with pytest.raises(ImportRefused, match="Lines 6 to 6 have values that this store can't hold"):
        await load(target, reader(export))
    assert await target.pools.find(POOL) is None
    await source.close()
    await target.close()


async def with_first_user(store: Store, contents: Contents, broken: UserRecord) -> bytes:
    """An export that has this user instead of the first one."""

    class Broken(pool_import.BulkPools):
        async def page(self, pool_id: str, after: str | None, limit: int) -> Any:
            found = await super().page(pool_id, after, limit)
            return msgspec.structs.replace(found, items=(broken, *found.items[1:]))

    store.bulk = Broken(store._database, store.users._sealer)
    return await exported(store, contents.pool)


@pytest.mark.parametrize("member", ["pool_id", "sub"])
@pytest.mark.parametrize("what", ["password", "codes", "software_token", "devices", "passkeys"])
async def test_import_changes_no_other_user(
    what: str, member: str, stores: tuple[Store, Store]
) -> None:
    """Who gives you an export, and its passphrase, gets into none of the pools that you have."""
    source, target = stores
    contents = a_pool_of(1)
    await keep(source, contents)
    [whole] = contents.users
    code = Code(
        sub=whole.user.sub,
        pool_id=POOL,
        purpose=Purpose.RESET_PASSWORD,
        digest=b"of a code",
        attribute="email",
        created_at=NOW,
        expires_at=NOW,
    )
    whole = msgspec.structs.replace(whole, codes=(code,))
    there = getattr(whole, what)
    elsewhere = {member: "of somebody else"}
    if isinstance(there, tuple):
        changed: Any = tuple(msgspec.structs.replace(each, **elsewhere) for each in there)
    else:
        changed = msgspec.structs.replace(there, **elsewhere)
    assert changed
    broken = msgspec.structs.replace(whole, **{what: changed})
    with pytest.raises(ImportRefused, match="Line 6 has what belongs to another user"):
        await load(target, reader(await with_first_user(source, contents, broken)))
    assert await target.bulk.presence(POOL) is None
