"""Fetch a document from a URL that a client chose, without server-side request forgery (SSRF).

The name is resolved once, and the connection goes to an address that was checked. So a name that
resolves to another address a moment later gains nothing. No redirect is followed, the response is
never decompressed, and its length and time are bounded.
"""

import asyncio
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from typing import Final
from urllib.parse import urlsplit

from poolhouse.http.client import ConnectionFailed, HttpReply
from poolhouse.http.public_addresses import is_public

SECONDS: Final = 5.0
"""Seconds of a fetch, the resolution of the name included."""
HTTPS_PORT: Final = 443

_RESOLVERS: Final = 4
"""Threads that resolve names: a slow name server holds up no other work."""


class DocumentFetch:
    """Fetches documents. `is_private_allowed` lets URLs lead to any address and port."""

    def __init__(self, *, is_private_allowed: bool) -> None:
        self._is_private_allowed = is_private_allowed
        self._resolvers = ThreadPoolExecutor(_RESOLVERS, "document-names")
        self._tls: ssl.SSLContext | None = None

    async def get(self, url: str, *, limit: int) -> HttpReply:
        """Return the response to a GET, of at most `limit` bytes. Raises ConnectionFailed."""
        try:
            async with asyncio.timeout(SECONDS):
                return await self._get(url, limit)
        except TimeoutError:
            raise ConnectionFailed("no response in time") from None

    def close(self) -> None:
        """Stop the threads that resolve names, without waiting for a slow name server."""
        self._resolvers.shutdown(wait=False, cancel_futures=True)

    async def _get(self, url: str, limit: int) -> HttpReply:
        import httpx  # noqa: PLC0415 - a tenth of a second that only its users should spend

        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or HTTPS_PORT
        if port != HTTPS_PORT and not self._is_private_allowed:
            raise ConnectionFailed("another port than 443")
        address = await self._resolve(host, port)
        if self._tls is None:
            self._tls = httpx.create_ssl_context()
        headers = {
            "host": parts.netloc,
            "accept": "application/json",
            "accept-encoding": "identity",
            "user-agent": "Poolhouse",
        }
        received = bytearray()
        try:
            # A client for each request: a connection that is kept would be known by its address,
            # and could then be used for another name.
            async with (
                httpx.AsyncClient(verify=self._tls, timeout=None, trust_env=False) as client,  # noqa: S113
                client.stream(
                    "GET",
                    httpx.URL(url).copy_with(host=address),
                    headers=headers,
                    extensions={"sni_hostname": host},
                    follow_redirects=False,
                ) as response,
            ):
                async for chunk in response.aiter_raw():
                    received += chunk
                    if len(received) > limit:
                        break
        except httpx.HTTPError as error:
            raise ConnectionFailed(type(error).__name__) from error
        return HttpReply(
            response.status_code, response.headers, bytes(received), len(received) <= limit
        )

    async def _resolve(self, host: str, port: int) -> str:
        """Return one address of a host. If any of its addresses isn't public, it has none."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(
                self._resolvers, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            )
        except (OSError, UnicodeError):
            raise ConnectionFailed("the name doesn't resolve") from None
        addresses = [str(each[4][0]) for each in found]
        if not addresses:
            raise ConnectionFailed("the name doesn't resolve")
        if not self._is_private_allowed and not all(map(is_public, addresses)):
            raise ConnectionFailed("the name leads to an address that isn't public")
        return addresses[0]
