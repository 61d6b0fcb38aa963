"""What is measured: which requests, about which users, against which floor."""

import itertools
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from bench.load import Exchange, Unit
from bench.signed_requests import Key, Requests

PASSWORD = "Correct-Horse-7"


class Population(msgspec.Struct, frozen=True):
    """A pool's users: `user-0000000` and so on, who can be asked about in any order.

    Besides them, `member-0000000` and so on are confirmed, and each knows the password.
    """

    pool_id: str
    client_id: str
    key: Key
    users: int
    members: int = 0

    def username(self, n: int) -> str:
        return f"user-{n:07}"

    def member(self, n: int) -> str:
        return f"member-{n:07}"


class Scenario(msgspec.Struct, frozen=True):
    """An operation under load.

    `units` makes the requests; `floor` says how often each of the parts (floors.py) is needed,
    whatever the server is made of. `once` means that a unit can be done once, until the users are
    put back to where they were. `grows`: it leaves more in the store than there was.
    """

    name: str
    units: Callable[[int, Population, int], list[Unit]]
    floor: Mapping[str, int]
    once: bool = False
    grows: bool = False


def _confirm(port: int, population: Population, most: int) -> list[Unit]:
    requests = Requests(port, "AdminConfirmSignUp", population.key)
    chosen = random.sample(range(population.users), min(most, population.users))
    return [
        (Exchange(_about(requests, population, population.username(n)), b"{}"),) for n in chosen
    ]


def _sign_up_and_confirm(port: int, population: Population, most: int) -> list[Unit]:
    sign_up = Requests(port, "SignUp", None)
    confirm = Requests(port, "AdminConfirmSignUp", population.key)
    names = itertools.islice(_new_names(), most)
    return [
        (
            Exchange(
                sign_up.make(
                    ClientId=population.client_id,
                    Username=name,
                    Password=PASSWORD,
                    UserAttributes=[
                        {"Name": "email", "Value": f"{name}@example.com"},
                        {"Name": "name", "Value": "Ada Lovelace"},
                    ],
                ),
                b'{"UserConfirmed":false',
            ),
            Exchange(_about(confirm, population, name), b"{}"),
        )
        for name in names
    ]


def _get_user(port: int, population: Population, most: int) -> list[Unit]:
    requests = Requests(port, "AdminGetUser", population.key)
    units: list[Unit] = []
    for n in random.choices(range(population.users), k=most):
        name = population.username(n)
        units.append(
            (Exchange(_about(requests, population, name), b'{"Username":"' + name.encode()),)
        )
    return units


def _list_users(template: str, digits: int) -> Callable[[int, Population, int], list[Unit]]:
    """Return the units of ListUsers with a filter on the username or email address.

    The filter has the first `digits` digits of the user's number.
    """

    def units(port: int, population: Population, most: int) -> list[Unit]:
        requests = Requests(port, "ListUsers", population.key)
        made: list[Unit] = []
        for n in random.choices(range(population.users), k=most):
            name = population.username(n)
            wanted = template.format(name[: len("user-") + digits])
            request = requests.make(UserPoolId=population.pool_id, Filter=wanted)
            # The pages are in the order of the filter's index, so ten neighbours begin with 0.
            first = name if digits == 7 else name[:-1] + "0"
            begins = b'{"Users":[{"Username":"' + first.encode()
            made.append((Exchange(request, begins),))
        return made

    return units


_run = itertools.count()


def _new_names() -> Iterator[str]:
    run = f"{next(_run)}-{random.getrandbits(32):08x}"
    return (f"new-{run}-{n}" for n in itertools.count())


def _about(requests: Requests, population: Population, username: str) -> bytes:
    members: dict[str, Any] = {"UserPoolId": population.pool_id, "Username": username}
    return requests.make(**members)


_PROVED = {"http": 1, "sigv4": 1, "json": 1}
_SIGN_UP_AND_CONFIRM = {
    "http": 2,
    "sigv4": 1,
    "json": 2,
    "read": 3,
    "verifier": 1,
    "seal": 1,
    "insert": 1,
    "update": 1,
}

SCENARIOS = (
    Scenario("AdminConfirmSignUp", _confirm, {**_PROVED, "read": 2, "update": 1}, once=True),
    Scenario("AdminGetUser", _get_user, {**_PROVED, "read": 2}),
    Scenario(
        "ListUsers email =", _list_users('email = "{}@example.com"', 7), {**_PROVED, "read": 2}
    ),
    Scenario(
        "ListUsers email ^=", _list_users('email ^= "{}"', 6), {**_PROVED, "read": 1, "page": 1}
    ),
    Scenario(
        "SignUp + AdminConfirmSignUp",
        _sign_up_and_confirm,
        _SIGN_UP_AND_CONFIRM,
        once=True,
        grows=True,
    ),
)
