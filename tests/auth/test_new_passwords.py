"""NEW_PASSWORD_REQUIRED: an administrator's password lets the user choose another (ev:auth-6)."""

import json
from typing import Any

import pytest
from support.refusals import refused
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import FLOWS, AuthApi, claims_of, result_of

TEMPORARY = "Temporary-horse-1!"
CHOSEN = "Chosen-horse-2!"


@pytest.fixture
def invited(new_pool: NewPool) -> PoolForTest:
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
def test_temporary_password_asks_for_new_one(
    invited: PoolForTest, by_admin: bool, way: str
) -> None:
    api = AuthApi(invited, by_admin=by_admin)
    asked = getattr(api, way)("bob", TEMPORARY)
    assert asked["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    parameters = asked["ChallengeParameters"]
    assert parameters["USER_ID_FOR_SRP"] == "bob"
    assert json.loads(parameters["requiredAttributes"]) == ["userAttributes.name"]
    assert json.loads(parameters["userAttributes"])["email"] == "bob@example.com"
    answer = api.respond(
        "NEW_PASSWORD_REQUIRED",
        asked["Session"],
        USERNAME="bob",
        NEW_PASSWORD=CHOSEN,
        **{"userAttributes.name": "Bob"},
    )
    result = result_of(answer)
    assert claims_of(result["IdToken"])["name"] == "Bob"
    assert invited.user("bob")["UserStatus"] == "CONFIRMED"
    result_of(api.by_password("bob", CHOSEN))
    with refused("NotAuthorizedException", "Incorrect username or password."):
        api.by_password("bob", TEMPORARY)


def test_new_password_without_required_attributes_is_refused(
    invited: PoolForTest, by_admin: bool
) -> None:
    api = AuthApi(invited, by_admin=by_admin)
    asked = api.by_password("bob", TEMPORARY)
    # amplify-js#1399
    with refused("InvalidParameterException", "Invalid attributes given, name is missing"):
        api.respond("NEW_PASSWORD_REQUIRED", asked["Session"], USERNAME="bob", NEW_PASSWORD=CHOSEN)
    assert invited.user("bob")["UserStatus"] == "FORCE_CHANGE_PASSWORD"


def test_new_password_against_the_policy_keeps_session(
    invited: PoolForTest, by_admin: bool
) -> None:
    api = AuthApi(invited, by_admin=by_admin)
    asked = api.by_password("bob", TEMPORARY)
    rest = {"USERNAME": "bob", "userAttributes.name": "Bob"}
    with refused("InvalidPasswordException"):
        api.respond("NEW_PASSWORD_REQUIRED", asked["Session"], NEW_PASSWORD="short", **rest)
    result_of(api.respond("NEW_PASSWORD_REQUIRED", asked["Session"], NEW_PASSWORD=CHOSEN, **rest))
    with refused(
        "NotAuthorizedException", "Invalid session for the user, session can only be used once."
    ):
        api.respond(
            "NEW_PASSWORD_REQUIRED", asked["Session"], NEW_PASSWORD="Other-horse-3!", **rest
        )


TENANT = {"Name": "tenant", "AttributeDataType": "String", "Mutable": False}
REQUIRED_EMAIL = {"Name": "email", "Required": True, "Mutable": False}
NAME = {"Name": "name", "Required": True, "Mutable": True}


def a_challenge(pool: PoolForTest, api: AuthApi, **attributes: str) -> Any:
    """NEW_PASSWORD_REQUIRED of carol, whom an administrator has made with these attributes."""
    pool.cognito.admin_create_user(
        UserPoolId=pool.id,
        Username="carol",
        TemporaryPassword=TEMPORARY,
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
    )
    return api.by_password("carol", TEMPORARY)


def choose(api: AuthApi, asked: Any, **given: str) -> Any:
    """Answer it with these attributes."""
    added = {f"userAttributes.{name}": value for name, value in given.items()}
    return api.respond(
        "NEW_PASSWORD_REQUIRED", asked["Session"], USERNAME="carol", NEW_PASSWORD=CHOSEN, **added
    )


@pytest.mark.parametrize("has", [{"custom:tenant": "tenant-A"}, {}])
@pytest.mark.parametrize("listed", [False, True])
def test_new_password_with_immutable_attribute_is_refused(
    new_pool: NewPool, by_admin: bool, has: dict[str, str], listed: bool
) -> None:
    """aws-sdk-ios#2203, amplify-android#244: whether or not the client may write it at sign-up."""
    client = {"WriteAttributes": ["custom:tenant"]} if listed else {}
    pool = new_pool(client={"ExplicitAuthFlows": FLOWS, **client}, Schema=[TENANT])
    api = AuthApi(pool, by_admin=by_admin)
    asked = a_challenge(pool, api, **has)
    for value in ("tenant-B", "tenant-A", ""):
        with refused(
            "InvalidParameterException", "Cannot modify the non-mutable attribute custom:tenant"
        ):
            choose(api, asked, **{"custom:tenant": value})
    assert pool.user("carol")["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    assert pool.user("carol")["attributes"].get("custom:tenant") == has.get("custom:tenant")
    result_of(choose(api, asked))


def test_new_password_supplies_required_immutable_attribute_that_is_missing(
    new_pool: NewPool, by_admin: bool
) -> None:
    """UNVERIFIED; refusing what the challenge itself asks for would keep the user out for good."""
    pool = new_pool(client={"ExplicitAuthFlows": FLOWS}, Schema=[REQUIRED_EMAIL])
    api = AuthApi(pool, by_admin=by_admin)
    asked = a_challenge(pool, api)
    assert json.loads(asked["ChallengeParameters"]["requiredAttributes"]) == [
        "userAttributes.email"
    ]
    result_of(choose(api, asked, email="carol@example.com"))
    attributes = pool.user("carol")["attributes"]
    assert (attributes["email"], attributes["email_verified"]) == ("carol@example.com", "false")


def test_new_password_with_flag_that_pool_requires_is_refused(
    new_pool: NewPool, by_admin: bool
) -> None:
    """ev:users-4.1: users never vouch for their own contacts, and aren't asked to."""
    flag = {"Name": "email_verified", "AttributeDataType": "Boolean", "Required": True}
    pool = new_pool(client={"ExplicitAuthFlows": FLOWS}, Schema=[flag])
    api = AuthApi(pool, by_admin=by_admin)
    asked = a_challenge(pool, api)
    assert json.loads(asked["ChallengeParameters"]["requiredAttributes"]) == []
    with refused(
        "InvalidParameterException", "Cannot modify the non-mutable attribute email_verified"
    ):
        choose(api, asked, email="carol@example.com", email_verified="true")
    result_of(choose(api, asked, email="carol@example.com"))
    assert pool.user("carol")["attributes"]["email_verified"] == "false"


def test_new_password_with_contacts_already_there_is_refused(
    new_pool: NewPool, by_admin: bool
) -> None:
    """aws-saas-factory-bootcamp#67, amplify-js#10491: an email, even unchanged. UNVERIFIED: a phone
    number likewise? Another required attribute may be sent back as it is.
    """
    pool = new_pool(client={"ExplicitAuthFlows": FLOWS}, Schema=[NAME])
    api = AuthApi(pool, by_admin=by_admin)
    there = {"email": "carol@example.com", "phone_number": "+15550100", "name": "Carol"}
    asked = a_challenge(pool, api, **there)
    for name in ("email", "phone_number"):
        for value in (there[name], "other@example.com" if name == "email" else "+15550111", ""):
            with refused("NotAuthorizedException", f"Cannot modify an already provided {name}"):
                choose(api, asked, **{name: value})
    result_of(choose(api, asked, name="Carol", nickname="Caz"))
    attributes = pool.user("carol")["attributes"]
    assert {name: attributes[name] for name in there} == there
    assert attributes["nickname"] == "Caz"


@pytest.mark.parametrize("email", ['"carol"@example.com', "carol(home)@example.com"])
def test_new_password_with_further_spelling_of_a_mailbox_is_refused(
    new_pool: NewPool, by_admin: bool, email: str
) -> None:
    """RFC 5322 §3.2.2, §3.4.1: it would be another user's mailbox by another name."""
    pool = new_pool(client={"ExplicitAuthFlows": FLOWS})
    api = AuthApi(pool, by_admin=by_admin)
    asked = a_challenge(pool, api)
    with refused("InvalidParameterException", "Invalid email address format."):
        choose(api, asked, email=email)


def test_new_password_by_client_without_list_sets_custom_attribute(
    new_pool: NewPool, by_admin: bool
) -> None:
    """ev:users-4.1; the challenge shows custom attributes too."""
    colour = {"Name": "colour", "AttributeDataType": "String", "Mutable": True}
    pool = new_pool(client={"ExplicitAuthFlows": FLOWS}, Schema=[colour])
    api = AuthApi(pool, by_admin=by_admin)
    asked = a_challenge(pool, api, **{"custom:colour": "red"})
    assert json.loads(asked["ChallengeParameters"]["userAttributes"])["custom:colour"] == "red"
    result = result_of(choose(api, asked, **{"custom:colour": "blue"}))
    assert claims_of(result["IdToken"])["custom:colour"] == "blue"
