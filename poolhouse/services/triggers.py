"""The triggers of a pool: the user of an event, and one invocation of each function in a call."""

from collections.abc import Mapping
from typing import Self, cast

import msgspec

from poolhouse.entities.clients import Client
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User, UserStatus
from poolhouse.rules.users import attributes
from poolhouse.services.context import Call
from poolhouse.services.decoy_users import is_decoy
from poolhouse.triggers.events import Invocation
from poolhouse.triggers.post_confirmation import PostConfirmation, PostConfirmationSource
from poolhouse.triggers.trigger import AnswerT, Trigger

Metadata = Mapping[str, str] | None


class TriggerSubject(msgspec.Struct, frozen=True, kw_only=True):
    """The user that a function is invoked for.

    `user` is None if there is none yet, or never will be: then `username` is all that is known.
    """

    pool: Pool
    username: str
    client_id: str | None = None
    user: User | None = None
    is_stored: bool = True
    """Stored users have a `sub` and a status among the event's attributes."""
    user_not_found: bool | None = None

    @classmethod
    def of(
        cls, pool: Pool, user: User, client_id: str | None = None, *, is_stored: bool = True
    ) -> Self:
        """Return a user as the subject, at whatever operation."""
        return cls(
            pool=pool, username=user.username, client_id=client_id, user=user, is_stored=is_stored
        )

    @classmethod
    def signing_in(cls, pool: Pool, client: Client, user: User) -> Self:
        """Return a user who signs in.

        A function learns of a decoy user only from app clients that hide user existence: by
        `userNotFound`, and without attributes.
        """
        return cls(
            pool=pool,
            username=user.username,
            client_id=client.id,
            user=user,
            user_not_found=is_decoy(user) if client.hides_user_existence else None,
        )

    def invocation(self, call: Call) -> Invocation:
        """Return what events of this call have about the subject."""
        return Invocation(
            pool_id=self.pool.id,
            username=self.username,
            client_id=self.client_id,
            user_agent=call.caller.user_agent,
            user_attributes=self._attributes(),
            user_not_found=self.user_not_found,
        )

    def _attributes(self) -> Mapping[str, str]:
        if self.user is None or is_decoy(self.user):
            return {}
        if not self.is_stored:
            return self.user.attributes
        return attributes.for_triggers(self.pool, self.user)


async def invoke(call: Call, subject: TriggerSubject, trigger: Trigger[AnswerT]) -> AnswerT:
    """Ask the pool's function about the subject. A pool without it has the trigger's `absent`."""
    arn = trigger.arn_of(subject.pool.triggers)
    if not arn:
        return trigger.absent()
    return await trigger.invoke(call.services.invoker, arn, subject.invocation(call))


async def invoke_once(call: Call, subject: TriggerSubject, trigger: Trigger[AnswerT]) -> AnswerT:
    """Invoke a trigger, unless the operation runs again and the function has answered before."""
    arn = trigger.arn_of(subject.pool.triggers)
    if not arn:
        return trigger.absent()
    key, answers = trigger.once, call.trigger_answers
    if key not in answers:
        answer = await trigger.invoke(call.services.invoker, arn, subject.invocation(call))
        answers[key] = answer
    # Each key belongs to one trigger alone, so its answer has that trigger's type.
    return cast("AnswerT", answers[key])


async def after_confirmation(
    call: Call,
    pool: Pool,
    user: User,
    client_metadata: Metadata,
    *,
    client_id: str | None = None,
    source: PostConfirmationSource = PostConfirmationSource.CONFIRM_SIGN_UP,
) -> None:
    """Notify PostConfirmation that this user is CONFIRMED.

    That is after a sign-up, or, by `source`, after a forgotten password.
    """
    if not pool.triggers.PostConfirmation:
        return
    assert user.status is UserStatus.CONFIRMED
    trigger = PostConfirmation(source=source, client_metadata=client_metadata)
    await invoke(call, TriggerSubject.of(pool, user, client_id), trigger)
