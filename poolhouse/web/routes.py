"""Everything besides `POST /`: health, metrics, and what dev mode adds."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl

import msgspec

from poolhouse.clock import SettableClock
from poolhouse.store.contract import Unavailable
from poolhouse.store.opening import Store
from poolhouse.web import metrics
from poolhouse.web.requests import HttpAnswer, HttpRequest
from poolhouse.web.server import Route

_JSON: Final = (b"content-type", b"application/json")
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})


class ClockSetting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /dev/clock`.

    `now` is a moment in ISO 8601 with its time zone, or null for the real time; `frozen` makes the
    clock stand still there; `advance_seconds` lets so much time pass.
    """

    now: datetime | msgspec.UnsetType | None = msgspec.UNSET
    frozen: bool = False
    advance_seconds: float | None = None


def routes(
    store: Store,
    *,
    inbox: bool,
    clock: SettableClock | None,
    clock_set: Callable[[], None],
) -> Mapping[tuple[str, str], Route]:
    """The routes by method and path. `inbox` and `clock` are for dev mode."""
    found: dict[tuple[str, str], Route] = {
        ("GET", "/health"): _health(store),
        ("GET", "/metrics"): _metrics,
    }
    if inbox:
        from poolhouse.web.inbox import InboxPages  # noqa: PLC0415 - for dev mode only

        pages = InboxPages(store)
        found["GET", "/inbox"] = _locally(_page(pages.page))
        found["GET", "/inbox/messages.json"] = _locally(_page(pages.messages))
    if clock is not None:
        found["GET", "/dev/clock"] = _locally(_show_clock(clock))
        found["POST", "/dev/clock"] = _locally(_set_clock(clock, clock_set))
    return found


def _health(store: Store) -> Route:
    async def health(_request: HttpRequest) -> HttpAnswer:
        """200 while the store answers, 503 while it doesn't."""
        try:
            await store.reach()
        except Unavailable:
            return HttpAnswer(503, [_JSON], b'{"status":"store unavailable"}')
        return HttpAnswer(200, [_JSON], b'{"status":"ok"}')

    return health


async def _metrics(_request: HttpRequest) -> HttpAnswer:
    return HttpAnswer(200, [(b"content-type", metrics.CONTENT_TYPE)], metrics.exposition())


def _show_clock(clock: SettableClock) -> Route:
    async def show(_request: HttpRequest) -> HttpAnswer:
        return HttpAnswer(200, [_JSON], msgspec.json.encode({"now": clock.now()}))

    return show


def _set_clock(clock: SettableClock, clock_set: Callable[[], None]) -> Route:
    decode = msgspec.json.Decoder(ClockSetting).decode

    async def set_clock(request: HttpRequest) -> HttpAnswer:
        """Move the pool's time. Signatures and their window stay with the real time."""
        # A page elsewhere can't send this content type without asking first, and is refused then.
        if (request.header(b"content-type") or "").split(";")[0] != "application/json":
            return HttpAnswer(415, [_JSON], b'{"error":"send application/json"}')
        try:
            setting = decode(request.body)
            if not isinstance(setting.now, msgspec.UnsetType):
                clock.set(setting.now, frozen=setting.frozen)
            if setting.advance_seconds is not None:
                clock.advance(timedelta(seconds=setting.advance_seconds))
        except (ValueError, OverflowError) as error:
            return HttpAnswer(400, [_JSON], msgspec.json.encode({"error": str(error)}))
        clock_set()
        return HttpAnswer(200, [_JSON], msgspec.json.encode({"now": clock.now()}))

    return set_clock


def _page(answer: Callable[[dict[str, str]], object]) -> Route:
    async def page(request: HttpRequest) -> HttpAnswer:
        query = dict(parse_qsl(request.query.decode("latin-1")))
        status, headers, body = await answer(query)  # type: ignore[misc]
        return HttpAnswer(status, headers, body)

    return page


def _locally(route: Route) -> Route:
    """Answer only requests for a loopback name: a page elsewhere can't make its own name one."""

    async def locally(request: HttpRequest) -> HttpAnswer:
        host = (request.header(b"host") or "").rsplit(":", 1)[0]
        if host not in _LOOPBACK:
            return HttpAnswer(403, [_JSON], b'{"error":"only for loopback names"}')
        return await route(request)

    return locally
