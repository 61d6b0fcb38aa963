"""`/dev/clock`: read the pool's time, and move it for tests of what expires."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from poolhouse.clock import Clock, SettableClock
from poolhouse.pages.responses import json_response

_EARLIEST: Final = datetime(1971, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC)
"""Between these every lifetime can be added or taken away without leaving the calendar."""


class ClockSetting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /dev/clock`.

    `now` is a moment in ISO 8601 with its time zone, or null for the real time; `frozen` makes the
    clock stand still there; `advance_seconds` lets so much time pass.
    """

    now: datetime | msgspec.UnsetType | None = msgspec.UNSET
    frozen: bool = False
    advance_seconds: float | None = None


_decode: Final = msgspec.json.Decoder(ClockSetting).decode


class ClockPages:
    """Shows and sets a clock; `clock_set` is called after each change."""

    def __init__(self, clock: SettableClock, clock_set: Callable[[], None]) -> None:
        self._clock = clock
        self._clock_set = clock_set

    async def endpoint(self, request: Request) -> Response:
        """Return the pool's time, which a POST moves.

        It is one endpoint for both: the first of two routes would answer other methods, and name
        only its own in Allow.
        """
        if request.method == "POST":
            return await self._set(request)
        return json_response({"now": self._clock.now()})

    async def _set(self, request: Request) -> Response:
        """Move the pool's time. Signatures and their window stay with the real time."""
        # A page elsewhere can't send this content type without asking first, and is refused then.
        if request.headers.get("content-type", "").split(";")[0] != "application/json":
            return json_response({"error": "send application/json"}, 415)
        try:
            _set(self._clock, _decode(await request.body()))
        except (ValueError, OverflowError) as error:
            return json_response({"error": str(error)}, 400)
        self._clock_set()
        return json_response({"now": self._clock.now()})


def _set(clock: SettableClock, setting: ClockSetting) -> None:
    """Set the clock, then advance it; neither, if it would end where times can't be reckoned with.

    Raises ValueError or OverflowError.
    """
    asked = setting.now
    if isinstance(asked, msgspec.UnsetType) and setting.frozen:
        asked = clock.now()  # stand still here
    start = clock.now() if isinstance(asked, msgspec.UnsetType) else asked or Clock().now()
    if start.utcoffset() is None:
        raise ValueError("`now` needs a time zone")
    passing = timedelta(seconds=setting.advance_seconds or 0)
    if not _EARLIEST <= start + passing <= _LATEST:
        raise ValueError(f"the clock can be set from {_EARLIEST:%Y} to {_LATEST:%Y} only")
    if not isinstance(asked, msgspec.UnsetType):
        clock.set(asked, frozen=setting.frozen)
    clock.advance(passing)
