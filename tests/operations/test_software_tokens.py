"""Authenticator apps of signed-in users, and taking one away (ev:auth-9.1)."""

import re

import pytest
from botocore.exceptions import ClientError
from support.access_tokens import token_of
from support.mfa_pools import AuthenticatorApp, mfa_pool, prefers, registers_app
from support.refusals import refused
from support.running_server import RunningServer
from support.served_pools import NewPool, PoolForTest

from poolhouse.app import App
from poolhouse.entities.users import User

NO_TOKENS = "Software Token MFA has not been enabled by the userPool"


@pytest.fixture
def pool(new_pool: NewPool) -> PoolForTest:
    return mfa_pool(new_pool, "OPTIONAL", "app")


def test_software_token_secret_is_52_characters_of_base32(
    server: RunningServer, pool: PoolForTest
) -> None:
    token = token_of(server, pool)
    answers = [pool.cognito.associate_software_token(AccessToken=token) for _ in range(2)]
    assert "Session" not in answers[0]
    secrets = [answer["SecretCode"] for answer in answers]
    assert all(re.fullmatch("[A-Z2-7]{52}", secret) for secret in secrets)
    assert secrets[0] != secrets[1]


def test_verified_app_is_registered_but_off(server: RunningServer, pool: PoolForTest) -> None:
    registers_app(pool, token_of(server, pool))
    assert "UserMFASettingList" not in pool.user()
    prefers(pool, app=True)
    assert pool.user()["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"]


def test_wrong_code_registers_no_app(server: RunningServer, pool: PoolForTest) -> None:
    token = token_of(server, pool)
    app = AuthenticatorApp(pool.cognito.associate_software_token(AccessToken=token)["SecretCode"])
    sentence = "Code mismatch and fail enable Software Token MFA"  # aws-amplify-auth-starters#15
    with refused("EnableSoftwareTokenMFAException", sentence):
        pool.cognito.verify_software_token(AccessToken=token, UserCode=app.wrong_code())
    with refused("InvalidParameterException"):
        prefers(pool, app=True)
    pool.cognito.verify_software_token(AccessToken=token, UserCode=app.code())


def test_old_app_is_valid_until_new_one_is_verified(
    server: RunningServer, pool: PoolForTest
) -> None:
    token = token_of(server, pool)
    registers_app(pool, token)
    prefers(pool, app="preferred")
    new = AuthenticatorApp(pool.cognito.associate_software_token(AccessToken=token)["SecretCode"])
    assert pool.user()["PreferredMfaSetting"] == "SOFTWARE_TOKEN_MFA"
    pool.cognito.verify_software_token(AccessToken=token, UserCode=new.code())
    assert pool.user()["PreferredMfaSetting"] == "SOFTWARE_TOKEN_MFA"


def test_verification_without_association_is_refused(
    server: RunningServer, pool: PoolForTest
) -> None:
    with refused("SoftwareTokenMFANotFoundException"):
        pool.cognito.verify_software_token(AccessToken=token_of(server, pool), UserCode="123456")


@pytest.mark.parametrize(("mode", "factors"), [("OFF", []), ("OPTIONAL", ["sms"])])
def test_pool_without_software_tokens_registers_no_app(
    server: RunningServer, new_pool: NewPool, mode: str, factors: list[str]
) -> None:
    pool = mfa_pool(new_pool, mode, *factors)
    with refused("SoftwareTokenMFANotFoundException", NO_TOKENS):
        pool.cognito.associate_software_token(AccessToken=token_of(server, pool))


@pytest.mark.parametrize("operation", ["associate_software_token", "verify_software_token"])
def test_token_and_session_together_are_refused(
    server: RunningServer, pool: PoolForTest, operation: str
) -> None:
    more = {"UserCode": "123456"} if operation == "verify_software_token" else {}
    both = {"AccessToken": token_of(server, pool), "Session": "x" * 40}
    for given in ({}, both):
        with refused("InvalidParameterException"):
            getattr(pool.cognito, operation)(**given, **more)


def test_token_of_deleted_user_sets_up_no_app(server: RunningServer, pool: PoolForTest) -> None:
    token = token_of(server, pool)
    pool.cognito.admin_delete_user(UserPoolId=pool.id, Username="alice")
    with refused("NotAuthorizedException"):
        pool.cognito.associate_software_token(AccessToken=token)


def test_admin_delete_software_token_removes_app(server: RunningServer, pool: PoolForTest) -> None:
    """Twice does no harm (UNVERIFIED)."""
    registers_app(pool, token_of(server, pool))
    prefers(pool, app="preferred")
    for _ in range(2):
        pool.cognito.admin_delete_software_token(UserPoolId=pool.id, Username="alice")
    user = pool.user()
    assert "UserMFASettingList" not in user
    assert "PreferredMfaSetting" not in user
    with refused("UserNotFoundException", "User does not exist."):
        pool.cognito.admin_delete_software_token(UserPoolId=pool.id, Username="nobody")


def test_app_of_deleted_user_is_deleted(server: RunningServer, pool: PoolForTest) -> None:
    registers_app(pool, token_of(server, pool))
    sub = pool.user()["attributes"]["sub"]

    async def alice(app: App) -> User | None:
        return await app.services.store.users.by_sub(pool.id, sub)

    user = server.run(alice)
    assert user is not None

    async def is_there(app: App) -> bool:
        return await app.services.store.software_tokens.find(user) is not None

    assert server.run(is_there)
    pool.cognito.admin_delete_user(UserPoolId=pool.id, Username="alice")
    assert not server.run(is_there)


def test_right_code_is_refused_after_five_wrong_ones(
    server: RunningServer, pool: PoolForTest
) -> None:
    """ev:auth-4.1; UNVERIFIED: the sentence."""
    token = token_of(server, pool)
    app = AuthenticatorApp(pool.cognito.associate_software_token(AccessToken=token)["SecretCode"])
    codes: list[str] = []
    while "NotAuthorizedException" not in codes and len(codes) < 40:
        with pytest.raises(ClientError) as caught:
            pool.cognito.verify_software_token(AccessToken=token, UserCode=app.wrong_code())
        codes.append(caught.value.response["Error"]["Code"])
    assert codes[:5] == ["EnableSoftwareTokenMFAException"] * 5
    assert codes[-1] == "NotAuthorizedException"
    assert caught.value.response["Error"]["Message"] == "Password attempts exceeded"
