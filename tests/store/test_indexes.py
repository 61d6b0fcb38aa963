"""Reads of users cost the same whatever their number: an index leads to each row."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace
from support.store_samples import NOW, POOL, a_pool, a_user

from poolhouse.crypto.contexts import Context
from poolhouse.entities.codes import Action, AttemptCount, Code, Purpose
from poolhouse.entities.groups import Group
from poolhouse.entities.users import NameKind, UserName, UserStatus
from poolhouse.rules.users.user_filter import SEARCHABLE, UserFilter
from poolhouse.store import codes, groups, pools, users
from poolhouse.store.codes import Codes
from poolhouse.store.groups import Groups
from poolhouse.store.interface import Database, Row
from poolhouse.store.migrate import migrate
from poolhouse.store.sessions import Sessions
from poolhouse.store.store import open_database
from poolhouse.store.user_counts import UserCounts
from poolhouse.store.user_search import SEARCHED
from poolhouse.store.users import Users

BOUNDED = ("SCAN counted", "SCAN page")
"""Steps through the rows of a subquery that has a LIMIT."""

STATUSES = list(UserStatus)
GROUP = Group(id="group-1", pool_id=POOL, key="g", name="g", created_at=NOW, modified_at=NOW)


class Listening:
    """A database that remembers what it was asked."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.asked: dict[str, Sequence[Any]] = {}

    async def fetch(self, statement: str, *parameters: Any) -> Sequence[Row]:
        self.asked[statement] = parameters
        return await self._database.fetch(statement, *parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)


async def read_all(listening: Listening, sealer: Any) -> None:
    """Ask everything that can be asked about users."""
    store = Users(listening, sealer)
    user = a_user("sub-7")
    await store.by_sub(POOL, user.sub)
    await store.by_name(UserName(POOL, NameKind.USERNAME, user.username))
    await store.by_sub_or_name(user.sub, UserName(POOL, NameKind.USERNAME, user.username))
    await store.by_either_name(
        UserName(POOL, NameKind.USERNAME, user.username),
        UserName(POOL, NameKind.PREFERRED_USERNAME, user.username),
    )
    await store.holder(UserName(POOL, NameKind.USERNAME, user.username))
    await store.password(user)
    await store.password_with_failures(user)
    await Sessions(listening).with_user(POOL, user.sub, "session")
    await store.count(POOL, 100)
    await UserCounts(listening).estimate(POOL, NOW)
    await store.page(POOL, None, 1)
    for wanted in [None, *filters()]:
        first = await store.listed(POOL, wanted, None, 1)
        if first.next is not None:
            await store.listed(POOL, wanted, first.next, 1)
    attempts = Codes(listening)
    await attempts.find(user, Purpose.SIGN_UP)
    await attempts.attempts(user, Action.CONFIRM_SIGN_UP)
    await attempts.past_attempts(10, 10)
    memberships = Groups(listening)
    await memberships.of_user(user)
    await memberships.members(GROUP, None, 1)
    await memberships.members(GROUP, "sub-3", 1)
    await memberships.former_members(GROUP.id, 1)


def filters() -> list[UserFilter]:
    values = {"username": "user-1", "sub": "sub-1", "status": "Enabled"}
    values |= {"cognito:user_status": "UNCONFIRMED"} | dict.fromkeys(SEARCHED, "same 1")
    assert values.keys() == SEARCHABLE
    return [
        UserFilter(attribute=attribute, prefix=prefix, value=value)
        for attribute, value in values.items()
        for prefix in (False, True)
    ]


async def fill(database: Database) -> None:
    """Users enough for a planner to tell a good index from a bad one."""

    async def add(n: int) -> None:
        user = a_user(
            f"sub-{n}",
            pool_id=POOL if n % 2 else "elsewhere",
            status=STATUSES[n // 2 % len(STATUSES)],
            enabled=bool(n % 4 > 1),
            attributes=dict.fromkeys(SEARCHED, f"same {n % 40}"),
        )
        code = Code(
            sub=user.sub,
            pool_id=user.pool_id,
            purpose=Purpose.SIGN_UP,
            digest=b"digest",
            attribute="email",
            created_at=NOW,
            expires_at=NOW,
        )
        attempts = AttemptCount(
            sub=user.sub,
            pool_id=user.pool_id,
            action=Action.CONFIRM_SIGN_UP,
            since=NOW,
            count=1,
        )
        _, membership = groups.join(user, GROUP)
        name = UserName(user.pool_id, NameKind.USERNAME, user.username)
        await database.commit(
            [
                users.add(user),
                users.claim(name, user.sub),
                codes.save(code),
                codes.count(attempts),
                membership,
            ]
        )

    await database.commit([pools.add(a_pool())])
    others = [replace(GROUP, id=f"other-{n}", key=f"other-{n}") for n in range(100)]
    for group in (GROUP, *others):
        await database.commit([groups.add(group)])
    for start in range(0, 1600, 200):
        await asyncio.gather(*(add(n) for n in range(start, start + 200)))


class NoSealer:
    """There is nothing sealed to be read here."""

    def seal(self, plain: bytes, context: Context, *parameters: str) -> bytes:
        raise AssertionError(context)

    unseal = seal


async def test_sqlite_finds_users_by_indexes_alone() -> None:
    database = await open_database("sqlite://")
    await migrate(database)
    await fill(database)
    listening = Listening(database)
    await read_all(listening, NoSealer())
    assert len(listening.asked) > 30
    for statement, parameters in listening.asked.items():
        rows = await database.fetch(f"EXPLAIN QUERY PLAN {statement}", *parameters)
        plan = [str(row[3]) for row in rows]
        searches = [step for step in plan if step.startswith(("SEARCH", "SCAN"))]
        for step in searches:
            assert step.startswith("SEARCH") or step in BOUNDED, (statement, plan)
        assert not any("TEMP B-TREE" in step for step in plan), (statement, plan)
        narrowed(statement, " ".join(searches), plan)
    await database.close()


@pytest.mark.parametrize("mode", ["force_generic_plan", "force_custom_plan"])
async def test_postgres_finds_users_by_indexes_alone(postgres_server: Any, mode: str) -> None:
    """With the values known and, as for a statement that is asked often, without."""
    database = await open_database(await postgres_server.database(), connections=1)
    await fill(database)
    # Tables as small as these would rather be read from end to end.
    await database.fetch("SET enable_seqscan = off")
    await database.fetch("SET enable_bitmapscan = off")
    await database.fetch(f"SET plan_cache_mode = {mode}")
    await database.fetch("ANALYZE")
    listening = Listening(database)
    await read_all(listening, NoSealer())
    assert len(listening.asked) > 30
    for statement, parameters in listening.asked.items():
        rows = await database.fetch(f"EXPLAIN {statement}", *parameters)
        plan = [str(row[0]).strip() for row in rows]
        for unwanted in ("Seq Scan", "Sort", "Filter:"):
            assert not any(unwanted in step for step in plan), (statement, plan)
        conditions = " ".join(step for step in plan if step.startswith("Index Cond:"))
        narrowed(statement, conditions, plan)
    await database.close()


def narrowed(statement: str, conditions: str, plan: list[str]) -> None:
    """The index is led by the very column that a search is about, not by the pool alone."""
    for column in [*(f"find_{attribute}" for attribute in SEARCHED), "status", "enabled"]:
        if f"{column} " in statement.partition("WHERE")[2]:
            assert column in conditions, (statement, plan)
