"""Using up the step that a request answers: each can succeed once.

Almost always that is part of the one commit at the end of the request. Functions judge a step only
after it was used up: otherwise a thousand answers sent at once would each be judged as the first,
whatever the functions allow, and a right one among them could win.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime

from poolhouse.auth.attempt import Attempt
from poolhouse.errors.auth import InvalidSession, SessionUsed
from poolhouse.store import sessions
from poolhouse.store.interface import UniqueViolation, Write
from poolhouse.wire.errors import ServiceError


def writes(attempt: Attempt) -> list[Write]:
    """Return the writes that use the step up with its success, if that wasn't done before."""
    step = attempt.step
    if step is None or step.id in attempt.call.used_steps:
        return []
    return [_spend(attempt, step.id, step.expires_at)]


async def refusal(attempt: Attempt) -> ServiceError:
    """Return the error for answering a step twice: it was used, or functions have ended it."""
    step = attempt.step
    if step is not None and await attempt.call.store.sessions.is_used(
        attempt.pool.id, step.sub, step.event_id
    ):
        return InvalidSession()
    return SessionUsed()


@asynccontextmanager
async def single_use_for_triggers(attempt: Attempt) -> AsyncIterator[None]:
    """Use the step up before functions run; if they refuse, the sign-in has ended."""
    await _use_first(attempt)
    try:
        yield
    except ServiceError:
        await _end(attempt)
        raise


async def _use_first(attempt: Attempt) -> None:
    """Commit the use of the step, without an audit record: the call has no result yet.

    If the operation runs again, the call remembers it. The commit includes a right guess, because
    functions reveal it, if only by the time they take.
    """
    if attempt.call.right_guesses or writes(attempt):
        try:
            await attempt.call.commit_unrecorded(*writes(attempt))
        except UniqueViolation:
            raise await refusal(attempt) from None
    if attempt.step is not None:
        attempt.call.used_steps.add(attempt.step.id)


async def _end(attempt: Attempt) -> None:
    """Store that this sign-in was ended, for the error of later responses."""
    if attempt.step is not None:
        with suppress(UniqueViolation):
            step = attempt.step
            await attempt.call.store.commit(_spend(attempt, step.event_id, step.expires_at))


def _spend(attempt: Attempt, what: str, until: datetime) -> Write:
    return sessions.mark_used(attempt.pool.id, attempt.user.sub, what, until)
