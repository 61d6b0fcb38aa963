"""The loaded signing keys of pools. Parsing a key costs more than using it, so they are kept."""

from poolhouse.entities.signing_keys import KeyUse
from poolhouse.keys import SigningKey
from poolhouse.store.opening import Store

MOST_POOLS = 10_000
"""Pools whose keys are kept loaded; beyond that the oldest go."""


class PoolKeys:
    """Keys by pool, loaded when first needed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._loaded: dict[str, dict[KeyUse, SigningKey]] = {}

    async def of(self, pool_id: str) -> dict[KeyUse, SigningKey]:
        """A pool's current keys by use: the newest of each. Empty for an unknown pool."""
        keys = self._loaded.get(pool_id)
        if keys is None:
            stored = await self._store.pools.keys(pool_id)
            keys = {key.use: SigningKey.from_der(key.private_der) for key in stored}
            if keys:
                if len(self._loaded) >= MOST_POOLS:
                    del self._loaded[next(iter(self._loaded))]
                self._loaded[pool_id] = keys
        return keys
