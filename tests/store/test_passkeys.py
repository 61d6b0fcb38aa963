"""Passkeys in the store: listed, changed only by the latest reader, registered once."""

from datetime import timedelta

import pytest
from msgspec.structs import replace
from support.store_samples import NOW, POOL, a_pool, a_user

from poolhouse.entities.passkeys import Passkey, Registration
from poolhouse.store import passkeys, pools, users
from poolhouse.store.garbage_collection import ROWS_AT_ONCE, SETTLED, GarbageCollector
from poolhouse.store.interface import Database, UniqueViolation, VersionConflict
from poolhouse.store.migrate import migrations
from poolhouse.store.passkeys import Passkeys
from poolhouse.store.store import Store

ALICE = a_user()


def a_passkey(passkey_id: str = "one") -> Passkey:
    return Passkey(
        id=passkey_id,
        sub=ALICE.sub,
        pool_id=POOL,
        public_key=b"\xa5\x00\xff",
        sign_count=1 << 31,
        relying_party="home.example",
        attachment="platform",
        transports=("hybrid", "internal"),
        created_at=NOW,
    )


def a_registration(challenge: bytes = b"\x00challenge\xff") -> Registration:
    return Registration(
        sub=ALICE.sub,
        pool_id=POOL,
        client_id="app",
        challenge=challenge,
        expires_at=NOW + timedelta(minutes=5),
    )


@pytest.fixture
async def home(store: Store) -> Store:
    """A store with alice in it."""
    await store.commit(pools.add(a_pool()), users.add(ALICE))
    return store


async def test_passkey_is_found_by_user_and_id(home: Store) -> None:
    await home.commit(passkeys.add(a_passkey()))
    assert await home.passkeys.find(ALICE, "one") == a_passkey()
    assert await home.passkeys.find(ALICE, "other") is None
    assert await home.passkeys.find(a_user("another"), "one") is None


async def test_passkey_is_added_once_and_only_for_an_existing_user(home: Store) -> None:
    await home.commit(passkeys.add(a_passkey()))
    for refused in (a_passkey(), replace(a_passkey("two"), sub="nobody")):
        with pytest.raises(VersionConflict):
            await home.commit(passkeys.add(refused))


async def test_passkey_saved_over_another_version_conflicts(home: Store) -> None:
    await home.commit(passkeys.add(a_passkey()))
    used = replace(a_passkey(), sign_count=7)
    await home.commit(passkeys.save(used))
    assert await home.passkeys.find(ALICE, "one") == replace(used, version=2)
    with pytest.raises(VersionConflict):
        await home.commit(passkeys.save(used))


async def test_passkeys_are_listed_by_their_ids(home: Store) -> None:
    kept = {passkey_id: a_passkey(passkey_id) for passkey_id in ("c", "a", "B")}
    await home.commit(*(passkeys.add(passkey) for passkey in kept.values()))
    first = await home.passkeys.page(ALICE, None, 2)
    assert (first.items, first.next) == ((kept["B"], kept["a"]), "a")
    rest = await home.passkeys.page(ALICE, first.next, 2)
    assert (rest.items, rest.next) == ((kept["c"],), None)
    assert (await home.passkeys.page(a_user("another"), None, 2)).items == ()


async def test_passkey_dropped_is_not_found(home: Store) -> None:
    await home.commit(passkeys.add(a_passkey()))
    await home.commit(passkeys.drop(a_passkey()))
    assert await home.passkeys.find(ALICE, "one") is None
    with pytest.raises(VersionConflict):
        await home.commit(passkeys.drop(a_passkey()))


async def test_passkey_registration_replaces_another_and_is_finished_once(
    home: Store,
) -> None:
    first, last = a_registration(), a_registration(b"another")
    assert await home.passkeys.registration(ALICE) is None
    await home.commit(passkeys.begin(first))
    assert await home.passkeys.registration(ALICE) == first
    await home.commit(passkeys.begin(last))
    with pytest.raises(VersionConflict):
        await home.commit(passkeys.finish(first))
    assert await home.passkeys.registration(ALICE) == last
    await home.commit(passkeys.finish(last))
    with pytest.raises(VersionConflict):
        await home.commit(passkeys.finish(last))


async def test_passkey_registration_of_unknown_user_is_refused(home: Store) -> None:
    with pytest.raises(VersionConflict):
        await home.commit(passkeys.begin(replace(a_registration(), sub="nobody")))


async def test_passkeys_go_with_their_user(home: Store) -> None:
    await home.commit(passkeys.add(a_passkey()), passkeys.begin(a_registration()))
    await home.commit(*users.delete(ALICE))
    await home.commit(users.add(ALICE))
    assert await home.passkeys.find(ALICE, "one") is None
    assert await home.passkeys.registration(ALICE) is None


async def test_garbage_collection_drops_expired_passkey_registrations(home: Store) -> None:
    """Not before no clock takes them for good, and not those that were begun in their place."""
    registration = a_registration()
    await home.commit(passkeys.begin(registration))
    last = registration.expires_at + SETTLED
    for now, left in ((last, registration), (last + timedelta(seconds=1), None)):
        await GarbageCollector(home, lambda now=now: now).collect()  # type: ignore[misc]
        assert await home.passkeys.registration(ALICE) == left


async def test_passkey_registration_replaced_is_not_deleted_with_the_former(home: Store) -> None:
    first, second = a_registration(), a_registration(b"another")
    await home.commit(passkeys.begin(first))
    await home.commit(passkeys.begin(second))
    await home.commit(passkeys.delete_registration(first))
    assert await home.passkeys.registration(ALICE) == second


async def test_garbage_collection_drops_more_registrations_than_one_commit(home: Store) -> None:
    crowd = [a_user(f"user-{n}") for n in range(ROWS_AT_ONCE + 1)]
    await home.commit(*map(users.add, crowd))
    begun = [replace(a_registration(), sub=user.sub) for user in crowd]
    await home.commit(*map(passkeys.begin, begun))
    await GarbageCollector(home, lambda: NOW + timedelta(days=1)).collect()
    for user in (crowd[0], crowd[-1]):
        assert await home.passkeys.registration(user) is None


async def test_claim_of_passkey_id_that_another_user_has_is_taken(home: Store) -> None:
    """WebAuthn, section 7.1, step 26; both stores, and a commit that is refused leaves nothing."""
    bob = a_user("bob")
    await home.commit(users.add(bob))
    await home.commit(passkeys.add(a_passkey()), passkeys.claim(a_passkey()))
    bobs = replace(a_passkey(), sub=bob.sub)
    with pytest.raises(UniqueViolation):
        await home.commit(passkeys.add(bobs), passkeys.claim(bobs))
    assert await home.passkeys.find(bob, "one") is None
    await home.commit(passkeys.release(bobs))  # not bob's to give back
    with pytest.raises(UniqueViolation):
        await home.commit(passkeys.claim(bobs))
    await home.commit(passkeys.drop(a_passkey()), passkeys.release(a_passkey()))
    await home.commit(passkeys.add(bobs), passkeys.claim(bobs))


async def test_names_of_passkeys_go_with_their_pool(home: Store) -> None:
    pool, other = a_pool(), a_pool(f"{POOL}0")
    kept = replace(a_passkey(), pool_id=other.id)
    await home.commit(pools.add(other), passkeys.claim(kept))
    crowd = [a_passkey(f"passkey-{n}") for n in range(3)]
    await home.commit(*map(passkeys.add, crowd), *map(passkeys.claim, crowd))
    assert len(await home.passkeys.names_of_pool(POOL, 2)) == 2
    await home.commit(*pools.delete(pool))
    await GarbageCollector(home, lambda: NOW).collect()
    assert await home.passkeys.names_of_pool(POOL, 9) == []
    assert await home.passkeys.names_of_pool(other.id, 9) == [passkeys.name_of(kept)]


async def test_passkeys_of_before_get_names_when_the_store_is_opened(database: Database) -> None:
    """The migration's own statement, on a passkey that two users share and one that is unique."""
    script = migrations()[7]
    bob = a_user("bob")
    store = Passkeys(database)
    await database.commit([users.add(ALICE), users.add(bob)])
    for made in (a_passkey(), replace(a_passkey(), sub=bob.sub), a_passkey("two")):
        await database.commit([passkeys.add(made)])
    await database.apply(script, len(migrations()) + 1)
    assert await store.names_of_pool(POOL, 9) == [f"{POOL}/passkey/one", f"{POOL}/passkey/two"]
