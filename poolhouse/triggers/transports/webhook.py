"""A function behind a URL: the event is POSTed, the answer is the event or `{"response": …}`.

The request names the function in the header `Poolhouse-Function`, and is signed with the configured
secret, if there is one (`rules.messages.webhook_signature`).

Any status beyond 2xx is the function's error. Its message is the `errorMessage` of a JSON body,
else a text/plain body (cut at 256 characters), else `HTTP status <n>`.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import httpx
import msgspec

from poolhouse.http.client import ConnectionFailed, HttpReply, SignedWebhook
from poolhouse.triggers.transports.contract import (
    ANSWER_LIMIT,
    CONNECTION_FAILED,
    FunctionResponse,
    TransportFailure,
    error_answer,
    too_large,
)

_TEXT_LIMIT: Final = 256


class _Error(msgspec.Struct, frozen=True, rename="camel"):
    error_message: str


class Webhook:
    """`client` is the application's: it outlives the transport."""

    def __init__(
        self,
        url: str,
        *,
        client: httpx.AsyncClient,
        secret: bytes | None,
        now: Callable[[], datetime],
    ) -> None:
        self._webhook = SignedWebhook(url, client=client, secret=secret, now=now)

    async def invoke(self, arn: str, payload: bytes, deadline: float) -> FunctionResponse:
        headers = {"poolhouse-function": arn}
        try:
            reply = await self._webhook.post(payload, headers, limit=ANSWER_LIMIT)
        except ConnectionFailed as failed:
            raise TransportFailure(CONNECTION_FAILED) from failed
        if not reply.is_whole:
            return too_large()
        if not reply.is_success:
            return error_answer("Webhook.Error", _message(reply))
        return FunctionResponse(payload=reply.body)

    async def close(self) -> None:
        """Do nothing: the transport has opened nothing of its own."""


def _message(reply: HttpReply) -> str:
    try:
        return msgspec.json.decode(reply.body, type=_Error).error_message
    except (ValueError, RecursionError):
        pass
    is_text = reply.headers.get("content-type", "").startswith("text/plain")
    # Four bytes are the longest character of UTF-8.
    text = reply.body[: 4 * _TEXT_LIMIT].decode(errors="replace")[:_TEXT_LIMIT].strip()
    return text if is_text and text else f"HTTP status {reply.status}"
