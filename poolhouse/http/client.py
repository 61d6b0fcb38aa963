"""The HTTP client of a worker, and its one request: a POST with a bounded response."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec

from poolhouse.rules.messages import webhook_signature

if TYPE_CHECKING:
    import httpx

_ERROR_TYPE: Final = re.compile(r"[A-Za-z]{1,100}")


class HttpClient:
    """The one HTTP client of a worker, made when the first transport or sender needs it.

    Not one for the whole process: its connections belong to an event loop, and end with it.
    """

    def __init__(self) -> None:
        self._made: httpx.AsyncClient | None = None

    def __call__(self) -> "httpx.AsyncClient":
        import httpx  # noqa: PLC0415 - a tenth of a second that only who uses it should spend

        if self._made is None:
            # The invoker and the delivery keep the time.
            self._made = httpx.AsyncClient(timeout=None, trust_env=False)  # noqa: S113
        return self._made

    async def close(self) -> None:
        if self._made is not None:
            await self._made.aclose()


class ConnectionFailed(Exception):
    """No response came. `kind` names the client's error, whose text may hold the address."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class HttpReply(msgspec.Struct, frozen=True):
    """A response. `body` is as much of it as the limit allows; `is_whole` says whether it is all.

    The names of `headers` may be written in any case.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_whole: bool

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def aws_error(self) -> str | None:
        """Return an AWS error's type that a header names, such as `AccessDeniedException`."""
        named = _ERROR_TYPE.match(self.headers.get("x-amzn-errortype", ""))
        return named[0] if named else None


async def post(
    client: "httpx.AsyncClient", url: str, headers: Mapping[str, str], body: bytes, *, limit: int
) -> HttpReply:
    """Send a POST, of JSON unless `headers` say otherwise, and read at most `limit` bytes.

    The response is read as it comes, never decompressed: a small one could unfold to gigabytes.
    The callers keep the time, so the client's own limits are off. Raises ConnectionFailed.
    """
    import httpx  # noqa: PLC0415 - loaded with the client

    wanted = {"content-type": "application/json", "accept-encoding": "identity", **headers}
    received = bytearray()
    is_whole = True
    try:
        async with client.stream(
            "POST", url, headers=wanted, content=body, timeout=None, follow_redirects=False
        ) as response:
            async for chunk in response.aiter_raw():
                received += chunk
                if len(received) > limit:
                    is_whole = False
                    break
    except httpx.HTTPError as error:
        raise ConnectionFailed(type(error).__name__) from error
    return HttpReply(response.status_code, response.headers, bytes(received), is_whole)


class SignedWebhook:
    """A URL that gets JSON, signed by `rules.messages.webhook_signature` if there is a secret.

    `client` is the application's.
    """

    def __init__(
        self,
        url: str,
        *,
        client: "httpx.AsyncClient",
        secret: bytes | None,
        now: Callable[[], datetime],
    ) -> None:
        self._url = url
        self._client = client
        self._secret = secret
        self._now = now

    async def post(self, body: bytes, headers: Mapping[str, str], *, limit: int) -> HttpReply:
        """Send the body. Raises ConnectionFailed."""
        sent = dict(headers)
        if self._secret is not None:
            signature = webhook_signature.signature(self._secret, body, self._now())
            sent[webhook_signature.HEADER] = signature
        return await post(self._client, self._url, sent, body, limit=limit)
