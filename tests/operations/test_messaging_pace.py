"""With PreventUserExistenceErrors, responses for unknown users take as long as for real ones.

With CustomMessage a real user's waits for the function (ev:triggers-8), and of an unknown user no
function may be told. What is looked at is the time that the server lets pass, never a clock.
"""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.functions_server import FunctionError, FunctionsServer, arn
from support.refusals import refused
from support.running_server import RunningServer
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import FLOWS, AuthApi

from poolhouse.app import App

EMAIL = {"email": "alice@barn.example"}
FIRST = 2.0
"""How long the first function seems to take, in seconds; the second takes twice that."""
WORDED = {"CustomMessage": arn("words")}
SENDER = {
    "CustomEmailSender": {"LambdaVersion": "V1_0", "LambdaArn": arn("send")},
    "KMSKeyID": "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
}


@pytest.fixture
def slept(server: RunningServer) -> Iterator[list[float]]:
    """The times that the server would have let pass; each function seems to take longer."""
    waits: list[float] = []
    readings = itertools.accumulate(itertools.count(1))

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    async def put(app: App, monotonic: Any, sleep: Any) -> tuple[Any, Any]:
        latencies = app.services.latencies
        were = latencies._monotonic, latencies._sleep
        latencies._monotonic, latencies._sleep = monotonic, sleep
        return were

    were = server.run(lambda app: put(app, lambda: float(next(readings)), wait))
    yield waits
    server.run(lambda app: put(app, *were))


@pytest.fixture
def hiding(new_pool: NewPool) -> Callable[..., Any]:
    """Makes pools that can sign in by a mailed code, with alice and her email, unconfirmed."""

    def make(**triggers: Any) -> Any:
        pool = new_pool(
            client={"ExplicitAuthFlows": FLOWS, "PreventUserExistenceErrors": "ENABLED"},
            AutoVerifiedAttributes=["email"],
            Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}},
        )
        pool.sign_up(attributes=EMAIL)
        pool.cognito.update_user_pool(
            UserPoolId=pool.id,
            AutoVerifiedAttributes=["email"],
            Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}},
            LambdaConfig=triggers,
        )
        return pool

    return make


def verify(pool: PoolForTest) -> None:
    pool.cognito.admin_update_user_attributes(
        UserPoolId=pool.id,
        Username="alice",
        UserAttributes=[{"Name": "email_verified", "Value": "true"}],
    )


def resend(pool: PoolForTest, username: str) -> Any:
    return pool.cognito.resend_confirmation_code(ClientId=pool.client_id, Username=username)


def forgot(pool: PoolForTest, username: str) -> Any:
    return pool.cognito.forgot_password(ClientId=pool.client_id, Username=username)


def code(pool: PoolForTest, username: str) -> Any:
    api = AuthApi(pool, by_admin=False)
    return api.start("USER_AUTH", USERNAME=username, PREFERRED_CHALLENGE="EMAIL_OTP")


def chosen_code(pool: PoolForTest, username: str) -> Any:
    api = AuthApi(pool, by_admin=False)
    session = api.start("USER_AUTH", USERNAME=username)["Session"]
    return api.respond("SELECT_CHALLENGE", session, USERNAME=username, ANSWER="EMAIL_OTP")


WAYS = {
    "CustomMessage_ResendCode": (resend,),
    "CustomMessage_ForgotPassword": (forgot,),
    "CustomMessage_Authentication": (code, chosen_code),
}
EVERY_WAY = [(source, way) for source, ways in WAYS.items() for way in ways]


@pytest.mark.parametrize(("source", "way"), EVERY_WAY)
def test_code_for_unknown_user_is_delayed_like_a_real_one_without_the_function(
    hiding: NewPool,
    functions: FunctionsServer,
    slept: list[float],
    source: str,
    way: Callable[[Any, str], Any],
) -> None:
    pool = hiding(**WORDED)
    verify(pool)
    way(pool, "nobody")
    assert slept == [], "nothing was measured yet"
    way(pool, "alice")
    assert slept == [], "who is real waits for the function itself"
    way(pool, "nobody")
    assert slept == [FIRST]
    assert [event["userName"] for event in functions.of(source)] == ["alice"]


def test_forgot_password_user_without_contact_is_delayed_like_unknown_user(
    hiding: NewPool, slept: list[float]
) -> None:
    """Their code is simulated, too (ev:users-14)."""
    pool = hiding(**WORDED)
    pool.sign_up("bob")
    verify(pool)
    forgot(pool, "alice")
    forgot(pool, "bob")
    assert slept == [FIRST]


def test_latency_is_measured_for_each_occasion(hiding: NewPool, slept: list[float]) -> None:
    pool = hiding(**WORDED)
    verify(pool)
    resend(pool, "alice")
    forgot(pool, "alice")
    forgot(pool, "nobody")
    resend(pool, "nobody")
    code(pool, "nobody")
    assert slept == [2 * FIRST, FIRST]


def test_latency_matching_is_separate_for_each_pool(hiding: NewPool, slept: list[float]) -> None:
    one, other = hiding(**WORDED), hiding(**WORDED)
    resend(one, "alice")
    resend(other, "nobody")
    assert slept == []


@pytest.mark.parametrize("triggers", [{}, WORDED | SENDER], ids=["none", "sender"])
def test_code_for_unknown_user_without_custom_message_is_not_delayed(
    hiding: NewPool, slept: list[float], triggers: dict[str, Any]
) -> None:
    """What a custom sender is to send, CustomMessage isn't asked about (ev:triggers-6.11)."""
    pool = hiding(**triggers)
    resend(pool, "alice")
    resend(pool, "nobody")
    assert slept == []


def test_failing_function_is_not_measured(
    hiding: NewPool, functions: FunctionsServer, slept: list[float]
) -> None:
    """Its error is returned, as on AWS, and a decoy user's response would have none."""

    def fail(_: dict[str, Any]) -> None:
        raise FunctionError("No words today")

    functions.answers["CustomMessage_ResendCode"] = fail
    pool = hiding(**WORDED)
    with refused(
        "UserLambdaValidationException", "CustomMessage failed with error No words today."
    ):
        resend(pool, "alice")
    resend(pool, "nobody")
    assert slept == []
