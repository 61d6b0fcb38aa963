"""The cache of verified tokens."""

from poolhouse.entities.signing_keys import KeyUse
from poolhouse.rules.tokens.access_tokens import ParsedToken
from poolhouse.services.verified_token_cache import LONGEST_KEPT, MOST_KEPT, VerifiedTokenCache
from poolhouse.store.configuration import CHANGED, ConfigGeneration
from poolhouse.store.engines.sqlite.database import Sqlite

TOKEN = "header.claims.signature"
PARSED = ParsedToken(
    kid="key",
    issuer="http://localhost:9229/eu-central-1_Example00",
    token_use="access",
    expires_at=2_000_000_000,
    claims={"sub": "alice"},
)


class World:
    """A store with nothing but the number that counts its configurations."""

    def __init__(self) -> None:
        self.database = Sqlite(None)
        self.configuration = ConfigGeneration(self.database)
        self.known = VerifiedTokenCache(self.configuration)

    async def begin(self) -> None:
        await self.database.apply(
            (
                "CREATE TABLE configuration (id BIGINT, generation BIGINT)",
                "INSERT INTO configuration VALUES (1, 1)",
            ),
            1,
        )
        await self.configuration.refresh()

    def keep(self, token: str = TOKEN) -> None:
        self.known.keep(token, KeyUse.ACCESS, PARSED, self.known.generation)


async def test_verified_token_is_cached_by_whole_text_and_use() -> None:
    world = World()
    await world.begin()
    world.keep()
    assert world.known.get(TOKEN, KeyUse.ACCESS) is PARSED
    assert world.known.get(TOKEN, KeyUse.ID) is None
    assert world.known.get(f"{TOKEN}=", KeyUse.ACCESS) is None
    assert world.known.get(TOKEN.replace("claims", "Claims"), KeyUse.ACCESS) is None


async def test_verified_tokens_are_dropped_by_new_configuration() -> None:
    """Its pool's keys are of the configuration."""
    world = World()
    await world.begin()
    world.keep()
    await world.database.commit([CHANGED])
    await world.configuration.refresh()
    assert world.known.get(TOKEN, KeyUse.ACCESS) is None


async def test_token_verified_by_older_keys_is_not_cached() -> None:
    world = World()
    await world.begin()
    as_of = world.known.generation
    await world.database.commit([CHANGED])
    await world.configuration.refresh()
    world.known.keep(TOKEN, KeyUse.ACCESS, PARSED, as_of)
    assert world.known.get(TOKEN, KeyUse.ACCESS) is None


async def test_verified_token_cache_is_bounded_and_has_the_newest() -> None:
    world = World()
    await world.begin()
    tokens = [f"{TOKEN}{n}" for n in range(2 * MOST_KEPT + 1)]
    for token in tokens:
        world.keep(token)
        assert world.known.get(token, KeyUse.ACCESS) is PARSED
    assert sum(world.known.get(token, KeyUse.ACCESS) is not None for token in tokens) <= MOST_KEPT


async def test_long_token_is_not_cached() -> None:
    world = World()
    await world.begin()
    long, longer = "x" * LONGEST_KEPT, "x" * (LONGEST_KEPT + 1)
    world.keep(long)
    world.keep(longer)
    assert world.known.get(long, KeyUse.ACCESS) is PARSED
    assert world.known.get(longer, KeyUse.ACCESS) is None
