"""Triggers as operations see them: does the pool have one, who is it about, what did it say."""

from collections.abc import Collection, Mapping

from poolhouse.entities.messages import Channel, Occasion
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User, UserStatus
from poolhouse.rules.messages import templates
from poolhouse.rules.users import attributes
from poolhouse.services.context import Call
from poolhouse.triggers.custom_message import custom_message, source
from poolhouse.triggers.events import Invocation
from poolhouse.triggers.post_confirmation import PostConfirmationSource, post_confirmation
from poolhouse.triggers.pre_sign_up import PreSignUpAnswer, PreSignUpSource, pre_sign_up

Metadata = Mapping[str, str] | None


async def before_sign_up(
    call: Call,
    pool: Pool,
    source: PreSignUpSource,
    user: User,
    *,
    validation_data: Metadata,
    client_metadata: Metadata,
    client_id: str | None = None,
) -> PreSignUpAnswer:
    """Ask PreSignUp whether this user may come, and what is to be taken as verified."""
    arn = pool.triggers.PreSignUp
    if not arn:
        return PreSignUpAnswer()
    if source not in call.trigger_answers:
        call.trigger_answers[source] = await pre_sign_up(
            call.services.invoker,
            arn,
            source,
            _invocation(call, user, client_id),
            user_attributes=user.attributes,
            validation_data=validation_data,
            client_metadata=client_metadata,
        )
    answer = call.trigger_answers[source]
    assert isinstance(answer, PreSignUpAnswer)
    return answer


async def after_confirmation(
    call: Call,
    pool: Pool,
    user: User,
    client_metadata: Metadata,
    client_id: str | None = None,
    source: PostConfirmationSource = PostConfirmationSource.CONFIRM_SIGN_UP,
) -> None:
    """Tell PostConfirmation, if the pool has it, that this user is confirmed: a sign-up, or by
    `source` a new password instead of a forgotten one.
    """
    if arn := pool.triggers.PostConfirmation:
        assert user.status is UserStatus.CONFIRMED
        await post_confirmation(
            call.services.invoker,
            arn,
            source,
            _invocation(call, user, client_id),
            user_attributes=attributes.for_triggers(pool, user),
            client_metadata=client_metadata,
        )


async def custom_message_for(
    call: Call,
    pool: Pool,
    user: User,
    occasion: Occasion,
    channels: Collection[Channel],
    client_metadata: Metadata,
    client_id: str | None = None,
) -> templates.MessageTexts:
    """Ask CustomMessage, which the pool must have, how a message by these channels is to read."""
    arn = pool.triggers.CustomMessage
    assert arn
    return await custom_message(
        call.services.invoker,
        arn,
        occasion,
        _invocation(call, user, client_id),
        channels=channels,
        by_link=templates.by_link(pool, source(occasion)),
        user_attributes=attributes.for_triggers(pool, user),
        client_metadata=client_metadata,
    )


def _invocation(call: Call, user: User, client_id: str | None) -> Invocation:
    return Invocation(
        pool_id=user.pool_id,
        username=user.username,
        client_id=client_id,
        user_agent=call.caller.user_agent,
    )
