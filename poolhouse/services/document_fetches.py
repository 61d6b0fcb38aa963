"""Fetch client ID metadata documents within bounds, since unauthenticated callers cause it."""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog

from poolhouse.entities.client_documents import ClientDocument
from poolhouse.entities.pool_resources import ClientDocumentPolicy
from poolhouse.http.client import ConnectionFailed
from poolhouse.http.document_fetch import DocumentFetch
from poolhouse.rules.oauth import client_documents
from poolhouse.rules.oauth.client_documents import UnusableDocument

MOST_AT_ONCE: Final = 16
"""Fetches of a worker at a time."""
A_MINUTE: Final = 60
"""Fetches a minute of a worker for one policy."""
FAILURE_SECONDS: Final = 60.0
"""Seconds for which a failure is remembered."""
MOST_FAILURES: Final = 1_000
"""URLs whose failure is remembered."""

_MINUTE: Final = 60.0
_log = structlog.get_logger()


class DocumentRefused(Exception):
    """There is no usable document at a URL, or it isn't asked for now. `reason` is for a log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class DocumentFetches:
    """The fetches of one worker: each URL once at a time."""

    def __init__(self, fetch: DocumentFetch, monotonic: Callable[[], float]) -> None:
        self._fetch = fetch
        self._monotonic = monotonic
        self._running: dict[str, asyncio.Task[ClientDocument | DocumentRefused]] = {}
        self._failed: OrderedDict[str, tuple[float, str]] = OrderedDict()
        self._minute = float("-inf")
        self._counts: Counter[str] = Counter()

    async def document(
        self, policy: ClientDocumentPolicy, url: str, now: datetime, *, again: bool = False
    ) -> ClientDocument:
        """Return the document of a URL. Raises DocumentRefused.

        `again`: an administrator asks, so that neither the rate nor an earlier failure counts.
        """
        key = f"{policy.pool_id}/{policy.policy_id}/{url}"
        task = self._running.get(key)
        if task is None:
            if not again:
                self._check_bounds(policy, key)
            task = asyncio.create_task(self._document(policy, url, key, now))
            self._running[key] = task
            task.add_done_callback(lambda _: self._running.pop(key, None))
        found = await asyncio.shield(task)  # a client that leaves doesn't end it for others
        if isinstance(found, DocumentRefused):
            raise found
        return found

    def close(self) -> None:
        """Let go of what the fetches hold."""
        self._fetch.close()

    def _check_bounds(self, policy: ClientDocumentPolicy, key: str) -> None:
        at = self._monotonic()
        failed = self._failed.get(key)
        if failed is not None and at - failed[0] < FAILURE_SECONDS:
            raise DocumentRefused(failed[1])
        if at - self._minute >= _MINUTE:
            self._minute, self._counts = at, Counter()
        if len(self._running) >= MOST_AT_ONCE:
            raise DocumentRefused("too many documents are fetched now")
        if self._counts[policy.policy_id] >= A_MINUTE:
            raise DocumentRefused("too many documents of this policy were fetched this minute")
        self._counts[policy.policy_id] += 1

    async def _document(
        self, policy: ClientDocumentPolicy, url: str, key: str, now: datetime
    ) -> ClientDocument | DocumentRefused:
        try:
            reply = await self._fetch.get(url, limit=client_documents.LARGEST)
            if reply.status != 200:
                raise UnusableDocument(f"its status is {reply.status}")
            if not reply.is_whole:
                raise UnusableDocument(f"it has more than {client_documents.LARGEST} bytes")
            content = client_documents.read(url, reply.headers.get("content-type", ""), reply.body)
        except (ConnectionFailed, UnusableDocument) as error:
            self._failed[key] = self._monotonic(), str(error)
            self._failed.move_to_end(key)
            while len(self._failed) > MOST_FAILURES:
                self._failed.popitem(last=False)
            _log.info("client document refused", url=url, reason=str(error))
            return DocumentRefused(str(error))
        self._failed.pop(key, None)
        return client_documents.cached(
            policy, url, content, reply.headers.get("cache-control", ""), now
        )
