"""Exports of pools that change meanwhile: each user is of one moment, the configuration too."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace
from support.store_samples import NOW
from transfer.conftest import MakeUrl
from transfer.generated_pools import POOL, Contents, a_pool_of, exported, keep, kept, open_store

from poolhouse.entities.users import UserStatus
from poolhouse.store import groups, passkeys, pools, users
from poolhouse.store.bulk.pool_import import BulkPools
from poolhouse.store.bulk.user_records import UserRecord
from poolhouse.store.garbage_collection import GarbageCollector
from poolhouse.store.interface import Database, Write
from poolhouse.store.store import Store, open_database
from poolhouse.transfer.file_format import ImportRefused

ENOUGH = 30
"""Moments to look at."""


class ChangingDatabase:
    """A database in which something happens just after a certain read, the first being 1."""

    def __init__(self, database: Database, after: int, change: Callable[[], Any]) -> None:
        self._database = database
        self._left = after
        self._change = change

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    async def fetch(self, statement: str, *parameters: Any) -> Any:
        rows = await self._database.fetch(statement, *parameters)
        self._left -= 1
        if self._left == 0:
            await self._change()
        return rows


@pytest.mark.parametrize("after", [1, 2])
@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
async def test_export_of_a_user_changed_meanwhile_is_consistent(
    after: int, engine: str, new_url: MakeUrl
) -> None:
    """In everything; and who is deleted meanwhile is there with everything, or not."""
    store = await open_store(await new_url(engine))
    contents = a_pool_of(2)
    await keep(store, contents)
    before, leaving = contents.users

    async def change() -> None:
        assert before.password is not None
        confirmed = replace(before.user, status=UserStatus.CONFIRMED)
        await store.commit(
            users.save(confirmed, before.user),
            store.users.replace_password(before.password, before.password),
            groups.leave(before.user, contents.groups[0]),
            *a_sign_in(store, before),
        )
        await store.commit(*users.delete(leaving.user))

    meddled: Any = ChangingDatabase(store._database, after, change)
    page = await BulkPools(meddled, store.users._sealer).page(POOL, None, 10)
    [changed] = (await kept(store)).users
    assert page.items == ((changed,) if after == 1 else contents.users)
    assert changed.group_ids == ()
    await store.close()


def a_sign_in(store: Store, whole: UserRecord) -> list[Write]:
    """What signing in writes beside the user, and counts nowhere in the user's row."""
    assert whole.software_token is not None
    step = whole.software_token.last_step + 1
    return [
        store.software_tokens.save(replace(whole.software_token, last_step=step)),
        *(store.devices.save(replace(each, last_ip=f"ip {step}")) for each in whole.devices),
        *(passkeys.save(replace(each, sign_count=step)) for each in whole.passkeys),
    ]


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
async def test_export_never_reads_part_of_a_commit(engine: str, new_url: MakeUrl) -> None:
    """Another connection signs in again and again; every read shows all of a sign-in or nothing."""
    url = await new_url(engine)
    store = await open_store(url)
    other = Store(await open_database(url), store.users._sealer)
    await keep(store, a_pool_of(1))
    [whole] = (await kept(store)).users

    enough = asyncio.Event()

    async def sign_in_again_and_again(user: UserRecord) -> None:
        while not enough.is_set():
            await other.commit(*a_sign_in(other, user))
            user = (await other.bulk.users(POOL, [user.user.sub]))[user.user.sub]

    signing_in = asyncio.create_task(sign_in_again_and_again(whole))
    seen: set[Any] = set()
    while len(seen) < ENOUGH and not signing_in.done():
        [whole] = (await store.bulk.page(POOL, None, 10)).items
        token, [device], [passkey] = whole.software_token, whole.devices, whole.passkeys
        assert token is not None
        seen.add(token.last_step)
        assert (device.version, passkey.version) == (token.last_step + 1, token.last_step + 1)
        await asyncio.sleep(0)  # to read from SQLite waits for nothing
    enough.set()
    await signing_in
    await store.close()
    await other.close()


async def pool_changes(store: Store, contents: Contents) -> None:
    await store.commit(pools.save(contents.pool))


async def pool_is_deleted(store: Store, contents: Contents) -> None:
    await store.commit(*pools.delete(contents.pool))
    await GarbageCollector(store, lambda: NOW).collect()


async def pool_is_being_swept(store: Store, contents: Contents) -> None:
    await store.commit(*pools.delete(contents.pool))
    await store.commit(*users.delete(contents.users[0].user))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (pool_changes, f"The pool {POOL} was changed while it was exported: export it again."),
        (pool_is_deleted, f"The pool {POOL} was deleted while it was exported."),
        (pool_is_being_swept, f"The pool {POOL} was deleted while it was exported."),
    ],
)
async def test_export_of_a_pool_changed_or_deleted_meanwhile_is_refused(
    stores: tuple[Store, Store], change: Callable[[Store, Contents], Any], sentence: str
) -> None:
    """Users could have attributes that the schema, written before, doesn't know."""
    store, contents = stores[0], a_pool_of(2)
    await keep(store, contents)
    await change(store, contents)
    with pytest.raises(ImportRefused, match=sentence):
        await exported(store, contents.pool)
