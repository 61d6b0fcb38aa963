"""Thousands of requests that clients wouldn't send, through the protocol in this process.

Recorded good requests are changed in their members, their bytes, their headers; every route is
asked for. None is answered 5xx, none leaves a traceback, and the memory stays flat.

TEST_FUZZ sets the number and TEST_SEED the seed. The nightly run's 100,000 take 40 seconds of CPU.
"""

import asyncio
import copy
import gc
import json
import os
import random
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog
import uvloop
from structlog.typing import EventDict, WrappedLogger
from support.recorded_calls import CODE, Connection, Recorded, record, written
from support.run_size import size
from support.running_server import ACCOUNT, REGION
from support.wire_client import TARGET

from poolhouse import app as building
from poolhouse.config.settings import Settings
from poolhouse.wire.operations import OPERATIONS

REQUESTS = int(os.environ.get("TEST_FUZZ", size(20_000, nightly=100_000)))
SEED = int(os.environ.get("TEST_SEED", "1"))
WARM = 0.4
"""The part after which nothing more needs to be learnt, cached or compiled."""
MOST_GROWTH = 0.10
"""By how much the number of allocated blocks may differ from then on."""
COSTLY = {
    *("CreateUserPool", "SignUp", "InitiateAuth", "RespondToAuthChallenge", "AdminInitiateAuth"),
    *("ChangePassword", "AdminSetUserPassword", "ConfirmForgotPassword", "AdminCreateUser"),
}
"""Each success computes for milliseconds: drawn less often."""
PATHS = [
    "/",
    "/health",
    "/health/live",
    "/health/ready",
    "/confirmUser",
    "/confirmUser/",
    "/inbox",
    "/inbox/messages.json",
    "/dev/clock",
    "/POOL/.well-known/jwks.json",
    "/POOL/.well-known/openid-configuration",
    "/nothing",
    "/metrics",  # the last one seldom, as it is long
]
TEXTS = ["", "a", "\x00", "\r\n", "✓" * 40, "\ud800", "'\"\\%_;", "a" * 2_049, "x" * 40_000, "-1",
         "arn:aws:lambda:us-east-1:123456789012:function:f", "a@b.example", "0" * 300]  # fmt: skip
VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    2**31,
    2**63,
    10**40,
    0.5,
    1e308,
    [],
    {},
    [[]],
    [None],
    {"a": None},
]


class Changed:
    """An endless, repeatable stream of changed requests."""

    def __init__(self, recorded: list[Recorded], seed: int) -> None:
        self._rng = random.Random(seed)
        self._recorded = recorded
        self._weights = [1 if each.operation in COSTLY else 12 for each in recorded]
        self._leaves = sorted(
            {
                leaf
                for each in recorded
                for leaf in _leaves(each.members)
                if isinstance(leaf, str) and len(leaf) > 3
            }
        )
        self._pool_id = next(leaf for leaf in self._leaves if leaf.startswith(f"{REGION}_"))

    def __iter__(self) -> Iterator[bytes]:
        kinds = [self.members, self.body, self.headers, self.changed_bytes, self.route]
        while True:
            yield self._rng.choices(kinds, [50, 20, 10, 12, 8])[0]()

    def _one(self) -> Recorded:
        return self._rng.choices(self._recorded, self._weights)[0]

    def members(self) -> bytes:
        """Members of another kind, length or number, gone, or in each other's place."""
        one = self._one()
        members = copy.deepcopy(one.members)
        for _ in range(self._rng.randrange(1, 4)):
            self._spoil(members)
        return written(one.operation, self._json(members))

    def body(self) -> bytes:
        one = self._one()
        return written(one.operation, self._bytes(json.dumps(one.members).encode()))

    def headers(self) -> bytes:
        one = self._one()
        target = self._rng.choice([*OPERATIONS, "", "signup", one.operation])
        spoilt = self._bytes(self._rng.choice([TARGET + target, CODE, "gzip"]).encode())
        value = spoilt.replace(b"\r", b"").replace(b"\n", b"").decode("latin-1")
        name = self._rng.choice(
            ["authorization", "x-amz-target", "x-amz-date", "content-type", "origin", "host",
             "x-amz-security-token", "user-agent", "referer", "expect", "x-forwarded-for"]
        )  # fmt: skip
        body = json.dumps(one.members).encode()
        return written(one.operation, body, **{"x-amz-target": TARGET + target, name: value})

    def changed_bytes(self) -> bytes:
        one = self._one()
        return self._bytes(written(one.operation, json.dumps(one.members).encode()))

    def route(self) -> bytes:
        path = self._rng.choice(PATHS if self._rng.random() < 0.1 else PATHS[:-1])
        path = path.replace("POOL", self._pool_id)
        names = ["client_id", "user_name", "confirmation_code", "pool", "after", "limit", ""]
        query = "&".join(
            f"{self._rng.choice(names)}={self._rng.choice(self._leaves)[:200]}"
            for _ in range(self._rng.randrange(5))
        )
        target = f"{path}?{query}".encode("ascii", "replace").replace(b" ", b"+")
        if self._rng.random() < 0.5:
            target = self._bytes(target).replace(b" ", b"").replace(b"\n", b"")
        method = self._rng.choice([b"GET", b"HEAD", b"POST", b"OPTIONS", b"PUT"])
        if b"/dev/clock" in target:
            method = b"GET"  # the clock of the other requests must not be moved
        body = self._rng.choice([b"", b"{}", b'{"now":1}'])
        length = b"Content-Length: %d\r\n\r\n" % len(body)
        return method + b" " + target + b" HTTP/1.1\r\nHost: localhost\r\n" + length + body

    def _spoil(self, members: Any) -> None:
        at = members
        while True:
            keys = list(at) if isinstance(at, dict) else list(range(len(at)))
            if not keys:
                return
            key = self._rng.choice(keys)
            if not isinstance(at[key], dict | list) or not at[key] or self._rng.random() < 0.3:
                break
            at = at[key]
        kind = self._rng.random()
        if kind < 0.12:
            del at[key]
        elif kind < 0.30:
            at[key] = self._rng.choice(self._leaves)
        elif kind < 0.55:
            at[key] = self._rng.choice(TEXTS)
        elif kind < 0.85:
            at[key] = copy.deepcopy(self._rng.choice(VALUES))
        elif isinstance(at[key], str) and len(at[key]) < 20:
            at[key] = [at[key]] * self._rng.choice([0, 2, 300, 6_000])
        else:
            at[key] = [at[key]] * 2

    def _json(self, members: dict[str, Any]) -> bytes:
        text = json.dumps(members, ensure_ascii=self._rng.random() < 0.5)
        return text.encode("utf-8", "surrogatepass")

    def _bytes(self, data: bytes) -> bytes:
        changed = bytearray(data)
        for _ in range(self._rng.randrange(1, 5)):
            at = self._rng.randrange(len(changed) + 1)
            kind = self._rng.randrange(4)
            if kind == 0:
                changed[at : at + 1] = self._rng.randbytes(1)
            elif kind == 1:
                del changed[at : at + self._rng.randrange(1, 20)]
            elif kind == 2:
                changed[at:at] = self._rng.choice(
                    [b'"', b"\\u0000", b"}", b"[", b",", b"\\ud800", b"\r\n", b"%", b":", b"\x00"]
                )
            else:
                end = at + self._rng.randrange(60)
                changed[at:at] = changed[at:end] * self._rng.randrange(1, 4)
        return bytes(changed)


def _leaves(tree: Any) -> Iterator[Any]:
    if isinstance(tree, dict | list):
        for each in tree.values() if isinstance(tree, dict) else tree:
            yield from _leaves(each)
    else:
        yield tree


async def attack(tmp_path: Path) -> Counter[int | None]:
    """Send them all; how often each status came back."""
    settings = Settings(
        dev=True, memory=True, data=tmp_path, region=(REGION,), account_id=ACCOUNT, code=CODE
    )
    app = await building.build(settings)
    await app.start()
    connection = Connection(app)
    statuses: Counter[int | None] = Counter()
    recorded = await record(connection)
    requests, warm = iter(Changed(recorded, SEED)), 0
    for number in range(REQUESTS):
        data = next(requests)
        status, body = await connection.ask(data)
        statuses[status] += 1
        assert status is None or status < 500, (data, body)
        assert b"Traceback" not in body
        if number == int(REQUESTS * WARM):
            gc.collect()
            warm = sys.getallocatedblocks()
    await app._trail.flush()
    gc.collect()
    growth = sys.getallocatedblocks() / warm - 1
    connection.close()
    await app.stop()
    assert growth < MOST_GROWTH, f"{growth:.0%} more blocks of memory than after the warm-up"
    return statuses


@contextmanager
def counted_logs() -> Iterator[tuple[Counter[str], list[EventDict]]]:
    """How often each level is logged, and all that is an error: not all lines, which would grow."""
    levels, errors = Counter[str](), list[EventDict]()

    def keep(_logger: WrappedLogger, level: str, event: EventDict) -> Any:
        levels[level] += 1
        if level in ("error", "critical", "exception"):
            errors.append(event)
        raise structlog.DropEvent

    processors = structlog.get_config()["processors"]
    before = list(processors)
    processors[:] = [keep]
    try:
        yield levels, errors
    finally:
        processors[:] = before


def test_changed_requests_are_answered_and_nothing_breaks(tmp_path: Path) -> None:
    runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    with counted_logs() as (levels, errors), runner:
        statuses = runner.run(attack(tmp_path))
    assert errors == []
    assert levels["info"] > REQUESTS // 2, "dev mode logs each request"
    assert statuses.total() == REQUESTS
    assert statuses[200] > REQUESTS // 100
    assert statuses[400] > REQUESTS // 3
