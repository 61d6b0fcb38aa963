"""A store with an administrator, a pool, an app client and as many unconfirmed users as asked for.

Pool and client are made by calls, as an operator would make them. Users are written as an import
writes them, thousands to a commit: to sign up a hundred thousand of them would take minutes.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Final

import apsw
import asyncpg

from bench.scenarios import PASSWORD, Population
from bench.signed_requests import ACCOUNT, REGION, Key, call
from poolhouse.bootstrap.store import open_store
from poolhouse.config.settings import Settings
from poolhouse.crypto.sealer import Sealer
from poolhouse.entities.principals import AccessKey, Principal
from poolhouse.entities.sessions import TokenSession
from poolhouse.entities.users import PasswordCredential, User, UserStatus
from poolhouse.ids import Ids
from poolhouse.rules.auth import srp
from poolhouse.store import principals, sessions
from poolhouse.store.bulk.user_records import UserRecord
from poolhouse.store.interface import Write

POLICY: Final = """{"Version": "2012-10-17", "Statement": [
  {"Sid": "Pools", "Effect": "Allow", "Resource": "*", "Action": "cognito-idp:CreateUserPool"},
  {"Sid": "Users", "Effect": "Allow", "Resource": "arn:aws:cognito-idp:*:*:userpool/*",
   "Action": ["cognito-idp:AdminConfirmSignUp", "cognito-idp:AdminGetUser",
              "cognito-idp:AdminUpdateUserAttributes", "cognito-idp:AdminList*",
              "cognito-idp:CreateUserPoolClient", "cognito-idp:CreateUserPoolDomain",
              "cognito-idp:List*"]}]}"""
"""The policy of an administrator of users."""

MANY: Final = 1_000_000
"""Users of a pool who have five sessions each: in smaller ones are none but those that the load
makes.
"""
_USERS_A_COMMIT: Final = 2_000

_ID: Final = "00000000-0000-0000-0000-session-id.."
_SUB: Final = "00000000-0000-0000-0000-the-users-sub"
_ADD_SESSIONS: Final = (
    "INSERT INTO sessions (sub, pool_id, id, version, expires_at, body)"
    " SELECT sub, pool_id, number || substr(sub, 2), $1, $2,"
    f" replace(replace($3, '{_SUB}', sub), '{_ID}', number || substr(sub, 2)) FROM users"
    " CROSS JOIN (SELECT '1' AS number UNION ALL SELECT '2' UNION ALL SELECT '3'"
    " UNION ALL SELECT '4' UNION ALL SELECT '5') AS numbers"
    " WHERE pool_id = $4 AND sub >= $5 AND sub <= $6 ORDER BY sub, number"
)
"""Five of each user. Their ids are those of their users but for the first digit."""


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
    """Return what the server seals its tokens with."""
    store, _, sealer = await open_store(_settings(data, store_url))
    await store.close()
    return sealer


def add_pool(port: int, key: Key) -> tuple[str, str]:
    """Return a pool as it comes, and an app client; their ids.

    Nothing is verified, so nothing sent.
    """
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
        await store.configuration.refresh()
        pool = await store.pools.find(population.pool_id)
        assert pool is not None
        users = _users(population)
        while some := list(islice(users, _USERS_A_COMMIT)):
            await store.commit(*store.bulk.add_users(pool, some))
            if population.users >= MANY:
                await store.commit(_sessions(population, some))
    finally:
        await store.close()


def _sessions(population: Population, some: Sequence[UserRecord]) -> Write:
    """Return a write of sessions for consecutive users, as sign-ins leave them.

    The store itself makes five of each user, in the order of its index. Writing five million here
    would take as long as everything else.
    """
    now = datetime.now(UTC)
    session = TokenSession(
        id=_ID,
        sub=_SUB,
        pool_id=population.pool_id,
        client_id=population.client_id,
        handle=f"tkn{_ID}",
        origin_jti=_ID,
        started_at=now,
        active_at=now,
        expires_at=now + timedelta(days=30),
        refresh=bytes(32),
        proofs=("pwd",),
        scope="aws.cognito.signin.user.admin",
        source_ip="192.0.2.1",
        user_agent="Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux#6.1.0 md/arch#x86_64",
    )
    _, pool_id, _, version, expires_at, body = sessions.add(session).parameters
    first, last = some[0].user.sub, some[-1].user.sub
    return Write(_ADD_SESSIONS, (version, expires_at, body, pool_id, first, last))


async def unconfirm(store_url: str, pool_id: str) -> None:
    """Put all users of a pool back to where AdminConfirmSignUp finds them."""
    statement = (
        "UPDATE users SET status = $1, version = version + 1 WHERE pool_id = $2 AND status = $3"
        " AND username >= 'user-'"  # members stay what they are
    )
    parameters = (UserStatus.UNCONFIRMED.value, pool_id, UserStatus.CONFIRMED.value)
    if not store_url.startswith("sqlite:"):
        connection = await asyncpg.connect(store_url)
        await connection.execute(statement, *parameters)
        await connection.close()
        return
    file = apsw.Connection(_path(store_url))
    file.set_busy_timeout(10_000)
    file.execute(statement, parameters)
    file.close()


def sample_subs(store_url: str, pool_id: str, most: int) -> list[str]:
    """Return the subs of random users of the embedded store, who are in no group."""
    connection = apsw.Connection(_path(store_url), flags=apsw.SQLITE_OPEN_READONLY)
    rows = connection.execute(
        "SELECT sub FROM users WHERE pool_id = ? AND username >= 'user-' ORDER BY random() LIMIT ?",
        (pool_id, most),
    ).fetchall()
    connection.close()
    return [str(row[0]) for row in rows]


def _users(population: Population) -> Iterator[UserRecord]:
    """Yield the users in the order of their subs.

    A verifier takes a tenth of a millisecond: users share one that belongs to no user, members have
    their own.
    """
    ids, now = Ids(), datetime.now(UTC)
    salt, pool_name = ids.salt(), population.pool_id.split("_")[1]
    without_password = srp.verifier(pool_name, "nobody", PASSWORD, salt)
    for n in range(population.users + population.members):
        # As if they had signed up at a thousand a second.
        sub = ids.sub(now + timedelta(milliseconds=n))
        is_member = n >= population.users
        name = population.member(n - population.users) if is_member else population.username(n)
        verifier = srp.verifier(pool_name, name, PASSWORD, salt) if is_member else without_password
        user = User(
            sub=sub,
            pool_id=population.pool_id,
            username=name,
            status=UserStatus.CONFIRMED if is_member else UserStatus.UNCONFIRMED,
            attributes={"email": f"{name}@example.com", "name": f"Ada Lovelace {n}"},
            created_at=now,
            modified_at=now,
        )
        password = PasswordCredential(
            sub=sub, pool_id=population.pool_id, salt=salt, verifier=verifier, set_at=now
        )
        yield UserRecord(user=user, password=password)


def _settings(data: Path, store_url: str) -> Settings:
    return Settings(data=data, store=store_url, region=(REGION,), account_id=ACCOUNT)


def _path(store_url: str) -> str:
    return store_url.removeprefix("sqlite:///")
