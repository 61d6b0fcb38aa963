"""The signing key of a pool at a moment."""

from datetime import UTC, datetime, timedelta

import pytest

from poolhouse.entities.signing_keys import KeyUse, PoolKey
from poolhouse.rules.tokens import signing_keys

NOW = datetime(2026, 3, 3, 4, 5, 6, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def a_key(kid: str, created: int, retired: int | None = None) -> PoolKey:
    """Times are seconds from now."""
    return PoolKey(
        kid=kid,
        pool_id="p",
        use=KeyUse.ID,
        private_der=b"",
        created_at=NOW + created * SECOND,
        retired_at=None if retired is None else NOW + retired * SECOND,
    )


@pytest.mark.parametrize(
    ("keys", "kid"),
    [
        ([a_key("one", -9)], "one"),
        ([a_key("one", -9), a_key("two", -8)], "one"),
        ([a_key("one", -9, 1), a_key("two", -8)], "one"),
        ([a_key("one", -9, 0), a_key("two", -8)], "two"),
        ([a_key("one", -9, -7), a_key("two", -8, 1), a_key("three", -7)], "two"),
        ([a_key("one", -9, -7), a_key("two", -8, -6), a_key("three", -7)], "three"),
        ([a_key("b", -9), a_key("a", -9)], "a"),
        ([a_key("one", 9)], "one"),
        ([a_key("one", -9, -1)], None),
        ([], None),
    ],
)
def test_signing_of_several_keys_is_the_oldest_that_is_not_retired(
    keys: list[PoolKey], kid: str | None
) -> None:
    for order in (keys, keys[::-1]):
        found = signing_keys.signing(order, KeyUse.ID, NOW)
        assert (found and found.kid) == kid
    assert signing_keys.signing(keys, KeyUse.ACCESS, NOW) is None


def test_published_before_is_longer_than_the_key_set_is_cached() -> None:
    assert signing_keys.PUBLISHED_BEFORE > signing_keys.CACHED
