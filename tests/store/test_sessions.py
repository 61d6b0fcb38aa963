"""Sessions in the store, and what can be used once on the way to one."""

from datetime import timedelta

import pytest
from msgspec.structs import replace
from support.store_samples import NOW, POOL, a_user

from poolhouse.entities.codes import Action
from poolhouse.entities.sessions import TokenSession
from poolhouse.rules.auth import lockout
from poolhouse.store import codes, sessions, users
from poolhouse.store.garbage_collection import SETTLED, GarbageCollector
from poolhouse.store.interface import UniqueViolation, VersionConflict
from poolhouse.store.store import Store
from poolhouse.store.timestamps import to_milliseconds

ALICE = a_user()
HOUR = timedelta(hours=1)


def a_session(id: str = "event-1", **changed: object) -> TokenSession:
    made = TokenSession(
        id=id,
        sub=ALICE.sub,
        pool_id=POOL,
        client_id="client",
        handle="tkn1",
        origin_jti="origin",
        started_at=NOW,
        active_at=NOW,
        expires_at=NOW + HOUR,
        refresh=b"digest",
    )
    return replace(made, **changed)


@pytest.fixture
async def alices(store: Store) -> Store:
    """A store with a user."""
    await store.commit(users.add(ALICE))
    return store


async def test_session_is_found_by_user_and_id(alices: Store) -> None:
    await alices.commit(sessions.add(a_session()), sessions.add(a_session("event-2")))
    assert await alices.sessions.find(POOL, ALICE.sub, "event-1") == a_session()
    assert await alices.sessions.find(POOL, ALICE.sub, "event-3") is None
    assert await alices.sessions.find("elsewhere", ALICE.sub, "event-1") is None


async def test_session_is_read_with_its_user(alices: Store) -> None:
    await alices.commit(sessions.add(a_session()))
    assert await alices.sessions.with_user(POOL, ALICE.sub, "event-1") == (ALICE, a_session())
    assert await alices.sessions.with_user(POOL, ALICE.sub, "event-3") == (ALICE, None)
    for pool_id, sub in ((POOL, "nobody"), ("elsewhere", ALICE.sub)):
        assert await alices.sessions.with_user(pool_id, sub, "event-1") is None


async def test_session_of_deleted_user_is_refused(store: Store) -> None:
    with pytest.raises(VersionConflict):
        await store.commit(sessions.add(a_session()))


async def test_session_saved_over_another_version_conflicts(alices: Store) -> None:
    await alices.commit(sessions.add(a_session()))
    await alices.commit(sessions.save(a_session(revoked=True)))
    with pytest.raises(VersionConflict):
        await alices.commit(sessions.save(a_session(revoked=False)))
    found = await alices.sessions.find(POOL, ALICE.sub, "event-1")
    assert found == a_session(revoked=True, version=2)


async def test_session_added_after_a_concurrent_failure_conflicts(
    alices: Store,
) -> None:
    wrong = lockout.failed(None, ALICE, Action.PASSWORD, NOW)
    other = lockout.failed(None, ALICE, Action.MFA, NOW)
    await alices.commit(codes.count(other))
    await alices.commit(sessions.add(a_session(), while_unfailed=True))
    await alices.commit(codes.count(wrong))
    with pytest.raises(VersionConflict):
        await alices.commit(sessions.add(a_session("event-2"), while_unfailed=True))
    await alices.commit(sessions.add(a_session("event-2")))


async def test_single_use_is_spent_once_for_each_user(alices: Store) -> None:
    await alices.commit(sessions.mark_used(POOL, ALICE.sub, "step", NOW + HOUR))
    assert await alices.sessions.is_used(POOL, ALICE.sub, "step")
    assert not await alices.sessions.is_used(POOL, "another", "step")
    with pytest.raises(UniqueViolation) as caught:
        await alices.commit(sessions.mark_used(POOL, ALICE.sub, "step", NOW + HOUR))
    assert caught.value.kind == sessions.USED
    await alices.commit(sessions.mark_used(POOL, "another", "step", NOW + HOUR))


async def test_expired_sessions_are_found_and_dropped(alices: Store) -> None:
    await alices.commit(
        sessions.add(a_session()),
        sessions.add(a_session("event-2", expires_at=NOW + 2 * HOUR)),
        sessions.mark_used(POOL, ALICE.sub, "step", NOW + HOUR),
    )
    at = to_milliseconds(NOW + HOUR) + 1
    assert await alices.sessions.past(at - 1, 10) == []
    [ended] = await alices.sessions.past(at, 10)
    [used] = await alices.sessions.past_used(at, 10)
    await alices.commit(sessions.drop(ended), sessions.delete_used(used))
    assert await alices.sessions.past(at, 10) == await alices.sessions.past_used(at, 10) == []
    assert await alices.sessions.find(POOL, ALICE.sub, "event-2") is not None


async def test_sessions_go_with_their_user(alices: Store) -> None:
    await alices.commit(sessions.add(a_session()))
    await alices.commit(*users.delete(ALICE))
    await alices.commit(users.add(ALICE))
    assert await alices.sessions.find(POOL, ALICE.sub, "event-1") is None


async def test_single_use_is_remembered_beyond_clock_skew(alices: Store) -> None:
    """A worker whose clock is ahead sweeps, and one whose clock is behind is asked."""
    await alices.commit(sessions.mark_used(POOL, ALICE.sub, "step", NOW))
    for late, is_used in ((SETTLED, True), (SETTLED + timedelta(seconds=1), False)):
        await GarbageCollector(alices, lambda late=late: NOW + late).collect()  # type: ignore[misc]
        assert await alices.sessions.is_used(POOL, ALICE.sub, "step") is is_used
