"""A function behind a URL: the event is POSTed, the answer is the event or `{"response": …}`.

The request names the function in the header `Poolhouse-Function`, and is signed with the configured
secret, if there is one (`rules.webhook_signature`).

Any status beyond 2xx is the function's error. Its message is the `errorMessage` of a JSON body,
else a text/plain body (cut at 256 characters), else `HTTP status <n>`.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import httpx
import msgspec

from poolhouse.rules.messages import webhook_signature
from poolhouse.triggers.transports.contract import FunctionResponse, error_answer, too_large
from poolhouse.triggers.transports.http_post import post

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
        self._url = url
        self._client = client
        self._secret = secret
        self._now = now

    async def invoke(self, arn: str, payload: bytes, deadline: float) -> FunctionResponse:
        headers = {"poolhouse-function": arn}
        if self._secret is not None:
            signature = webhook_signature.signature(self._secret, payload, self._now())
            headers[webhook_signature.HEADER] = signature
        response, body = await post(self._client, self._url, headers, payload)
        if body is None:
            return too_large()
        if not response.is_success:
            return error_answer("Webhook.Error", _message(response, body))
        return FunctionResponse(payload=body)

    async def close(self) -> None:
        """Nothing of its own is open."""


def _message(response: httpx.Response, body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=_Error).error_message
    except (ValueError, RecursionError):
        pass
    is_text = response.headers.get("content-type", "").startswith("text/plain")
    # Four bytes are the longest character of UTF-8.
    text = body[: 4 * _TEXT_LIMIT].decode(errors="replace")[:_TEXT_LIMIT].strip()
    return text if is_text and text else f"HTTP status {response.status_code}"
