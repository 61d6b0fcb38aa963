"""GetUser and DeleteUser: what holders of an access token may do (ev:auth-1.3, ev:users-10.2)."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from support.access_tokens import token_of
from support.refusals import refused
from support.running_server import RunningServer
from support.served_pools import NewPool, PoolForTest

from poolhouse.app import App
from poolhouse.entities.signing_keys import KeyUse

NOT_AUTHORIZED = "NotAuthorizedException"
INVALID = "Invalid Access Token"


@pytest.fixture
def signed_in(pool: PoolForTest) -> PoolForTest:
    """A pool with alice, confirmed."""
    pool.sign_up(attributes={"name": "Alice", "email": "alice@home.example"})
    pool.admin_confirm()
    return pool


def get(pool: PoolForTest, token: str) -> dict[str, Any]:
    user: dict[str, Any] = pool.cognito.get_user(AccessToken=token)
    del user["ResponseMetadata"]
    return user


def names(user: dict[str, Any]) -> set[str]:
    return {attribute["Name"] for attribute in user["UserAttributes"]}


def test_users_see_their_attributes_and_no_status(
    server: RunningServer, signed_in: PoolForTest
) -> None:
    user = get(signed_in, token_of(server, signed_in))
    assert user == {
        "Username": "alice",
        "UserAttributes": [
            {"Name": "sub", "Value": signed_in.user()["attributes"]["sub"]},
            {"Name": "name", "Value": "Alice"},
            {"Name": "email", "Value": "alice@home.example"},
            {"Name": "email_verified", "Value": "false"},
        ],
    }


def test_get_user_in_email_pool_has_sub_as_username(
    server: RunningServer, new_pool: NewPool
) -> None:
    pool = new_pool(UsernameAttributes=["email"])
    sub = pool.sign_up("alice@home.example")["UserSub"]
    assert get(pool, token_of(server, pool, sub))["Username"] == sub


@pytest.mark.parametrize(
    ("client", "readable"),
    [
        ({}, {"sub", "name", "email", "email_verified", "custom:colour"}),
        (
            {"ReadAttributes": [], "WriteAttributes": []},
            {"sub", "name", "email", "email_verified", "custom:colour"},
        ),
        ({"ReadAttributes": ["email", "custom:colour"]}, {"sub", "email", "custom:colour"}),
        ({"ReadAttributes": ["name"]}, {"sub", "name"}),
    ],
)
def test_get_user_shows_readable_attributes_of_client(
    server: RunningServer, new_pool: NewPool, client: dict[str, Any], readable: set[str]
) -> None:
    """ev:users-4.1: without a list, or with an empty one, every attribute."""
    colour = {"Name": "colour", "AttributeDataType": "String", "Mutable": True}
    pool = new_pool(Schema=[colour], client=client)
    given = {"name": "Alice", "email": "alice@home.example", "custom:colour": "red"}
    pool.cognito.admin_create_user(
        UserPoolId=pool.id,
        Username="alice",
        UserAttributes=[
            {"Name": name, "Value": value}
            for name, value in {**given, "email_verified": "true"}.items()
        ],
    )
    assert names(get(pool, token_of(server, pool))) == readable


def test_users_delete_themselves(server: RunningServer, signed_in: PoolForTest) -> None:
    """An empty body; afterwards the token's user is gone, and the name is free."""
    token = token_of(server, signed_in)
    answer = signed_in.cognito.delete_user(AccessToken=token)
    assert answer["ResponseMetadata"]["HTTPHeaders"]["content-length"] == "0"
    with refused("UserNotFoundException", "User does not exist."):
        signed_in.user()
    for operation in ("get_user", "delete_user"):
        with refused("UserNotFoundException", "User does not exist."):
            getattr(signed_in.cognito, operation)(AccessToken=token)
    signed_in.sign_up()


def test_token_does_not_authenticate_namesake(
    server: RunningServer, signed_in: PoolForTest
) -> None:
    token = token_of(server, signed_in)
    signed_in.cognito.admin_delete_user(UserPoolId=signed_in.id, Username="alice")
    signed_in.sign_up()
    with refused("UserNotFoundException", "User does not exist."):
        get(signed_in, token)


def test_token_of_disabled_user_stays_revoked_once_enabled(
    server: RunningServer, signed_in: PoolForTest
) -> None:
    """Disabling voids every token; enabling brings none of them back (ev:auth-14)."""
    token = token_of(server, signed_in)
    named = {"UserPoolId": signed_in.id, "Username": "alice"}
    signed_in.cognito.admin_disable_user(**named)
    with refused(NOT_AUTHORIZED, "User is disabled."):
        get(signed_in, token)
    signed_in.cognito.admin_enable_user(**named)
    with refused(NOT_AUTHORIZED, "Access Token has been revoked"):
        get(signed_in, token)
    assert get(signed_in, token_of(server, signed_in))["Username"] == "alice"


def test_expired_token_is_reported(server: RunningServer, signed_in: PoolForTest) -> None:
    with refused(NOT_AUTHORIZED, "Access Token has expired"):
        get(signed_in, token_of(server, signed_in, issued_before=timedelta(hours=2)))


@pytest.mark.parametrize("scope", ["openid", "", "aws.cognito.signin.user.administrator", None, 7])
def test_token_without_scope_is_reported(
    server: RunningServer, signed_in: PoolForTest, scope: Any
) -> None:
    """amplify-js#5921."""
    with refused(NOT_AUTHORIZED, "Access Token does not have required scopes"):
        get(signed_in, token_of(server, signed_in, scope=scope))


def test_token_with_more_scopes_is_accepted(server: RunningServer, signed_in: PoolForTest) -> None:
    scope = "openid aws.cognito.signin.user.admin profile"
    get(signed_in, token_of(server, signed_in, scope=scope))


def unsigned(token: str) -> str:
    """The same claims under `alg: none`."""
    _, claims, _ = token.split(".")
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).rstrip(b"=").decode()
    return f"{header}.{claims}."


def forged(token: str) -> str:
    """Another user's sub, the signature as it was."""
    header, claims, signature = token.split(".")
    plain = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    plain["sub"] = "00000000-0000-4000-8000-000000000000"
    changed = base64.urlsafe_b64encode(json.dumps(plain).encode()).rstrip(b"=").decode()
    return f"{header}.{changed}.{signature}"


@pytest.mark.parametrize(
    "spoil",
    [unsigned, forged, lambda t: t[:-4] + "AAAA", lambda t: t + ".more", lambda _: "a.b.c"],
    ids=["unsigned", "forged", "another signature", "four parts", "no JWT"],
)
def test_token_not_signed_by_pool_is_invalid(
    server: RunningServer, signed_in: PoolForTest, spoil: Any
) -> None:
    """moto#8027, a live repro."""
    with refused(NOT_AUTHORIZED, INVALID):
        get(signed_in, spoil(token_of(server, signed_in)))


@pytest.mark.parametrize(
    "changes",
    [{"token_use": "id"}, {"use": KeyUse.ID}, {"use": KeyUse.ID, "token_use": "id"}],
)
def test_id_token_is_invalid_as_access_token(
    server: RunningServer, signed_in: PoolForTest, changes: dict[str, Any]
) -> None:
    with refused(NOT_AUTHORIZED, INVALID):
        get(signed_in, token_of(server, signed_in, **changes))


def test_token_of_another_pool_is_invalid(server: RunningServer, new_pool: NewPool) -> None:
    """The issuer is the other pool's, the signature is not."""
    ours, theirs = new_pool(), new_pool()
    for pool in (ours, theirs):
        pool.sign_up()

    async def issuer(app: App) -> str:
        pool = await app.services.store.pools.find(theirs.id)
        assert pool is not None
        return app.services.issuer(pool)

    with refused(NOT_AUTHORIZED, INVALID):
        get(ours, token_of(server, ours, iss=server.run(issuer)))


@pytest.mark.parametrize("claim", ["iss", "sub", "exp", "token_use"])
def test_audit_record_names_tokens_user(
    server: RunningServer, signed_in: PoolForTest, claim: str
) -> None:
    without: dict[str, Any] = {claim: None}
    with refused(NOT_AUTHORIZED, INVALID):
        get(signed_in, token_of(server, signed_in, **without))


def test_token_of_deleted_client_is_revoked(server: RunningServer, signed_in: PoolForTest) -> None:
    """UNVERIFIED: the sentence."""
    token = token_of(server, signed_in)
    signed_in.cognito.delete_user_pool_client(UserPoolId=signed_in.id, ClientId=signed_in.client_id)
    with refused(NOT_AUTHORIZED, "Access Token has been revoked"):
        get(signed_in, token)


def test_token_of_deleted_pool_is_invalid(server: RunningServer, signed_in: PoolForTest) -> None:
    token = token_of(server, signed_in)
    signed_in.cognito.delete_user_pool(UserPoolId=signed_in.id)
    with refused(NOT_AUTHORIZED, INVALID):
        get(signed_in, token)


def test_malformed_token_violates_the_model(pool: PoolForTest) -> None:
    """AccessToken is sensitive: no value is echoed."""
    sentence = (
        "1 validation error detected: Value at 'accessToken' failed to satisfy constraint:"
        r" Member must satisfy regular expression pattern: [A-Za-z0-9-_=.]+"
    )
    with refused("InvalidParameterException", sentence):
        get(pool, "not a token")
