"""A store with an administrator, a pool, an app client and as many unconfirmed users as asked for.

Pool and client are made by calls, as an operator would make them. Users are written straight to
the database, thousands to a commit: to sign up a hundred thousand of them would take minutes.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final

import apsw
import asyncpg

from bench.scenarios import PASSWORD, Population
from bench.signing import ACCOUNT, REGION, Key, call
from poolhouse.app import open_store
from poolhouse.config import Settings
from poolhouse.entities.principals import AccessKey, Principal
from poolhouse.entities.sessions import TokenSession
from poolhouse.entities.users import NameKind, PasswordCredential, User, UserName, UserStatus
from poolhouse.ids import Ids
from poolhouse.keys import Sealer
from poolhouse.rules import srp
from poolhouse.store import principals, sessions, users
from poolhouse.store.contract import Write
from poolhouse.store.opening import Store

POLICY: Final = """{"Version": "2012-10-17", "Statement": [
  {"Sid": "Pools", "Effect": "Allow", "Resource": "*", "Action": "cognito-idp:CreateUserPool"},
  {"Sid": "Users", "Effect": "Allow", "Resource": "arn:aws:cognito-idp:*:*:userpool/*",
   "Action": ["cognito-idp:AdminConfirmSignUp", "cognito-idp:AdminGetUser",
              "cognito-idp:AdminUpdateUserAttributes", "cognito-idp:AdminList*",
              "cognito-idp:CreateUserPoolClient", "cognito-idp:List*"]}]}"""
"""What an administrator of users might be allowed."""

SESSIONS_A_USER: Final = 5
"""In pools of a million users: smaller ones have none but those that the load makes."""
_USERS_A_COMMIT: Final = 5_000


async def add_administrator(data: Path, store_url: str) -> Key:
    """Make the tables and an access key with a policy."""
    store, *_ = await open_store(_settings(data, store_url))
    ids, now = Ids(), datetime.now(UTC)
    arn = f"arn:aws:iam::{ACCOUNT}:user/administrator"
    key = Key(ids.access_key_id(), ids.secret_access_key())
    await store.commit(
        principals.add(Principal(arn=arn, policies={"Users": POLICY}, created_at=now)),
        store.principals.add_key(
            AccessKey(id=key.id, principal_arn=arn, secret=key.secret, created_at=now)
        ),
    )
    await store.close()
    return key


async def sealer(data: Path, store_url: str) -> Sealer:
    """What the server seals its tokens with."""
    store, _, sealer = await open_store(_settings(data, store_url))
    await store.close()
    return sealer


def add_pool(port: int, key: Key) -> tuple[str, str]:
    """A pool as it comes, and an app client; their ids. Nothing is verified, so nothing sent."""
    pool = call(port, "CreateUserPool", key, PoolName="bench")["UserPool"]
    client = call(
        port,
        "CreateUserPoolClient",
        key,
        UserPoolId=pool["Id"],
        ClientName="bench",
        ExplicitAuthFlows=[
            "ALLOW_USER_PASSWORD_AUTH",
            "ALLOW_USER_SRP_AUTH",
            "ALLOW_REFRESH_TOKEN_AUTH",
        ],
    )
    return pool["Id"], client["UserPoolClient"]["ClientId"]


async def add_users(data: Path, store_url: str, population: Population) -> None:
    """Write the population, with names, passwords and everything that a sign-up leaves."""
    store, *_ = await open_store(_settings(data, store_url))
    try:
        writes = _writes(store, population)
        while some := list(islice(writes, 3 * _USERS_A_COMMIT)):
            await _write_in_bulk(store_url, some)
        if population.users >= 1_000_000:
            await _add_sessions(store_url, population)
    finally:
        await store.close()


async def _add_sessions(store_url: str, population: Population) -> None:
    """Five sessions for each user, as sign-ins leave them."""
    subs = sample_subs(store_url, population.pool_id, population.users)
    now = datetime.now(UTC)
    ids = Ids()
    for first in range(0, len(subs), _USERS_A_COMMIT):
        await _write_in_bulk(
            store_url,
            [
                sessions.add(_session(population, sub, ids.event_id(), now))
                for sub in subs[first : first + _USERS_A_COMMIT]
                for _ in range(SESSIONS_A_USER)
            ],
        )


def _session(population: Population, sub: str, event_id: str, now: datetime) -> TokenSession:
    return TokenSession(
        id=event_id,
        sub=sub,
        pool_id=population.pool_id,
        client_id=population.client_id,
        handle=f"tkn{event_id.replace('-', '')[:25]}",
        origin_jti=event_id[::-1],
        started_at=now,
        active_at=now,
        expires_at=now + timedelta(days=30),
        refresh=bytes(32),
        proofs=("pwd",),
        scope="aws.cognito.signin.user.admin",
        source_ip="192.0.2.1",
        user_agent="Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux#6.1.0 md/arch#x86_64",
    )


async def unconfirm(store_url: str, pool_id: str) -> None:
    """Put all users of a pool back to where AdminConfirmSignUp finds them."""
    statement = (
        "UPDATE users SET status = $1, version = version + 1 WHERE pool_id = $2 AND status = $3"
        " AND username >= 'user-'"  # members stay what they are
    )
    parameters = (UserStatus.UNCONFIRMED.value, pool_id, UserStatus.CONFIRMED.value)
    await _write_in_bulk(store_url, [Write(statement, parameters)])


def sample_subs(store_url: str, pool_id: str, most: int) -> list[str]:
    """Subs of users of the embedded store, no members, in no order."""
    connection = apsw.Connection(_path(store_url), flags=apsw.SQLITE_OPEN_READONLY)
    rows = connection.execute(
        "SELECT sub FROM users WHERE pool_id = ? AND username >= 'user-' ORDER BY random() LIMIT ?",
        (pool_id, most),
    ).fetchall()
    connection.close()
    return [str(row[0]) for row in rows]


def _writes(store: Store, population: Population) -> Iterator[Write]:
    """Three writes a user. A verifier takes a tenth of a millisecond: users share one that is
    nobody's, members have their own.
    """
    ids, now = Ids(), datetime.now(UTC)
    salt, pool_name = ids.salt(), population.pool_id.split("_")[1]
    nobodys = srp.verifier(pool_name, "nobody", PASSWORD, salt)
    for n in range(population.users + population.members):
        # As if they had signed up at a thousand a second.
        sub = ids.sub(now + timedelta(milliseconds=n))
        is_member = n >= population.users
        name = population.member(n - population.users) if is_member else population.username(n)
        verifier = srp.verifier(pool_name, name, PASSWORD, salt) if is_member else nobodys
        yield users.claim(UserName(population.pool_id, NameKind.USERNAME, name), sub)
        yield users.add(
            User(
                sub=sub,
                pool_id=population.pool_id,
                username=name,
                status=UserStatus.CONFIRMED if is_member else UserStatus.UNCONFIRMED,
                attributes={"email": f"{name}@example.com", "name": f"Ada Lovelace {n}"},
                created_at=now,
                modified_at=now,
            )
        )
        yield store.users.add_password(
            PasswordCredential(
                sub=sub, pool_id=population.pool_id, salt=salt, verifier=verifier, set_at=now
            )
        )


async def _write_in_bulk(store_url: str, writes: Sequence[Write]) -> None:
    """All of the writes in one transaction, statement by statement."""
    by_statement: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for write in writes:
        by_statement[write.statement].append(write.parameters)
    if not store_url.startswith("sqlite:"):
        connection = await asyncpg.connect(store_url)
        async with connection.transaction():
            for statement, rows in by_statement.items():
                await connection.executemany(statement, rows)
        await connection.close()
        return
    with apsw.Connection(_path(store_url)) as file:
        file.set_busy_timeout(10_000)
        for statement, rows in by_statement.items():
            file.executemany(statement, rows)
    file.close()


def _settings(data: Path, store_url: str) -> Settings:
    return Settings(data=data, store=store_url, region=REGION, account_id=ACCOUNT)


def _path(store_url: str) -> str:
    return store_url.removeprefix("sqlite:///")
