"""Devices: known by their key, remembered, and good instead of a second factor (ev:auth-12)."""

import re
from typing import Any

import pytest
from support.custom_functions import TRIGGERS, WORD, ask_for_the_word
from support.functions_server import FunctionsServer, arn
from support.refusals import refused
from support.remembered_device import KeptDevice, begun_elsewhere
from support.running_server import RunningServer
from support.sent_codes import code_of
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import FLOWS, PASSWORD, AuthApi, claims_of, result_of, srp_client

from poolhouse.app import App
from poolhouse.entities.codes import Action

SMS = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}
UNKNOWN = "us-east-1_11111111-2222-4333-8444-555555555555"
DEVICE_FIRST = "Cannot initiate DEVICE_SRP_AUTH flow without first authenticating"
"""amplify-js#10582"""
USED = "Invalid session for the user, session can only be used once."
GONE = "Device does not exist."  # amplify-js: retryOnResourceNotFoundException
WRONG = "Incorrect username or password."
BY_PASSWORD_OR_SRP = pytest.mark.parametrize("way", ["by_password", "by_srp"])


def tracking(new_pool: NewPool, **settings: Any) -> PoolForTest:
    """A pool that tracks devices and asks for codes by SMS, with alice."""
    wanted: dict[str, Any] = {
        "MfaConfiguration": "ON",
        "SmsConfiguration": SMS,
        "DeviceConfiguration": {"ChallengeRequiredOnNewDevice": True},
        "LambdaConfig": {"PostAuthentication": arn("after"), "PreTokenGeneration": arn("tokens")},
    }
    pool = new_pool(client={"ExplicitAuthFlows": FLOWS}, **(wanted | settings))
    pool.sign_up(attributes={"phone_number": "+15555550100"})
    pool.admin_confirm()
    return pool


def by_code(server: RunningServer, pool: PoolForTest, api: AuthApi, **given: str) -> dict[str, Any]:
    """Sign in with a password and the code that is sent."""
    asked = api.by_password(**given)
    assert asked["ChallengeName"] == "SMS_MFA"
    code = code_of(server, pool)
    answer = api.respond("SMS_MFA", asked["Session"], USERNAME="alice", SMS_MFA_CODE=code)
    return result_of(answer)


@pytest.fixture
def pool(new_pool: NewPool) -> PoolForTest:
    return tracking(new_pool)


@pytest.fixture
def asking_pool(new_pool: NewPool, functions: FunctionsServer) -> PoolForTest:
    """The same, with functions that ask for a word in custom sign-ins."""
    pool = tracking(new_pool, LambdaConfig=TRIGGERS)
    ask_for_the_word(functions)
    return pool


@pytest.fixture
def api(pool: PoolForTest) -> AuthApi:
    return AuthApi(pool, by_admin=False)


@pytest.fixture
def device(server: RunningServer, pool: PoolForTest, api: AuthApi) -> KeptDevice:
    """Confirmed, and remembered at once, as the pool wants it."""
    device = KeptDevice(by_code(server, pool, api))
    device.confirm(pool.cognito)
    return device


@BY_PASSWORD_OR_SRP
def test_remembered_device_replaces_code_until_forgotten(
    server: RunningServer, pool: PoolForTest, api: AuthApi, functions: FunctionsServer, way: str
) -> None:
    """The guide's page on device tracking, from the first sign-in to the last."""
    first = by_code(server, pool, api)
    device = KeptDevice(first)
    # The AWS CLI's example of initiate-auth.
    assert re.fullmatch(r"[\w-]+_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", device.key)
    assert re.fullmatch(r"-[0-9A-Za-z]{8}", device.group)
    assert claims_of(first["AccessToken"])["device_key"] == device.key
    assert device.confirm(pool.cognito)["UserConfirmationNecessary"] is False

    functions.events.clear()
    second = result_of(device.prove(api, getattr(api, way)(DEVICE_KEY=device.key)))
    assert "NewDeviceMetadata" not in second
    assert claims_of(second["AccessToken"])["device_key"] == device.key
    # ev:triggers-5
    assert functions.of("TokenGeneration_AuthenticateDevice")
    after = functions.of("PostAuthentication_Authentication")
    assert [event["request"]["newDeviceUsed"] for event in after] == [False]

    pool.cognito.forget_device(AccessToken=second["AccessToken"], DeviceKey=device.key)
    with refused("ResourceNotFoundException", GONE):
        getattr(api, way)(DEVICE_KEY=device.key)
    assert KeptDevice(by_code(server, pool, api)).key != device.key


def test_unknown_device_is_new_in_events(
    server: RunningServer, pool: PoolForTest, api: AuthApi, functions: FunctionsServer
) -> None:
    by_code(server, pool, api)
    after = functions.of("PostAuthentication_Authentication")
    assert [event["request"]["newDeviceUsed"] for event in after] == [True]


def test_device_key_is_accepted_with_password_response(
    pool: PoolForTest, api: AuthApi, device: KeptDevice
) -> None:
    """amplify-js sends DEVICE_KEY with PASSWORD_VERIFIER only."""
    client = srp_client(pool)
    asked = api.start("USER_SRP_AUTH", USERNAME="alice", SRP_A=client.srp_a)
    claim = client.responses(asked["ChallengeParameters"])
    asked = api.respond("PASSWORD_VERIFIER", **claim, DEVICE_KEY=device.key)
    result_of(device.prove(api, asked))


def test_retry_without_forgotten_device_key_succeeds(
    server: RunningServer, pool: PoolForTest, api: AuthApi
) -> None:
    """amazon-cognito-identity-js: the same signature, without DEVICE_KEY."""
    client = srp_client(pool)
    asked = api.start("USER_SRP_AUTH", USERNAME="alice", SRP_A=client.srp_a)
    claim = client.responses(asked["ChallengeParameters"])
    with refused("ResourceNotFoundException", GONE):
        api.respond("PASSWORD_VERIFIER", **claim, DEVICE_KEY=UNKNOWN)
    assert api.respond("PASSWORD_VERIFIER", **claim)["ChallengeName"] == "SMS_MFA"


@BY_PASSWORD_OR_SRP
def test_device_key_with_wrong_password_does_not_reveal_the_device(
    api: AuthApi, device: KeptDevice, way: str
) -> None:
    for key in (device.key, UNKNOWN):
        with refused("NotAuthorizedException", WRONG):
            getattr(api, way)(password="Wrong-horse-9!", DEVICE_KEY=key)


@BY_PASSWORD_OR_SRP
def test_device_of_another_user_is_not_found(
    pool: PoolForTest, api: AuthApi, device: KeptDevice, way: str
) -> None:
    pool.sign_up("bob", attributes={"phone_number": "+15555550101"})
    pool.admin_confirm("bob")
    with refused("ResourceNotFoundException", GONE):
        getattr(api, way)("bob", DEVICE_KEY=device.key)


def test_client_without_session_is_recognized_by_srp_a(
    server: RunningServer, pool: PoolForTest, api: AuthApi, device: KeptDevice
) -> None:
    """pycognito: one SRP_A for both, and never a Session. The rest may come from elsewhere."""
    client = srp_client(pool)
    proof = client.with_the_same_srp_a(device.group, device.secret)
    given = {"USERNAME": "alice", "SRP_A": client.srp_a, "DEVICE_KEY": device.key}
    asked = api.start("USER_SRP_AUTH", **given)
    claim = client.responses(asked["ChallengeParameters"])
    asked = api.respond("PASSWORD_VERIFIER", **claim, DEVICE_KEY=device.key)
    assert asked["ChallengeName"] == "DEVICE_SRP_AUTH"
    other = {**given, "SRP_A": device.proof().srp_a}
    assert begun_elsewhere(server, pool, other) == (400, "NotAuthorizedException", DEVICE_FIRST)
    asked = api.respond("DEVICE_SRP_AUTH", **given)
    result_of(api.respond("DEVICE_PASSWORD_VERIFIER", **device.claim(proof, asked)))
    with refused("NotAuthorizedException", USED):
        api.respond("DEVICE_SRP_AUTH", **given)


@BY_PASSWORD_OR_SRP
def test_client_without_session_is_recognized_by_address(
    api: AuthApi, device: KeptDevice, way: str
) -> None:
    """With an SRP_A of the device's own, as AWS's sample in Java and identity-js before 5.0.6."""
    asked = getattr(api, way)(DEVICE_KEY=device.key)
    assert asked["ChallengeName"] == "DEVICE_SRP_AUTH"
    proof = device.proof()
    given = {"USERNAME": "alice", "SRP_A": proof.srp_a, "DEVICE_KEY": device.key}
    asked = api.respond("DEVICE_SRP_AUTH", **given)
    result_of(api.respond("DEVICE_PASSWORD_VERIFIER", **device.claim(proof, asked)))


@pytest.mark.parametrize("username", ["alice", "nobody"])
def test_device_before_user_is_refused(api: AuthApi, device: KeptDevice, username: str) -> None:
    with refused("NotAuthorizedException", DEVICE_FIRST):
        api.respond(
            "DEVICE_SRP_AUTH",
            USERNAME=username,
            DEVICE_KEY=device.key,
            SRP_A=device.proof().srp_a,
        )


def test_wrong_device_secret_is_refused_and_can_be_retried(
    api: AuthApi, device: KeptDevice
) -> None:
    """amazon-cognito-identity-dart-2#10 has the sentence."""
    begun = api.by_password(DEVICE_KEY=device.key)
    client = device.proof()
    wrong_client = client.with_the_same_srp_a(device.group, "another secret")
    asked = api.respond(
        "DEVICE_SRP_AUTH",
        begun["Session"],
        USERNAME="alice",
        DEVICE_KEY=device.key,
        SRP_A=client.srp_a,
    )
    with refused("NotAuthorizedException", WRONG):
        api.respond("DEVICE_PASSWORD_VERIFIER", **device.claim(wrong_client, asked))
    result_of(api.respond("DEVICE_PASSWORD_VERIFIER", **device.claim(client, asked)))
    with refused("NotAuthorizedException", USED):
        api.respond("DEVICE_PASSWORD_VERIFIER", **device.claim(client, asked))


def test_wrong_secrets_are_counted_like_wrong_codes(
    server: RunningServer, pool: PoolForTest, api: AuthApi, device: KeptDevice
) -> None:
    """ev:auth-4.1."""
    begun = api.by_password(DEVICE_KEY=device.key)
    wrong_client = device.proof().with_the_same_srp_a(device.group, "another secret")
    asked = api.respond(
        "DEVICE_SRP_AUTH",
        begun["Session"],
        USERNAME="alice",
        DEVICE_KEY=device.key,
        SRP_A=wrong_client.srp_a,
    )
    for _ in range(3):
        with refused("NotAuthorizedException", WRONG):
            api.respond("DEVICE_PASSWORD_VERIFIER", **device.claim(wrong_client, asked))
    sub = pool.user()["attributes"]["sub"]

    async def counted(app: App) -> int:
        user = await app.services.store.users.by_sub(pool.id, sub)
        assert user is not None
        attempts = await app.services.store.codes.attempts(user, Action.MFA)
        return attempts.count if attempts else 0

    assert server.run(counted) == 3
    result_of(device.prove(api, api.by_password(DEVICE_KEY=device.key)))
    assert server.run(counted) == 0


def test_response_of_another_device_is_refused(
    server: RunningServer, pool: PoolForTest, api: AuthApi, device: KeptDevice
) -> None:
    other = KeptDevice(by_code(server, pool, api))
    other.confirm(pool.cognito)
    begun = api.by_password(DEVICE_KEY=device.key)
    with refused("NotAuthorizedException", "Invalid session for the user."):
        other.prove(api, begun)
    result = result_of(device.prove(api, begun))
    assert claims_of(result["AccessToken"])["device_key"] == device.key


def test_device_not_remembered_any_more_needs_code(
    server: RunningServer, pool: PoolForTest, api: AuthApi, device: KeptDevice
) -> None:
    begun = api.by_password(DEVICE_KEY=device.key)
    pool.cognito.admin_update_device_status(
        UserPoolId=pool.id,
        Username="alice",
        DeviceKey=device.key,
        DeviceRememberedStatus="not_remembered",
    )
    with refused("NotAuthorizedException", "Invalid session for the user."):
        device.prove(api, begun)
    result = by_code(server, pool, api, DEVICE_KEY=device.key)
    assert "NewDeviceMetadata" not in result
    assert claims_of(result["AccessToken"])["device_key"] == device.key


def test_device_needs_user_consent_if_pool_requires_it(
    server: RunningServer, new_pool: NewPool
) -> None:
    configuration = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": True}
    pool = tracking(new_pool, DeviceConfiguration=configuration)
    api = AuthApi(pool, by_admin=False)
    result = by_code(server, pool, api)
    device = KeptDevice(result)
    assert device.confirm(pool.cognito)["UserConfirmationNecessary"] is True
    assert api.by_password(DEVICE_KEY=device.key)["ChallengeName"] == "SMS_MFA"
    pool.cognito.update_device_status(
        AccessToken=result["AccessToken"],
        DeviceKey=device.key,
        DeviceRememberedStatus="remembered",
    )
    result_of(device.prove(api, api.by_password(DEVICE_KEY=device.key)))


def test_pool_without_device_challenge_asks_for_code(
    server: RunningServer, new_pool: NewPool
) -> None:
    pool = tracking(new_pool, DeviceConfiguration={"ChallengeRequiredOnNewDevice": False})
    api = AuthApi(pool, by_admin=False)
    device = KeptDevice(by_code(server, pool, api))
    device.confirm(pool.cognito)
    assert "NewDeviceMetadata" not in by_code(server, pool, api, DEVICE_KEY=device.key)


def test_device_is_verified_after_custom_auth(
    asking_pool: PoolForTest, functions: FunctionsServer
) -> None:
    """ev:auth-3.2: once the functions have said that it is enough."""
    api = AuthApi(asking_pool, by_admin=False)

    def say_the_word(**given: str) -> Any:
        asked = api.start("CUSTOM_AUTH", USERNAME="alice", **given)
        return api.respond("CUSTOM_CHALLENGE", asked["Session"], USERNAME="alice", ANSWER=WORD)

    device = KeptDevice(result_of(say_the_word()))
    device.confirm(asking_pool.cognito)
    result = result_of(device.prove(api, say_the_word(DEVICE_KEY=device.key)))
    assert claims_of(result["AccessToken"])["device_key"] == device.key


@pytest.mark.parametrize("username", ["alice", "nobody"])
def test_custom_auth_reports_forgotten_device_at_start(
    asking_pool: PoolForTest, functions: FunctionsServer, username: str
) -> None:
    """amplify-js drops the key and tries again there; it reveals nothing about users."""
    asking_pool.cognito.update_user_pool_client(
        UserPoolId=asking_pool.id,
        ClientId=asking_pool.client_id,
        ExplicitAuthFlows=FLOWS,
        PreventUserExistenceErrors="ENABLED",
    )
    with refused("ResourceNotFoundException", GONE):
        AuthApi(asking_pool, by_admin=False).start(
            "CUSTOM_AUTH", USERNAME=username, DEVICE_KEY=UNKNOWN
        )


def test_device_is_not_verified_without_second_factor(new_pool: NewPool) -> None:
    """The guide: a device is never asked in place of the first factor."""
    pool = tracking(new_pool, MfaConfiguration="OFF")
    api = AuthApi(pool, by_admin=False)
    device = KeptDevice(result_of(api.by_srp()))
    device.confirm(pool.cognito)
    result = result_of(api.by_srp(DEVICE_KEY=device.key))
    assert "NewDeviceMetadata" not in result
    assert claims_of(result["AccessToken"])["device_key"] == device.key


def test_pools_that_track_no_devices_know_none(new_pool: NewPool) -> None:
    pool = new_pool(client={"ExplicitAuthFlows": FLOWS})
    pool.sign_up()
    pool.admin_confirm()
    result = result_of(AuthApi(pool, by_admin=False).by_password(DEVICE_KEY=UNKNOWN))
    assert "NewDeviceMetadata" not in result
    assert "device_key" not in claims_of(result["AccessToken"])


def test_admin_sign_in_has_no_device(
    server: RunningServer, pool: PoolForTest, device: KeptDevice
) -> None:
    """ev:auth-3.3; aws-sdk-java-v2#3418."""
    result = by_code(server, pool, AuthApi(pool, by_admin=True), DEVICE_KEY=device.key)
    assert "NewDeviceMetadata" not in result
    assert "device_key" not in claims_of(result["AccessToken"])
    with refused("NotAuthorizedException", "Invalid Refresh Token."):
        AuthApi(pool, by_admin=True).start(
            "REFRESH_TOKEN_AUTH", REFRESH_TOKEN=result["RefreshToken"], DEVICE_KEY=device.key
        )


def test_refresh_needs_key_of_its_confirmed_device(
    server: RunningServer, pool: PoolForTest, api: AuthApi
) -> None:
    """aws-sdk-java#2841, aws-sdk-net-extensions-cognito#85."""
    result = by_code(server, pool, api)
    device, other = KeptDevice(result), KeptDevice(by_code(server, pool, api))
    other.confirm(pool.cognito)
    token = {"REFRESH_TOKEN": result["RefreshToken"]}
    its_own = {**token, "DEVICE_KEY": device.key}
    with refused("NotAuthorizedException", "Invalid Refresh Token."):
        api.start("REFRESH_TOKEN_AUTH", **its_own)
    device.confirm(pool.cognito)
    refreshed = result_of(api.start("REFRESH_TOKEN_AUTH", **its_own))
    assert "NewDeviceMetadata" not in refreshed
    assert claims_of(refreshed["AccessToken"])["device_key"] == device.key
    for given in (token, {**token, "DEVICE_KEY": other.key}, {**token, "DEVICE_KEY": UNKNOWN}):
        with refused("NotAuthorizedException", "Invalid Refresh Token."):
            api.start("REFRESH_TOKEN_AUTH", **given)
    pool.cognito.admin_forget_device(UserPoolId=pool.id, Username="alice", DeviceKey=device.key)
    with refused("NotAuthorizedException", "Invalid Refresh Token."):
        api.start("REFRESH_TOKEN_AUTH", **its_own)


def test_password_without_second_factor_returns_no_tokens(api: AuthApi, device: KeptDevice) -> None:
    """The key of a device isn't its secret."""
    asked = api.by_password(password=PASSWORD, DEVICE_KEY=device.key)
    assert "AuthenticationResult" not in asked
    assert asked["ChallengeParameters"] == {"USERNAME": "alice"}
