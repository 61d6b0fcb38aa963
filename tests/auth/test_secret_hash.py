"""SECRET_HASH at a sign-in: of which names it may be made, and which error comes first."""

from contextlib import AbstractContextManager

import pytest
from support.refusals import refused
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import FLOWS, PASSWORD, AuthApi, claims_of, result_of

from poolhouse.rules.auth.secret_hash import secret_hash

EMAIL = "alice@home.example"


@pytest.fixture
def confidential(new_pool: NewPool) -> PoolForTest:
    """A pool whose client has a secret, and alice, who signs in by her email too."""
    pool = new_pool(
        client={
            "ExplicitAuthFlows": FLOWS,
            "GenerateSecret": True,
            "PreventUserExistenceErrors": "ENABLED",
        },
        AliasAttributes=["email"],
        AutoVerifiedAttributes=["email"],
    )
    cognito, named = pool.cognito, {"UserPoolId": pool.id, "Username": "alice"}
    verified = [{"Name": "email_verified", "Value": "true"}, {"Name": "email", "Value": EMAIL}]
    cognito.admin_create_user(**named, MessageAction="SUPPRESS", UserAttributes=verified)
    cognito.admin_set_user_password(**named, Password=PASSWORD, Permanent=True)
    return pool


def hash_of(pool: PoolForTest, name: str) -> str:
    return secret_hash(pool.client["ClientSecret"], name, pool.client_id)


def hash_refused(pool: PoolForTest) -> AbstractContextManager[None]:
    sentence = f"Unable to verify secret hash for client {pool.client_id}"
    return refused("NotAuthorizedException", sentence)


def sub_of(pool: PoolForTest) -> str:
    user = pool.cognito.admin_get_user(UserPoolId=pool.id, Username="alice")
    return str({each["Name"]: each["Value"] for each in user["UserAttributes"]}["sub"])


@pytest.mark.parametrize("by_admin", [False, True])
def test_initiate_auth_hash_of_any_name_of_the_user_is_accepted(
    confidential: PoolForTest, by_admin: bool
) -> None:
    api = AuthApi(confidential, by_admin=by_admin)
    for name in (EMAIL, "alice", sub_of(confidential)):
        result_of(api.by_password(EMAIL, SECRET_HASH=hash_of(confidential, name)))


def test_initiate_auth_hash_of_a_name_that_was_not_sent_is_refused(
    confidential: PoolForTest,
) -> None:
    """The user's alias is one of their names, but the client hasn't sent it."""
    with hash_refused(confidential):
        AuthApi(confidential, by_admin=False).by_password(
            "alice", SECRET_HASH=hash_of(confidential, EMAIL)
        )


def test_initiate_auth_unknown_user_and_wrong_hash_returns_the_error_of_the_hash(
    confidential: PoolForTest,
) -> None:
    api = AuthApi(confidential, by_admin=False)
    for name in ("alice", "unknown"):
        with hash_refused(confidential):
            api.by_password(name, "Wrong-1234", SECRET_HASH=hash_of(confidential, "other"))
        with refused("NotAuthorizedException", "Incorrect username or password."):
            api.by_password(name, "Wrong-1234", SECRET_HASH=hash_of(confidential, name))


def test_respond_to_auth_challenge_hash_of_any_name_of_the_user_is_accepted(
    confidential: PoolForTest,
) -> None:
    api = AuthApi(confidential, by_admin=False)
    for name in ("alice", sub_of(confidential), EMAIL):
        asked = api.start("USER_AUTH", USERNAME=EMAIL)
        answer = {"USERNAME": EMAIL, "ANSWER": "PASSWORD", "PASSWORD": PASSWORD}
        result_of(
            api.respond(
                "SELECT_CHALLENGE",
                asked["Session"],
                **answer,
                SECRET_HASH=hash_of(confidential, name),
            )
        )
    asked = api.start("USER_AUTH", USERNAME=EMAIL)
    with hash_refused(confidential):
        api.respond(
            "SELECT_CHALLENGE",
            asked["Session"],
            **answer,
            SECRET_HASH=hash_of(confidential, "other"),
        )


@pytest.mark.parametrize("by_admin", [False, True])
def test_refresh_token_auth_hash_of_username_or_sub_is_accepted(
    confidential: PoolForTest, by_admin: bool
) -> None:
    api = AuthApi(confidential, by_admin=by_admin)
    tokens = result_of(api.by_password())
    sub = claims_of(tokens["AccessToken"])["sub"]
    for name in ("alice", sub):
        given = {
            "REFRESH_TOKEN": tokens["RefreshToken"],
            "SECRET_HASH": hash_of(confidential, name),
        }
        result_of(api.start("REFRESH_TOKEN_AUTH", **given))
    for given in ({}, {"SECRET_HASH": hash_of(confidential, EMAIL)}):
        with refused("NotAuthorizedException"):
            api.start("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=tokens["RefreshToken"], **given)


def test_refresh_token_auth_bad_token_and_wrong_hash_returns_the_error_of_the_token(
    confidential: PoolForTest,
) -> None:
    with refused("NotAuthorizedException", "Invalid Refresh Token."):
        AuthApi(confidential, by_admin=False).start(
            "REFRESH_TOKEN_AUTH", REFRESH_TOKEN="no token", SECRET_HASH="x" * 44
        )
