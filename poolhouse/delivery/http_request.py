"""One POST with a bounded answer: what all senders over HTTP need."""

import re
from typing import Final

import httpx
import msgspec

from poolhouse.delivery.contract import SendFailure

_ANSWER_LIMIT: Final = 65_536
_ERROR_TYPE: Final = re.compile(r"[A-Za-z]{1,100}")


class HttpReply(msgspec.Struct, frozen=True):
    """A response's status, the start of its body, and AWS's error type if a header names it."""

    status: int
    body: bytes
    error_type: str | None

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


async def post(
    client: httpx.AsyncClient, url: str, headers: dict[str, str], body: bytes
) -> HttpReply:
    """Send a POST and read the response undecompressed: a small one could unfold to gigabytes.

    The delivery keeps the time, so the client's own limits are off. Raises SendFailure.
    """
    wanted = {"accept-encoding": "identity", **headers}
    received = bytearray()
    try:
        async with client.stream(
            "POST", url, headers=wanted, content=body, timeout=None, follow_redirects=False
        ) as response:
            async for chunk in response.aiter_raw():
                received += chunk
                if len(received) > _ANSWER_LIMIT:
                    break
    except httpx.HTTPError as error:
        raise SendFailure(type(error).__name__) from None  # its text may hold the address
    named = _ERROR_TYPE.match(response.headers.get("x-amzn-errortype", ""))
    return HttpReply(response.status_code, bytes(received), named[0] if named else None)
