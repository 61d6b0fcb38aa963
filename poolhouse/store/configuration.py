"""Cache decoded what changes rarely: pools, app clients, administrators and their keys.

Every commit that changes any of it also counts up one number in the store. A request reads that
number once, at its start; as long as it stands, whatever this worker has kept is as the store has
it, also where another worker or the command line made the last change.
"""

from typing import Any, Final, Generic, TypeVar

from poolhouse.store.interface import Database, Write

T = TypeVar("T")

CHANGED: Final = Write("UPDATE configuration SET generation = generation + 1 WHERE id = 1", ())
"""The write that every commit of configuration needs; `Store.commit` adds it."""

_GENERATION: Final = "SELECT generation FROM configuration WHERE id = 1"

MOST_KEPT: Final = 10_000


class ConfigGeneration:
    """The number as of the last request, and all caches that are valid as long as it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._caches: list[GenerationCache[Any]] = []
        self.generation: int | None = None
        """None until the first `refresh`; nothing is cached before."""

    async def refresh(self) -> None:
        """Drop everything cached if the configuration has changed. Raises `Unavailable`."""
        rows = await self._database.fetch_shared(_GENERATION)
        if rows[0][0] != self.generation:
            self.generation = rows[0][0]
            for cache in self._caches:
                cache.clear()

    def new_cache(self, most: int = MOST_KEPT) -> "GenerationCache[T]":
        """Return a new cache of objects of one kind, up to `most` of them."""
        cache: GenerationCache[T] = GenerationCache(self, most)
        self._caches.append(cache)
        return cache


class GenerationCache(Generic[T]):
    """A cache of objects of one kind by their key, valid for one generation."""

    def __init__(self, configuration: ConfigGeneration, most: int) -> None:
        self._configuration = configuration
        self._most = most
        self._things: dict[str, T] = {}
        self.get = self._things.get
        self.has = self._things.__contains__
        self.clear = self._things.clear

    @property
    def generation(self) -> int | None:
        """Return the generation, to be read before an object and passed to `keep` with it."""
        return self._configuration.generation

    def keep(self, key: str, thing: T, read_at: int | None) -> T:
        """Cache an object, unless the configuration has changed since it began to be read."""
        if read_at is not None and read_at == self._configuration.generation:
            if len(self._things) >= self._most:
                self._things.clear()
            self._things[key] = thing
        return thing
