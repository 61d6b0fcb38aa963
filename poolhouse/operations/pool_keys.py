"""The loaded signing keys of pools. Parsing a key costs more than using it, so they are kept."""

from collections.abc import Mapping
from typing import Final

import msgspec

from poolhouse.entities.signing_keys import KeyUse
from poolhouse.keys import SigningKey
from poolhouse.store.configuration import Kept
from poolhouse.store.opening import Store


class _Loaded(msgspec.Struct, frozen=True):
    """A pool's keys: what signs now by use, and by use and kid all that may have signed."""

    current: dict[KeyUse, SigningKey]
    verifying: dict[KeyUse, dict[str, SigningKey]]


_NONE: Final = _Loaded({}, {use: {} for use in KeyUse})


class PoolKeys:
    """Keys by pool, loaded when first needed, kept while the configuration stands."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: Kept[_Loaded] = store.configuration.kept()

    async def of(self, pool_id: str) -> Mapping[KeyUse, SigningKey]:
        """A pool's current keys by use, which sign new tokens. Empty for an unknown pool."""
        return (await self._loaded(pool_id)).current

    async def verifying(self, pool_id: str, use: KeyUse) -> Mapping[str, SigningKey]:
        """By kid, all keys whose tokens of this use may still be good: retired ones too."""
        return (await self._loaded(pool_id)).verifying[use]

    async def _loaded(self, pool_id: str) -> _Loaded:
        if known := self._kept.get(pool_id):
            return known
        read_at = self._kept.generation
        current: dict[KeyUse, SigningKey] = {}
        verifying: dict[KeyUse, dict[str, SigningKey]] = {use: {} for use in KeyUse}
        for stored in await self._store.pools.keys(pool_id):
            key = SigningKey.from_der(stored.private_der)
            verifying[stored.use][key.kid] = key
            if stored.retired_at is None:
                current[stored.use] = key
        if not current:
            return _NONE
        return self._kept.keep(pool_id, _Loaded(current, verifying), read_at)
