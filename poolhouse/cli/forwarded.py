"""What a proxy in front of the server says of the client."""

from typing import Any

from poolhouse.web.server import Receive, Scope, Send, Server


class Forwarded:
    """Gives the application the client's address and scheme as the proxy saw them.

    Of X-Forwarded-For only the last address counts: it is the one that the proxy has added. What
    stands before it came from the client, who may write there what a policy asks of
    `aws:SourceIp`.
    """

    def __init__(self, application: Server) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        said: dict[bytes, Any] = dict(headers)  # of a repeated header the last one stays
        if address := _last(said.get(b"x-forwarded-for")):
            scope["client"] = (address, 0)
        if (scheme := _last(said.get(b"x-forwarded-proto"))) in {"http", "https"}:
            scope["scheme"] = scheme
        await self._application(scope, receive, send)


def _last(value: bytes | None) -> str:
    return (value or b"").decode("latin-1").rpartition(",")[2].strip()
