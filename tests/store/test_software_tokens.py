"""Authenticator apps in the store: one a user, changed only by the latest reader, and sealed."""

import pytest
from msgspec.structs import replace
from support.store_samples import POOL, a_sealer, a_user

from poolhouse.crypto.contexts import Context
from poolhouse.crypto.sealer import Unsealable
from poolhouse.entities.software_tokens import SoftwareToken
from poolhouse.store import software_tokens
from poolhouse.store.interface import Database, VersionConflict
from poolhouse.store.store import Store

ALICE, BOB = a_user(), a_user("another")
SECRET = b"a secret of thirty-two bytes ..."
TOKEN = SoftwareToken(sub=ALICE.sub, pool_id=POOL, secret=SECRET, last_step=7, device_name="phone")


async def test_software_token_is_found_by_its_user(store: Store) -> None:
    assert await store.software_tokens.find(ALICE) is None
    await store.commit(store.software_tokens.save(TOKEN))
    assert await store.software_tokens.find(ALICE) == replace(TOKEN, version=1)
    assert await store.software_tokens.find(BOB) is None


async def test_software_token_concurrent_changes_conflict(store: Store) -> None:
    """So a code signs in once, however many use it at the same time."""
    await store.commit(store.software_tokens.save(TOKEN))
    with pytest.raises(VersionConflict):
        await store.commit(store.software_tokens.save(TOKEN))
    read = await store.software_tokens.find(ALICE)
    assert read is not None
    await store.commit(store.software_tokens.save(replace(read, last_step=8)))
    with pytest.raises(VersionConflict):
        await store.commit(store.software_tokens.save(replace(read, last_step=9)))
    now = await store.software_tokens.find(ALICE)
    assert now is not None
    assert (now.last_step, now.version) == (8, 2)


async def test_software_token_dropped_is_not_saved_again(store: Store) -> None:
    await store.commit(store.software_tokens.save(TOKEN))
    read = await store.software_tokens.find(ALICE)
    assert read is not None
    await store.commit(software_tokens.drop(ALICE))
    await store.commit(software_tokens.drop(ALICE))
    with pytest.raises(VersionConflict):
        await store.commit(store.software_tokens.save(read))
    assert await store.software_tokens.find(ALICE) is None


async def test_secrets_are_kept_sealed_to_their_user(store: Store, database: Database) -> None:
    await store.commit(store.software_tokens.save(TOKEN))
    [row] = await database.fetch("SELECT sealed FROM software_tokens")
    assert SECRET not in bytes(row[0])
    with pytest.raises(Unsealable):
        a_sealer().unseal(bytes(row[0]), Context.SOFTWARE_TOKEN, POOL, BOB.sub)
