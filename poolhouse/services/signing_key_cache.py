"""The loaded signing keys of pools. Parsing a key costs more than using it, so they are kept."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from poolhouse.crypto.signing_keys import SigningKey
from poolhouse.entities.signing_keys import KeyUse, PoolKey
from poolhouse.errors.pools import PoolNotFound
from poolhouse.rules.tokens import signing_keys
from poolhouse.store.configuration import GenerationCache
from poolhouse.store.store import Store


class _Loaded(msgspec.Struct, frozen=True):
    """A pool's keys as they are stored, and the loaded ones by use and kid."""

    stored: tuple[PoolKey, ...]
    verifying: dict[KeyUse, dict[str, SigningKey]]


_NONE: Final = _Loaded((), {use: {} for use in KeyUse})


class SigningKeyCache:
    """Keys by pool, loaded when first needed, cached while the configuration stays the same."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._cache: GenerationCache[_Loaded] = store.configuration.new_cache()

    async def of(self, pool_id: str, now: datetime) -> Mapping[KeyUse, SigningKey]:
        """Return the keys by use that sign a pool's new tokens.

        Raises PoolNotFound if the pool was deleted after the request had read it.
        """
        loaded = await self._loaded(pool_id)
        if not loaded.stored:
            raise PoolNotFound(pool_id=pool_id)
        found = (signing_keys.signing(loaded.stored, use, now) for use in KeyUse)
        return {key.use: loaded.verifying[key.use][key.kid] for key in found if key is not None}

    async def of_use(self, pool_id: str, use: KeyUse, now: datetime) -> SigningKey:
        """Return the one of them that signs tokens of this use."""
        loaded = await self._loaded(pool_id)
        key = signing_keys.signing(loaded.stored, use, now)
        if key is None:
            raise PoolNotFound(pool_id=pool_id)
        return loaded.verifying[use][key.kid]

    async def verifying(self, pool_id: str, use: KeyUse) -> Mapping[str, SigningKey]:
        """Return all keys by kid for tokens of this use: retired, present and future ones."""
        return (await self._loaded(pool_id)).verifying[use]

    async def _loaded(self, pool_id: str) -> _Loaded:
        if cached := self._cache.get(pool_id):
            return cached
        read_at = self._cache.generation
        verifying: dict[KeyUse, dict[str, SigningKey]] = {use: {} for use in KeyUse}
        stored = await self._store.pools.keys(pool_id)
        for key in stored:
            verifying[key.use][key.kid] = SigningKey.from_der(key.private_der)
        if not stored:
            return _NONE
        return self._cache.keep(pool_id, _Loaded(tuple(stored), verifying), read_at)
