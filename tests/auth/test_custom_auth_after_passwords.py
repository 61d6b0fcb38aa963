"""CUSTOM_AUTH that begins with SRP: the password, then what the functions ask (ev:auth-3.2)."""

from typing import Any

import pytest
from support.custom_functions import (
    CREATE,
    DEFINE,
    TRIGGERS,
    WORD,
    answered,
    ask_for_the_word,
    rounds,
    sources,
)
from support.functions_server import FunctionError, FunctionsServer
from support.refusals import refused
from support.remembered_device import KeptDevice
from support.running_server import RunningServer
from support.sent_codes import code_of, messages_to
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import FLOWS, PASSWORD, AuthApi, claims_of, result_of, srp_client

SMS = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}
WRONG = "Incorrect username or password."
DEAD = "Invalid session for the user."
USED = "Invalid session for the user, session can only be used once."
SPELLINGS = pytest.mark.parametrize("spelling", ["CHALLENGE_NAME", "ChallengeName"])


def a_pool(new_pool: NewPool, functions: FunctionsServer, **settings: Any) -> PoolForTest:
    pool = new_pool(client={"ExplicitAuthFlows": FLOWS}, LambdaConfig=TRIGGERS, **settings)
    pool.sign_up(attributes={"phone_number": "+15555550100"})
    pool.admin_confirm()
    ask_for_the_word(functions)
    functions.events.clear()
    return pool


@pytest.fixture
def pool(new_pool: NewPool, functions: FunctionsServer) -> PoolForTest:
    return a_pool(new_pool, functions)


@pytest.fixture
def api(pool: PoolForTest, by_admin: bool) -> AuthApi:
    return AuthApi(pool, by_admin=by_admin)


def start(pool: PoolForTest, api: AuthApi, password: str = PASSWORD, **given: str) -> Any:
    """What is asked first, and the client's arithmetic to answer it with."""
    client = srp_client(pool, password)
    more = {"CHALLENGE_NAME": "SRP_A"} | given
    return client, api.start("CUSTOM_AUTH", USERNAME="alice", SRP_A=client.srp_a, **more)


def prove(api: AuthApi, client: Any, asked: Any, **given: str) -> Any:
    """Answer PASSWORD_VERIFIER; a custom sign-in has a Session there."""
    assert asked["ChallengeName"] == "PASSWORD_VERIFIER"
    responses = client.responses(asked["ChallengeParameters"])
    return api.respond("PASSWORD_VERIFIER", asked["Session"], **responses, **given)


def say(api: AuthApi, asked: Any, word: str) -> Any:
    assert asked["ChallengeName"] == "CUSTOM_CHALLENGE"
    return api.respond("CUSTOM_CHALLENGE", asked["Session"], USERNAME="alice", ANSWER=word)


@SPELLINGS
def test_srp_a_asks_for_password_before_custom_challenge(
    pool: PoolForTest, api: AuthApi, functions: FunctionsServer, spelling: str
) -> None:
    client = srp_client(pool)
    asked = api.start("CUSTOM_AUTH", USERNAME="alice", SRP_A=client.srp_a, **{spelling: "SRP_A"})
    # dg:user-pool-lambda-define-auth-challenge
    assert rounds(functions.of(DEFINE)[0]) == [("SRP_A", True, None)]
    asked = prove(api, client, asked)
    assert rounds(functions.of(DEFINE)[1]) == [
        ("SRP_A", True, None),
        ("PASSWORD_VERIFIER", True, None),
    ]
    assert len(functions.of(CREATE)) == 1
    result_of(say(api, asked, WORD))
    assert rounds(functions.of(DEFINE)[2])[2:] == [("CUSTOM_CHALLENGE", True, "WORD-2")]


@SPELLINGS
def test_custom_auth_with_srp_first_asks_pre_authentication(
    pool: PoolForTest, api: AuthApi, functions: FunctionsServer, spelling: str
) -> None:
    """github.com/aws-amplify/aws-sdk-android/issues/1347"""
    client = srp_client(pool)
    given = {"SRP_A": client.srp_a, spelling: "SRP_A"}
    api.start("CUSTOM_AUTH", USERNAME="alice", metadata={"sea": "north"}, **given)
    assert sources(functions) == ["PreAuthentication", "DefineAuthChallenge"]
    assert functions.events[0]["request"]["validationData"] == {"sea": "north"}


def test_functions_can_ask_for_password_later(
    pool: PoolForTest, api: AuthApi, functions: FunctionsServer
) -> None:
    def word_first(event: dict[str, Any]) -> dict[str, Any]:
        names = [each["challengeName"] for each in event["request"]["session"]]
        if names == ["SRP_A"]:
            return answered(event, challengeName="CUSTOM_CHALLENGE")
        if names == ["SRP_A", "CUSTOM_CHALLENGE"]:
            return answered(event, challengeName="PASSWORD_VERIFIER")
        return answered(event, issueTokens=True)

    functions.answers[DEFINE] = word_first
    client, asked = start(pool, api)
    result_of(prove(api, client, say(api, asked, WORD)))


def test_wrong_password_invokes_no_function(
    pool: PoolForTest, api: AuthApi, functions: FunctionsServer
) -> None:
    client, asked = start(pool, api, password="Wrong-horse-9!")
    functions.events.clear()
    with refused("NotAuthorizedException", WRONG):
        prove(api, client, asked)
    assert functions.events == []


def test_password_response_is_single_use(
    pool: PoolForTest, api: AuthApi, functions: FunctionsServer
) -> None:
    client, asked = start(pool, api)
    prove(api, client, asked)
    functions.events.clear()
    with refused("NotAuthorizedException", USED):
        prove(api, client, asked)
    assert functions.events == []


def test_function_error_after_password_ends_sign_in(
    pool: PoolForTest, api: AuthApi, functions: FunctionsServer
) -> None:
    def throw(_: dict[str, Any]) -> None:
        raise FunctionError("no fish")

    client, asked = start(pool, api)
    functions.answers[DEFINE] = throw
    with refused("UserLambdaValidationException"):
        prove(api, client, asked)
    ask_for_the_word(functions)
    functions.events.clear()
    with refused("NotAuthorizedException", DEAD):
        prove(api, client, asked)
    assert functions.events == []


def test_second_factor_precedes_next_function(
    server: RunningServer, new_pool: NewPool, functions: FunctionsServer, by_admin: bool
) -> None:
    pool = a_pool(new_pool, functions, MfaConfiguration="ON", SmsConfiguration=SMS)
    api = AuthApi(pool, by_admin=by_admin)
    client, asked = start(pool, api)
    asked = prove(api, client, asked)
    assert asked["ChallengeName"] == "SMS_MFA"
    assert len(functions.of(DEFINE)) == 1
    code = code_of(server, pool)
    asked = api.respond("SMS_MFA", asked["Session"], USERNAME="alice", SMS_MFA_CODE=code)
    assert [name for name, _, _ in rounds(functions.of(DEFINE)[1])] == [
        *("SRP_A", "PASSWORD_VERIFIER", "SMS_MFA")
    ]
    result = result_of(say(api, asked, WORD))
    assert claims_of(result["AccessToken"])["amr"] == ["pwd", "sms", "mfa"]


def test_custom_auth_without_password_asks_no_second_factor(
    server: RunningServer, new_pool: NewPool, functions: FunctionsServer, by_admin: bool
) -> None:
    pool = a_pool(new_pool, functions, MfaConfiguration="ON", SmsConfiguration=SMS)
    sent = len(messages_to(server, pool))
    api = AuthApi(pool, by_admin=by_admin)
    result_of(say(api, api.start("CUSTOM_AUTH", USERNAME="alice"), WORD))
    assert len(messages_to(server, pool)) == sent


def test_temporary_password_is_replaced_before_next_function(
    pool: PoolForTest, api: AuthApi, functions: FunctionsServer
) -> None:
    temporary = "Temporary-horse-1!"
    pool.cognito.admin_set_user_password(
        UserPoolId=pool.id, Username="alice", Password=temporary, Permanent=False
    )
    client, asked = start(pool, api, password=temporary)
    asked = prove(api, client, asked)
    assert asked["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    asked = api.respond(
        "NEW_PASSWORD_REQUIRED", asked["Session"], USERNAME="alice", NEW_PASSWORD="Chosen-horse-2!"
    )
    assert rounds(functions.of(DEFINE)[1])[-1] == ("NEW_PASSWORD_REQUIRED", True, None)
    result_of(say(api, asked, WORD))
    assert pool.user()["UserStatus"] == "CONFIRMED"


class TestDevices:
    """A remembered device proves itself after the functions have let the user in."""

    @pytest.fixture
    def tracking(self, new_pool: NewPool, functions: FunctionsServer) -> PoolForTest:
        return a_pool(
            new_pool,
            functions,
            DeviceConfiguration={"ChallengeRequiredOnNewDevice": True},
        )

    @pytest.fixture
    def device(self, tracking: Any) -> KeptDevice:
        device = KeptDevice(result_of(AuthApi(tracking, by_admin=False).by_password()))
        device.confirm(tracking.cognito)
        return device

    def test_device_is_verified_after_functions_and_ends_sign_in(
        self, tracking: Any, device: KeptDevice, functions: FunctionsServer
    ) -> None:
        api = AuthApi(tracking, by_admin=False)
        functions.events.clear()
        asked = api.start("CUSTOM_AUTH", USERNAME="alice", DEVICE_KEY=device.key)
        asked = say(api, asked, WORD)
        assert asked["ChallengeName"] == "DEVICE_SRP_AUTH"
        result = result_of(device.prove(api, asked))
        assert claims_of(result["AccessToken"])["device_key"] == device.key
        assert len(functions.of(DEFINE)) == 2

    def test_device_instead_of_second_factor_keeps_custom_challenge(
        self, new_pool: NewPool, functions: FunctionsServer, server: RunningServer
    ) -> None:
        pool = a_pool(
            new_pool,
            functions,
            MfaConfiguration="ON",
            SmsConfiguration=SMS,
            DeviceConfiguration={"ChallengeRequiredOnNewDevice": True},
        )
        api = AuthApi(pool, by_admin=False)
        asked = api.by_password()
        code = code_of(server, pool)
        signed_in = api.respond("SMS_MFA", asked["Session"], USERNAME="alice", SMS_MFA_CODE=code)
        device = KeptDevice(result_of(signed_in))
        device.confirm(pool.cognito)
        client, asked = start(pool, api, DEVICE_KEY=device.key)
        asked = prove(api, client, asked)
        assert asked["ChallengeName"] == "DEVICE_SRP_AUTH"
        asked = device.prove(api, asked)
        assert [name for name, _, _ in rounds(functions.of(DEFINE)[-1])] == [
            *("SRP_A", "PASSWORD_VERIFIER", "DEVICE_SRP_AUTH", "DEVICE_PASSWORD_VERIFIER")
        ]
        result_of(say(api, asked, WORD))

    def test_forgotten_device_is_reported_before_functions(
        self, tracking: Any, device: KeptDevice, functions: FunctionsServer
    ) -> None:
        """Clients drop the key there, and try again (amplify-js)."""
        api = AuthApi(tracking, by_admin=False)
        functions.events.clear()
        unknown = "us-east-1_11111111-2222-4333-8444-555555555555"
        with refused("ResourceNotFoundException", "Device does not exist."):
            api.start("CUSTOM_AUTH", USERNAME="alice", DEVICE_KEY=unknown)
        assert functions.of(DEFINE) == []
