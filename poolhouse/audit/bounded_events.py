"""Events that unauthenticated callers cause: passed on one by one up to a rate, then counted.

Every caller can cause a refusal, as often as the network allows. What each of them writes (an audit
record, a line of the log) would fill the disk. So each kind of event from one address has a number
a minute, and all together have one. No address may take more than a share of that, or its flood
would hide what others do. Beyond these one summary a minute tells how many there were.
"""

import asyncio
from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

from poolhouse.http.client_addresses import network

Event = TypeVar("Event")

WINDOW_SECONDS: Final = 60.0
ALL_KINDS: Final = 20
"""The number for all kinds and addresses together, as a multiple of that of one kind."""
SHARE_KINDS: Final = 5
"""The same for all kinds from one address. An IPv6 network of 64 bits is one: one caller has it."""
MOST_KINDS: Final = 1_000
"""Kinds and addresses that are counted apart in a minute; addresses beyond them are one."""


class BoundedEvents(Generic[Event]):
    """Passes events on, at most a number of each kind a minute, and counts the others."""

    def __init__(
        self,
        each: int,
        monotonic: Callable[[], float],
        pass_on: Callable[[Event], None],
        summarize: Callable[[Event, int, bool], None],
    ) -> None:
        """Bound events to `each` of one kind from one address a minute.

        `summarize` gets the last event of a kind, the number of those beyond the bound, and whether
        all came from one address.
        """
        self._each = each
        self._monotonic = monotonic
        self._pass_on = pass_on
        self._summarize = summarize
        self._began = float("-inf")
        self._passed: dict[tuple[Hashable, str | None], int] = {}
        self._by_source: dict[str | None, int] = {}
        self._all = 0
        self._counted: dict[tuple[Hashable, str | None], tuple[Event, int]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def add(self, kind: Hashable, source: str | None, event: Event) -> None:
        """Pass the event on, or count it. The last of a minute are summarized by a timer."""
        now = self._monotonic()
        if now - self._began >= WINDOW_SECONDS:
            self.close()
            self._began = now
        source = source and network(source)
        key = (kind, source)
        if key not in self._passed and len(self._passed) >= MOST_KINDS:
            key = (kind, None)
        taken, of_source = self._passed.get(key, 0), self._by_source.get(source, 0)
        if (
            taken < self._each
            and of_source < self._each * SHARE_KINDS
            and self._all < self._each * ALL_KINDS
        ):
            self._passed[key] = taken + 1
            self._by_source[source] = of_source + 1
            self._all += 1
            self._pass_on(event)
            return
        if key not in self._counted and len(self._counted) >= MOST_KINDS:
            key = (kind, None)
        _, count = self._counted.get(key, (event, 0))
        self._counted[key] = event, count + 1
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(
                self._began + WINDOW_SECONDS - now, self.close
            )

    def close(self) -> None:
        """Summarize what was counted. The next event begins another minute."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        counted, self._counted = self._counted, {}
        self._passed, self._by_source, self._all = {}, {}, 0
        self._began = float("-inf")
        for (_, source), (event, count) in counted.items():
            self._summarize(event, count, source is not None)
