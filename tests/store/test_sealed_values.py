"""Secrets are kept sealed, each for its own row only."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from support.store_samples import (
    NOW,
    POOL,
    a_client,
    a_message,
    a_password,
    a_pool,
    a_principal,
    a_sealer,
    a_user,
    an_access_key,
)

from poolhouse.crypto.sealer import Unsealable
from poolhouse.entities.signing_keys import KeyUse, PoolKey
from poolhouse.store import pools, principals
from poolhouse.store.interface import Database, Write
from poolhouse.store.store import Store

SECRET = "a very secret value"

Add = Callable[[Store, str], Write]
Read = Callable[[Store, str], Awaitable[Any]]


def a_key(kid: str) -> PoolKey:
    return PoolKey(
        kid=kid, pool_id=POOL, use=KeyUse.ID, private_der=SECRET.encode(), created_at=NOW
    )


SEALED: dict[str, tuple[str, Add, Read]] = {
    "credentials.sealed": (
        "sub",
        lambda store, id: store.users.add_password(a_password(a_user(id), SECRET.encode())),
        lambda store, id: store.users.password(a_user(id)),
    ),
    "clients.secrets": (
        "id",
        lambda store, id: store.clients.add(a_client(id, secret=SECRET)),
        lambda store, id: store.clients.find(id),
    ),
    "signing_keys.private_key": (
        "kid",
        lambda store, id: store.pools.add_key(a_key(id)),
        lambda store, _: store.pools.keys(POOL),
    ),
    "outbox.sealed": (
        "id",
        lambda store, id: store.messages.put(a_message(id, code=SECRET)),
        lambda store, _: store.messages.due(2**62, 10),
    ),
    "inbox.sealed": (
        "id",
        lambda store, id: store.messages.receive(a_message(id, code=SECRET)),
        lambda store, _: store.messages.received(None, None, 10),
    ),
    "access_keys.sealed": (
        "id",
        lambda store, id: store.principals.add_key(an_access_key(id, secret=SECRET)),
        lambda store, id: store.principals.of_key(id),
    ),
}
"""Where a secret stands, its table's key, and how it is written and read."""


@pytest.mark.parametrize("place", SEALED)
async def test_sealed_secret_opens_only_in_its_row(database: Database, place: str) -> None:
    table, column = place.split(".")
    key, add, read = SEALED[place]
    sealer = a_sealer()
    store = Store(database, sealer)
    await store.commit(pools.add(a_pool()), principals.add(a_principal()))
    await store.commit(add(store, "one"), add(store, "other"))
    assert await read(store, "one")
    kept = await database.fetch(f"SELECT * FROM {table}")
    assert len(kept) == 2
    assert SECRET not in str([tuple(row) for row in kept])
    stolen = await database.fetch(f"SELECT {column} FROM {table} WHERE {key} = $1", "one")
    await store.commit(
        Write(f"UPDATE {table} SET {column} = $1 WHERE {key} = $2", (stolen[0][0], "other"))
    )
    with pytest.raises(Unsealable):
        await read(Store(database, sealer), "other")
