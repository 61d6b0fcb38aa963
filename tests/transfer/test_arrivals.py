"""A pool arrives hidden, is continued where it was cut short, and never takes another's place."""

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from support.store_samples import NOW, a_client, a_pool
from transfer.generated_pools import (
    PASSPHRASE,
    POOL,
    QUICK,
    Contents,
    a_pool_of,
    exported,
    keep,
    kept,
    open_store,
    reader,
)

from poolhouse.entities.domains import Domain
from poolhouse.entities.groups import Group
from poolhouse.entities.users import NameKind, UserName, UserStatus
from poolhouse.rules.users.usernames import names_of
from poolhouse.store import domains, groups, passkeys, pools, users
from poolhouse.store.bulk.pool_import import PoolState
from poolhouse.store.garbage_collection import GarbageCollector
from poolhouse.store.store import Store
from poolhouse.transfer import exporter, passphrases
from poolhouse.transfer.file_format import ImportRefused
from poolhouse.transfer.importer import USERS_AT_ONCE, abandon, load

MANY = 8 * USERS_AT_ONCE + 1200
"""Users of which some have arrived when the reader reports for the last time."""


class ImportInterrupted(Exception):
    pass


async def cut_short(store: Store, export: bytes) -> None:
    """An import that ends in the middle of the users."""
    reading = reader(export)

    def report(step: str) -> None:
        if step == "loading":
            reading.report = cut

    def cut(position: int) -> None:
        if position > len(export) * 0.8:
            raise ImportInterrupted

    with pytest.raises(ImportInterrupted):
        await load(store, reading, report)


async def test_import_interrupted_is_continued(stores: tuple[Store, Store]) -> None:
    source, target = stores
    contents = a_pool_of(MANY)
    await keep_quickly(source, contents)
    export = await exported(source, contents.pool)
    await cut_short(target, export)
    arrived = await target.users.count(POOL, most=MANY)
    assert 0 < arrived < MANY
    assert await target.pools.find(POOL) is None
    assert (await target.pools.page(None, 60)).items == ()
    await GarbageCollector(target, lambda: NOW).collect()
    assert await load(target, reader(export)) == MANY - arrived
    assert await kept(target) == contents


async def test_import_abandoned_leaves_nothing(stores: tuple[Store, Store]) -> None:
    source, target = stores
    contents = a_pool_of(MANY)
    await keep_quickly(source, contents)
    export = await exported(source, contents.pool)
    await cut_short(target, export)
    await abandon(target, POOL)
    with pytest.raises(ImportRefused, match="was deleted here, and its rows still exist"):
        await load(target, reader(export))
    await GarbageCollector(target, lambda: NOW).collect()
    assert await target.bulk.presence(POOL) is None
    assert await target.clients.find(contents.clients[0].id) is None
    assert await target.users.holder(UserName(POOL, NameKind.USERNAME, "user0")) is None
    assert await load(target, reader(export)) == MANY


async def keep_quickly(store: Store, contents: Contents) -> None:
    """As `keep` does, but many users in a commit."""
    await keep(store, replace(contents, users=()))
    await store.commit(*store.bulk.add_users(contents.pool, contents.users))


async def test_import_abandoned_without_beginning_is_refused() -> None:
    store = await open_store("sqlite://")
    with pytest.raises(
        ImportRefused, match="There is no unfinished import of eu-central-1_Generated"
    ):
        await abandon(store, POOL)
    await keep(store, a_pool_of(1))
    with pytest.raises(ImportRefused, match="There is no unfinished import"):
        await abandon(store, POOL)
    await store.close()


# A pool that is there already


async def rename_pool(store: Store, there: Contents) -> None:
    await store.commit(pools.save(there.pool))


async def confirm_user(store: Store, there: Contents) -> None:
    user = there.users[0].user
    await store.commit(users.save(msgspec.structs.replace(user, status=UserStatus.CONFIRMED), user))


async def drop_user(store: Store, there: Contents) -> None:
    await store.commit(*users.delete(there.users[1].user))


async def add_group(store: Store, there: Contents) -> None:
    another = Group(id="x", pool_id=POOL, key="x", name="x", created_at=NOW, modified_at=NOW)
    await store.commit(groups.add(another))


async def save_group(store: Store, there: Contents) -> None:
    await store.commit(groups.save(there.groups[0]))


async def save_client(store: Store, there: Contents) -> None:
    await store.commit(store.clients.save(there.clients[0]))


async def use_app(store: Store, there: Contents) -> None:
    token = there.users[0].software_token
    assert token is not None
    used = msgspec.structs.replace(token, last_step=token.last_step + 1)
    await store.commit(store.software_tokens.save(used))


async def use_device(store: Store, there: Contents) -> None:
    await store.commit(store.devices.save(there.users[0].devices[0]))


async def forget_passkey(store: Store, there: Contents) -> None:
    await store.commit(passkeys.drop(there.users[0].passkeys[0]))


USER_CHANGED = "Line 6: the user user0 is already in the store, with other content"
DIFFERENT: dict[str, tuple[Callable[[Store, Contents], Any], str]] = {
    "the pool": (rename_pool, f"The store already has a pool {POOL}, with other content"),
    "a user": (confirm_user, USER_CHANGED),
    "an app's last code": (use_app, USER_CHANGED),
    "a device's last use": (use_device, USER_CHANGED),
    "a passkey less": (forget_passkey, USER_CHANGED),
    "a user less": (drop_user, "without the content of line 7"),
    "a group": (save_group, "Line 5: the group all is already in the store, with other content"),
    "a group more": (add_group, "has more than the export has"),
    "a client": (save_client, "Line 4: the app client 1example23456789 is already in the store"),
}


@pytest.mark.parametrize("what", DIFFERENT)
async def test_import_of_a_pool_with_other_content_is_refused(
    what: str, stores: tuple[Store, Store]
) -> None:
    store, contents = stores[0], a_pool_of(2)
    await keep(store, contents)
    export = await exported(store, contents.pool)
    assert await load(store, reader(export)) == 0
    change, sentence = DIFFERENT[what]
    await change(store, contents)
    before = await store.users.page(POOL, None, 10)
    with pytest.raises(ImportRefused, match=sentence):
        await load(store, reader(export))
    assert await store.users.page(POOL, None, 10) == before


async def test_import_of_a_client_of_another_pool_is_refused(stores: tuple[Store, Store]) -> None:
    """Its id is taken; the pool that arrives stays hidden."""
    source, target = stores
    contents = a_pool_of(1)
    await keep(source, contents)
    await target.commit(pools.add(msgspec.structs.replace(contents.pool, id="eu-central-1_Other")))
    await target.commit(target.clients.add(a_client(pool_id="eu-central-1_Other")))
    with pytest.raises(ImportRefused, match="Line 4: the app client 1example23456789"):
        await load(target, reader(await exported(source, contents.pool)))
    presence = await target.bulk.presence(POOL)
    assert presence is not None
    assert presence[0] is PoolState.ARRIVING


async def test_import_of_a_duplicate_name_is_refused_by_line(stores: tuple[Store, Store]) -> None:
    """Of a store that was whole no such export comes, but a broken one must be told where."""
    source, target = stores
    contents = a_pool_of(3)
    await keep(source, contents)
    await source.commit(
        users.release(
            UserName(POOL, NameKind.EMAIL, "user2@example.com"), contents.users[2].user.sub
        )
    )
    namesake = msgspec.structs.replace(
        contents.users[2].user, attributes=contents.users[1].user.attributes
    )
    await source.commit(users.save(namesake, contents.users[2].user))
    with pytest.raises(ImportRefused, match="Line 8 has the email of line 7"):
        await load(target, reader(await exported(source, contents.pool)))
    assert await target.pools.find(POOL) is None


@pytest.mark.parametrize("of", [0, 2])
async def test_import_of_username_that_is_another_users_sub_is_refused(
    stores: tuple[Store, Store], of: int
) -> None:
    """Whichever of the two comes first in the file; older versions allowed such usernames."""
    source, target = stores
    contents = a_pool_of(3)
    await keep(source, contents)
    user, sub = contents.users[of].user, contents.users[1].user.sub
    await source.commit(
        *users.delete(user),
        *(users.release(name, user.sub) for name in names_of(contents.pool, user)),
    )
    imposter = msgspec.structs.replace(user, username=sub.upper(), attributes={})
    names = names_of(contents.pool, imposter)
    await source.commit(users.add(imposter), *(users.claim(name, user.sub) for name in names))
    with pytest.raises(ImportRefused, match=f"has the username {sub}, which is another user's sub"):
        await load(target, reader(await exported(source, contents.pool)))
    assert await target.pools.find(POOL) is None


# Domains, whose names all pools share


def a_domain(pool_id: str = POOL, name: str = "home") -> Domain:
    return Domain(name=name, pool_id=pool_id, created_at=NOW, modified_at=NOW)


def with_a_domain() -> Contents:
    return replace(a_pool_of(2), domains=(a_domain(),))


async def test_import_of_a_domain_whose_name_is_taken_is_refused(
    stores: tuple[Store, Store],
) -> None:
    source, target = stores
    contents = with_a_domain()
    await keep(source, contents)
    export = await exported(source, contents.pool)
    other = a_pool("eu-central-1_Other0000")
    await target.commit(pools.add(other))
    await target.commit(domains.add(a_domain(other.id)))
    with pytest.raises(
        ImportRefused, match="domain home is taken here, by the pool eu-central-1_Other0000"
    ):
        await load(target, reader(export))
    assert await target.pools.find(POOL) is None
    taken = await target.bulk.configuration.domain("home")
    assert taken == a_domain(other.id)
    await target.commit(domains.delete(taken))
    assert await load(target, reader(export)) == 2, "continued once the name is free"
    assert await kept(target) == contents


async def test_import_abandoned_frees_its_domain(stores: tuple[Store, Store]) -> None:
    source, target = stores
    contents = replace(a_pool_of(MANY), domains=(a_domain(),))
    await keep_quickly(source, contents)
    await cut_short(target, await exported(source, contents.pool))
    assert await target.bulk.configuration.domain("home") == a_domain()
    await abandon(target, POOL)
    await GarbageCollector(target, lambda: NOW).collect()
    assert await target.bulk.configuration.domain("home") is None


async def test_import_into_a_pool_with_another_domain_is_refused(
    stores: tuple[Store, Store],
) -> None:
    source, target = stores
    contents = with_a_domain()
    await keep(source, contents)
    await keep(target, replace(contents, domains=(*contents.domains, a_domain(name="more"))))
    with pytest.raises(ImportRefused, match="has more than the export has"):
        await load(target, reader(await exported(source, contents.pool)))


async def test_import_of_format_1_arrives() -> None:
    """Files of before domains and resources moved with their pool."""
    source, target = await open_store("sqlite://"), await open_store("sqlite://")
    contents = a_pool_of(2)
    await keep(source, contents)
    header, sealer = passphrases.new_header(POOL, PASSPHRASE, b"0123456789abcdef", QUICK)
    file = io.BytesIO()
    old = msgspec.structs.replace(header, format=1)
    trailer = await exporter.export_pool(source, contents.pool, (old, sealer), file.write)
    counts = msgspec.json.encode(trailer.counts)
    assert counts == b'{"signing_keys":1,"clients":1,"groups":1,"users":2}', "as in format 1"
    assert await load(target, reader(file.getvalue())) == 2
    assert await kept(target) == contents
    await source.close()
    await target.close()
