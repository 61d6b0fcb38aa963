"""Recovery codes in the store: each is used once, and goes with its user."""

import pytest
from support.store_samples import NOW, POOL, a_user

from poolhouse.entities.recovery_codes import RecoveryCode
from poolhouse.store import recovery_codes, users
from poolhouse.store.interface import VersionConflict
from poolhouse.store.store import Store

ALICE, BOB = a_user(), a_user("another")
CODES = [
    RecoveryCode(sub=ALICE.sub, pool_id=POOL, digest=bytes([n] * 32), made_at=NOW) for n in range(3)
]


async def test_recovery_code_is_found_by_its_user_and_digest(store: Store) -> None:
    await store.commit(*map(recovery_codes.add, CODES))
    assert await store.recovery_codes.find(ALICE, CODES[1].digest) == CODES[1]
    assert await store.recovery_codes.find(ALICE, b"another") is None
    assert await store.recovery_codes.find(BOB, CODES[1].digest) is None
    assert await store.recovery_codes.unused(ALICE) == 3
    assert await store.recovery_codes.unused(BOB) == 0


async def test_recovery_code_is_used_once(store: Store) -> None:
    await store.commit(*map(recovery_codes.add, CODES))
    await store.commit(recovery_codes.use(CODES[0]))
    with pytest.raises(VersionConflict):
        await store.commit(recovery_codes.use(CODES[0]))
    assert await store.recovery_codes.unused(ALICE) == 2


async def test_recovery_codes_are_replaced_in_one_commit(store: Store) -> None:
    await store.commit(*map(recovery_codes.add, CODES[:2]))
    await store.commit(recovery_codes.drop(ALICE), recovery_codes.add(CODES[2]))
    assert await store.recovery_codes.unused(ALICE) == 1
    with pytest.raises(VersionConflict):
        await store.commit(recovery_codes.use(CODES[0]))


async def test_recovery_codes_are_deleted_with_their_user(store: Store) -> None:
    assert "recovery_codes" in users.BELONGINGS
    await store.commit(*map(recovery_codes.add, CODES))
    statements = [write for write in users.delete(ALICE) if "recovery_codes" in write.statement]
    await store.commit(*statements)
    assert await store.recovery_codes.unused(ALICE) == 0
