"""ListUsers over the wire: filters, and which attributes come back (ev:users-12)."""

import itertools
from typing import Any

import pytest
from support.refusals import refused
from support.served_pools import NewPool

from poolhouse.rules.users.user_filter import SEARCHABLE

pytestmark = pytest.mark.both_stores

PEOPLE: dict[str, dict[str, str]] = {
    "ann": {
        "name": "Ann Lee",
        "given_name": "Ann",
        "family_name": "Lee",
        "email": "ann@home.example",
        "phone_number": "+4917012345",
        "preferred_username": "Annie",
    },
    "ANN": {"name": "ann lee-smith", "email": "ANN@home.example"},
    "anna": {"name": 'Anna "the" \\Lee', "family_name": "Leeds", "phone_number": "+4917099999"},
    "bob": {"name": "Bob_%", "given_name": "Żółć", "preferred_username": "ann"},
    "straße": {"given_name": "ΣΊΣΥΦΟΣ", "email": "strasse@home.example"},
}
DISABLED, CONFIRMED = "bob", "anna"


@pytest.fixture(scope="module")
def listed(cognito: Any) -> str:
    """The id of a pool with these people: most UNCONFIRMED, one confirmed, one disabled."""
    pool_id: str = cognito.create_user_pool(PoolName="people")["UserPool"]["Id"]
    client = cognito.create_user_pool_client(UserPoolId=pool_id, ClientName="app")
    for username, attributes in PEOPLE.items():
        cognito.sign_up(
            ClientId=client["UserPoolClient"]["ClientId"],
            Username=username,
            Password="Correct-Horse-9!",
            UserAttributes=[{"Name": k, "Value": v} for k, v in attributes.items()],
        )
    cognito.admin_confirm_sign_up(UserPoolId=pool_id, Username=CONFIRMED)
    cognito.admin_disable_user(UserPoolId=pool_id, Username=DISABLED)
    return pool_id


def found(cognito: Any, pool_id: str, filter_: str | None = None, **more: Any) -> set[str]:
    asked = more if filter_ is None else {"Filter": filter_, **more}
    users = cognito.list_users(UserPoolId=pool_id, **asked)["Users"]
    names = [user["Username"] for user in users]
    assert len(names) == len(set(names))
    return set(names)


ALL_USERS = set(PEOPLE)


@pytest.mark.parametrize("filter_", [None, ""])
def test_list_users_without_filter_returns_all(
    cognito: Any, listed: str, filter_: str | None
) -> None:
    assert found(cognito, listed, filter_) == ALL_USERS


@pytest.mark.parametrize(
    ("filter_", "names"),
    [
        # The username, with case.
        ('username = "ann"', {"ann"}),
        ('username = "Ann"', set()),
        ('username ^= "ann"', {"ann", "anna"}),
        ('username ^= "A"', {"ANN"}),
        ('username = "straße"', {"straße"}),
        ('username ^= "stra"', {"straße"}),
        ('username = "ann@home.example"', set()),
        # Attributes, without.
        ('email = "Ann@HOME.example"', {"ann", "ANN"}),
        ('email ^= "ANN@"', {"ann", "ANN"}),
        ('phone_number = "+4917012345"', {"ann"}),
        ('phone_number ^= "+49170"', {"ann", "anna"}),
        ('name = "ANN LEE"', {"ann"}),
        ('name ^= "ann lee"', {"ann", "ANN"}),
        ('given_name = "żółĆ"', {"bob"}),
        ('given_name = "σίσυφος"', {"straße"}),
        ('given_name ^= "σίσυφοσ"', {"straße"}),
        ('family_name = "lee"', {"ann"}),
        ('family_name ^= "lee"', {"ann", "anna"}),
        ('preferred_username = "ANNIE"', {"ann"}),
        ('preferred_username ^= "ann"', {"ann", "bob"}),
        # States.
        ('cognito:user_status = "CONFIRMED"', {CONFIRMED}),
        ('cognito:user_status = "unconfirmed"', ALL_USERS - {CONFIRMED}),
        ('cognito:user_status ^= "Con"', {CONFIRMED}),
        ('cognito:user_status ^= "con"', {CONFIRMED}),
        ('cognito:user_status = "CONF"', set()),
        ('status = "Enabled"', ALL_USERS - {DISABLED}),
        ('status = "Disabled"', {DISABLED}),
        ('status = "enabled"', set()),
        ('status ^= "Dis"', {DISABLED}),
        ('status ^= ""', ALL_USERS),
        # What other engines would take for patterns or quotes.
        (r'name = "Anna \"the\" \\Lee"', {"anna"}),
        (r'name ^= "anna \"THE"', {"anna"}),
        ('name ^= "Bob_%"', {"bob"}),
        ('name ^= "%"', set()),
        ('name ^= "_ob"', set()),
        ('name = "\' OR 1=1 --"', set()),
        # White space around the clause and its operator.
        ('  username="ann"  ', {"ann"}),
        ('username   ^=   "anna"', {"anna"}),
        ('username = " ann"', set()),
    ],
)
def test_list_users_filter_finds_users(
    cognito: Any, listed: str, filter_: str, names: set[str]
) -> None:
    assert found(cognito, listed, filter_) == names


def test_list_users_filter_finds_sub(cognito: Any, listed: str) -> None:
    user = cognito.admin_get_user(UserPoolId=listed, Username="ann")
    sub = next(a["Value"] for a in user["UserAttributes"] if a["Name"] == "sub")
    assert found(cognito, listed, f'sub = "{sub}"') == {"ann"}
    assert found(cognito, listed, f'sub ^= "{sub[:13]}"') == {"ann"}


@pytest.mark.parametrize(
    "filter_",
    [
        "username",
        "username = ann",
        "username = 'ann'",
        'username == "ann"',
        'username = "ann',
        'username = "an"n"',
        'username != "ann"',
        '= "ann"',
        '"ann" = username',
        'username = "ann" and status = "Enabled"',
        'username ^ = "ann"',
        " ",
        "\\",
        '"' * 256,
    ],
)
def test_list_users_malformed_filter_is_refused(cognito: Any, listed: str, filter_: str) -> None:
    """aws-sdk-php#1088."""
    with refused("InvalidParameterException", "Error while parsing filter."):
        found(cognito, listed, filter_)


@pytest.mark.parametrize("attribute", ["custom:colour", "nickname", "Username", "email_verified"])
def test_list_users_filter_on_other_attribute_is_refused(
    cognito: Any, listed: str, attribute: str
) -> None:
    """ev:moto."""
    with refused("InvalidParameterException", f"Invalid search attribute: {attribute}"):
        found(cognito, listed, f'{attribute} = "x"')


def test_list_users_filter_follows_changes(cognito: Any, new_pool: NewPool) -> None:
    pool = new_pool()
    pool.sign_up(attributes={"email": "alice@home.example"})
    for change, confirmed, enabled in (
        (None, False, True),
        (pool.admin_confirm, True, True),
        (
            lambda: cognito.admin_disable_user(UserPoolId=pool.id, Username="alice"),
            True,
            False,
        ),
    ):
        if change is not None:
            change()
        assert bool(found(cognito, pool.id, 'cognito:user_status = "CONFIRMED"')) is confirmed
        assert bool(found(cognito, pool.id, 'status = "Enabled"')) is enabled
    cognito.admin_delete_user(UserPoolId=pool.id, Username="alice")
    assert found(cognito, pool.id, 'email ^= "alice"') == set()


def test_list_users_returns_users_of_its_pool(new_pool: NewPool, cognito: Any) -> None:
    ours, theirs = new_pool(), new_pool()
    theirs.sign_up(attributes={"email": "alice@home.example"})
    for filter_ in (None, 'username = "alice"', 'email ^= "a"', 'status = "Enabled"'):
        assert found(cognito, ours.id, filter_) == set()


def attributes_of(cognito: Any, pool_id: str, names: list[str] | None) -> dict[str, list[str]]:
    asked: dict[str, Any] = {} if names is None else {"AttributesToGet": names}
    users = cognito.list_users(UserPoolId=pool_id, **asked)["Users"]
    return {user["Username"]: [a["Name"] for a in user["Attributes"]] for user in users}


@pytest.mark.parametrize(
    ("names", "of_ann"),
    [
        (None, ["sub", *PEOPLE["ann"], "email_verified", "phone_number_verified"]),
        (["email"], ["email"]),
        (["sub", "email"], ["sub", "email"]),
        ([], []),
    ],
)
def test_attributes_to_get_limits_attributes(
    cognito: Any, listed: str, names: list[str] | None, of_ann: list[str]
) -> None:
    """aws-sdk-js#2203: an empty list asks for none."""
    assert sorted(attributes_of(cognito, listed, names)["ann"]) == sorted(of_ann)


def test_unknown_attributes_cannot_be_asked_for(cognito: Any, listed: str) -> None:
    """aws-sdk-js#3091."""
    for names in (["custom:colour"], ["email", "nonsense"], ["username"]):
        with refused("InvalidParameterException", "One or more requested attributes do not exist."):
            attributes_of(cognito, listed, names)


def test_list_users_item_equals_admin_get_user(cognito: Any, listed: str) -> None:
    for item in cognito.list_users(UserPoolId=listed)["Users"]:
        user = cognito.admin_get_user(UserPoolId=listed, Username=item["Username"])
        del user["ResponseMetadata"]
        assert item == {
            ("Attributes" if name == "UserAttributes" else name): value
            for name, value in user.items()
        }


def test_searchable_attributes_take_both_operators(cognito: Any, listed: str) -> None:
    for attribute, operator in itertools.product(SEARCHABLE, ("=", "^=")):
        for value in ("", "x", "\U0010ffff", "é" * 200):
            found(cognito, listed, f'{attribute} {operator} "{value}"')
