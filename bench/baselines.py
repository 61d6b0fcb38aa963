"""What an operation can't do without, measured on the machine and core that serves.

Every part is timed alone: the CPU time of this process, kernel included, for the least that a
program in this language needs for it. A floor is the sum of an operation's parts.

`http`      read a request and write an answer: uvicorn with an idle application (serving.py), a
            yardstick that our own protocol may fall below
`sigv4`     check a signature with the day's key at hand
`json`      read the request's JSON, write the answer's
`read`      one row by its primary key
`page`      ten rows by an index
`update`    one user's status, in a durable commit shared with as many others as the server did
`insert`    a user, a name and a credential, in such a commit
`verifier`  the SRP verifier of a password
`seal`      AES-GCM over what is kept of a password
`session`   what a sign-in leaves, inserted in such a commit
`rsa`       the RS256 signature of a token
`jwt`       checking such a signature
`srp`       the two powers by which the server knows SRP's shared secret
"""

import asyncio
import itertools
import os
import random
import time
from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import apsw
import asyncpg
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key

from bench.processes import SERVER_CORE, on_core
from bench.scenarios import Population
from bench.signed_requests import REGION, SERVICE, Requests
from poolhouse.api import json11
from poolhouse.crypto.contexts import Context
from poolhouse.crypto.master_key import MasterKey, new_wrapped_data_key
from poolhouse.crypto.sealer import Sealer
from poolhouse.crypto.signing_keys import SigningKey
from poolhouse.ids import Ids
from poolhouse.rules.auth import srp
from poolhouse.rules.aws import sigv4, sigv4_verification
from poolhouse.wire.operations import OPERATIONS
from poolhouse.wire.structs import AdminConfirmSignUpResponse

SECONDS: Final = 0.3
"""Length of each measurement."""

_READ: Final = "SELECT * FROM users WHERE sub = $1 AND pool_id = $2"
_PAGE: Final = (
    "SELECT * FROM users WHERE pool_id = $1 AND find_email >= $2 AND find_email < $3"
    " ORDER BY find_email, sub LIMIT 61"
)
_UPDATE: Final = (
    "UPDATE users SET status = $1, modified_at = $2, version = version + 1"
    " WHERE sub = $3 AND pool_id = $4"
)
_INSERTS: Final = (
    "INSERT INTO names (key, sub) VALUES ($1, $2)",
    "INSERT INTO users (sub, pool_id, username, status, enabled, created_at, modified_at,"
    " version, attributes, find_email, find_name)"
    " VALUES ($1, $2, $3, 'UNCONFIRMED', 1, 0, 0, 1, $4, $5, $6)",
    "INSERT INTO credentials (sub, pool_id, version, sealed) VALUES ($1, $2, 1, $3)",
)
_INSERT_AT_ONCE: Final = (
    "WITH n AS (INSERT INTO names (key, sub) VALUES ($1, $2)), u AS (INSERT INTO users"
    " (sub, pool_id, username, status, enabled, created_at, modified_at, version, attributes,"
    " find_email, find_name) VALUES ($3, $4, $5, 'UNCONFIRMED', 1, 0, 0, 1, $6, $7, $8))"
    " INSERT INTO credentials (sub, pool_id, version, sealed) VALUES ($9, $10, 1, $11)"
)
_SEALED: Final = bytes(480)
_SESSION: Final = (
    "INSERT INTO sessions (sub, pool_id, id, version, expires_at, body)"
    " VALUES ($1, $2, $3, 1, $4, $5)"
)


def of_computing(population: Population) -> dict[str, float]:
    """Return the parts that need no store, in seconds."""
    raw = Requests(9229, "AdminConfirmSignUp", population.key).make(
        UserPoolId=population.pool_id, Username=population.username(0)
    )
    head, _, body = raw.partition(b"\r\n\r\n")
    lines = (line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
    headers = [(name.lower(), value) for name, value in lines]
    now = datetime.now(UTC)
    signing_key = sigv4.signing_key(population.key.secret, f"{now:%Y%m%d}", REGION, SERVICE)

    def verify_request() -> None:
        signature = sigv4.parse(
            "POST", b"/", b"", headers, regions=[REGION], service=SERVICE, now=now
        )
        assert signature is not None
        sigv4_verification.verify(signature, signing_key, body)

    operation, answer = OPERATIONS["AdminConfirmSignUp"], AdminConfirmSignUpResponse()

    def json() -> None:
        json11.decode(operation, body)
        json11.encode(answer)

    master = MasterKey(bytes(32))
    sealer, salt = Sealer(master, new_wrapped_data_key(master)), Ids().salt()
    key, claims = SigningKey.generate(), {"sub": "x" * 36, "username": "x" * 400}
    signed, _, encoded = key.sign(claims).encode().rpartition(b".")
    signature = urlsafe_b64decode(encoded + b"==")
    public = load_der_private_key(key.private_der(), None).public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    stored = srp.verifier("pool", "user", "Correct-Horse-7", salt)
    secret, srp_a = Ids().srp_secret(), pow(srp.G, random.getrandbits(128), srp.N)
    u = srp.srp_u(srp_a, srp.server_public(stored, secret))
    with on_core(SERVER_CORE):
        return {
            "sigv4": _cpu(verify_request),
            "json": _cpu(json),
            "verifier": _cpu(lambda: srp.verifier("pool", "user", "Correct-Horse-7", salt)),
            "seal": _cpu(lambda: sealer.seal(_SEALED, Context.PASSWORD, "pool", "sub")),
            "rsa": _cpu(lambda: key.sign(claims)),
            "jwt": _cpu(lambda: public.verify(signature, signed, padding.PKCS1v15(), SHA256())),
            "srp": _cpu(lambda: srp.session_key(srp_a, secret, u, stored)),
        }


class SqliteFloors:
    """The parts of the embedded store, on the very file that the server works on."""

    def __init__(self, path: Path, population: Population, subs: Sequence[str]) -> None:
        self._connection = apsw.Connection(str(path))
        self._connection.set_busy_timeout(10_000)
        self._connection.pragma("synchronous", "full")
        self._connection.pragma("cache_size", -16_000)
        self._population = population
        self._subs = subs
        self._commits: dict[tuple[str, int], float] = {}

    def reads(self) -> dict[str, float]:
        execute, pool = self._connection.execute, self._population.pool_id
        with on_core(SERVER_CORE):
            return {
                "read": _cpu(lambda: execute(_READ, (random.choice(self._subs), pool)).fetchall()),
                "page": _cpu(lambda: execute(_PAGE, _some_page(self._population)).fetchall()),
            }

    def commit(self, part: str, group: int) -> float:
        """Return the CPU seconds of one change in commits of `group`.

        `part` is `update`, `insert` or `session`.
        """
        if (part, group) not in self._commits:
            changes = {"update": self._update, "insert": self._insert, "session": self._session}
            change = changes[part]

            def commit() -> None:
                with self._connection:
                    for _ in range(group):
                        change()

            with on_core(SERVER_CORE):
                self._commits[part, group] = _cpu(commit) / group
        return self._commits[part, group]

    def close(self) -> None:
        self._connection.close()

    def _update(self) -> None:
        status = random.choice(("CONFIRMED", "UNCONFIRMED"))
        self._connection.execute(
            _UPDATE, (status, 0, random.choice(self._subs), self._population.pool_id)
        )

    def _session(self) -> None:
        self._connection.execute(
            _SESSION, _new_session(random.choice(self._subs), self._population)
        )

    def _insert(self) -> None:
        for statement, parameters in zip(_INSERTS, _new_user(self._population), strict=True):
            self._connection.execute(statement, parameters)


async def of_postgres(url: str, population: Population) -> dict[str, float]:
    """Return the parts of PostgreSQL: what its client costs this process, eight calls at a time."""
    pool = await asyncpg.create_pool(url, min_size=8, max_size=8)
    async with pool.acquire() as connection:
        rows = await connection.fetch(
            "SELECT sub FROM users WHERE pool_id = $1 AND username >= 'user-' LIMIT 10000",
            population.pool_id,
        )
    subs = [row[0] for row in rows]

    async def read(connection: Any) -> None:
        await connection.fetch(_READ, random.choice(subs), population.pool_id)

    async def page(connection: Any) -> None:
        await connection.fetch(_PAGE, *_some_page(population))

    async def update(connection: Any) -> None:
        await connection.execute(_UPDATE, "UNCONFIRMED", 0, random.choice(subs), population.pool_id)

    async def insert(connection: Any) -> None:
        name, user, credential = _new_user(population)
        await connection.execute(_INSERT_AT_ONCE, *name, *user, *credential)

    async def session(connection: Any) -> None:
        await connection.execute(_SESSION, *_new_session(random.choice(subs), population))

    measured = {
        "read": read,
        "page": page,
        "update": update,
        "insert": insert,
        "session": session,
    }
    with on_core(SERVER_CORE):
        floors = {name: await _cpu_of_calls(pool, one) for name, one in measured.items()}
    await pool.close()
    return floors


def total(parts: Mapping[str, float], needed: Mapping[str, int]) -> float:
    """Return a floor: the least CPU time for a unit, in seconds."""
    return sum(parts[name] * times for name, times in needed.items())


def of_disk(folder: Path) -> float:
    """Return how long the disk takes to store a page, in seconds.

    This isn't CPU time, but a single writer waits for it.
    """
    times = []
    with (folder / "fsync").open("wb", buffering=0) as file:
        for _ in range(50):
            began = time.perf_counter()
            file.write(bytes(4096))
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - began)
    return sorted(times)[len(times) // 2]


def _cpu(work: Callable[[], object]) -> float:
    """Return the CPU seconds of one call.

    It is the best of five measurements, because noise can only add to it.
    """
    for _ in range(10):
        work()
    times = []
    for _ in range(5):
        calls, began, until = 0, time.process_time(), time.perf_counter() + SECONDS / 5
        while time.perf_counter() < until:
            work()
            calls += 1
        times.append((time.process_time() - began) / calls)
    return min(times)


async def _cpu_of_calls(pool: Any, work: Callable[[Any], Awaitable[None]]) -> float:
    calls = 0

    async def caller(until: float) -> None:
        nonlocal calls
        async with pool.acquire() as connection:
            await work(connection)
            while time.perf_counter() < until:
                await work(connection)
                calls += 1

    began = time.process_time()
    until = time.perf_counter() + SECONDS
    await asyncio.gather(*(caller(until) for _ in range(8)))
    return (time.process_time() - began) / calls


def _some_page(population: Population) -> tuple[str, str, str]:
    name = population.username(random.randrange(population.users))[:-1]
    return population.pool_id, name, f"{name}\uffff"


_names = (f"floor-{random.getrandbits(48):012x}-{n}" for n in itertools.count())


def _new_session(sub: str, population: Population) -> tuple[Any, ...]:
    ends = int(time.time() * 1000) + 3_600_000
    return sub, population.pool_id, Ids().event_id(), ends, "x" * 600


def _new_user(population: Population) -> tuple[tuple[Any, ...], ...]:
    """Return the parameters of the three inserts."""
    pool, sub, name = population.pool_id, Ids().sub(datetime.now(UTC)), next(_names)
    email = f"{name}@example.com"
    return (
        (f"{pool}/username/{name}", sub),
        (sub, pool, name, f'{{"email":"{email}","name":"Ada Lovelace"}}', email, "ada lovelace"),
        (sub, pool, _SEALED),
    )
