"""With PreventUserExistenceErrors, neither response nor time reveals users (ev:auth-2.3).

The two kinds of requests come in pairs, either of them first in turn, so that whatever else the
machine does slows both alike. What counts is the middle of the pairs' differences, never a time.
"""

import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import FLOWS, AuthApi, srp_client

USERS = 40
TRIES = 4
"""Each name is tried less often than would lock it."""
LARGEST_DIFFERENCE = 0.25
"""Of the median: a password that isn't checked, or a commit that isn't made, is more than half."""


@pytest.fixture
def hiding(new_pool: NewPool) -> PoolForTest:
    pool = new_pool(client={"ExplicitAuthFlows": FLOWS, "PreventUserExistenceErrors": "ENABLED"})
    for n in range(USERS):
        pool.sign_up(f"user-{n}")
        pool.admin_confirm(f"user-{n}")
    return pool


def seconds(ask: Callable[[], None]) -> float:
    started = time.perf_counter()
    ask()
    return time.perf_counter() - started


def by_password(pool: PoolForTest, username: str) -> None:
    with pytest.raises(ClientError) as caught:
        AuthApi(pool, by_admin=False).by_password(username, "Wrong-horse-9!")
    error = caught.value.response["Error"]
    assert error["Message"] == "Incorrect username or password."


def by_srp(pool: PoolForTest, username: str) -> None:
    # Any number will do, and the client's arithmetic must not be measured.
    answer = AuthApi(pool, by_admin=False).start(
        "USER_SRP_AUTH", USERNAME=username, SRP_A="ab" * 192
    )
    assert answer["ChallengeParameters"]["USERNAME"] == username


@pytest.mark.parametrize("way", [by_password, by_srp])
def test_unknown_users_cost_the_same_time(
    hiding: PoolForTest, way: Callable[[Any, str], None]
) -> None:
    known, differences = list[float](), list[float]()
    for n in range(USERS):
        for attempt in range(TRIES):
            names = [f"user-{n}", f"nobody-{n}"]
            if attempt % 2:
                names.reverse()
            took = {name: seconds(partial(way, hiding, name)) for name in names}
            known.append(took[f"user-{n}"])
            differences.append(took[f"nobody-{n}"] - took[f"user-{n}"])
    difference = abs(median(differences))
    assert difference < LARGEST_DIFFERENCE * median(known), (difference, median(known))


def test_challenges_of_known_and_unknown_users_look_alike(hiding: PoolForTest) -> None:
    api = AuthApi(hiding, by_admin=False)
    shapes = []
    for username in ("user-1", "nobody-1"):
        client = srp_client(hiding)
        asked = api.start("USER_SRP_AUTH", USERNAME=username, SRP_A=client.srp_a)
        parameters = asked["ChallengeParameters"]
        lengths = {name: len(value) for name, value in parameters.items()}
        assert abs(lengths.pop("SRP_B") - 768) <= 2
        # The block also holds the name, and the client's number of digits differs by a few.
        assert lengths.pop("SECRET_BLOCK") > 800
        shapes.append((asked.keys(), lengths.keys(), lengths["SALT"]))
    assert shapes[0] == shapes[1]
