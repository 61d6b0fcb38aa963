"""The inbox of dev mode: what users were sent, as a page for people and as JSON for tests.

Messages hold codes and passwords, and their bodies and names come from unauthenticated callers. So
nothing here may be cached, framed or read by other origins. The page loads its own style sheet and
script alone, and shows bodies as text.
"""

import html
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from poolhouse.entities.messages import Channel, Message
from poolhouse.http.security_headers import FormTarget
from poolhouse.pages.responses import Pages, json_response
from poolhouse.store.store import Store

USUAL_LIMIT: Final = 50
LARGEST_LIMIT: Final = 1000
SHOWN: Final = 200
"""Messages among which the page looks for what is searched."""

_LINK: Final = re.compile(
    r"""<a\s[^<>]{0,200}?href=["'](https?:[^"'?<>]{1,500}/confirmUser\?[^"'<>]{1,2000})["']"""
)


class InboxMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message as `/inbox/messages.json` shows it.

    `code` is the code or password in the body. `confirmation_link` is the link in an email that
    confirms a sign-up, or None.
    """

    id: str
    sent_at: datetime
    channel: Channel
    destination: str
    pool_id: str
    username: str
    trigger_source: str
    subject: str
    body: str
    code: str
    confirmation_link: str | None


class InboxPages:
    """Answers `GET /inbox` and `GET /inbox/messages.json`."""

    def __init__(self, store: Store, pages: Pages, settle: Callable[[], Awaitable[None]]) -> None:
        """Prepare the pages. `settle` returns when what was queued is in the inbox.

        A client whose call has been answered finds there what the call sent.
        """
        self._store = store
        self._pages = pages
        self._settle = settle

    async def page(self, request: Request) -> Response:
        """Show the newest messages. `pool` and `search` choose: a part of a username or address."""
        pool = request.query_params.get("pool", "").strip()
        search = request.query_params.get("search", "").strip()
        await self._settle()
        newest = await self._store.messages.received(pool or None, None, SHOWN)
        found = [_shown(message) for message in newest if _matches(message, search.lower())]
        return self._pages.page(
            "inbox.html",
            scripts=("dev.js",),
            forms=FormTarget.HERE,
            messages=found,
            is_filtered=bool(pool or search),
            # Of more than this nothing is known.
            bound=SHOWN if len(newest) == SHOWN else None,
            pool=pool,
            search=search,
        )

    async def messages(self, request: Request) -> Response:
        """Return the messages as a JSON array, newest first.

        `pool` and `username` choose, `limit` (1 to 1000, else 50) bounds. In pools whose users
        sign up with an email address or phone number, where the username is the sub, that will do
        as well.
        """
        query = request.query_params
        limit = _limit(query.get("limit") or str(USUAL_LIMIT))
        if limit is None:
            return json_response(
                {"error": f"limit must be a number from 1 to {LARGEST_LIMIT}"}, 400
            )
        await self._settle()
        found = await self._received(
            query.get("pool") or None, query.get("username") or None, limit
        )
        return json_response([_shown(message) for message in found])

    async def _received(
        self, pool: str | None, username: str | None, limit: int
    ) -> Sequence[Message]:
        received = await self._store.messages.received(pool, username, limit)
        if received or username is None:
            return received
        latest = await self._store.messages.received(pool, None, LARGEST_LIMIT)
        return [message for message in latest if message.destination == username][:limit]


def _matches(message: Message, search: str) -> bool:
    return search in message.username.lower() or search in message.destination.lower()


def _limit(text: str) -> int | None:
    if re.fullmatch("[0-9]{1,4}", text) and 1 <= int(text) <= LARGEST_LIMIT:
        return int(text)
    return None


def _shown(message: Message) -> InboxMessage:
    return InboxMessage(
        id=message.id,
        sent_at=message.created_at,
        channel=message.channel,
        destination=message.destination,
        pool_id=message.pool_id,
        username=message.username,
        trigger_source=message.trigger_source,
        subject=message.subject,
        body=message.body,
        code=message.code,
        confirmation_link=_confirmation_link(message),
    )


def _confirmation_link(message: Message) -> str | None:
    found = _LINK.search(message.body) if message.channel is Channel.EMAIL else None
    return html.unescape(found[1]) if found else None
