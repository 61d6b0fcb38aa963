"""Ways to find out who exists, where the app client hides it (ev:auth-2.3)."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from support.refusals import refused
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import FLOWS, AuthApi

KNOWN, UNKNOWN = "alice@home.example", "nobod@home.example"
ALL = ["PASSWORD", "EMAIL_OTP"]
HIDING = {
    "client": {"ExplicitAuthFlows": FLOWS, "PreventUserExistenceErrors": "ENABLED"},
    "UsernameConfiguration": {"CaseSensitive": False},
    "Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ALL}},
}
ALIASES = [{"UsernameAttributes": ["email"]}, {"AliasAttributes": ["email"]}]


def by_srp(pool: PoolForTest, username: str) -> dict[str, str]:
    """The parameters of PASSWORD_VERIFIER."""
    # A number of always the same length; the client's arithmetic is not needed.
    given = {"USERNAME": username, "SRP_A": "ab" * 192}
    parameters = AuthApi(pool, by_admin=False).start("USER_SRP_AUTH", **given)[
        "ChallengeParameters"
    ]
    return dict(parameters)


def by_choice(pool: PoolForTest, username: str, **given: str) -> str:
    api = AuthApi(pool, by_admin=False)
    return str(api.start("USER_AUTH", USERNAME=username, **given)["Session"])


def test_session_of_unknown_user_has_length_of_real_one(new_pool: NewPool) -> None:
    """What travels sealed shows its length."""
    pool = new_pool(**HIDING)
    pool.sign_up("alice", attributes={"email": KNOWN})
    pool.admin_confirm()
    asks: list[Callable[[str], str]] = [
        lambda name: by_srp(pool, name)["SECRET_BLOCK"],
        lambda name: by_choice(pool, name),
        lambda name: by_choice(pool, name, PREFERRED_CHALLENGE="PASSWORD_SRP"),
        lambda name: by_choice(pool, name, PREFERRED_CHALLENGE="PASSWORD_SRP", SRP_A="ab" * 192),
    ]
    for ask in asks:
        assert len(ask("alice")) == len(ask("nobod"))


@pytest.mark.parametrize("aliases", ALIASES)
def test_user_found_by_address_is_shown_by_username(
    new_pool: NewPool, aliases: dict[str, Any]
) -> None:
    """USERNAME and USER_ID_FOR_SRP are no echo, and of the same name always the same."""
    pool = new_pool(**HIDING, **aliases)
    known = KNOWN if "UsernameAttributes" in aliases else "01a20637-2bff-7f13-9576-a2d57e8b4dde"
    pool.sign_up(known, attributes={"email": KNOWN})
    pool.admin_confirm(known)
    pool.cognito.admin_update_user_attributes(
        UserPoolId=pool.id,
        Username=known,
        UserAttributes=[{"Name": "email_verified", "Value": "true"}],
    )
    shown = {name: by_srp(pool, name) for name in (KNOWN, UNKNOWN)}
    for parameters in shown.values():
        assert parameters["USERNAME"] == parameters["USER_ID_FOR_SRP"]
        assert uuid.UUID(parameters["USERNAME"]).version == 7
    shapes = [{n: len(v) for n, v in each.items() if n != "SRP_B"} for each in shown.values()]
    assert shapes[0] == shapes[1]
    assert by_srp(pool, UNKNOWN)["USERNAME"] == shown[UNKNOWN]["USERNAME"]
    assert by_srp(pool, UNKNOWN.upper())["USERNAME"] == shown[UNKNOWN]["USERNAME"]
    for name in (KNOWN, UNKNOWN):
        with refused("NotAuthorizedException", "Incorrect username or password."):
            AuthApi(pool, by_admin=False).by_srp(name, "Wrong-horse-9!")


def test_unknown_name_is_returned_in_the_pools_case(new_pool: NewPool) -> None:
    pool = new_pool(**HIDING)
    pool.sign_up("alice")
    pool.admin_confirm()
    assert by_srp(pool, "Alice")["USERNAME"] == "alice"
    assert by_srp(pool, "Nobod")["USERNAME"] == "nobod"
