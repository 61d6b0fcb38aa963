"""With PreventUserExistenceErrors, all operations answer a name alike: one mask, and the same work
for the server (ev:users-14).
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.running_server import RunningServer
from support.sent_codes import messages_to
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import FLOWS, AuthApi

from poolhouse.app import App
from poolhouse.entities.codes import Purpose
from poolhouse.services import verification_codes
from poolhouse.services.context import Call, Caller
from poolhouse.store.interface import Inserts, Write

EMAIL = "zoe@barn.example"
TRUE_MASK = "z***@b***"


@pytest.fixture
def hiding(new_pool: NewPool) -> PoolForTest:
    """A pool whose users sign in by mailed codes, with a user in every state."""
    return with_users(
        new_pool(
            client={"ExplicitAuthFlows": FLOWS, "PreventUserExistenceErrors": "ENABLED"},
            AutoVerifiedAttributes=["email"],
            Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}},
        )
    )


def with_users(pool: PoolForTest) -> PoolForTest:
    cognito = pool.cognito
    for name in ("confirmed", "unverified", "disabled", "unconfirmed"):
        pool.sign_up(name, attributes={"email": EMAIL})
    pool.sign_up("without")
    for name in ("confirmed", "unverified", "disabled", "without"):
        pool.admin_confirm(name)
    for name in ("confirmed", "disabled"):
        cognito.admin_update_user_attributes(
            UserPoolId=pool.id,
            Username=name,
            UserAttributes=[{"Name": "email_verified", "Value": "true"}],
        )
    cognito.admin_disable_user(UserPoolId=pool.id, Username="disabled")
    cognito.admin_create_user(
        UserPoolId=pool.id,
        Username="invited",
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": "email", "Value": EMAIL}],
    )
    return pool


def forgot(pool: PoolForTest, name: str) -> str:
    answer = pool.cognito.forgot_password(ClientId=pool.client_id, Username=name)
    return str(answer["CodeDeliveryDetails"]["Destination"])


def resend(pool: PoolForTest, name: str) -> str:
    answer = pool.cognito.resend_confirmation_code(ClientId=pool.client_id, Username=name)
    return str(answer["CodeDeliveryDetails"]["Destination"])


def sign_in_code(pool: PoolForTest, name: str) -> str:
    api = AuthApi(pool, by_admin=False)
    asked = api.start("USER_AUTH", USERNAME=name, PREFERRED_CHALLENGE="EMAIL_OTP")
    assert asked["ChallengeName"] == "EMAIL_OTP"
    return str(asked["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"])


WAYS = (forgot, resend, sign_in_code)


@pytest.mark.parametrize(
    ("name", "is_told"),
    [
        ("confirmed", True),
        ("unverified", True),
        ("unconfirmed", True),
        ("invited", True),
        ("disabled", False),
        ("unknown", False),
    ],
)
def test_unknown_user_has_same_masked_contact_in_all_operations(
    hiding: PoolForTest, name: str, is_told: bool
) -> None:
    """Two masks of one name would show that the user exists. UNVERIFIED: which does AWS show?"""
    masks = {way(hiding, name) for way in (*WAYS, *WAYS)}
    assert len(masks) == 1
    assert (masks == {TRUE_MASK}) is is_told


def test_user_without_contact_is_shown_with_the_mask_of_an_unknown_user(
    hiding: PoolForTest,
) -> None:
    masks = {way(hiding, "without") for way in (forgot, resend)}
    assert len(masks) == 1
    assert masks != {TRUE_MASK}


@pytest.mark.parametrize("auto_verified", [[], ["email"]])
def test_forgot_password_mask_equals_that_of_other_operations(
    new_pool: NewPool, auto_verified: list[str]
) -> None:
    """ev:users-14: without a verified contact the delivery is simulated."""
    hides = {"PreventUserExistenceErrors": "ENABLED"}
    pool = with_users(new_pool(client=hides, AutoVerifiedAttributes=auto_verified))
    assert forgot(pool, "confirmed") == TRUE_MASK
    assert forgot(pool, "unverified") != TRUE_MASK
    assert (forgot(pool, "unconfirmed") == TRUE_MASK) is bool(auto_verified)


def test_disabled_user_of_a_hiding_client_is_sent_nothing(
    server: RunningServer, hiding: PoolForTest
) -> None:
    before = messages_to(server, hiding, "disabled")
    for way in WAYS:
        way(hiding, "disabled")
    assert messages_to(server, hiding, "disabled") == before


def test_disabled_user_cannot_sign_in_by_a_code_that_was_never_sent(hiding: PoolForTest) -> None:
    api = AuthApi(hiding, by_admin=False)
    asked = api.start("USER_AUTH", USERNAME="disabled", PREFERRED_CHALLENGE="EMAIL_OTP")
    with pytest.raises(ClientError) as of_disabled:
        api.respond("EMAIL_OTP", asked["Session"], USERNAME="disabled", EMAIL_OTP_CODE="12345678")
    asked = api.start("USER_AUTH", USERNAME="unknown", PREFERRED_CHALLENGE="EMAIL_OTP")
    with pytest.raises(ClientError) as of_unknown:
        api.respond("EMAIL_OTP", asked["Session"], USERNAME="unknown", EMAIL_OTP_CODE="12345678")
    assert of_disabled.value.response["Error"] == of_unknown.value.response["Error"]


NAMES = ("confirmed", "unverified", "unconfirmed", "invited", "without", "disabled", "unknown")


def wrong_codes(pool: PoolForTest) -> dict[str, str]:
    """Return what a wrong code is answered, by name."""
    errors = {}
    for name in NAMES:
        with pytest.raises(ClientError) as caught:
            pool.cognito.confirm_forgot_password(
                ClientId=pool.client_id,
                Username=name,
                ConfirmationCode="1234567",
                Password="Another-Horse-9!",
            )
        errors[name] = caught.value.response["Error"]["Code"]
    return errors


def test_confirm_forgot_password_of_a_hiding_client_answers_every_name_alike(
    hiding: PoolForTest,
) -> None:
    """Users who had asked for no code, or could be sent none, heard that none is outstanding, and
    unknown ones that theirs is wrong (ev:users-14).
    """
    assert wrong_codes(hiding) == dict.fromkeys(NAMES, "ExpiredCodeException")
    for name in NAMES:
        forgot(hiding, name)
    assert wrong_codes(hiding) == dict.fromkeys(NAMES, "CodeMismatchException")


def test_code_that_was_never_sent_seems_outstanding_for_as_long_as_one(
    server: RunningServer, hiding: PoolForTest
) -> None:
    """ev:users-17.1: an hour."""
    forgot(hiding, "unknown")

    async def seems_sent(app: App) -> list[bool]:
        pool = await app.services.store.pools.find(hiding.id)
        assert pool is not None
        found = []
        for minutes in (59, 61):
            now = app.clock.now() + timedelta(minutes=minutes)
            call = Call(
                app.services, Caller(request_id="", now=now, source_ip=None, user_agent=None)
            )
            purpose = Purpose.RESET_PASSWORD
            found.append(await verification_codes.seems_sent(call, pool, "unknown", purpose))
        return found

    assert server.run(seems_sent) == [True, False]


@pytest.fixture
def commits(server: RunningServer) -> Iterator[list[list[str]]]:
    """The commits of calls, each as the kinds of its writes; not those of the delivery."""
    made: list[list[str]] = []

    async def watch(app: App) -> Any:
        store, original = app.services.store, app.services.store.commit

        async def commit(*writes: Write | Inserts) -> None:
            kinds = [" ".join(write.statement.split()[:3]) for write in writes]
            if any("attempts" in kind for kind in kinds):
                made.append([kind.partition(" ")[0] for kind in kinds])
            await original(*writes)

        store.commit = commit  # type: ignore[method-assign]
        return original

    original = server.run(watch)
    yield made

    async def unwatch(app: App) -> None:
        app.services.store.commit = original  # type: ignore[method-assign]

    server.run(unwatch)


REAL: dict[Callable[[Any, str], str], str] = {
    forgot: "confirmed",
    resend: "unconfirmed",
    sign_in_code: "confirmed",
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["unknown", "disabled", "unverified", "without", "invited"])
def test_unknown_user_costs_as_many_writes_as_user_with_code(
    hiding: PoolForTest, commits: list[list[str]], way: Callable[[Any, str], str], name: str
) -> None:
    """The answer to a request for an unknown user came earlier: the code and the message weren't
    written.
    """
    if (way, name) == (sign_in_code, "without"):
        name = "unknown"
    for each in (REAL[way], name):
        way(hiding, each)
    real, other = commits
    assert len(other) == len(real)
