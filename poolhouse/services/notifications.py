"""Writing to users: the one place where an operation composes a message and queues it.

Without triggers a message is put into the outbox in the commit of the state that it reports. With a
CustomMessage trigger it is put there in that commit too, in the words of the pool's template, but
held back; then the function is asked, outside any commit, and a second commit replaces the words
and lets the message go. If this worker dies in between, the template's words go out when the time
is over: nothing is lost. The second commit finds the message only if it is still held: nothing is
sent twice.

What the pool's own sender is to send is held back in the same way, for this worker to hand over
with the ClientMetadata, which is never stored. A worker that finds it after the time sends it
without.

If the client hides user existence, responses without a message are delayed likewise.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from msgspec.structs import replace

from poolhouse.entities.messages import Channel, Message, Occasion, SenderFunction
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User
from poolhouse.errors.auth import EmailRefused, SmsRefused
from poolhouse.rules.messages import templates
from poolhouse.rules.messages.templates import NO_WORDS, MessageTexts
from poolhouse.rules.users import attributes
from poolhouse.services.context import Call, ClientCall
from poolhouse.services.triggers import Metadata, TriggerSubject, invoke
from poolhouse.store.interface import VersionConflict, Write
from poolhouse.store.messages import sent
from poolhouse.triggers import custom_message, custom_sender
from poolhouse.wire.errors import ServiceError
from poolhouse.wire.structs import (
    CustomEmailLambdaVersionConfigType,
    CustomSMSLambdaVersionConfigType,
)

"""By what a message gets to a user's contact."""

_MARGIN: Final = timedelta(minutes=1)
"""How long a message is held beyond the longest call of a function: for the commits around it, and
for the sender's turn and its try."""

_PUT_VERSION: Final = 1
"""The version of a message that no worker has claimed yet."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Notification:
    """A message to one user: a code, or the temporary password of an invitation.

    The user must have a contact for each of the `channels`. `client_id` is None for operations of
    administrators that name no app client.
    """

    pool: Pool
    user: User
    occasion: Occasion
    secret: str
    channels: Sequence[Channel]
    client_metadata: Metadata
    client_id: str | None = None
    decoy: bool = False
    """The user isn't there: everything is done as for a real one, and nothing is sent."""


async def commit_and_notify(call: Call, notification: Notification | None, *writes: Write) -> None:
    """Apply all writes or none, durably, and send the notification.

    Raises what `call.commit` raises. What CustomMessage's failure raises comes after the commit:
    the state stays, and no message goes out, as on AWS. So does CodeDeliveryFailureException, where
    the message is refused for good at once; whatever else keeps it from being sent passes by.
    """
    if notification is None or not notification.decoy:
        await commit_all(call, [] if notification is None else [notification], *writes)
        return
    prepared = _prepare(call, notification)
    decoys = [
        replace(message, decoy=True, due_at=call.now)
        for message in (*prepared.drafts, *prepared.handed)
    ]
    await call.commit(*writes, *map(call.outgoing, decoys))
    # The function isn't invoked: there is no user, and it may have effects.
    if prepared.is_asked:
        await call.services.latencies.replay(_latency_key(notification))


async def commit_all(call: Call, notifications: Sequence[Notification], *writes: Write) -> None:
    """Commit and send several notifications, as when a user must verify email and phone at once."""
    prepared = [_prepare(call, notification) for notification in notifications]
    shown = [
        draft
        for each in prepared
        if _reports_delivery_failure(call, each.notification)
        for draft in each.drafts
    ]
    with call.services.watching(shown) as refused:
        await _queue(call, prepared, writes)
        if lost := await refused():
            refusal = EmailRefused() if lost.channel is Channel.EMAIL else SmsRefused()
            raise refusal.because(
                f"refused for good at its first try; the log of message {lost.id} says why"
            )


def _reports_delivery_failure(call: Call, notification: Notification) -> bool:
    """Return whether the operation's model lists the error of a refused message.

    Calls that change or sign in a user don't report it; calls that create one do.
    """
    if notification.occasion is Occasion.AUTHENTICATION:
        return False
    # DIFFERS: clients that hide user existence don't get this error of a code: only a
    # real user's message can be refused, or take the time to be sent.
    if notification.occasion in {Occasion.FORGOT_PASSWORD, Occasion.RESEND_CODE}:
        return isinstance(call, ClientCall) and not call.client.hides_user_existence
    return notification.client_id is not None or notification.occasion is Occasion.ADMIN_CREATE_USER


async def _queue(call: Call, prepared: "Sequence[_Prepared]", writes: Sequence[Write]) -> None:
    """Commit, and start sending what was committed."""
    queued = [message for each in prepared for message in (*each.drafts, *each.handed)]
    await call.commit(*writes, *map(call.outgoing, queued))
    try:
        for each in prepared:
            if each.is_asked:
                with call.services.latencies.measured(_latency_key(each.notification)):
                    await _apply_custom_message(call, each.notification, each.drafts)
    except ServiceError:
        await call.store.commit(*map(sent, queued))
        raise
    for each in prepared:
        for message in each.handed:
            call.services.hand_over(message, each.notification.client_metadata)


@dataclass(frozen=True, slots=True, repr=False)
class _Prepared:
    """A notification's messages: `drafts` of ours, and those `handed` to functions.

    `is_asked`: CustomMessage is to be asked for words, and until then the drafts are held back.
    """

    notification: Notification
    drafts: Sequence[Message]
    handed: Sequence[Message]
    is_asked: bool


def _prepare(call: Call, notification: Notification) -> _Prepared:
    functions = _functions(call, notification)
    handed = [_by_function(call, notification, *entry) for entry in functions.items()]
    ours = [channel for channel in notification.channels if channel not in functions]
    drafts = _composed(call, notification, ours)
    is_asked = bool(drafts) and _has_custom_message_trigger(notification.pool)
    if is_asked:
        drafts = [_held_back(call, draft) for draft in drafts]
    return _Prepared(notification, drafts, handed, is_asked)


async def _apply_custom_message(
    call: Call, notification: Notification, drafts: Sequence[Message]
) -> None:
    """Replace the drafts by what the function says, and let them go.

    The commits are the store's and not the call's: a call is recorded once in the audit trail.
    """
    channels = [draft.channel for draft in drafts]
    subject = TriggerSubject.of(notification.pool, notification.user, notification.client_id)
    ask = custom_message.CustomMessage(
        occasion=notification.occasion,
        channels=channels,
        by_link=templates.by_link(notification.pool, custom_message.source(notification.occasion)),
        client_metadata=notification.client_metadata,
    )
    words = await invoke(call, subject, ask)
    composed = _composed(call, notification, channels, words)
    for draft, message in zip(drafts, composed, strict=True):
        final = replace(message, id=draft.id)
        with suppress(
            VersionConflict
        ):  # the time was over, and the template's words are on their way
            await call.store.commit(call.store.messages.postpone(final, _PUT_VERSION))
    call.services.wake_delivery()


def _composed(
    call: Call,
    notification: Notification,
    channels: Sequence[Channel],
    words: MessageTexts = NO_WORDS,
) -> list[Message]:
    """Return a message a channel; none for an invitation without the password's placeholder."""
    source = custom_message.source(notification.occasion)
    compose: Callable[..., Message | None] = templates.invitation
    if notification.occasion is not Occasion.ADMIN_CREATE_USER:
        compose = partial(templates.verification, link=_link(call, notification))
    composed = (
        compose(
            notification.pool,
            notification.user,
            channel,
            notification.secret,
            source=source,
            id=call.ids.message_id(call.now),
            now=call.now,
            words=words,
        )
        for channel in channels
    )
    made = [message for message in composed if message is not None]
    if len(made) < len(channels):
        call.notes.append("no invitation: the text has no {####} for the temporary password")
    return made


def _link(call: Call, notification: Notification) -> str:
    """Return the link that confirms the user; only app clients' operations send one."""
    return templates.confirmation_link(
        call.services.public_url,
        notification.client_id or "",
        notification.user.username,
        notification.secret,
    )


def _functions(call: Call, notification: Notification) -> dict[Channel, SenderFunction]:
    """Return the pool's custom senders, by the channels of this notification that they serve."""
    return {
        channel: SenderFunction(
            arn=sender.LambdaArn,
            key_arn=notification.pool.triggers.KMSKeyID or "",
            user_attributes=attributes.for_triggers(notification.pool, notification.user),
            client_id=notification.client_id,
            user_agent=call.caller.user_agent,
        )
        for channel in notification.channels
        if (sender := _sender(notification.pool, channel)) is not None
    }


def _sender(
    pool: Pool, channel: Channel
) -> CustomEmailLambdaVersionConfigType | CustomSMSLambdaVersionConfigType | None:
    """Return the pool's custom sender for this channel."""
    triggers = pool.triggers
    return triggers.CustomEmailSender if channel is Channel.EMAIL else triggers.CustomSMSSender


def _has_custom_message_trigger(pool: Pool) -> bool:
    """Return whether a function writes the texts of our message."""
    return bool(pool.triggers.CustomMessage)


def _latency_key(notification: Notification) -> str:
    """Return the key under which the latency of this message's CustomMessage is stored."""
    pool = notification.pool
    return f"{pool.id}/{pool.triggers.CustomMessage}/{custom_message.source(notification.occasion)}"


def _by_function(
    call: Call, notification: Notification, channel: Channel, function: SenderFunction
) -> Message:
    message = templates.for_custom_sender(
        notification.pool,
        notification.user,
        channel,
        notification.secret,
        source=custom_sender.source(channel, notification.occasion),
        function=function,
        id=call.ids.message_id(call.now),
        now=call.now,
    )
    return _held_back(call, message)


def _held_back(call: Call, message: Message) -> Message:
    """Return the message, due after the longest time that this worker may need for it."""
    longest = timedelta(seconds=call.services.invoker.longest_seconds)
    return replace(message, due_at=call.now + longest + _MARGIN)
