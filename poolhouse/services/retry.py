"""Run a call's work again on the new state, if another call has changed what it has read."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from poolhouse.errors.oauth import OAuthError
from poolhouse.services.context import Call
from poolhouse.store.interface import Conflict
from poolhouse.wire.errors import ServiceError

T = TypeVar("T")

TRIES: Final = 5
"""Runs of a call's work while other calls change the same rows."""


async def until_committed(call: Call, work: Callable[[], Awaitable[T]]) -> T:
    """Return what `work` returns. Raises Conflict if other calls were always faster.

    Before each further run the call reads its state again. No lock on guesses outlives it.
    """
    try:
        for _ in range(TRIES - 1):
            try:
                return await _once(call, work)
            except Conflict:
                await call.reload()
        return await _once(call, work)
    finally:
        call.release_guess_locks()


async def _once(call: Call, work: Callable[[], Awaitable[T]]) -> T:
    """Run the work. No answer and no error reveals a guess before that is committed."""
    call.right_guesses.clear()
    call.audit.proofs = ()  # a run that was undone may have verified some
    try:
        answer = await work()
    except (ServiceError, OAuthError):
        await call.commit_refused_guesses()
        raise
    if call.right_guesses:
        raise RuntimeError("a call answers without committing a guess")
    return answer
