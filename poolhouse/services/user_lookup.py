"""Look up the user that a request names."""

from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User
from poolhouse.rules.users import usernames
from poolhouse.rules.users.usernames import EitherName, SubOrName
from poolhouse.services.context import Call


async def find_user(call: Call, pool: Pool, username: str) -> User | None:
    """Return the user whom a request calls `Username`: by sub, username or alias.

    A name is followed to its user in two rows, which a sharded store may show at different
    moments; so the user must still bear the name.
    """
    for wanted in usernames.lookup_order(pool, username):
        if isinstance(wanted, str):
            user = await call.store.users.by_sub(pool.id, wanted)
        elif isinstance(wanted, SubOrName):
            user = await call.store.users.by_sub_or_name(*wanted)
            if user is not None and user.sub != wanted.sub:
                user = user if usernames.has_name(pool, user, wanted.name) else None
        elif isinstance(wanted, EitherName):
            found = await call.store.users.by_either_name(*wanted)
            bearers = (u for name in wanted for u in found if usernames.has_name(pool, u, name))
            user = next(bearers, None)
        else:
            user = await call.store.users.by_name(wanted)
            if user is not None and not usernames.has_name(pool, user, wanted):
                user = None
        if user is not None:
            return user
    return None
