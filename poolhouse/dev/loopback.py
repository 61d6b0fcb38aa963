"""Answer only requests for a loopback name: a page elsewhere can't make its own name one."""

import re
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

_NAMES: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
_PORT: Final = re.compile(r":[0-9]*$")


class LoopbackOnly:
    """Raises 403 before a route of dev mode answers another host's name."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        host = _PORT.sub("", Request(scope).headers.get("host", "")).lower()
        if host not in _NAMES:
            raise HTTPException(403)
        await self._app(scope, receive, send)
