"""Stepping up from an access token after its holder has registered or changed a factor.

The holder of a stolen token could have done that. So such a session is credited with nothing, and
the password, or whatever else it began with, is asked for again. UNVERIFIED: what does AWS do?
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from support.mfa_pools import (
    BY_EMAIL,
    EMAIL,
    FACTORS,
    PHONE,
    SNS,
    VERIFIED_PHONE,
    changes,
    mfa_pool,
    prefers,
    registers_app,
)
from support.passkey_device import ORIGIN, PARTY, PasskeyDevice
from support.refusals import refused
from support.remembered_device import KeptDevice
from support.running_server import RunningServer
from support.sent_codes import code_of
from support.served_pools import NewPool, PoolForTest
from support.sign_in_player import Player
from support.sign_ins import FLOWS, PASSWORD, AuthApi, result_of
from support.step_up import FOUR, ONE, THREE, acr_and_amr, from_tokens, steps_up, toward

from poolhouse.app import App
from poolhouse.entities.users import User
from poolhouse.rules.auth import factor_changes
from poolhouse.store import users

INVALID = "Invalid session for the user."
BY_PASSWORD = ["PASSWORD", "PASSWORD_SRP"]
PASSKEYS = {"WebAuthnConfiguration": {"RelyingPartyId": PARTY, "UserVerification": "required"}}


@pytest.fixture
def pool(new_pool: NewPool) -> PoolForTest:
    """Alice gets a text message if she wants to."""
    first = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}}
    pool = mfa_pool(
        new_pool,
        "OPTIONAL",
        *("app", "sms", "email"),
        attributes={"phone_number": PHONE, "email": EMAIL},
        Policies=first,
    )
    pool.cognito.set_user_pool_mfa_config(
        UserPoolId=pool.id,
        MfaConfiguration="OPTIONAL",
        **{name: value for factor in FACTORS.values() for name, value in factor.items()},
        **PASSKEYS,
    )
    prefers(pool, sms=True)
    return pool


@pytest.fixture
def api(pool: PoolForTest, by_admin: bool) -> AuthApi:
    return AuthApi(pool, by_admin=by_admin)


@pytest.fixture
def stolen(server: RunningServer, pool: PoolForTest, api: AuthApi) -> dict[str, Any]:
    """Tokens of a session that has proved the password and a text message."""
    return Player(server, api, pool, "alice").plays("USER_AUTH", PREFERRED_CHALLENGE="PASSWORD")


def begins(api: AuthApi, tokens: dict[str, Any], *levels: str) -> Any:
    return api.start("USER_AUTH", USERNAME="alice", **from_tokens(tokens, *levels))


def by_app(pool: PoolForTest, token: str, _: RunningServer) -> None:
    registers_app(pool, token)


def by_preference(pool: PoolForTest, token: str, _: RunningServer) -> None:
    pool.cognito.set_user_mfa_preference(AccessToken=token, EmailMfaSettings={"Enabled": True})


def by_settings(pool: PoolForTest, token: str, _: RunningServer) -> None:
    pool.cognito.set_user_settings(AccessToken=token, MFAOptions=[])


def by_contact(pool: PoolForTest, token: str, _: RunningServer) -> None:
    number = {"Name": "phone_number", "Value": "+491709999999"}
    pool.cognito.update_user_attributes(AccessToken=token, UserAttributes=[number])


def by_verified_contact(pool: PoolForTest, token: str, server: RunningServer) -> None:
    cognito = pool.cognito
    cognito.get_user_attribute_verification_code(AccessToken=token, AttributeName="email")
    cognito.verify_user_attribute(
        AccessToken=token, AttributeName="email", Code=code_of(server, pool)
    )


def by_passkey(pool: PoolForTest, token: str, _: RunningServer) -> None:
    begun = pool.cognito.start_web_authn_registration(AccessToken=token)
    made = PasskeyDevice(origin=ORIGIN).create(begun["CredentialCreationOptions"])
    pool.cognito.complete_web_authn_registration(AccessToken=token, Credential=made)


WAYS = [by_app, by_preference, by_settings, by_contact, by_verified_contact, by_passkey]
Way = Callable[[Any, str, RunningServer], None]


def test_initiate_auth_by_token_credits_its_session(api: AuthApi, stolen: dict[str, Any]) -> None:
    """What the tests below are measured against: the level counts as reached."""
    with refused(
        "InvalidParameterException", "The access token already satisfies the requested ACR values."
    ):
        begins(api, stolen, THREE)


@pytest.mark.parametrize("way", WAYS)
def test_initiate_auth_by_token_after_a_factor_changed_credits_nothing(
    server: RunningServer, pool: PoolForTest, api: AuthApi, stolen: dict[str, Any], way: Way
) -> None:
    way(pool, stolen["AccessToken"], server)
    asked = begins(api, stolen, ONE)
    assert asked["ChallengeName"] == "SELECT_CHALLENGE"
    assert asked["AvailableChallenges"][:2] == BY_PASSWORD


def test_initiate_auth_by_token_after_it_registered_an_app_asks_for_the_password(
    server: RunningServer, pool: PoolForTest, api: AuthApi
) -> None:
    prefers(pool, sms=False)
    stolen = result_of(api.by_password())
    player = Player(server, api, pool, "alice")
    player.app = registers_app(pool, stolen["AccessToken"])
    asked = begins(api, stolen, FOUR)
    assert (asked["ChallengeName"], asked["AvailableChallenges"]) == (
        "SELECT_CHALLENGE",
        BY_PASSWORD,
    )
    given = {"USERNAME": "alice", "SOFTWARE_TOKEN_MFA_CODE": player.app.code(1)}
    with refused("NotAuthorizedException", INVALID):
        api.respond("SOFTWARE_TOKEN_MFA", asked["Session"], **given)
    with refused("NotAuthorizedException", "Incorrect username or password."):
        api.respond("PASSWORD", asked["Session"], USERNAME="alice", PASSWORD="Wrong-horse-9!")
    given = from_tokens(stolen, FOUR, PREFERRED_CHALLENGE="PASSWORD")
    assert steps_up(player, **given) == ["PASSWORD", "SOFTWARE_TOKEN_MFA"]
    assert acr_and_amr(result_of(player.last)) == (FOUR, ["pwd", "otp", "mfa"])


@pytest.mark.parametrize("way", WAYS)
def test_respond_to_auth_challenge_after_a_factor_changed_ends_the_step_up(
    server: RunningServer, pool: PoolForTest, api: AuthApi, way: Way
) -> None:
    prefers(pool, sms=False)
    stolen = result_of(api.by_password())
    prefers(pool, sms=True)
    asked = begins(api, stolen, THREE)
    assert asked["ChallengeName"] == "SMS_MFA"
    code = code_of(server, pool)
    way(pool, stolen["AccessToken"], server)
    with refused("NotAuthorizedException", INVALID):
        api.respond("SMS_MFA", asked["Session"], USERNAME="alice", SMS_MFA_CODE=code)


def test_respond_to_auth_challenge_while_a_factor_changes_ends_the_step_up(
    server: RunningServer, pool: PoolForTest, api: AuthApi
) -> None:
    """The factor is registered between the last answer's read of the user and its commit."""
    changes(pool, VERIFIED_PHONE)
    prefers(pool, sms=False)
    stolen = result_of(api.by_password())
    prefers(pool, sms=True)
    asked = begins(api, stolen, THREE)
    code = code_of(server, pool)

    async def change_after_the_next_read(app: App) -> None:
        store, read = app.services.store, app.services.store.users.by_sub

        async def by_sub(pool_id: str, sub: str) -> User | None:
            store.users.by_sub = read  # type: ignore[method-assign]
            user = await read(pool_id, sub)
            assert user is not None
            changed = factor_changes.record(user, datetime.now(UTC))
            await store.commit(users.save(changed, user))
            return user

        store.users.by_sub = by_sub  # type: ignore[method-assign]

    server.run(change_after_the_next_read)
    with refused("NotAuthorizedException", INVALID):
        api.respond("SMS_MFA", asked["Session"], USERNAME="alice", SMS_MFA_CODE=code)


def test_initiate_auth_by_token_that_has_set_the_first_password_credits_nothing(
    server: RunningServer, new_pool: NewPool, by_admin: bool
) -> None:
    """ChangePassword asks users without a password for none (ev:auth-7)."""
    first = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "SMS_OTP"]}}
    pool = new_pool(
        client={"ExplicitAuthFlows": FLOWS},
        Policies=first,
        SmsConfiguration=SNS,
        AutoVerifiedAttributes=["phone_number"],
    )
    number = [{"Name": "phone_number", "Value": PHONE}]
    pool.cognito.sign_up(ClientId=pool.client_id, Username="alice", UserAttributes=number)
    pool.admin_confirm()
    api = AuthApi(pool, by_admin=by_admin)
    stolen = Player(server, api, pool, "alice").plays("USER_AUTH", PREFERRED_CHALLENGE="SMS_OTP")
    pool.cognito.change_password(AccessToken=stolen["AccessToken"], ProposedPassword=PASSWORD)
    player = Player(server, api, pool, "alice")
    player.first = "PASSWORD"
    player.plays("USER_AUTH", **from_tokens(stolen, ONE))
    assert acr_and_amr(result_of(player.last)) == (ONE, ["pwd"])


def test_initiate_auth_by_token_that_has_confirmed_a_device_asks_for_the_second_factor(
    server: RunningServer, new_pool: NewPool
) -> None:
    tracking = {"DeviceConfiguration": {"ChallengeRequiredOnNewDevice": True}}
    pool = mfa_pool(new_pool, "OPTIONAL", "sms", attributes={"phone_number": PHONE}, **tracking)
    player = Player(server, AuthApi(pool, by_admin=False), pool, "alice")
    stolen = player.plays("USER_PASSWORD_AUTH", "PASSWORD")
    prefers(pool, sms=True)
    device = KeptDevice(stolen)
    device.confirm(pool.cognito)
    player.device = device
    assert steps_up(player, **from_tokens(stolen, ONE)) == ["SMS_MFA"]
    own = steps_up(player, **toward(ONE), PREFERRED_CHALLENGE="PASSWORD")
    assert own == ["PASSWORD", "DEVICE_SRP_AUTH", "DEVICE_PASSWORD_VERIFIER"]


def test_session_that_set_up_app_at_sign_in_is_credited(
    server: RunningServer, new_pool: NewPool, by_admin: bool
) -> None:
    """The factor is as old as the session: its password came first."""
    pool = mfa_pool(new_pool, "ON", "app", **BY_EMAIL)
    api = AuthApi(pool, by_admin=by_admin)
    player = Player(server, api, pool, "alice")
    player.second = "SOFTWARE_TOKEN_MFA"
    tokens = player.plays("USER_AUTH", PREFERRED_CHALLENGE="PASSWORD")
    with refused(
        "InvalidParameterException", "The access token already satisfies the requested ACR values."
    ):
        begins(api, tokens, FOUR)
