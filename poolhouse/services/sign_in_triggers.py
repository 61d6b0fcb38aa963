"""The triggers of signing in, as flows see them: does the pool have one, and what did it say.

A user whose `version` is 0 stands in for one who doesn't exist: functions hear of them only from
app clients that hide who exists, with no attributes and `userNotFound`. Each function runs once in
a call, even if the operation is run again.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar, cast

from poolhouse.entities.clients import Client
from poolhouse.entities.custom_auth_rounds import Round
from poolhouse.entities.pools import Pool
from poolhouse.entities.token_overrides import NO_OVERRIDES, GroupOverride, TokenOverrides
from poolhouse.entities.users import User
from poolhouse.errors.auth import CustomAuthNotConfigured
from poolhouse.rules.users import attributes
from poolhouse.services.context import Call
from poolhouse.services.decoy_users import is_decoy
from poolhouse.triggers.custom_auth import (
    CREATE_SOURCE,
    DEFINE_SOURCE,
    VERIFY_SOURCE,
    CreateAnswer,
    DefineAnswer,
    create_auth_challenge,
    define_auth_challenge,
    verify_auth_challenge,
)
from poolhouse.triggers.events import Invocation
from poolhouse.triggers.post_authentication import SOURCE as AFTER
from poolhouse.triggers.post_authentication import post_authentication
from poolhouse.triggers.pre_authentication import SOURCE as BEFORE
from poolhouse.triggers.pre_authentication import pre_authentication
from poolhouse.triggers.pre_token_generation import (
    MACHINE_USERNAME,
    PreTokenSource,
    pre_token_generation,
)
from poolhouse.triggers.user_migration import MigratedUser, UserMigrationSource, user_migration
from poolhouse.wire.enums import PreTokenGenerationLambdaVersionType as Version

Metadata = Mapping[str, str] | None
T = TypeVar("T")


async def before_authentication(
    call: Call, pool: Pool, client: Client, user: User, validation_data: Metadata
) -> None:
    """Ask PreAuthentication, if the pool has it, whether this user may try to sign in."""
    if arn := pool.triggers.PreAuthentication:
        ask = partial(
            pre_authentication,
            call.services.invoker,
            arn,
            _invocation(call, client, user.username),
            user_attributes=_attributes(pool, user),
            validation_data=validation_data,
            user_not_found=_not_found(client, user),
        )
        await _once(call, BEFORE, ask)


async def after_authentication(
    call: Call,
    pool: Pool,
    client: Client,
    user: User,
    client_metadata: Metadata,
    *,
    new_device_used: bool = False,
) -> None:
    """Tell PostAuthentication, if the pool has it, that this user has passed every challenge."""
    if arn := pool.triggers.PostAuthentication:
        tell = partial(
            post_authentication,
            call.services.invoker,
            arn,
            _invocation(call, client, user.username),
            user_attributes=_attributes(pool, user),
            new_device_used=new_device_used,
            client_metadata=client_metadata,
        )
        await _once(call, AFTER, tell)


async def define_challenge(
    call: Call,
    pool: Pool,
    client: Client,
    user: User,
    session: Sequence[Round],
    client_metadata: Metadata,
) -> DefineAnswer:
    """Ask DefineAuthChallenge how a custom sign-in goes on after these rounds."""
    ask = partial(
        define_auth_challenge,
        call.services.invoker,
        _needed(pool.triggers.DefineAuthChallenge),
        _invocation(call, client, user.username),
        user_attributes=_attributes(pool, user),
        session=session,
        client_metadata=client_metadata,
        user_not_found=_not_found(client, user),
    )
    return await _once(call, f"{DEFINE_SOURCE}/{len(session)}", ask)


async def create_challenge(
    call: Call,
    pool: Pool,
    client: Client,
    user: User,
    session: Sequence[Round],
    client_metadata: Metadata,
) -> CreateAnswer:
    """Let CreateAuthChallenge make the next challenge of a custom sign-in."""
    ask = partial(
        create_auth_challenge,
        call.services.invoker,
        _needed(pool.triggers.CreateAuthChallenge),
        _invocation(call, client, user.username),
        user_attributes=_attributes(pool, user),
        session=session,
        client_metadata=client_metadata,
        user_not_found=_not_found(client, user),
    )
    return await _once(call, f"{CREATE_SOURCE}/{len(session)}", ask)


async def verify_challenge(
    call: Call,
    pool: Pool,
    client: Client,
    user: User,
    private: Mapping[str, str],
    challenge_answer: str,
    client_metadata: Metadata,
) -> bool:
    """Ask VerifyAuthChallengeResponse whether the answer to a challenge is right."""
    ask = partial(
        verify_auth_challenge,
        call.services.invoker,
        _needed(pool.triggers.VerifyAuthChallengeResponse),
        _invocation(call, client, user.username),
        user_attributes=_attributes(pool, user),
        private=private,
        challenge_answer=challenge_answer,
        client_metadata=client_metadata,
        user_not_found=_not_found(client, user),
    )
    return await _once(call, VERIFY_SOURCE, ask)


async def token_overrides(
    call: Call,
    pool: Pool,
    client: Client,
    source: PreTokenSource,
    user: User | None,
    *,
    groups: GroupOverride,
    scopes: Sequence[str],
    client_metadata: Metadata,
) -> TokenOverrides:
    """Ask PreTokenGeneration, if the pool has it, what to change in tokens about to be signed.

    `user` is None for the tokens of machines (CLIENT_CREDENTIALS), about which only functions of
    version 3 are asked.
    """
    arn, version = _pre_token_function(pool)
    if not arn or (user is None and version is not Version.V3_0):
        return NO_OVERRIDES
    ask = partial(
        pre_token_generation,
        call.services.invoker,
        arn,
        source,
        version,
        _invocation(call, client, user.username if user else MACHINE_USERNAME),
        user_attributes=_attributes(pool, user) if user else {},
        groups=groups,
        scopes=scopes,
        client_metadata=client_metadata,
    )
    return await _once(call, source, ask)


async def migrated_user(
    call: Call,
    pool: Pool,
    client: Client,
    source: UserMigrationSource,
    username: str,
    *,
    password: str | None = None,
    validation_data: Metadata = None,
    client_metadata: Metadata = None,
) -> MigratedUser | None:
    """Ask UserMigration for the user of this name, as it was typed, whom the pool doesn't know.

    None: the pool has no such function, or it knows no user of this name who forgot a password.
    """
    arn = pool.triggers.UserMigration
    if not arn:
        return None
    ask = partial(
        user_migration,
        call.services.invoker,
        arn,
        source,
        _invocation(call, client, username),
        password=password,
        validation_data=validation_data,
        client_metadata=client_metadata,
    )
    return await _once(call, source, ask)


def _pre_token_function(pool: Pool) -> tuple[str | None, Version]:
    """The setting that knows versions wins over the old one."""
    if config := pool.triggers.PreTokenGenerationConfig:
        return config.LambdaArn, config.LambdaVersion
    return pool.triggers.PreTokenGeneration, Version.V1_0


def _needed(arn: str | None) -> str:
    """A custom sign-in takes all three of its functions."""
    if not arn:
        raise CustomAuthNotConfigured
    return arn


def _attributes(pool: Pool, user: User) -> dict[str, str]:
    return {} if is_decoy(user) else attributes.for_triggers(pool, user)


def _not_found(client: Client, user: User) -> bool | None:
    """Whether the user is unknown; None where the app client tells who exists."""
    return is_decoy(user) if client.hides_user_existence else None


def _invocation(call: Call, client: Client, username: str) -> Invocation:
    return Invocation(
        pool_id=client.pool_id,
        username=username,
        client_id=client.id,
        user_agent=call.caller.user_agent,
    )


async def _once(call: Call, key: str, run: Callable[[], Awaitable[T]]) -> T:
    """Run a function, unless the operation is run again and it has answered before."""
    if key not in call.trigger_answers:
        call.trigger_answers[key] = await run()
    # Each key is used by one function of this file alone, so its answer has the type of `run`'s.
    return cast("T", call.trigger_answers[key])
