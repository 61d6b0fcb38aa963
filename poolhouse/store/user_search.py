"""How ListUsers finds: every searchable attribute has a column in the order of an index."""

from collections.abc import Sequence
from typing import Any

import msgspec

from poolhouse.entities.users import ListedUser, User
from poolhouse.rules.users.user_filter import UserFilter, fold

SEARCHED = ("email", "phone_number", "name", "given_name", "family_name", "preferred_username")
"""The attributes that are kept a second time, folded, in a column of their own."""

LONGEST_KEY = 2048
"""Bytes of a value that its search column keeps: PostgreSQL's indexes take no more than 2,704 for a
row. A filter has at most 256 characters, which stay below it however they fold, so that every
filter is answered exactly.
"""

_END_OF_POOL = "pool_id <= $1 ORDER BY pool_id, sub"
"""A pool is asked for as a range that holds but this one, and in the order of the index by pool.
Asked for `pool_id = $1` in the order of `sub`, PostgreSQL walks through the users of all pools by
`sub` wherever it thinks that every second user is of the pool: they may be three in a million.
"""

_STATES = {"Disabled": 0, "Enabled": 1}


class Search(msgspec.Struct, frozen=True):
    """Users whose `column` equals `value`, or begins with it, in the order of its index."""

    column: str = "sub"
    value: str | int | None = None
    prefix: bool = False

    def condition(self, pool_id: str, after: str | None) -> tuple[str, Sequence[Any]]:
        """Return the WHERE and ORDER BY for the page after a position, and their parameters."""
        if self.value is None:
            if after is None:
                return f"pool_id >= $1 AND {_END_OF_POOL}", (pool_id,)
            return f"(pool_id, sub) > ($1, $2) AND {_END_OF_POOL}", (pool_id, after)
        if not self.prefix:
            return self._equal(pool_id, self.value, after)
        return self._beginning(pool_id, str(self.value), after)

    def _equal(
        self, pool_id: str, value: str | int, after: str | None
    ) -> tuple[str, Sequence[Any]]:
        """Return what `condition` is for a value.

        As a range that holds but this value, and in the order of the column's index: `_END_OF_POOL`
        says why.
        """
        if self.column == "sub":
            if after is None:
                return "pool_id = $1 AND sub = $2 ORDER BY sub", (pool_id, value)
            return "pool_id = $1 AND sub = $2 AND sub > $3 ORDER BY sub", (pool_id, value, after)
        end = f"{self.column} <= $2 ORDER BY {self.column}, sub"
        if after is None:
            return f"pool_id = $1 AND {self.column} >= $2 AND {end}", (pool_id, value)
        return (
            f"pool_id = $1 AND ({self.column}, sub) > ($2, $3) AND {end}",
            (pool_id, value, after),
        )

    def _beginning(self, pool_id: str, prefix: str, after: str | None) -> tuple[str, Sequence[Any]]:
        """Return what `condition` is for a prefix."""
        end = _behind(prefix)
        if self.column == "sub":
            start, how = (prefix, ">=") if after is None else (after, ">")
            between = f"(pool_id, sub) {how} ($1, $2) AND (pool_id, sub) < ($1, $3)"
            return f"{between} ORDER BY pool_id, sub", (pool_id, start, end)
        order = f"ORDER BY {self.column}, sub"
        if after is None:
            between = f"pool_id = $1 AND {self.column} >= $2 AND {self.column} < $3 {order}"
            return between, (pool_id, prefix, end)
        value, sub = msgspec.json.decode(after, type=tuple[str, str])
        return (
            f"pool_id = $1 AND ({self.column}, sub) > ($2, $3) AND {self.column} < $4 {order}",
            (pool_id, value, sub, end),
        )

    def position(self, last: ListedUser) -> str:
        """Return where the next page goes on: behind this user."""
        if not self.prefix or self.column == "sub":
            return last.sub
        value = {"username": last.username, "status": last.status.value}.get(self.column) or folded(
            last, self.column.removeprefix("find_")
        )
        return msgspec.json.encode((value, last.sub)).decode()


def search_for(wanted: UserFilter | None) -> Search:
    """Return the column that serves a filter, and the value as that column keeps it."""
    if wanted is None:
        return Search()
    if wanted.attribute == "status":
        return _by_state(wanted)
    value = fold(wanted.attribute, wanted.value)
    if wanted.attribute == "cognito:user_status":
        return Search("status", value.upper(), wanted.prefix)
    column = f"find_{wanted.attribute}" if wanted.attribute in SEARCHED else wanted.attribute
    return Search(column, value, wanted.prefix)


def folded(user: User | ListedUser, attribute: str) -> str | None:
    """Return an attribute's value as its search column keeps it."""
    value = user.attributes.get(attribute)
    if not value:
        return None
    found = fold(attribute, value)
    if len(found) <= LONGEST_KEY // 4:  # no character takes more than four bytes
        return found
    return found.encode()[:LONGEST_KEY].decode(errors="ignore")


def _by_state(wanted: UserFilter) -> Search:
    """Return the search for a `status`.

    It is stored as a flag, so a prefix of a word means the word, and `""` means both.
    """
    if wanted.prefix:
        matching = [n for word, n in _STATES.items() if word.startswith(wanted.value)]
        if len(matching) == len(_STATES):
            return Search()
        return Search("enabled", matching[0] if matching else -1)
    return Search("enabled", _STATES.get(wanted.value, -1))


def _behind(prefix: str) -> str:
    """Return the smallest text greater than every text that begins with `prefix`."""
    start = prefix.rstrip("\U0010ffff")
    if not start:
        return "\U0010ffff" * 2049
    following = ord(start[-1]) + 1
    return start[:-1] + chr(0xE000 if following == 0xD800 else following)
