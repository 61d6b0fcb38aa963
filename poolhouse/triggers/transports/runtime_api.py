"""The Lambda Runtime API of one runtime process, version 2018-06-01.

The process asks for the next invocation, and posts the result or an error. The paths, headers and
statuses are AWS's (docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html). The errors of refused
requests are those of AWS's runtime interface emulator (`rapi/rendering/render_error.go`).
"""

import asyncio
from http import HTTPStatus
from typing import Final

import msgspec

from poolhouse.triggers.transports.contract import FunctionResponse, error_answer, too_large
from poolhouse.triggers.transports.runtime_http import RuntimeConnection, RuntimeRequest

_ROOT: Final = "/2018-06-01/runtime/"
# A runtime needs one or two at a time.
_MOST_CONNECTIONS: Final = 16


class RuntimeInvocation(msgspec.Struct, frozen=True, kw_only=True):
    """One call of a function. `deadline_ms` is in Unix time, by this machine's own clock."""

    request_id: str
    function_arn: str
    deadline_ms: int
    event: bytes


class RuntimeGone(ConnectionError):
    """The process has ended, or what it sent was no request."""


class RuntimeApi:
    """Gives one process its invocations, one at a time.

    `ends_with_connection`: the process has one connection, and is of no use without it.
    """

    def __init__(self, *, ends_with_connection: bool) -> None:
        self._ends_with_connection = ends_with_connection
        self._connections: set[RuntimeConnection] = set()
        self._poller: RuntimeConnection | None = None
        self._invocation: RuntimeInvocation | None = None
        self._answer: asyncio.Future[FunctionResponse] | None = None
        self._init_error: FunctionResponse | None = None
        self._has_started = False
        self.was_delivered = False
        self.is_open = True

    async def invoke(self, invocation: RuntimeInvocation) -> FunctionResponse:
        """Give the process an invocation when it asks for one, and return what it posts.

        `was_delivered` is whether it has got this invocation. If this wait is cancelled, the
        process can't be used again. Raises RuntimeGone.
        """
        self.was_delivered = False
        if self._init_error is not None:
            self.is_open = False  # the runtime exits now
            return self._init_error
        if not self.is_open:
            raise RuntimeGone
        self._invocation = invocation
        self._answer = asyncio.get_running_loop().create_future()
        self._deliver()
        return await self._answer

    def close(self) -> None:
        self._end(RuntimeGone())

    # --- Connections -----------------------------------------------------------------------

    def connected(self, connection: RuntimeConnection) -> None:
        if self.is_open and len(self._connections) < _MOST_CONNECTIONS:
            self._connections.add(connection)
        else:
            connection.abort()

    def disconnected(self, connection: RuntimeConnection) -> None:
        self._connections.discard(connection)
        if self._poller is connection:
            self._poller = None
        if self._ends_with_connection:
            self._end(RuntimeGone())

    def too_large(self) -> None:
        """End the process's use. Its result is beyond Lambda's limit, and was not read."""
        self._settle(too_large())
        self.is_open = False

    def requested(self, connection: RuntimeConnection, request: RuntimeRequest) -> None:
        path = request.target.partition("?")[0]
        match (request.method, *path.removeprefix(_ROOT).split("/")):
            case _ if not path.startswith(_ROOT):
                _refuse(connection, HTTPStatus.NOT_FOUND, "NotFound", "No such path")
            case ("GET", "invocation", "next"):
                self._next(connection)
            case ("POST", "invocation", request_id, "response"):
                self._finish(connection, request_id, FunctionResponse(payload=request.body))
            case ("POST", "invocation", request_id, "error"):
                self._finish(connection, request_id, _error(request))
            case ("POST", "init", "error"):
                self._fail_to_start(connection, _error(request))
            case _:
                _refuse(connection, HTTPStatus.NOT_FOUND, "NotFound", "No such path")

    # --- Requests --------------------------------------------------------------------------------

    def _next(self, connection: RuntimeConnection) -> None:
        is_running = self._invocation is not None and self.was_delivered
        if is_running or self._poller is not None or self._init_error is not None:
            message = "The last invocation has no response yet, or another request waits"
            _refuse(connection, HTTPStatus.FORBIDDEN, "InvalidStateTransition", message)
            return
        self._has_started = True
        self._poller = connection
        self._deliver()

    def _finish(
        self, connection: RuntimeConnection, request_id: str, answer: FunctionResponse
    ) -> None:
        running = self._invocation if self.was_delivered else None
        if running is None or running.request_id != request_id:
            message = "Invalid request ID"
            _refuse(connection, HTTPStatus.BAD_REQUEST, "InvalidRequestID", message)
            return
        _accept(connection)
        self._settle(answer)

    def _fail_to_start(self, connection: RuntimeConnection, error: FunctionResponse) -> None:
        if self._has_started or self._init_error is not None:
            message = "The runtime has started, or has failed to"
            _refuse(connection, HTTPStatus.FORBIDDEN, "InvalidStateTransition", message)
            return
        self._init_error = error
        _accept(connection)
        if self._answer is not None:
            self.is_open = False
            self._settle(error)

    # ---------------------------------------------------------------------------------------

    def _deliver(self) -> None:
        """Give the waiting request the invocation, if both are there."""
        poller, invocation = self._poller, self._invocation
        if poller is None or invocation is None or self.was_delivered:
            return
        self._poller = None
        self.was_delivered = True
        # No X-Ray, no mobile SDK: the headers for these are absent, as on AWS.
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
        }
        poller.respond(HTTPStatus.OK, invocation.event, headers)

    def _settle(self, answer: FunctionResponse) -> None:
        self._invocation = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)

    def _end(self, why: RuntimeGone) -> None:
        self.is_open = False
        self._poller = None
        for connection in tuple(self._connections):
            connection.abort()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(why)


def _error(request: RuntimeRequest) -> FunctionResponse:
    """Return the function's error. Its type is in a header, too, and the body may be missing."""
    if not request.body:
        return error_answer(request.error_type or "Runtime.Unknown", "")
    return FunctionResponse(payload=request.body, function_error="Unhandled")


def _accept(connection: RuntimeConnection) -> None:
    connection.respond(HTTPStatus.ACCEPTED, b'{"status":"OK"}\n')


def _refuse(connection: RuntimeConnection, status: HTTPStatus, kind: str, message: str) -> None:
    body = msgspec.json.encode({"errorMessage": message, "errorType": kind})
    connection.respond(status, body)
