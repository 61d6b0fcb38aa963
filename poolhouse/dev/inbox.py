"""The inbox of dev mode: what users were sent, as a page for people and as JSON for tests.

Messages hold codes and passwords, and their bodies and names come from unauthenticated callers. So
nothing here may be cached, framed or read by other origins; the page runs its own script alone,
loads nothing, and shows bodies as text in a frame in which nothing runs.
"""

import re
from datetime import datetime
from importlib.resources import files
from typing import Final

import msgspec

from poolhouse.entities.messages import Channel, Message
from poolhouse.http.security_headers import GUARDS, HTML, own_parts_only
from poolhouse.store.store import Store

Answer = tuple[int, list[tuple[bytes, bytes]], bytes]
"""Status, headers, body."""

USUAL_LIMIT: Final = 50
LARGEST_LIMIT: Final = 1000

_JSON: Final = (b"content-type", b"application/json")
_NOTHING: Final = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")


class InboxMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message as `/inbox/messages.json` tells it. `code` is the code or password in the body."""

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


class InboxPages:
    """Answers to `GET /inbox` and what its page asks for. `query` is the URL's, decoded."""

    def __init__(self, store: Store) -> None:
        self._store = store
        page = (files("poolhouse.dev") / "templates" / "inbox.html").read_text("utf-8")
        self._page: Answer = (200, [HTML, *GUARDS, own_parts_only(page)], page.encode())

    async def page(self, query: dict[str, str]) -> Answer:
        """The page. Its script reads the query: `?pool=…&search=…` fill the boxes."""
        return self._page

    async def messages(self, query: dict[str, str]) -> Answer:
        """The messages as a JSON array, newest first.

        `pool` and `username` choose, `limit` (1 to 1000, else 50) bounds. In pools whose users
        sign up with an email address or phone number, where the username is the sub, that will do
        as well.
        """
        limit = _limit(query.get("limit") or str(USUAL_LIMIT))
        if limit is None:
            complaint = {"error": f"limit must be a number from 1 to {LARGEST_LIMIT}"}
            return _json(400, complaint)
        pool, username = query.get("pool") or None, query.get("username") or None
        received = await self._store.messages.received(pool, username, limit)
        if not received and username is not None:
            latest = await self._store.messages.received(pool, None, LARGEST_LIMIT)
            received = [message for message in latest if message.destination == username][:limit]
        return _json(200, [_shown(message) for message in received])


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
    )


def _json(status: int, content: object) -> Answer:
    return status, [_JSON, *GUARDS, _NOTHING], msgspec.json.encode(content)
