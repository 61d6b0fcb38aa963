"""Tokens whose signatures were found good. Checking one is a quarter of all that GetUser does.

Apps use an access token over and over for its hour, and only the keys, which are configuration,
decide whether its signature is valid. Everything else is checked for every use: whether it has
expired, whether the session has ended, whether the user is there.
"""

from typing import Final

from poolhouse.entities.signing_keys import KeyUse
from poolhouse.rules.tokens.access_tokens import ParsedToken
from poolhouse.store.configuration import ConfigGeneration, GenerationCache

MOST_KEPT: Final = 500
"""Some 5 KB each, in every worker."""

LONGEST_KEPT: Final = 4_096
"""Characters: functions may write as much into a token as they like."""


class VerifiedTokenCache:
    """Verified tokens. Caching them exposes nothing beyond the signing keys in the same process."""

    def __init__(self, configuration: ConfigGeneration) -> None:
        self._cache: GenerationCache[tuple[KeyUse, ParsedToken]] = configuration.new_cache(
            most=MOST_KEPT
        )

    @property
    def generation(self) -> int | None:
        """Return the generation, to be read before the key and passed to `keep` with the token."""
        return self._cache.generation

    def get(self, token: str, use: KeyUse) -> ParsedToken | None:
        """Return the parsed token, if one of its pool's keys for this use has signed it."""
        cached = self._cache.get(token)
        return cached[1] if cached is not None and cached[0] is use else None

    def keep(self, token: str, use: KeyUse, parsed: ParsedToken, as_of: int | None) -> None:
        """Cache the token for as long as the keys stay the same as they were `as_of`."""
        if len(token) <= LONGEST_KEPT:
            self._cache.keep(token, (use, parsed), as_of)
