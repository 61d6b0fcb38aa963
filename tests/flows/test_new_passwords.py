"""NEW_PASSWORD_REQUIRED: an administrator's password is good for choosing another (auth.md §6)."""

import json
from typing import Any

import pytest
from refusals import refused
from signing_in import FLOWS, Door, claims_of, result_of

TEMPORARY = "Temporary-horse-1!"
CHOSEN = "Chosen-horse-2!"


@pytest.fixture
def invited(new_pool: Any) -> Any:
    """A pool that requires a name, and bob, whom an administrator made without one."""
    pool = new_pool(
        client={"ExplicitAuthFlows": FLOWS},
        Schema=[{"Name": "name", "Required": True, "Mutable": True}],
    )
    pool.cognito.admin_create_user(
        UserPoolId=pool.id,
        Username="bob",
        TemporaryPassword=TEMPORARY,
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": "email", "Value": "bob@example.com"}],
    )
    return pool


@pytest.mark.parametrize("way", ["by_password", "by_srp"])
def test_a_temporary_password_asks_for_another(invited: Any, by_admin: bool, way: str) -> None:
    door = Door(invited, by_admin=by_admin)
    asked = getattr(door, way)("bob", TEMPORARY)
    assert asked["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    parameters = asked["ChallengeParameters"]
    assert parameters["USER_ID_FOR_SRP"] == "bob"
    assert json.loads(parameters["requiredAttributes"]) == ["userAttributes.name"]
    assert json.loads(parameters["userAttributes"])["email"] == "bob@example.com"
    answer = door.answer(
        "NEW_PASSWORD_REQUIRED",
        asked["Session"],
        USERNAME="bob",
        NEW_PASSWORD=CHOSEN,
        **{"userAttributes.name": "Bob"},
    )
    result = result_of(answer)
    assert claims_of(result["IdToken"])["name"] == "Bob"
    assert invited.user("bob")["UserStatus"] == "CONFIRMED"
    result_of(door.by_password("bob", CHOSEN))
    with refused("NotAuthorizedException", "Incorrect username or password."):
        door.by_password("bob", TEMPORARY)


def test_what_is_required_must_be_given(invited: Any, by_admin: bool) -> None:
    door = Door(invited, by_admin=by_admin)
    asked = door.by_password("bob", TEMPORARY)
    # amplify-js#1399
    with refused("InvalidParameterException", "Invalid attributes given, name is missing"):
        door.answer("NEW_PASSWORD_REQUIRED", asked["Session"], USERNAME="bob", NEW_PASSWORD=CHOSEN)
    assert invited.user("bob")["UserStatus"] == "FORCE_CHANGE_PASSWORD"


def test_the_new_password_must_keep_the_policy_and_the_session_stays_good(
    invited: Any, by_admin: bool
) -> None:
    door = Door(invited, by_admin=by_admin)
    asked = door.by_password("bob", TEMPORARY)
    rest = {"USERNAME": "bob", "userAttributes.name": "Bob"}
    with refused("InvalidPasswordException"):
        door.answer("NEW_PASSWORD_REQUIRED", asked["Session"], NEW_PASSWORD="short", **rest)
    result_of(door.answer("NEW_PASSWORD_REQUIRED", asked["Session"], NEW_PASSWORD=CHOSEN, **rest))
    with refused(
        "NotAuthorizedException", "Invalid session for the user, session can only be used once."
    ):
        door.answer(
            "NEW_PASSWORD_REQUIRED", asked["Session"], NEW_PASSWORD="Other-horse-3!", **rest
        )
