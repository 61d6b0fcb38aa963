"""The sign-in's triggers as flows see them: which function is asked, about whom, and how often."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from support.sign_in_functions import Function
from support.trigger_world import ARN

from poolhouse.entities.clients import Client
from poolhouse.entities.custom_auth_rounds import Round
from poolhouse.entities.pools import Pool
from poolhouse.entities.token_overrides import NO_OVERRIDES, GroupOverride, TokenOverrides
from poolhouse.entities.users import DecoyUser, User, UserStatus
from poolhouse.services.context import Call, Caller
from poolhouse.services.triggers import TriggerSubject, invoke_once
from poolhouse.triggers.custom_auth import (
    CreateAuthChallenge,
    DefineAuthChallenge,
    VerifyAuthChallengeResponse,
)
from poolhouse.triggers.invoke import Invoker
from poolhouse.triggers.post_authentication import PostAuthentication
from poolhouse.triggers.pre_authentication import PreAuthentication
from poolhouse.triggers.pre_token_generation import (
    MACHINE_USERNAME,
    PreTokenGeneration,
    PreTokenSource,
    version_of,
)
from poolhouse.triggers.user_migration import UserMigration, UserMigrationSource
from poolhouse.wire.enums import PreTokenGenerationLambdaVersionType as Version
from poolhouse.wire.enums import PreventUserExistenceErrorTypes as Existence
from poolhouse.wire.errors import InvalidParameterException, UserNotFoundException
from poolhouse.wire.structs import (
    LambdaConfigType,
    PreTokenGenerationVersionConfigType,
    UserPoolClientType,
    UserPoolType,
)

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
POOL_ID = "eu-west-1_Example01"
OTHER_ARN = f"{ARN}-other"
ZOE = User(
    sub="f4688488-5081-7055-0123-456789abcdef",
    pool_id=POOL_ID,
    username="zoe",
    status=UserStatus.CONFIRMED,
    attributes={"email": "zoe@home.example"},
    created_at=NOW,
    modified_at=NOW,
)
DECOY = DecoyUser(
    sub="00000000-5081-7055-0123-456789abcdef",
    pool_id=POOL_ID,
    username="nobody",
    status=UserStatus.CONFIRMED,
    attributes={"email": "made@up.example"},
    created_at=NOW,
    modified_at=NOW,
)
ZOES_ATTRIBUTES = {
    "sub": ZOE.sub,
    "cognito:user_status": "CONFIRMED",
    "email": "zoe@home.example",
}
SESSION = [Round("SRP_A", True)]
ANSWERS = {
    "challengeName": "CUSTOM_CHALLENGE",
    "publicChallengeParameters": {"hint": "mail"},
    "answerCorrect": True,
    "claimsOverrideDetails": {"claimsToSuppress": ["email"]},
    "claimsAndScopeOverrideDetails": {"idTokenGeneration": {"claimsToSuppress": ["name"]}},
    "userAttributes": {"email": "old@home.example"},
}
Ask = Callable[[Call, Pool, Client, User], Awaitable[Any]]


def pool(**triggers: Any) -> Pool:
    settings = UserPoolType(LambdaConfig=LambdaConfigType(**triggers))
    return Pool(id=POOL_ID, settings=settings, attributes=(), created_at=NOW, modified_at=NOW)


def client(existence: Existence | None = Existence.ENABLED) -> Client:
    settings = UserPoolClientType(PreventUserExistenceErrors=existence)
    return Client(
        id="1example", pool_id=POOL_ID, settings=settings, created_at=NOW, modified_at=NOW
    )


def call(*functions: Function) -> Call:
    """A call whose services can run functions, and nothing else."""
    transports = dict(zip((ARN, OTHER_ARN), functions, strict=False))
    services: Any = SimpleNamespace(invoker=Invoker(transports))
    caller = Caller(
        request_id="request-1", now=NOW, source_ip=None, user_agent="aws-sdk-js/2.1639.0"
    )
    return Call(services=services, caller=caller)


async def before(call: Call, pool: Pool, client: Client, user: User) -> None:
    ask = PreAuthentication(validation_data={"captcha": "7x"})
    await invoke_once(call, TriggerSubject.signing_in(pool, client, user), ask)


async def after(call: Call, pool: Pool, client: Client, user: User) -> None:
    tell = PostAuthentication(new_device_used=True, client_metadata=None)
    await invoke_once(call, TriggerSubject.signing_in(pool, client, user), tell)


async def define(call: Call, pool: Pool, client: Client, user: User) -> Any:
    ask = DefineAuthChallenge(session=SESSION, client_metadata=None)
    return await invoke_once(call, TriggerSubject.signing_in(pool, client, user), ask)


async def create(call: Call, pool: Pool, client: Client, user: User) -> Any:
    ask = CreateAuthChallenge(session=SESSION, client_metadata=None)
    return await invoke_once(call, TriggerSubject.signing_in(pool, client, user), ask)


async def verify(call: Call, pool: Pool, client: Client, user: User) -> Any:
    ask = VerifyAuthChallengeResponse(
        private={"a": "1"}, challenge_answer="1", client_metadata=None
    )
    return await invoke_once(call, TriggerSubject.signing_in(pool, client, user), ask)


async def tokens(call: Call, pool: Pool, client: Client, user: User | None) -> TokenOverrides:
    ask = PreTokenGeneration(
        source=PreTokenSource.AUTHENTICATION if user else PreTokenSource.CLIENT_CREDENTIALS,
        speaks=version_of(pool.triggers),
        groups=GroupOverride(groups=("staff",)),
        scopes=["api/read"],
        client_metadata=None,
    )
    if user is None:
        machine = TriggerSubject(pool=pool, username=MACHINE_USERNAME, client_id=client.id)
        return await invoke_once(call, machine, ask)
    return await invoke_once(call, TriggerSubject.signing_in(pool, client, user), ask)


async def migrate(call: Call, pool: Pool, client: Client, user: User) -> Any:
    ask = UserMigration(
        source=UserMigrationSource.AUTHENTICATION,
        password="x",
        validation_data=None,
        client_metadata=None,
    )
    subject = TriggerSubject(pool=pool, username="Typed", client_id=client.id)
    return await invoke_once(call, subject, ask)


ABOUT_ATTEMPTS: dict[str, Ask] = {
    "PreAuthentication": before,
    "DefineAuthChallenge": define,
    "CreateAuthChallenge": create,
    "VerifyAuthChallengeResponse": verify,
}
ABOUT_USERS: dict[str, Ask] = {
    **ABOUT_ATTEMPTS,
    "PostAuthentication": after,
    "PreTokenGeneration": tokens,
}
ALL: dict[str, Ask] = {**ABOUT_USERS, "UserMigration": migrate}


@pytest.mark.parametrize("trigger", ALL)
async def test_retried_operation_invokes_function_once(trigger: str) -> None:
    function, this_pool = Function(ANSWERS), pool(**{trigger: ARN})
    this_call = call(function)
    first = await ALL[trigger](this_call, this_pool, client(), ZOE)
    again = await ALL[trigger](this_call, this_pool, client(), ZOE)
    assert first == again
    assert len(function.events) == 1


@pytest.mark.parametrize("trigger", ABOUT_USERS)
async def test_event_of_known_user_has_attributes(trigger: str) -> None:
    function = Function(ANSWERS)
    await ABOUT_USERS[trigger](call(function), pool(**{trigger: ARN}), client(), ZOE)
    sent = function.events[0]
    assert sent["userName"] == "zoe"
    assert sent["userPoolId"] == POOL_ID
    assert sent["region"] == "eu-west-1"
    assert sent["callerContext"] == {"awsSdkVersion": "aws-sdk-js-2.1639.0", "clientId": "1example"}
    assert sent["request"]["userAttributes"] == ZOES_ATTRIBUTES
    found = sent["request"].get("userNotFound")
    assert found is (False if trigger in ABOUT_ATTEMPTS else None)


@pytest.mark.parametrize("trigger", ABOUT_ATTEMPTS)
async def test_event_of_unknown_user_has_no_attributes(trigger: str) -> None:
    """ev:auth-2.3: `userNotFound`, and nothing of what was made up in their place."""
    function = Function(ANSWERS)
    await ABOUT_ATTEMPTS[trigger](call(function), pool(**{trigger: ARN}), client(), DECOY)
    request = function.events[0]["request"]
    assert request["userNotFound"] is True
    assert request["userAttributes"] == {}


@pytest.mark.parametrize("trigger", ABOUT_ATTEMPTS)
@pytest.mark.parametrize("existence", [Existence.LEGACY, None])
async def test_trigger_event_without_hidden_existence_omits_user_not_found(
    trigger: str, existence: Existence | None
) -> None:
    function = Function(ANSWERS)
    await ABOUT_ATTEMPTS[trigger](call(function), pool(**{trigger: ARN}), client(existence), ZOE)
    assert "userNotFound" not in function.events[0]["request"]


async def test_pool_without_triggers_invokes_nothing() -> None:
    this_call = call()
    await before(this_call, pool(), client(), ZOE)
    await after(this_call, pool(), client(), ZOE)
    assert await tokens(this_call, pool(), client(), ZOE) is NO_OVERRIDES
    assert await migrate(this_call, pool(), client(), ZOE) is None


@pytest.mark.parametrize("ask", [define, create, verify])
async def test_custom_sign_ins_need_their_functions(ask: Ask) -> None:
    """ev:auth-2.1."""
    with pytest.raises(InvalidParameterException) as refusal:
        await ask(call(), pool(), client(), ZOE)
    assert str(refusal.value) == "Custom auth lambda trigger is not configured for the user pool."


async def test_define_auth_challenge_is_invoked_after_each_round() -> None:
    function = Function(ANSWERS)
    this_call, this_pool = call(function), pool(DefineAuthChallenge=ARN)
    for session in ([], SESSION, SESSION):
        ask = DefineAuthChallenge(session=session, client_metadata=None)
        await invoke_once(this_call, TriggerSubject.signing_in(this_pool, client(), ZOE), ask)
    assert [len(sent["request"]["session"]) for sent in function.events] == [0, 1]


def versioned(version: Version) -> Pool:
    config = PreTokenGenerationVersionConfigType(LambdaVersion=version, LambdaArn=OTHER_ARN)
    return pool(PreTokenGeneration=ARN, PreTokenGenerationConfig=config)


@pytest.mark.parametrize(
    ("version", "suppressed"),
    [(Version.V1_0, "email"), (Version.V2_0, "name"), (Version.V3_0, "name")],
)
async def test_versioned_setting_overrides_old_one(version: Version, suppressed: str) -> None:
    old, new = Function(ANSWERS), Function(ANSWERS)
    overrides = await tokens(call(old, new), versioned(version), client(), ZOE)
    assert overrides == TokenOverrides(id_claims_to_suppress=(suppressed,))
    assert old.events == []
    assert new.events[0]["version"] == version.value[1]


async def test_old_setting_is_version_1() -> None:
    function = Function(ANSWERS)
    overrides = await tokens(call(function), pool(PreTokenGeneration=ARN), client(), ZOE)
    assert overrides == TokenOverrides(id_claims_to_suppress=("email",))
    assert function.events[0]["version"] == "1"
    groups = function.events[0]["request"]["groupConfiguration"]["groupsToOverride"]
    assert groups == ["staff"]


@pytest.mark.parametrize("version", Version)
async def test_client_token_invokes_version_3_only(version: Version) -> None:
    function = Function(ANSWERS)
    overrides = await tokens(call(Function(), function), versioned(version), client(), None)
    if version is not Version.V3_0:
        assert (overrides, function.events) == (NO_OVERRIDES, [])
        return
    assert overrides == TokenOverrides(id_claims_to_suppress=("name",))
    sent = function.events[0]
    assert sent["triggerSource"] == "TokenGeneration_ClientCredentials"
    assert sent["userName"] == "ClientCredentials"
    assert sent["request"]["userAttributes"] == {}
    assert sent["request"]["scopes"] == ["api/read"]


async def test_migration_is_asked_about_the_name_as_it_was_typed() -> None:
    function = Function(ANSWERS)
    user = await migrate(call(function), pool(UserMigration=ARN), client(), DECOY)
    assert user.attributes == {"email": "old@home.example"}
    assert function.events[0]["userName"] == "Typed"
    assert function.events[0]["request"]["password"] == "x"


async def test_migration_without_user_names_app_client() -> None:
    with pytest.raises(UserNotFoundException) as refusal:
        await migrate(call(Function()), pool(UserMigration=ARN), client(), DECOY)
    assert str(refusal.value) == "Exception migrating user in app client 1example"
