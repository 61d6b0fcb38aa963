"""A port on loopback for one custom runtime, which only its own processes may use.

The Runtime API has no authentication, and AWS's clients reach it over TCP. So any program on this
machine can connect, and could take events or post results in the function's name. Each connection
is checked before anything is read from it.
"""

import asyncio
import socket
from contextlib import ExitStack

import structlog

from poolhouse.triggers.transports import socket_owner
from poolhouse.triggers.transports.runtime_api import RuntimeApi
from poolhouse.triggers.transports.runtime_http import RuntimeConnection

_HOST = "127.0.0.1"

_log = structlog.get_logger()


class RuntimeListener:
    """Listens from the start. Connections wait until `accept_from` names the process."""

    def __init__(self, api: RuntimeApi, function: str) -> None:
        self._api = api
        self._function = function
        self._socket = socket.create_server((_HOST, 0))
        self._socket.setblocking(False)
        self._accepting: asyncio.Task[None] | None = None
        self._has_warned = False

    @property
    def address(self) -> str:
        host, port = self._socket.getsockname()
        return f"{host}:{port}"

    def accept_from(self, session: int) -> None:
        """Accept connections from processes of this session, and from no other."""
        self._accepting = asyncio.create_task(self._accept(session))
        self._accepting.add_done_callback(self._stopped)

    def close(self) -> None:
        if self._accepting is None:
            self._socket.close()
        else:
            self._accepting.cancel()

    async def wait_closed(self) -> None:
        if self._accepting is not None:
            await asyncio.wait([self._accepting])

    async def _accept(self, session: int) -> None:
        loop = asyncio.get_running_loop()
        with self._socket:
            while True:
                connection, theirs = await loop.sock_accept(self._socket)
                with ExitStack() as undo:
                    undo.enter_context(connection)
                    if await self._is_from(session, theirs):
                        await loop.connect_accepted_socket(
                            lambda: RuntimeConnection(self._api), connection
                        )
                        undo.pop_all()

    async def _is_from(self, session: int, theirs: tuple[str, int]) -> bool:
        ours = self._socket.getsockname()
        # In a thread: a busy server's list of sockets is long.
        is_own = await asyncio.to_thread(socket_owner.is_held_by_session, session, theirs, ours)
        if not is_own and not self._has_warned:
            self._has_warned = True
            _log.warning("another process connected to a runtime", function=self._function)
        return is_own

    def _stopped(self, accepting: asyncio.Task[None]) -> None:
        """Close the API when the port is closed, and log an error that closed it.

        A runtime that can't connect would only use up the time of its calls.
        """
        self._api.close()
        if not accepting.cancelled() and (error := accepting.exception()):
            _log.error("a runtime's port was closed", function=self._function, exc_info=error)
