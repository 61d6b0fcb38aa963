"""ListUsers page by page: no user is lost or listed twice, and only our tokens are accepted."""

from collections import Counter
from typing import Any

import pytest
from support.refusals import refused
from support.running_server import RunningServer, running
from support.served_pools import NewPool, PoolForTest

pytestmark = pytest.mark.both_stores

OTHERS = "Paging Marker is Invalid for Request"
PEOPLE = 130


@pytest.fixture(scope="module")
def crowd(cognito: Any) -> str:
    """The id of a pool with 130 users, every one with the same family name, half with an email."""
    pool_id: str = cognito.create_user_pool(
        PoolName="crowd", Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD"]}}
    )["UserPool"]["Id"]
    for n in range(PEOPLE):
        attributes = [{"Name": "family_name", "Value": "Lee"}]
        if n % 2:
            attributes.append({"Name": "email", "Value": f"user{n % 7}@home.example"})
        cognito.admin_create_user(
            UserPoolId=pool_id,
            Username=f"user{n}",
            UserAttributes=attributes,
            MessageAction="SUPPRESS",
        )
    return pool_id


def pages(cognito: Any, pool_id: str, **asked: Any) -> list[list[str]]:
    """The usernames of each page, to the end."""
    gathered: list[list[str]] = []
    token: dict[str, str] = {}
    while True:
        answer = cognito.list_users(UserPoolId=pool_id, **asked, **token)
        gathered.append([user["Username"] for user in answer["Users"]])
        if "PaginationToken" not in answer:
            return gathered
        token = {"PaginationToken": answer["PaginationToken"]}


def first_token(cognito: Any, pool_id: str, **asked: Any) -> str:
    answer = cognito.list_users(UserPoolId=pool_id, Limit=1, **asked)
    token: str = answer["PaginationToken"]
    return token


@pytest.mark.parametrize(
    ("asked", "matching"),
    [
        ({}, PEOPLE),
        ({"Filter": 'family_name = "lee"'}, PEOPLE),
        ({"Filter": 'family_name ^= "L"'}, PEOPLE),
        ({"Filter": 'email ^= "user"'}, PEOPLE // 2),
        ({"Filter": 'username ^= "user1"'}, 41),
        ({"Filter": 'status = "Enabled"'}, PEOPLE),
        ({"Filter": 'status ^= ""'}, PEOPLE),
        ({"Filter": 'cognito:user_status ^= "force"'}, PEOPLE),
        ({"Filter": 'sub ^= ""'}, PEOPLE),
        ({"AttributesToGet": ["email"]}, PEOPLE),
    ],
)
@pytest.mark.parametrize("limit", [None, 0, 7, 60])
def test_list_users_returns_each_user_once(
    cognito: Any, crowd: str, asked: dict[str, Any], matching: int, limit: int | None
) -> None:
    """60 a page unless fewer are asked for."""
    sized = asked if limit is None else {**asked, "Limit": limit}
    gathered = pages(cognito, crowd, **sized)
    assert all(len(page) == (limit or 60) for page in gathered[:-1])
    assert 0 < len(gathered[-1]) <= (limit or 60)
    counted = Counter(name for page in gathered for name in page)
    assert len(counted) == matching
    assert set(counted.values()) == {1}


def test_full_last_page_has_no_token(cognito: Any, crowd: str) -> None:
    sizes = [len(page) for page in pages(cognito, crowd, Limit=26)]
    assert sizes == [26] * 5


def test_list_users_during_changes_returns_each_remaining_user(
    cognito: Any, new_pool: NewPool
) -> None:
    pool = new_pool()
    for n in range(6):
        pool.sign_up(f"user{n}")
    first = cognito.list_users(UserPoolId=pool.id, Limit=2)
    seen = [user["Username"] for user in first["Users"]]
    gone = seen[-1]  # the very user behind whom the next page begins
    cognito.admin_delete_user(UserPoolId=pool.id, Username=gone)
    rest = cognito.list_users(UserPoolId=pool.id, PaginationToken=first["PaginationToken"])
    names = seen + [user["Username"] for user in rest["Users"]]
    assert sorted(names) == [f"user{n}" for n in range(6)]


def test_limit_may_change_between_pages(cognito: Any, crowd: str) -> None:
    token = first_token(cognito, crowd)
    answer = cognito.list_users(UserPoolId=crowd, Limit=5, PaginationToken=token)
    assert len(answer["Users"]) == 5


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"Filter": 'username ^= "user"'}),
        ({"Filter": 'username ^= "user"'}, {}),
        ({"Filter": 'username ^= "user"'}, {"Filter": 'username ^= "use"'}),
        ({}, {"AttributesToGet": ["email"]}),
        ({"AttributesToGet": []}, {}),
    ],
)
def test_pagination_token_is_bound_to_parameters(
    cognito: Any, crowd: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    """aws-sdk-js#3705."""
    token = first_token(cognito, crowd, **before)
    with refused("InvalidParameterException", OTHERS):
        cognito.list_users(UserPoolId=crowd, PaginationToken=token, **after)


def test_pagination_token_is_bound_to_pool(cognito: Any, crowd: str, pool: PoolForTest) -> None:
    token = first_token(cognito, crowd)
    with refused("InvalidParameterException", OTHERS):
        cognito.list_users(UserPoolId=pool.id, PaginationToken=token)


def changed(token: str) -> str:
    middle = len(token) // 2
    return token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]


@pytest.mark.parametrize(
    "spoil",
    [
        changed,
        lambda token: token[:-1],
        lambda token: token + "A",
        lambda token: token.swapcase(),
        lambda _: "x",
        lambda _: "ü" * 100,
        lambda _: "A" * 100_000,
    ],
    ids=["changed", "cut", "longer", "swapped", "short", "no Base64", "huge"],
)
def test_tampered_pagination_token_is_refused(cognito: Any, crowd: str, spoil: Any) -> None:
    """UNVERIFIED: the sentence."""
    with refused("InvalidParameterException", "Invalid pagination token given."):
        cognito.list_users(UserPoolId=crowd, PaginationToken=spoil(first_token(cognito, crowd)))


def test_pagination_token_reveals_no_user(cognito: Any, new_pool: NewPool) -> None:
    pool = new_pool()
    for username in ("alice", "bob"):
        pool.sign_up(username)
    answer = cognito.list_users(UserPoolId=pool.id, Filter='username ^= ""', Limit=1)
    (user,) = answer["Users"]
    token = answer["PaginationToken"]
    assert user["Username"] not in token
    assert token != first_token(cognito, pool.id, Filter='username ^= ""')


def test_pagination_token_expires_after_an_hour(tmp_path_factory: pytest.TempPathFactory) -> None:
    """dg: how-to-manage-user-accounts. UNVERIFIED: the sentence for one that is older."""
    with running(tmp_path_factory.mktemp("dev"), dev=True) as server:
        client = server.client()
        pool_id = client.create_user_pool(PoolName="p")["UserPool"]["Id"]
        for n in range(3):
            client.admin_create_user(UserPoolId=pool_id, Username=f"user{n}")
        token = first_token(client, pool_id)
        _pass(server, 3_500)
        client.list_users(UserPoolId=pool_id, PaginationToken=token)
        _pass(server, 100)
        with refused("InvalidParameterException", "Invalid pagination token given."):
            client.list_users(UserPoolId=pool_id, PaginationToken=token)


def _pass(server: RunningServer, seconds: float) -> None:
    """Let the pools' time pass."""
    import httpx

    httpx.post(f"{server.url}/dev/clock", json={"advance_seconds": seconds}).raise_for_status()


@pytest.mark.parametrize(
    ("limit", "constraint"),
    [
        (-1, "Member must have value greater than or equal to 0"),
        (61, "Member must have value less than or equal to 60"),
    ],
)
def test_page_has_at_most_sixty_users(
    server: RunningServer, pool: PoolForTest, limit: int, constraint: str
) -> None:
    unchecked = server.client(parameter_validation=False)
    sentence = (
        f"1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint:"
        f" {constraint}"
    )
    with refused("InvalidParameterException", sentence):
        unchecked.list_users(UserPoolId=pool.id, Limit=limit)
