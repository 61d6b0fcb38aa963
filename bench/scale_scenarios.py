"""What is asked about a crowd: requests whose work is the same in a crowd of any size."""

import itertools
import random
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec

from bench.dataset import ALIKE, HALF, POOL_ID
from bench.dataset_loader import LoadedDataset
from bench.load import Exchange, Unit
from bench.signed_requests import Requests
from poolhouse.store.user_search import SEARCHED

PAGE: Final = 60
_PAGE_OF_USERS: Final = b'{"Users":[{"Username":"'

Make = Callable[[LoadedDataset, Requests, int], Exchange]


class CrowdCall(msgspec.Struct, frozen=True, kw_only=True):
    """An operation asked about users drawn at random.

    `make` makes the request about the n-th user. `once` means that a user can be asked about once,
    until all are put back to where they were; `among`, which users can be asked about.
    """

    name: str
    operation: str
    make: Make
    among: Callable[[int], bool] = lambda n: True
    once: bool = False
    page: bool = False
    """The answer is a page of sixty users."""

    def units(self, town: LoadedDataset, most: int) -> Iterator[Unit]:
        """Return at most `most` units, repeated forever if a user can be asked for again."""
        requests = Requests(town.port, self.operation, town.key)
        size = town.crowd.size
        drawn = random.sample(range(size), min(2 * most, size))
        chosen = [n for n in drawn if self.among(n)][:most]
        made = [(self.make(town, requests, n),) for n in chosen]
        return iter(made) if self.once else itertools.cycle(made)


def _about(name_of: Callable[[LoadedDataset, int], str], begins: bytes | None = None) -> Make:
    """Return a request about one user, and how its answer begins."""

    def make(town: LoadedDataset, requests: Requests, n: int) -> Exchange:
        username = town.crowd.username(n).encode()
        expected = b'{"Username":"' + username if begins is None else begins
        return Exchange(_of_pool(requests, Username=name_of(town, n)), expected)

    return make


def _username(town: LoadedDataset, n: int) -> str:
    return town.crowd.username(n)


def _update(town: LoadedDataset, requests: Requests, n: int) -> Exchange:
    """Return a new value for an attribute that is searched by."""
    changed = {"Name": "name", "Value": f"Ada {random.getrandbits(40):012x}"}
    request = _of_pool(requests, Username=town.crowd.username(n), UserAttributes=[changed])
    return Exchange(request, b"{}")


def _search(attribute: str, *, prefix: bool) -> Make:
    def make(town: LoadedDataset, requests: Requests, n: int) -> Exchange:
        value = _values(town, n)[attribute]
        if prefix:
            value = _beginning(attribute, value)
        wanted = f'{attribute} {"^=" if prefix else "="} "{value}"'
        return Exchange(_of_pool(requests, Filter=wanted), _PAGE_OF_USERS)

    return make


def _values(town: LoadedDataset, n: int) -> dict[str, str]:
    """Return what the filters can ask for, of one user."""
    user = town.crowd.user(n)
    return {
        **user.attributes,
        "username": user.username,
        "sub": user.sub,
        "cognito:user_status": user.status.value,
        "status": "Enabled" if user.enabled else "Disabled",
    }


def _beginning(attribute: str, value: str) -> str:
    """Return a prefix that a page of users have, and not many more if the values are distinct."""
    if attribute == "email":
        return value.partition("@")[0][:-ALIKE]
    if attribute == "sub":
        return value[: len("00000000-00")]
    return value[:-ALIKE]


def _deep(wanted: str | None) -> Make:
    """Return a page somewhere in the middle, as a walk through all of them reaches."""

    def make(town: LoadedDataset, requests: Requests, n: int) -> Exchange:
        members = {} if wanted is None else {"Filter": wanted}
        parameters = f"ListUsers/{POOL_ID}/{None}/{wanted or ''}"
        token = town.page_token(parameters, town.crowd.sub(n // 2))
        return Exchange(_of_pool(requests, PaginationToken=token, **members), _PAGE_OF_USERS)

    return make


def _members(town: LoadedDataset, requests: Requests, n: int) -> Exchange:
    return Exchange(_of_pool(requests, GroupName=HALF.name, Limit=PAGE), _PAGE_OF_USERS)


def _deep_members(town: LoadedDataset, requests: Requests, n: int) -> Exchange:
    token = town.page_token(f"ListUsersInGroup/{HALF.id}", town.crowd.sub(n // 2))
    request = _of_pool(requests, GroupName=HALF.name, Limit=PAGE, NextToken=token)
    return Exchange(request, _PAGE_OF_USERS)


def _of_pool(requests: Requests, **members: Any) -> bytes:
    return requests.make(UserPoolId=POOL_ID, **members)


def _is_unconfirmed(n: int) -> bool:
    return n % 8 < 6


def _searches() -> Iterator[CrowdCall]:
    for attribute in (*SEARCHED, "username", "sub", "cognito:user_status", "status"):
        shared = attribute in {"given_name", "family_name", "cognito:user_status", "status"}
        for prefix in (False, True):
            yield CrowdCall(
                name=f"ListUsers {attribute} {'^=' if prefix else '='}",
                operation="ListUsers",
                make=_search(attribute, prefix=prefix),
                page=prefix or shared,
            )


_IN_ORDER: Final = 'cognito:user_status = "UNCONFIRMED"'

# Those that change users come last: the others find them as they came.
CALLS: Final = (
    CrowdCall(name="AdminGetUser by username", operation="AdminGetUser", make=_about(_username)),
    CrowdCall(
        name="AdminGetUser by sub",
        operation="AdminGetUser",
        make=_about(lambda town, n: town.crowd.sub(n)),
    ),
    CrowdCall(
        name="AdminGetUser by alias",
        operation="AdminGetUser",
        make=_about(lambda town, n: town.crowd.attributes(n)["email"]),
    ),
    *_searches(),
    CrowdCall(name="ListUsers, deep", operation="ListUsers", make=_deep(None), page=True),
    CrowdCall(
        name="ListUsers cognito:user_status =, deep",
        operation="ListUsers",
        make=_deep(_IN_ORDER),
        page=True,
    ),
    CrowdCall(
        name="ListUsersInGroup of half", operation="ListUsersInGroup", make=_members, page=True
    ),
    CrowdCall(
        name="ListUsersInGroup of half, deep",
        operation="ListUsersInGroup",
        make=_deep_members,
        page=True,
    ),
    CrowdCall(
        name="AdminListGroupsForUser",
        operation="AdminListGroupsForUser",
        make=_about(_username, b'{"Groups":[{'),
        among=lambda n: n % 2 == 0,
    ),
    CrowdCall(
        name="AdminConfirmSignUp",
        operation="AdminConfirmSignUp",
        make=_about(_username, b"{}"),
        among=_is_unconfirmed,
        once=True,
    ),
    CrowdCall(
        name="AdminUpdateUserAttributes", operation="AdminUpdateUserAttributes", make=_update
    ),
)
