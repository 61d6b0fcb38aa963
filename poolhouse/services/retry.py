"""Run a call's work again on the new state, if another call has changed what it stands on."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from poolhouse.services.context import Call
from poolhouse.store.interface import Conflict

T = TypeVar("T")

TRIES: Final = 5
"""Runs of a call's work while other calls change the same rows."""


async def until_committed(call: Call, run: Callable[[], Awaitable[T]]) -> T:
    """Return what `run` returns. Raises Conflict if other calls were always faster.

    Before each further run the call reads again what it stands on. No lock on guesses outlives it.
    """
    try:
        for _ in range(TRIES - 1):
            try:
                return await run()
            except Conflict:
                await call.reload()
        return await run()
    finally:
        call.release_guess_locks()
