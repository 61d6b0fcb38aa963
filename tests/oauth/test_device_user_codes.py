"""Guesses at the codes that devices show, many at once; and grants on both stores."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from support.devices_at_domains import DEVICE_CLIENT
from support.domain_pools import DomainPool
from support.running_server import RunningServer
from support.served_pools import NewPool

from poolhouse.app import App
from poolhouse.auth import device_grant
from poolhouse.entities.clients import Client
from poolhouse.entities.pools import Pool
from poolhouse.errors.oauth import InvalidGrant, OAuthError, TooManyUserCodes, UnknownUserCode
from poolhouse.errors.protocol import RateExceeded
from poolhouse.rules.auth import lockout
from poolhouse.rules.oauth.device_grants import LETTERS, LIFETIME
from poolhouse.services import accepted_user_codes, browser_sessions, device_user_codes
from poolhouse.services.browser_sessions import SignedIn
from poolhouse.services.context import Call, Caller, ClientCall
from poolhouse.services.device_polls import MOST, DevicePolls
from poolhouse.services.retry import until_committed
from poolhouse.store.garbage_collection import GarbageCollector
from poolhouse.store.interface import Conflict

pytestmark = pytest.mark.both_stores


@pytest.fixture
def domain(server: RunningServer, new_pool: NewPool) -> DomainPool:
    made = DomainPool(server, new_pool(client=DEVICE_CLIENT))
    made.add_user()
    return made


def caller(address: str, now: datetime | None = None) -> Caller:
    return Caller(request_id="r", now=now or datetime.now(UTC), source_ip=address, user_agent=None)


async def configured(app: App, domain: DomainPool) -> tuple[Pool, Client]:
    store = app.services.store
    await store.configuration.refresh()
    pool = await store.pools.find(domain.pool.id)
    client = await store.clients.find(domain.client_id)
    assert pool is not None
    assert client is not None
    return pool, client


async def client_call(app: App, domain: DomainPool) -> ClientCall:
    pool, client = await configured(app, domain)
    return ClientCall(app.services, caller("192.0.2.1"), pool=pool, client=client)


async def guess(app: App, pool: Pool, typed: str, address: str) -> str:
    """What a guess from an address is answered."""
    call = Call(app.services, caller(address))
    try:
        await until_committed(call, lambda: device_user_codes.find(call, pool, typed))
    except UnknownUserCode:
        return "wrong"
    except (TooManyUserCodes, RateExceeded, Conflict):
        return "limited"
    return "right"


def wrong_code(number: int) -> str:
    return "".join(LETTERS[number // 20**place % 20] for place in range(8))


def test_guesses_at_user_codes_together_are_answered_up_to_the_limit(
    server: RunningServer, domain: DomainPool
) -> None:
    """Right ones too: after as many wrong ones, though all arrive at once."""

    async def together(app: App) -> tuple[list[str], str, str]:
        call = await client_call(app, domain)
        codes = await device_grant.begin(call, ("openid",))
        guesses = [wrong_code(n) for n in range(200)]
        tasks = [guess(app, call.pool, each, "192.0.2.1") for each in [*guesses, codes.user_code]]
        *wrong, right = await asyncio.gather(*tasks)
        return wrong, right, await guess(app, call.pool, codes.user_code, "192.0.2.2")

    wrong, right, elsewhere = server.run(together)
    counted = Counter(wrong)
    assert 0 < counted["wrong"] <= lockout.FREE
    assert counted["wrong"] + counted["limited"] == 200
    assert (right, elsewhere) == ("limited", "right")


def test_right_user_code_clears_no_count(server: RunningServer, domain: DomainPool) -> None:
    async def guesses(app: App) -> list[str]:
        call = await client_call(app, domain)
        own = (await device_grant.begin(call, ("openid",))).user_code
        typed = [*(wrong_code(n) for n in range(lockout.FREE - 1)), own, wrong_code(9), own]
        return [await guess(app, call.pool, each, "192.0.2.3") for each in typed]

    assert server.run(guesses) == [*["wrong"] * 4, "right", "wrong", "limited"]


def test_accepted_user_code_is_found_with_its_cookie_alone(
    server: RunningServer, domain: DomainPool
) -> None:
    async def found(app: App) -> list[bool]:
        call = await client_call(app, domain)
        own, other = [(await device_grant.begin(call, ("openid",))).user_code for _ in range(2)]
        grant = await device_user_codes.find(call, call.pool, own)
        cookie, now = accepted_user_codes.sealed(app.services, grant), call.now
        tries = [
            (domain.pool.id, own, cookie, now),
            (domain.pool.id, other, cookie, now),
            ("eu-central-1_Another00", own, cookie, now),
            (domain.pool.id, own, "", now),
            (domain.pool.id, own, cookie[:-4] + "AAAA", now),
            (domain.pool.id, own, cookie, now + LIFETIME),
        ]
        there = [await accepted_user_codes.find(app.services, *each) for each in tries]
        await device_grant.deny(call, grant)
        return [
            each is not None
            for each in [*there, await accepted_user_codes.find(app.services, *tries[0])]
        ]

    assert server.run(found) == [True, *[False] * 6]


def test_device_code_polled_by_many_at_once_gives_tokens_once(
    server: RunningServer, domain: DomainPool
) -> None:
    sub = domain.pool.user("alice")["attributes"]["sub"]

    async def _signed_in(app: App, call: ClientCall) -> SignedIn:
        user = await app.services.store.users.by_sub(domain.pool.id, sub)
        assert user is not None
        session, _ = browser_sessions.begin(
            call,
            user,
            client_id=domain.client_id,
            domain=domain.url,
            proofs=("pwd",),
            password_version=1,
            level=1,
            device_key=None,
        )
        return SignedIn(session, user)

    async def together(app: App) -> list[str]:
        call = await client_call(app, domain)
        codes = await device_grant.begin(call, ("openid",))
        found = await device_user_codes.find(call, call.pool, codes.user_code)
        signed_in = await _signed_in(app, call)
        await device_grant.allow(call, found, signed_in)

        async def poll() -> str:
            own = await client_call(app, domain)
            try:
                await until_committed(own, lambda: device_grant.exchange(own, codes.device_code))
            except (OAuthError, Conflict) as error:
                return type(error).__name__
            return "tokens"

        return list(await asyncio.gather(*(poll() for _ in range(20))))

    outcomes = Counter(server.run(together))
    assert outcomes["tokens"] == 1
    assert outcomes.keys() <= {"tokens", InvalidGrant.__name__, "VersionConflict"}


def test_device_requests_that_have_expired_are_deleted(
    server: RunningServer, domain: DomainPool
) -> None:
    async def collect(app: App) -> tuple[bool, bool]:
        call = await client_call(app, domain)
        codes = await device_grant.begin(call, ("openid",))
        store, digest = app.services.store, device_grant._digest(app.services, codes.device_code)
        before = await store.device_grants.find(digest)
        later = datetime.now(UTC) + LIFETIME + timedelta(minutes=2)
        await GarbageCollector(store, lambda: later).collect()
        return before is not None, await store.device_grants.find(digest) is not None

    assert server.run(collect) == (True, False)


def test_polls_that_a_worker_remembers_are_bounded() -> None:
    polls, now = DevicePolls(), datetime.now(UTC)
    for number in range(MOST + 5):
        assert not polls.is_too_soon(str(number).encode(), now)
    assert len(polls._polled) == MOST
    assert polls.is_too_soon(str(MOST).encode(), now)
