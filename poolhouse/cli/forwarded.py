"""Take the client's address and scheme from a reverse proxy's headers."""

from typing import Final

from poolhouse.http.client_addresses import client_address
from poolhouse.http.messages import HttpResponse, IncomingRequest
from poolhouse.http.protocol import Application

_SCHEMES: Final = frozenset({"http", "https"})


class Forwarded:
    """Gives the application the client's address and scheme as the proxy saw them.

    Of X-Forwarded-For only the last address counts: it is the one that the proxy has added. What
    stands before it came from the client, who may write there what a policy asks of
    `aws:SourceIp`. If the last one is no address, the proxy's own stays: a policy that denies
    addresses would let pass what it can't read.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self.largest_body = application.largest_body
        self.too_large = application.too_large

    async def answer(self, received: IncomingRequest) -> HttpResponse:
        headers = dict(received.headers)  # of a repeated header the last one stays
        if address := client_address(_last(headers.get(b"x-forwarded-for"))):
            received.address = address
        if (scheme := _last(headers.get(b"x-forwarded-proto")).lower()) in _SCHEMES:
            received.is_secure = scheme == "https"
        return await self._application.answer(received)


def _last(value: bytes | None) -> str:
    return (value or b"").decode("latin-1").rpartition(",")[2].strip(" \t")
