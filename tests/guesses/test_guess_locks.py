"""Locks of the guesses at a user's secrets, without a server."""

import asyncio

import pytest

from poolhouse.services import guess_locks
from poolhouse.services.guess_locks import GuessLocks

pytestmark = pytest.mark.both_stores


async def test_acquire_behind_another_that_waits_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The lock was released, and its next holder hasn't run yet: it isn't free."""
    locks = GuessLocks()
    await locks.acquire("sub")
    second = asyncio.create_task(locks.acquire("sub"))
    await asyncio.sleep(0)
    monkeypatch.setattr(guess_locks, "LONGEST_WAIT", 0.01)
    locks.release("sub")
    async with asyncio.timeout(60):
        with pytest.raises(TimeoutError):
            await locks.acquire("sub")
    await second
    locks.release("sub")
    await locks.acquire("sub")


async def test_acquire_for_another_user_does_not_wait() -> None:
    locks = GuessLocks()
    await locks.acquire("sub")
    await locks.acquire("other")
