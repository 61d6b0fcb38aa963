"""Values round-trip through the store; secrets are sealed, each for its own row only."""

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from support.store_samples import (
    ARN,
    NOW,
    POOL,
    a_client,
    a_message,
    a_password,
    a_pool,
    a_principal,
    a_user,
    an_access_key,
)

from poolhouse.entities.codes import Action, AttemptCount, Code, Purpose
from poolhouse.entities.users import NameKind, UserName, UserStatus
from poolhouse.store import clients, codes, messages, pools, principals, users
from poolhouse.store.interface import Database, UniqueViolation, VersionConflict
from poolhouse.store.store import Store

replace = msgspec.structs.replace
ENTIRE = "".join(
    map(chr, [*range(1, 0x250), 0x301, 0x2028, 0xD7FF, 0xE000, 0xFFFF, 0x1F600, 0x10FFFF])
)
"""Every kind of character: controls, combining ones, astral ones; all but U+0000."""


async def test_user_round_trips_through_the_store(store: Store) -> None:
    user = a_user(
        username=ENTIRE,
        status=UserStatus.FORCE_CHANGE_PASSWORD,
        enabled=False,
        attributes={"name": ENTIRE, "custom:x": "", "email": "Bob@Example.com"},
        version=7,
    )
    name = UserName(POOL, NameKind.USERNAME, ENTIRE)
    await store.commit(users.add(user), users.claim(name, user.sub))
    assert await store.users.by_sub(POOL, user.sub) == user
    assert await store.users.by_name(name) == user
    assert await store.users.by_sub("elsewhere", user.sub) is None
    assert await store.users.by_name(UserName(POOL, NameKind.EMAIL, ENTIRE)) is None


@pytest.mark.parametrize(
    "at",
    [
        NOW,
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC),
        datetime(2026, 3, 29, 2, 30, tzinfo=timezone(timedelta(hours=5, minutes=45))),
    ],
    ids=str,
)
async def test_user_times_round_trip_to_the_millisecond(store: Store, at: datetime) -> None:
    await store.commit(users.add(a_user(created_at=at, modified_at=at)))
    kept = await store.users.by_sub(POOL, a_user().sub)
    assert kept is not None
    assert kept.created_at == at
    assert kept.created_at.utcoffset() == timedelta(0)


async def test_user_times_are_truncated_to_milliseconds(store: Store) -> None:
    """Downwards, before 1970 too: a time never moves into the future."""
    for n, year in enumerate((2026, 1960)):
        at = datetime(year, 1, 1, 0, 0, 0, 123999, tzinfo=UTC)
        await store.commit(users.add(a_user(f"{n}", created_at=at)))
        kept = await store.users.by_sub(POOL, f"{n}")
        assert kept is not None
        assert kept.created_at == at.replace(microsecond=123000)


async def test_user_save_writes_only_what_changed(store: Store) -> None:
    was = a_user(attributes={"email": "bob@example.com"})
    await store.commit(users.add(was))
    for changed in (
        {"status": UserStatus.CONFIRMED},
        {"enabled": False},
        {"attributes": {"email": "rob@example.com", "name": "Rob"}},
        {"modified_at": NOW + timedelta(days=1)},
        {"attributes": {}, "enabled": True, "status": UserStatus.ARCHIVED},
    ):
        user = replace(was, **changed)
        await store.commit(users.save(user, was))
        was = replace(user, version=was.version + 1)
        assert await store.users.by_sub(POOL, was.sub) == was


async def test_user_deleted_leaves_no_rows(store: Store, database: Database) -> None:
    user = a_user()
    name = UserName(POOL, NameKind.USERNAME, user.username)
    code = a_code(user.sub)
    attempts = AttemptCount(
        sub=user.sub, pool_id=POOL, action=Action.CONFIRM_SIGN_UP, since=NOW, count=1
    )
    await store.commit(
        users.add(user),
        users.claim(name, user.sub),
        store.users.add_password(a_password(user)),
        codes.save(code),
        codes.count(attempts),
    )
    with pytest.raises(VersionConflict):
        await store.commit(*users.delete(replace(user, version=2)), users.release(name, user.sub))
    assert await store.users.by_name(name) == user
    await store.commit(*users.delete(user), users.release(name, user.sub))
    for table in ("users", "names", "credentials", "codes", "attempts"):
        assert not list(await database.fetch(f"SELECT * FROM {table}"))


async def test_user_name_is_moved_only_from_its_holder(store: Store) -> None:
    name = UserName(POOL, NameKind.EMAIL, "bob@example.com")
    await store.commit(users.claim(name, "old"))
    with pytest.raises(UniqueViolation) as taken:
        await store.commit(users.claim(name, "new"))
    assert taken.value.kind == "email"
    with pytest.raises(VersionConflict):
        await store.commit(users.move(name, "somebody", "new"))
    await store.commit(users.release(name, "somebody"))
    await store.commit(users.move(name, "old", "new"))
    assert await store.users.holder(name) == "new"


async def test_pools_and_clients_come_back_as_they_were_saved(store: Store) -> None:
    pool, client = a_pool(), a_client()
    with pytest.raises(VersionConflict):
        await store.commit(store.clients.add(client))  # there is no such pool
    await store.commit(pools.add(pool))
    await store.commit(store.clients.add(client))
    for version in (1, 2):
        assert await store.pools.find(pool.id) == replace(pool, version=version)
        assert await store.clients.find(client.id) == replace(client, version=version)
        if version == 1:
            await store.commit(pools.save(pool), store.clients.save(client))
    with pytest.raises(VersionConflict):
        await store.commit(pools.save(pool))
    with pytest.raises(VersionConflict):
        await store.commit(clients.delete(client))
    with pytest.raises(UniqueViolation):
        await store.commit(pools.add(pool))
    await store.commit(*pools.delete(replace(pool, version=2)))
    assert await store.pools.find(pool.id) is None
    assert await store.clients.find(client.id) is None


def a_code(sub: str, digest: bytes = b"\x00\xff digest") -> Code:
    return Code(
        sub=sub,
        pool_id=POOL,
        purpose=Purpose.SIGN_UP,
        digest=digest,
        attribute="email",
        created_at=NOW,
        expires_at=NOW + timedelta(days=1),
    )


async def test_code_is_replaced_by_the_next_and_used_once(store: Store) -> None:
    user = a_user()
    first, second = a_code(user.sub, b"first"), a_code(user.sub, b"second")
    await store.commit(codes.save(first))
    await store.commit(codes.save(second), users.add(user))
    assert await store.codes.find(user, Purpose.SIGN_UP) == second
    with pytest.raises(VersionConflict):
        await store.commit(codes.use(first))
    await store.commit(codes.use(second))
    with pytest.raises(VersionConflict):
        await store.commit(codes.use(second))
    waiting = replace(second, pending="rob@example.com")
    await store.commit(codes.save(waiting))
    assert await store.codes.find(user, Purpose.SIGN_UP) == waiting
    await store.commit(codes.save(first), codes.drop(a_user("other"), Purpose.SIGN_UP))
    assert await store.codes.find(user, Purpose.SIGN_UP) == first
    await store.commit(codes.drop(user, Purpose.SIGN_UP))
    assert await store.codes.find(user, Purpose.SIGN_UP) is None


async def test_attempts_are_counted_from_the_count_that_was_read(store: Store) -> None:
    user, action = a_user(), Action.CONFIRM_SIGN_UP
    assert await store.codes.attempts(user, action) is None
    counted = AttemptCount(sub=user.sub, pool_id=POOL, action=action, since=NOW, count=1)
    for count in (1, 2, 3):
        counted = replace(counted, count=count)
        await store.commit(codes.count(counted))
        with pytest.raises(VersionConflict):
            await store.commit(codes.count(counted))
        counted = replace(counted, version=counted.version + 1)
        assert await store.codes.attempts(user, action) == counted


async def test_password_is_read_with_its_failures(store: Store) -> None:
    user = a_user()
    assert await store.users.password_with_failures(user) == (None, None)
    others = AttemptCount(sub=user.sub, pool_id=POOL, action=Action.MFA, since=NOW, count=7)
    failures = replace(others, action=Action.PASSWORD, count=3)
    await store.commit(codes.count(others), codes.count(failures))
    failures = replace(failures, version=1)
    assert await store.users.password_with_failures(user) == (None, failures)
    await store.commit(store.users.add_password(a_password(user)))
    assert await store.users.password_with_failures(user) == (a_password(user), failures)
    await store.commit(codes.reset_attempts(failures))
    assert await store.users.password_with_failures(user) == (a_password(user), None)


async def test_message_is_postponed_by_one_worker_and_removed_when_sent(store: Store) -> None:
    message = a_message(body=ENTIRE)
    await store.commit(store.messages.put(message))
    later = replace(message, due_at=NOW + timedelta(minutes=1), attempts=1)
    await store.commit(store.messages.postpone(later, 1))
    with pytest.raises(VersionConflict):
        await store.commit(store.messages.postpone(later, 1))
    assert await store.messages.due(2**62, 10) == [(later, 2)]
    await store.commit(store.messages.receive(later), messages.sent(later))
    assert await store.messages.due(2**62, 10) == []
    await store.commit(store.messages.receive(message))
    assert await store.messages.received(POOL, None, 10) == [later]


async def test_principals_and_their_keys_come_back_as_they_were_saved(store: Store) -> None:
    principal = a_principal()
    key = replace(an_access_key(), session_token="token", expires_at=NOW)
    await store.commit(principals.add(principal), store.principals.add_key(key))
    assert await store.principals.find(ARN) == principal
    found = await store.principals.of_key(key.id)
    assert found == (key, principal)
    await store.commit(principals.save(principal), store.principals.save_key(key))
    changed = (replace(key, version=2), replace(principal, version=2))
    assert await store.principals.of_key(key.id) == changed
    assert await store.principals.all_keys() == [changed[0]]
    for conflict, write in (
        (UniqueViolation, principals.add(principal)),
        (UniqueViolation, store.principals.add_key(key)),
        (VersionConflict, principals.save(principal)),
        (VersionConflict, store.principals.save_key(key)),
        (VersionConflict, principals.delete_key("nobody's")),
    ):
        with pytest.raises(conflict):
            await store.commit(write)
    await store.commit(principals.delete_key(key.id))
    assert await store.principals.of_key(key.id) is None
