"""Finding the user that a request names, and handing names from one user to another."""

from poolhouse.entities.contacts import OF_ATTRIBUTE
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import NameKind, User, UserName
from poolhouse.errors.users import AliasTaken, AttributeTaken, ContactInUse
from poolhouse.rules.users import usernames
from poolhouse.services.context import Call
from poolhouse.store import users
from poolhouse.store.interface import VersionConflict, Write
from poolhouse.wire.errors import ServiceError


async def alias_writes(
    call: Call,
    pool: Pool,
    user: User,
    *,
    force: bool,
    refusal: type[AliasTaken | AttributeTaken] = AliasTaken,
    name_refusal: type[AttributeTaken | ContactInUse] = AttributeTaken,
) -> list[Write]:
    """Claim the aliases that the user's verified attributes stand for.

    An alias that another user has is refused with `refusal`, or with `force` moves here: its
    former holder's attribute stays, unverified (ev:users-6.3). Only email and phone number move;
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
            contact = OF_ATTRIBUTE.get(name.kind)
            if not force or contact is None:
                raise refusal(attribute=name.kind.value)
            writes.append(users.move(name, holder, user.sub))
            before, after = losers.get(holder) or await _as_read(call, pool, holder)
            losers[holder] = before, usernames.without_alias(after, contact, call.now)
    for name in usernames.reserved_by(pool, user):
        writes += await _reservation(call, pool, user, name, refusal)
    return writes + [users.save(after, before) for before, after in losers.values()]


async def name_change_writes(
    call: Call, pool: Pool, user: User, was: User, *, force: bool
) -> list[Write]:
    """Claim the names of changed attributes, and release those that they no longer stand for."""
    lost = usernames.names_of(pool, was) - usernames.names_of(pool, user)
    writes = await alias_writes(call, pool, user, force=force, name_refusal=ContactInUse)
    return [*writes, *(users.release(name, user.sub) for name in lost)]


async def _reservation(
    call: Call,
    pool: Pool,
    user: User,
    name: UserName,
    refusal: type[AliasTaken | AttributeTaken],
) -> list[Write]:
    """Keep a preferred_username from becoming another user's username, or refuse it if it is one.

    Users of before may have chosen it already: then both keep what they have.
    """
    holder = await call.store.users.holder(name)
    if holder is None:
        if await _is_anothers_sub(call, pool, user, name):
            sub_taken = refusal(attribute=NameKind.PREFERRED_USERNAME.value)
            raise sub_taken.because("it is another user's sub")
        return [users.claim(name, user.sub, NameKind.PREFERRED_USERNAME)]
    alias = usernames.as_preferred(pool, name)
    if holder != user.sub and alias and await call.store.users.holder(alias) != user.sub:
        name_taken = refusal(attribute=NameKind.PREFERRED_USERNAME.value)
        raise name_taken.because("it is another user's username")
    return []


async def _as_read(call: Call, pool: Pool, sub: str) -> tuple[User, User]:
    """Return a user twice: as read, and to be changed.

    If the user is deleted meanwhile, the operation starts again.
    """
    user = await call.store.users.by_sub(pool.id, sub)
    if user is None:
        raise VersionConflict
    return user, user


async def claim_username(call: Call, pool: Pool, user: User, refusal: ServiceError) -> list[Write]:
    """Claim the username of a new user, if it is a name of its own.

    Raises `refusal` for a name by which the pool knows another user: a `sub` or, of users of before
    (`reserved_by` is new), a preferred_username. The read is enough for a `sub`: before its user is
    committed, only the pool's own functions can know it.
    """
    # DIFFERS: AWS seems to allow a `sub` as another user's username
    # (amazon-cognito-passwordless-auth#106). UNVERIFIED: and a preferred_username?
    for name in usernames.own_name(pool, user):
        alias = usernames.as_preferred(pool, name)
        if alias is not None and await call.store.users.holder(alias) not in (None, user.sub):
            raise refusal.because("it is another user's preferred_username, which is an alias")
        if await _is_anothers_sub(call, pool, user, name):
            raise refusal.because("it is another user's sub")
    return [users.claim(name, user.sub) for name in usernames.own_name(pool, user)]


async def _is_anothers_sub(call: Call, pool: Pool, user: User, name: UserName) -> bool:
    """Return whether another user of the pool has the name as its `sub`."""
    sub = usernames.sub_in(name.value)
    if sub is None or sub == user.sub:
        return False
    return await call.store.users.by_sub(pool.id, sub) is not None
