"""The loaded signing keys of pools. Parsing a key costs more than using it, so they are kept."""

from poolhouse.entities.signing_keys import KeyUse
from poolhouse.keys import SigningKey
from poolhouse.store.configuration import Kept
from poolhouse.store.opening import Store


class PoolKeys:
    """Keys by pool, loaded when first needed, kept while the configuration stands."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: Kept[dict[KeyUse, SigningKey]] = store.configuration.kept()

    async def of(self, pool_id: str) -> dict[KeyUse, SigningKey]:
        """A pool's current keys by use: the newest of each. Empty for an unknown pool."""
        if known := self._kept.get(pool_id):
            return known
        read_at = self._kept.generation
        stored = await self._store.pools.keys(pool_id)
        keys = {key.use: SigningKey.from_der(key.private_der) for key in stored}
        return self._kept.keep(pool_id, keys, read_at) if keys else {}
