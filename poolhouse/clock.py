"""The time. No other module asks for it: everybody else gets `now` as an argument."""

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """The machine's own time."""

    def now(self) -> datetime:
        """Return the current time in UTC, exact to the millisecond, as in stores and responses."""
        return datetime.fromtimestamp(time.time_ns() // 1_000_000 / 1000, UTC)

    def monotonic(self) -> float:
        """Return seconds since an arbitrary moment, which never go back, to measure durations.

        `SettableClock.set` doesn't change it, because a measured duration must be a real one.
        """
        return time.monotonic()


class SettableClock(Clock):
    """A clock for development and CI, so that expiry can be tried without waiting for it.

    A kind of its own and not an ability of every clock: a production server is given a `Clock`,
    and there is no request that could turn back its time.
    """

    def __init__(self) -> None:
        self._ahead = timedelta(0)
        self._frozen_at: datetime | None = None

    def now(self) -> datetime:
        frozen_at = self._frozen_at
        return super().now() + self._ahead if frozen_at is None else frozen_at

    def set(self, at: datetime | None, *, frozen: bool = False) -> None:
        """Make it `at`, and run on from there, or stand still if `frozen`; None: the real time.

        Raises ValueError for a moment without a time zone: it would mean another moment on
        another machine.
        """
        if at is None:
            self._ahead, self._frozen_at = timedelta(0), None
            return
        if at.utcoffset() is None:
            raise ValueError("the clock needs a moment with a time zone")
        at = at.astimezone(UTC)
        self._ahead = at - super().now()
        self._frozen_at = at if frozen else None

    def advance(self, by: timedelta) -> None:
        """Let `by` pass at once. A standing clock stays standing, at the later moment."""
        self._ahead += by
        if self._frozen_at is not None:
            self._frozen_at += by
