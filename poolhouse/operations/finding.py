"""Finding the user that a request names, and handing names from one user to another."""

from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User
from poolhouse.errors import AliasTaken, AttributeTaken, NameTaken
from poolhouse.operations.calls import Call
from poolhouse.rules import usernames
from poolhouse.store import users
from poolhouse.store.contract import Stale, Write


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
            if user is not None and not usernames.bears(pool, user, wanted):
                user = None
        if user is not None:
            return user
    return None


async def alias_writes(
    call: Call,
    pool: Pool,
    user: User,
    *,
    force: bool,
    refusal: type[AliasTaken | AttributeTaken] = AliasTaken,
    name_refusal: type[AttributeTaken | NameTaken] = AttributeTaken,
) -> list[Write]:
    """Take the aliases that the user's verified attributes stand for.

    An alias that somebody else holds is refused with `refusal`, or with `force` moves here: its
    former holder's attribute stays, unverified (users.md §6.3). Only email and phone number move;
    username attributes never do, and are refused with `name_refusal`.
    """
    writes: list[Write] = []
    losers: dict[str, tuple[User, User]] = {}
    for name in usernames.aliases_of(pool, user):
        holder = await call.store.users.holder(name)
        if holder is None:
            writes.append(users.claim(name, user.sub))
        elif holder != user.sub:
            if name.kind in pool.username_attributes:
                raise name_refusal(attribute=name.kind.value)
            if not force or name.kind not in usernames.CONTACTS:
                raise refusal(attribute=name.kind.value)
            writes.append(users.move(name, holder, user.sub))
            before, after = losers.get(holder) or await _as_read(call, pool, holder)
            losers[holder] = before, usernames.without_alias(after, name.kind, call.now)
    return writes + [users.save(after, before) for before, after in losers.values()]


async def name_writes(call: Call, pool: Pool, user: User, was: User, *, force: bool) -> list[Write]:
    """Take the names that changed attributes stand for, and give back those they no longer do."""
    lost = usernames.names_of(pool, was) - usernames.names_of(pool, user)
    writes = await alias_writes(call, pool, user, force=force, name_refusal=NameTaken)
    return [*writes, *(users.release(name, user.sub) for name in lost)]


async def _as_read(call: Call, pool: Pool, sub: str) -> tuple[User, User]:
    """A user as read, and the same to be changed. Gone meanwhile: the operation begins anew."""
    user = await call.store.users.by_sub(pool.id, sub)
    if user is None:
        raise Stale
    return user, user


def claims(pool: Pool, user: User) -> list[Write]:
    """Take the username of a new user, where it is a name of its own."""
    return [users.claim(name, user.sub) for name in usernames.own_name(pool, user)]
