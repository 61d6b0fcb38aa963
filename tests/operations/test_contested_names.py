"""Names by which the pool knows another user: subs, usernames and preferred usernames.

DIFFERS from AWS, which seems to allow a sub as another user's username
(amazon-cognito-passwordless-auth#106). UNVERIFIED: what AWS does with preferred usernames.
"""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.functions_server import FunctionsServer, arn
from support.refusals import refused
from support.running_server import RunningServer
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import FLOWS, AuthApi, result_of
from support.store_samples import a_user

from poolhouse.app import App
from poolhouse.entities.users import NameKind, UserName
from poolhouse.store import users

pytestmark = pytest.mark.both_stores

PREFERRED = {"AliasAttributes": ["preferred_username"]}
INSENSITIVE = {"UsernameConfiguration": {"CaseSensitive": False}}
PASSWORD = "Correct-Horse-9!"
ANOTHER = "Another-Horse-9!"


def create(pool: PoolForTest, username: str, **attributes: str) -> str:
    """Make a user with a password of their own; returns the sub."""
    made = pool.cognito.admin_create_user(
        UserPoolId=pool.id,
        Username=username,
        UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
    )
    pool.cognito.admin_set_user_password(
        UserPoolId=pool.id, Username=username, Password=PASSWORD, Permanent=True
    )
    [sub] = [each["Value"] for each in made["User"]["Attributes"] if each["Name"] == "sub"]
    return str(sub)


def prefer(pool: PoolForTest, username: str, value: str) -> None:
    pool.cognito.admin_update_user_attributes(
        UserPoolId=pool.id,
        Username=username,
        UserAttributes=[{"Name": "preferred_username", "Value": value}],
    )


@pytest.mark.parametrize("settings", [{}, INSENSITIVE, PREFERRED, {"AliasAttributes": ["email"]}])
@pytest.mark.parametrize("spelled", [str.lower, str.upper])
def test_sign_up_with_another_users_sub_is_refused(
    new_pool: NewPool, settings: dict[str, Any], spelled: Callable[[str], str]
) -> None:
    pool = new_pool(**settings)
    sub = create(pool, "alice")
    with refused("UsernameExistsException", "User already exists"):
        pool.sign_up(spelled(sub))
    with refused("UsernameExistsException", "User account already exists"):
        create(pool, spelled(sub))
    assert pool.user(sub)["Username"] == "alice"


def test_sign_up_with_sub_of_no_user_of_the_pool_succeeds(new_pool: NewPool) -> None:
    """Clients name users by UUIDs of their own; another pool's subs are none of this one's."""
    sub = create(new_pool(), "alice")
    pool = new_pool()
    pool.sign_up(sub)
    assert pool.user(sub)["Username"] == sub
    assert pool.user(pool.user(sub)["attributes"]["sub"])["Username"] == sub


def test_preferred_username_with_another_users_sub_is_refused(new_pool: NewPool) -> None:
    pool = new_pool(**PREFERRED)
    sub = create(pool, "alice")
    create(pool, "bob")
    with refused("AliasExistsException", "An account with the preferred_username already exists."):
        prefer(pool, "bob", sub)
    with refused("UsernameExistsException"):
        create(pool, "carol", preferred_username=sub)
    prefer(pool, "alice", sub)
    assert pool.user(sub)["Username"] == "alice"


def test_migrated_user_with_another_users_sub_is_refused(
    functions: FunctionsServer, new_pool: NewPool
) -> None:
    pool = new_pool(
        client={"ExplicitAuthFlows": FLOWS},
        LambdaConfig={"UserMigration": arn("migrate")},
        **PREFERRED,
    )
    sub = create(pool, "alice")
    for said in ({"username": sub}, {"username": "bob", "preferred_username": sub}):
        functions.answers["UserMigration_Authentication"] = lambda event, said=said: {  # type: ignore[misc]
            **event,
            "response": {"userAttributes": said, "finalUserStatus": "CONFIRMED"},
        }
        with pytest.raises(ClientError):
            AuthApi(pool, by_admin=False).by_password("bob", PASSWORD)
    assert pool.user(sub)["Username"] == "alice"
    with refused("UserNotFoundException"):
        pool.user("bob")


def test_user_is_found_by_sub_whatever_other_users_are_called(
    server: RunningServer, new_pool: NewPool
) -> None:
    """A store may hold such a name from before it was refused."""
    pool = new_pool(client={"ExplicitAuthFlows": FLOWS})
    sub = create(pool, "alice")
    create(pool, "mallory")

    async def rename(app: App) -> None:
        store = app.services.store
        mallory = await store.users.by_name(UserName(pool.id, NameKind.USERNAME, "mallory"))
        assert mallory is not None
        name = UserName(pool.id, NameKind.USERNAME, sub)
        imposter = a_user(f"{mallory.sub[:-2]}00", pool_id=pool.id, username=sub)
        await store.commit(users.claim(name, imposter.sub), users.add(imposter))

    server.run(rename)
    assert pool.user(sub)["Username"] == "alice"
    pool.cognito.admin_disable_user(UserPoolId=pool.id, Username=sub)
    assert pool.user("alice")["Enabled"] is False


@pytest.mark.parametrize("settings", [{}, INSENSITIVE])
def test_sign_up_with_another_users_preferred_username_is_refused(
    new_pool: NewPool, settings: dict[str, Any]
) -> None:
    pool = new_pool(client={"ExplicitAuthFlows": FLOWS}, **PREFERRED, **settings)
    create(pool, "alice", preferred_username="Al")
    with refused("UsernameExistsException", "User already exists"):
        pool.sign_up("Al" if not settings else "AL", password=ANOTHER)
    with refused("UsernameExistsException", "User account already exists"):
        create(pool, "Al")
    assert pool.user("Al")["Username"] == "alice"
    result_of(AuthApi(pool, by_admin=False).by_password("Al", PASSWORD))


def test_preferred_username_with_another_users_username_is_refused(new_pool: NewPool) -> None:
    pool = new_pool(**PREFERRED)
    create(pool, "Al")
    create(pool, "alice")
    with refused("AliasExistsException", "An account with the preferred_username already exists."):
        prefer(pool, "alice", "Al")
    with refused(
        "UsernameExistsException", "An account with the given preferred_username already exists."
    ):
        create(pool, "bob", preferred_username="Al")
    assert pool.user("Al")["Username"] == "Al"


def test_preferred_username_that_is_given_up_is_free_as_username(new_pool: NewPool) -> None:
    """Changed, deleted, or gone with its user; the user's own username stays theirs."""
    pool = new_pool(**PREFERRED)
    create(pool, "alice", preferred_username="Al")
    prefer(pool, "alice", "alice")
    create(pool, "Al")
    prefer(pool, "alice", "Ally")
    with refused("UsernameExistsException"):
        create(pool, "alice")
    pool.cognito.admin_delete_user_attributes(
        UserPoolId=pool.id, Username="alice", UserAttributeNames=["preferred_username"]
    )
    create(pool, "Ally")
    prefer(pool, "alice", "Lis")
    pool.cognito.admin_delete_user(UserPoolId=pool.id, Username="alice")
    create(pool, "Lis")
    create(pool, "alice")


def test_preferred_usernames_without_alias_are_not_unique(new_pool: NewPool) -> None:
    pool = new_pool()
    create(pool, "alice", preferred_username="Al")
    create(pool, "Al", preferred_username="Al")
    assert pool.user("Al")["Username"] == "Al"


def test_contested_names_of_older_stores_are_kept(server: RunningServer, new_pool: NewPool) -> None:
    """A store may hold a preferred username that is another's username, or isn't reserved yet."""
    pool = new_pool(**PREFERRED)
    create(pool, "alice", preferred_username="Al")

    async def forget_reservation(app: App) -> None:
        store = app.services.store
        name = UserName(pool.id, NameKind.USERNAME, "Al")
        await store.commit(users.release(name, await store.users.holder(name) or ""))

    server.run(forget_reservation)
    assert pool.user("Al")["Username"] == "alice"
    with refused("UsernameExistsException"):
        pool.sign_up("Al")

    async def clash(app: App) -> None:
        imposter = a_user("imposter", pool_id=pool.id, username="Al")
        name = UserName(pool.id, NameKind.USERNAME, "Al")
        await app.services.store.commit(users.claim(name, imposter.sub), users.add(imposter))

    server.run(clash)
    pool.cognito.admin_update_user_attributes(
        UserPoolId=pool.id, Username="alice", UserAttributes=[{"Name": "name", "Value": "Alice"}]
    )
    pool.cognito.admin_delete_user(UserPoolId=pool.id, Username="alice")
    assert pool.user("Al")["Username"] == "Al"


@pytest.mark.parametrize("wanted", ["al1", "al2", "al3", "al4"])
def test_sign_up_and_preferred_username_at_once_give_the_name_to_one(
    new_pool: NewPool, wanted: str
) -> None:
    pool = new_pool(**PREFERRED)
    create(pool, "alice")
    outcomes, barrier = Counter[str](), threading.Barrier(4)

    def attempt(act: Callable[[], object], kind: str) -> None:
        barrier.wait()
        try:
            act()
            outcomes[kind] += 1
        except ClientError as error:
            outcomes[error.response["Error"]["Code"]] += 1

    acts: list[tuple[Callable[[], object], str]] = [
        (lambda: pool.sign_up(wanted), "username"),
        (lambda: prefer(pool, "alice", wanted), "preferred_username"),
    ]
    threads = [threading.Thread(target=attempt, args=act) for act in acts * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if outcomes["username"]:
        assert outcomes == {
            "username": 1, "UsernameExistsException": 1, "AliasExistsException": 2
        }  # fmt: skip
        assert pool.user(wanted)["Username"] == wanted
    else:
        assert +outcomes == {"preferred_username": 2, "UsernameExistsException": 2}
        assert pool.user(wanted)["Username"] == "alice"


@pytest.mark.parametrize(
    ("kind", "value"), [("email", "alice@corp.example"), ("phone_number", "+15550100001")]
)
def test_preferred_username_that_looks_like_a_contact_finds_no_user(
    new_pool: NewPool, kind: str, value: str
) -> None:
    """ev:users-6.4: an email or phone number comes before a preferred_username. It was reserved as
    a username, which comes first: requests for the owner of the address reached the other user.
    """
    pool = new_pool(AliasAttributes=[kind, "preferred_username"])
    create(pool, "mallory")
    prefer(pool, "mallory", value)
    with refused("UserNotFoundException"):
        pool.user(value)
    create(pool, "alice", **{kind: value, f"{kind}_verified": "true"})
    assert pool.user(value)["Username"] == "alice"
    prefer(pool, "mallory", "mal")
    prefer(pool, "mallory", value)
    assert pool.user(value)["Username"] == "alice"
    with refused("UserNotFoundException"):
        pool.user("mal")


def test_preferred_username_that_looks_like_no_alias_of_the_pool_names_its_user(
    new_pool: NewPool,
) -> None:
    pool = new_pool(**PREFERRED)
    create(pool, "alice")
    prefer(pool, "alice", "alice@corp.example")
    assert pool.user("alice@corp.example")["Username"] == "alice"


def test_preferred_username_like_a_contact_of_before_finds_no_user(
    server: RunningServer, new_pool: NewPool
) -> None:
    """Rows that an earlier version wrote are still there."""
    pool = new_pool(AliasAttributes=["email", "preferred_username"])
    mallory = create(pool, "mallory")
    prefer(pool, "mallory", "alice@corp.example")

    async def claim(app: App) -> None:
        for kind in (NameKind.USERNAME, NameKind.PREFERRED_USERNAME):
            name = UserName(pool.id, kind, "alice@corp.example")
            await app.services.store.commit(users.claim(name, mallory))

    server.run(claim)
    create(pool, "alice", email="alice@corp.example", email_verified="true")
    assert pool.user("alice@corp.example")["Username"] == "alice"
    pool.cognito.admin_delete_user(UserPoolId=pool.id, Username="alice")
    with refused("UserNotFoundException"):
        pool.user("alice@corp.example")
