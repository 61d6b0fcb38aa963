"""Everything besides `POST /`: health, metrics, where links lead, and what dev mode adds."""

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl

import msgspec

from poolhouse import metrics
from poolhouse.api.endpoint import CognitoEndpoint
from poolhouse.clock import Clock, SettableClock
from poolhouse.http.messages import HttpRequest, HttpResponse, Route
from poolhouse.pages.confirm_user import ConfirmationPage
from poolhouse.rules.messages.templates import CONFIRMATION_PATH
from poolhouse.server.health import Readiness
from poolhouse.server.operator_port import health_pages
from poolhouse.store.store import Store

_JSON: Final = (b"content-type", b"application/json")
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
_PORT: Final = re.compile(r":[0-9]*$")
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


def routes(
    store: Store,
    api: CognitoEndpoint,
    readiness: Readiness,
    *,
    dev: bool,
    inbox: bool,
    clock: SettableClock | None,
    clock_set: Callable[[], None],
    settle: Callable[[], Awaitable[None]],
) -> Mapping[tuple[str, str], Route]:
    """The routes by method and path. `inbox` and `clock` are for dev mode.

    Metrics tell how many users sign in and fail to. Only dev mode, which no other machine reaches,
    shows them to all clients; elsewhere they have the operator's listener.

    `settle` returns when what was queued is in the inbox: who has just had an answer finds there
    what the call sent.
    """
    found: dict[tuple[str, str], Route] = {
        ("GET", path): _plain(page) for path, page in health_pages(readiness.verdict).items()
    }
    if dev:
        found["GET", "/metrics"] = _metrics
    confirmation = ConfirmationPage(api, store)
    # AWS's guide writes the path with a slash at its end; the links that it sends have none.
    for path in (CONFIRMATION_PATH, f"{CONFIRMATION_PATH}/"):
        found["GET", path] = confirmation.answer
    if inbox:
        from poolhouse.dev.inbox import InboxPages  # noqa: PLC0415 - for dev mode only

        pages = InboxPages(store)
        found["GET", "/inbox"] = _locally(_page(pages.page))
        found["GET", "/inbox/messages.json"] = _locally(_page(pages.messages, settle))
    if clock is not None:
        found["GET", "/dev/clock"] = _locally(_show_clock(clock))
        found["POST", "/dev/clock"] = _locally(_set_clock(clock, clock_set))
    return found


def _plain(page: Callable[[], Awaitable[HttpResponse]]) -> Route:
    async def plain(_request: HttpRequest) -> HttpResponse:
        return await page()

    return plain


async def _metrics(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(200, [(b"content-type", metrics.CONTENT_TYPE)], metrics.exposition())


def _show_clock(clock: SettableClock) -> Route:
    async def show(_request: HttpRequest) -> HttpResponse:
        return HttpResponse(200, [_JSON], msgspec.json.encode({"now": clock.now()}))

    return show


def _set_clock(clock: SettableClock, clock_set: Callable[[], None]) -> Route:
    decode = msgspec.json.Decoder(ClockSetting).decode

    async def set_clock(request: HttpRequest) -> HttpResponse:
        """Move the pool's time. Signatures and their window stay with the real time."""
        # A page elsewhere can't send this content type without asking first, and is refused then.
        if (request.header(b"content-type") or "").split(";")[0] != "application/json":
            return HttpResponse(415, [_JSON], b'{"error":"send application/json"}')
        try:
            _set(clock, decode(request.body))
        except (ValueError, OverflowError) as error:
            return HttpResponse(400, [_JSON], msgspec.json.encode({"error": str(error)}))
        clock_set()
        return HttpResponse(200, [_JSON], msgspec.json.encode({"now": clock.now()}))

    return set_clock


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


async def _at_once() -> None:
    """Nothing to wait for."""


def _page(
    answer: Callable[[dict[str, str]], object], first: Callable[[], Awaitable[None]] = _at_once
) -> Route:
    async def page(request: HttpRequest) -> HttpResponse:
        await first()
        query = dict(parse_qsl(request.query.decode("latin-1")))
        status, headers, body = await answer(query)  # type: ignore[misc]
        return HttpResponse(status, headers, body)

    return page


def _locally(route: Route) -> Route:
    """Answer only requests for a loopback name: a page elsewhere can't make its own name one."""

    async def locally(request: HttpRequest) -> HttpResponse:
        host = _PORT.sub("", request.header(b"host") or "").lower()
        if host not in _LOOPBACK:
            return HttpResponse(403, [_JSON], b'{"error":"only for loopback names"}')
        return await route(request)

    return locally
