"""Finding the user that a request names, and handing names from one user to another."""

import msgspec

from poolhouse.entities.pools import Pool
from poolhouse.entities.users import NameKind, User, UserName
from poolhouse.errors import AliasTaken, AttributeTaken
from poolhouse.operations.calls import Call
from poolhouse.rules import usernames
from poolhouse.store import users
from poolhouse.store.contract import Write


async def find_user(call: Call, pool: Pool, username: str) -> User | None:
    """The user whom a request calls `Username`: by username, sub or alias.

    A name is followed to its user in two rows, which a sharded store may show at different
    moments; so the user must still bear the name.
    """
    for wanted in usernames.lookups(pool, username):
        if isinstance(wanted, str):
            user = await call.store.users.by_sub(pool.id, wanted)
        else:
            user = await call.store.users.by_name(wanted)
            if user is not None and wanted not in usernames.names_of(pool, user):
                user = None
        if user is not None:
            return user
    return None


async def alias_writes(call: Call, pool: Pool, user: User, *, force: bool) -> list[Write]:
    """Take the aliases that the user's verified attributes stand for.

    An alias that somebody else holds is refused, or with `force` moves here: its former holder's
    attribute stays, unverified (users.md §6.3). Username attributes never move.
    """
    writes: list[Write] = []
    losers: dict[str, User] = {}
    for name in usernames.aliases_of(pool, user):
        holder = await call.store.users.holder(name)
        if holder is None:
            writes.append(users.claim(name, user.sub))
        elif holder != user.sub:
            if name.kind in pool.username_attributes:
                raise AttributeTaken(attribute=name.kind.value)
            if not force:
                raise AliasTaken(attribute=name.kind.value)
            writes.append(users.move(name, holder, user.sub))
            loser = losers.get(holder) or await call.store.users.by_sub(pool.id, holder)
            if loser is not None:
                losers[holder] = usernames.without_alias(loser, name.kind)
    for sub, after in losers.items():
        before = await call.store.users.by_sub(pool.id, sub)
        if before is not None:
            writes.append(users.save(msgspec.structs.replace(after, modified_at=call.now), before))
    return writes


def claims(pool: Pool, user: User) -> list[Write]:
    """Take the username of a new user, where it is a name of its own."""
    if user.username == user.sub:
        return []
    kept = user.username if pool.case_sensitive else user.username.lower()
    return [users.claim(UserName(pool.id, NameKind.USERNAME, kept), user.sub)]
