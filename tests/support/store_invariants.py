"""Check that a store is whole: nothing half-written, nothing without its owner."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from poolhouse.entities.messages import Message
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User, UserStatus
from poolhouse.rules.users.usernames import names_of
from poolhouse.store.timestamps import from_milliseconds
from support.store_contents import Rows

Contents = dict[str, Rows]


def faults(contents: Contents, pools: Sequence[Pool], messages: Sequence[Message]) -> list[str]:
    """Everything that is wrong, as sentences. `messages` are those of the outbox, unsealed."""
    users = [_user(row) for row in contents["users"]]
    by_pool = {pool.id: pool for pool in pools}
    return [
        *_of_users(contents, users, by_pool),
        *_of_names(contents, users, by_pool),
        *_of_belongings(contents, users),
        *_of_messages(messages, by_pool),
    ]


def faults_of_codes(contents: Contents) -> list[str]:
    """Users who wait for a code have one, and no other user has.

    For users who have had their email address from the beginning, and one operation at a time.
    """
    codes = {row["sub"] for row in contents["codes"] if row["purpose"] == "sign_up"}
    return [
        f"{user.username} is {user.status} and {'has' if user.sub in codes else 'lacks'} a code"
        for user in map(_user, contents["users"])
        if (user.status is UserStatus.UNCONFIRMED and "email" in user.attributes)
        != (user.sub in codes)
    ]


def _of_users(contents: Contents, users: Sequence[User], pools: dict[str, Pool]) -> Iterator[str]:
    """A user has a pool, every name, and a password."""
    names = {row["key"]: row["sub"] for row in contents["names"]}
    passwords = {(row["sub"], row["pool_id"]) for row in contents["credentials"]}
    for user in users:
        pool = pools.get(user.pool_id)
        if pool is None:
            yield f"{user.username} is in no pool"
            continue
        for name in names_of(pool, user):
            if names.get(name.key) != user.sub:
                yield f"{user.username} lacks the name {name.kind}"
        if (user.sub, user.pool_id) not in passwords:
            yield f"{user.username} has no password"
    for row in contents["passkeys"]:
        if names.get(f"{row['pool_id']}/passkey/{row['id']}") != row["sub"]:
            yield f"the passkey {row['id']} isn't unique"


def _of_names(contents: Contents, users: Sequence[User], pools: dict[str, Pool]) -> Iterator[str]:
    """A name leads to a user who bears it."""
    borne = {
        (name.key, user.sub)
        for user in users
        if user.pool_id in pools
        for name in names_of(pools[user.pool_id], user)
    }
    borne |= {(f"{row['pool_id']}/passkey/{row['id']}", row["sub"]) for row in contents["passkeys"]}
    for row in contents["names"]:
        if (row["key"], row["sub"]) not in borne:
            yield f"the name {row['key']} leads to no user that has it"


def _of_belongings(contents: Contents, users: Sequence[User]) -> Iterator[str]:
    """Whatever is kept under a user's sub, in whichever table, has that user.

    But attempts: unknown users have some too, and all are swept away after an hour.
    """
    owners = {(user.sub, user.pool_id) for user in users}
    for table in contents.keys() - {"attempts"}:
        for row in contents[table]:
            if {"sub", "pool_id"} <= row.keys() and (row["sub"], row["pool_id"]) not in owners:
                yield f"a row of {table} belongs to no user"


def _of_messages(messages: Sequence[Message], pools: dict[str, Pool]) -> Iterator[str]:
    for message in messages:
        if message.pool_id not in pools:
            yield f"a message for {message.username} of no pool"


def _user(row: dict[str, Any]) -> User:
    return User(
        sub=row["sub"],
        pool_id=row["pool_id"],
        username=row["username"],
        status=UserStatus(row["status"]),
        enabled=bool(row["enabled"]),
        created_at=from_milliseconds(row["created_at"]),
        modified_at=from_milliseconds(row["modified_at"]),
        version=row["version"],
        attributes=msgspec.json.decode(row["attributes"]),
    )
