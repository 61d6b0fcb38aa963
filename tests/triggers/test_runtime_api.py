"""The Runtime API as AWS documents it, over real connections to one process's API.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
from support.trigger_world import ARN

from poolhouse.triggers.transports.contract import ANSWER_LIMIT, FunctionResponse
from poolhouse.triggers.transports.runtime_api import RuntimeApi, RuntimeGone, RuntimeInvocation
from poolhouse.triggers.transports.runtime_http import RuntimeConnection

NEXT = "/2018-06-01/runtime/invocation/next"
RESPONSE = "/2018-06-01/runtime/invocation/request-1/response"
ERROR = "/2018-06-01/runtime/invocation/request-1/error"
INIT_ERROR = "/2018-06-01/runtime/init/error"
INVOCATION = RuntimeInvocation(
    request_id="request-1",
    function_arn=ARN,
    deadline_ms=1_767_323_045_006,
    event=b'{"a": "\xc3\xa4"}',
)


class Runtime:
    """A client of the API, and the port that it connects to."""

    def __init__(self, api: RuntimeApi, port: int, http: httpx.AsyncClient) -> None:
        self.api = api
        self.port = port
        self.http = http

    async def started(self) -> asyncio.Task[FunctionResponse]:
        """The call of an invocation that this client has got."""
        call = asyncio.ensure_future(self.api.invoke(INVOCATION))
        assert (await self.http.get(NEXT)).content == INVOCATION.event
        return call

    async def raw(self, data: bytes) -> bytes:
        """What comes back on a connection of its own, until it is closed."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(data)
        received = await reader.read()
        writer.close()
        await writer.wait_closed()
        return received


@pytest.fixture
async def runtime() -> AsyncIterator[Runtime]:
    api = RuntimeApi(ends_with_connection=False)
    server = await asyncio.get_running_loop().create_server(
        lambda: RuntimeConnection(api), "127.0.0.1", 0
    )
    port = server.sockets[0].getsockname()[1]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        yield Runtime(api, port, client)
    api.close()
    server.close()


async def test_next_gives_the_event_and_the_headers_that_aws_documents(runtime: Runtime) -> None:
    call = asyncio.ensure_future(runtime.api.invoke(INVOCATION))
    response = await runtime.http.get(NEXT)
    assert (response.status_code, response.content) == (200, INVOCATION.event)
    assert dict(response.headers) == {
        "content-type": "application/json",
        "content-length": "11",
        "lambda-runtime-aws-request-id": "request-1",
        "lambda-runtime-deadline-ms": "1767323045006",
        "lambda-runtime-invoked-function-arn": ARN,
    }
    call.cancel()


async def test_next_waits_for_an_invocation(runtime: Runtime) -> None:
    waiting = asyncio.ensure_future(runtime.http.get(NEXT))
    # Another request gets its response while the first one waits.
    assert (await runtime.http.post(RESPONSE)).status_code == 400
    call = asyncio.ensure_future(runtime.api.invoke(INVOCATION))
    assert (await waiting).content == INVOCATION.event
    assert (await runtime.http.post(RESPONSE, content=b"1")).status_code == 202
    assert await call == FunctionResponse(payload=b"1")


async def test_response_is_accepted_once(runtime: Runtime) -> None:
    call = await runtime.started()
    first = await runtime.http.post(RESPONSE, content=b"[1]")
    assert (first.status_code, first.json()) == (202, {"status": "OK"})
    assert await call == FunctionResponse(payload=b"[1]")
    second = await runtime.http.post(RESPONSE, content=b"[2]")
    assert second.status_code == 400
    assert second.json() == {"errorMessage": "Invalid request ID", "errorType": "InvalidRequestID"}


async def test_error_of_an_invocation_is_the_functions(runtime: Runtime) -> None:
    call = await runtime.started()
    error = {"errorMessage": "no table", "errorType": "ValueError", "stackTrace": []}
    headers = {"Lambda-Runtime-Function-Error-Type": "Unhandled"}
    assert (await runtime.http.post(ERROR, json=error, headers=headers)).status_code == 202
    answer = await call
    assert (json.loads(answer.payload), answer.function_error) == (error, "Unhandled")


async def test_error_without_a_body_has_the_type_of_its_header(runtime: Runtime) -> None:
    call = await runtime.started()
    headers = {"Lambda-Runtime-Function-Error-Type": "Runtime.NoTable"}
    assert (await runtime.http.post(ERROR, headers=headers)).status_code == 202
    assert json.loads((await call).payload) == {"errorType": "Runtime.NoTable", "errorMessage": ""}


@pytest.mark.parametrize("is_called_first", [True, False])
async def test_error_of_the_start_is_the_answer_of_the_first_call(
    runtime: Runtime, is_called_first: bool
) -> None:
    error = {"errorMessage": "no module", "errorType": "Runtime.ImportModuleError"}
    posting = runtime.http.post(INIT_ERROR, json=error)
    if is_called_first:
        call = asyncio.ensure_future(runtime.api.invoke(INVOCATION))
        assert (await posting).status_code == 202
    else:
        assert (await posting).status_code == 202
        call = asyncio.ensure_future(runtime.api.invoke(INVOCATION))
    answer = await call
    assert (json.loads(answer.payload), answer.function_error) == (error, "Unhandled")
    assert not runtime.api.is_open


@pytest.mark.parametrize(
    ("method", "path", "status", "error_type"),
    [
        ("GET", NEXT, 403, "InvalidStateTransition"),
        ("POST", INIT_ERROR, 403, "InvalidStateTransition"),
        ("POST", RESPONSE.replace("request-1", "request-2"), 400, "InvalidRequestID"),
        ("POST", ERROR.replace("request-1", "request-2"), 400, "InvalidRequestID"),
        ("GET", RESPONSE, 404, "NotFound"),
        ("POST", NEXT, 404, "NotFound"),
        ("GET", "/2020-01-01/extension/register", 404, "NotFound"),
        ("GET", "/", 404, "NotFound"),
    ],
)
async def test_request_that_is_wrong_while_a_call_runs_is_refused_and_changes_nothing(
    runtime: Runtime, method: str, path: str, status: int, error_type: str
) -> None:
    call = await runtime.started()
    refused = await runtime.http.request(method, path)
    assert (refused.status_code, refused.json()["errorType"]) == (status, error_type)
    assert refused.headers["connection"] == "close"
    assert (await runtime.http.post(RESPONSE, content=b"1")).status_code == 202
    assert await call == FunctionResponse(payload=b"1")


async def test_next_of_two_at_once_refuses_the_second(runtime: Runtime) -> None:
    waiting = asyncio.ensure_future(runtime.http.get(NEXT))
    assert (await runtime.http.post(RESPONSE)).status_code == 400  # so the first one waits
    assert (await runtime.http.get(NEXT)).status_code == 403
    call = asyncio.ensure_future(runtime.api.invoke(INVOCATION))
    assert (await waiting).status_code == 200
    call.cancel()


async def test_next_whose_client_hung_up_gives_way_to_another(runtime: Runtime) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", runtime.port)
    writer.write(f"GET {NEXT} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    while runtime.api._poller is None:  # noqa: ASYNC110 - the next step is this loop's own
        await asyncio.sleep(0)
    writer.close()
    while runtime.api._poller is not None:  # noqa: ASYNC110
        await asyncio.sleep(0)
    call = await runtime.started()
    call.cancel()


async def chunks() -> AsyncIterator[bytes]:
    for _ in range(ANSWER_LIMIT // 65_536 + 1):
        yield b"x" * 65_536


@pytest.mark.parametrize("body", [b"x" * (ANSWER_LIMIT + 1), chunks], ids=["length", "chunks"])
async def test_response_beyond_lambdas_limit_is_an_error_and_ends_the_runtime(
    runtime: Runtime, body: Any
) -> None:
    call = await runtime.started()
    with suppress(httpx.TransportError):  # the connection may be closed while the client sends
        response = await runtime.http.post(
            RESPONSE, content=body if isinstance(body, bytes) else body()
        )
        assert response.status_code == 413
    assert json.loads((await call).payload)["errorType"] == "Function.ResponseSizeTooLarge"
    assert not runtime.api.is_open


async def test_response_of_exactly_lambdas_limit_is_accepted(runtime: Runtime) -> None:
    call = await runtime.started()
    body = b"x" * ANSWER_LIMIT
    assert (await runtime.http.post(RESPONSE, content=body)).status_code == 202
    assert (await call).payload == body


async def test_client_that_expects_100_continue_gets_it(runtime: Runtime) -> None:
    """As curl does before long bodies."""
    call = await runtime.started()
    reader, writer = await asyncio.open_connection("127.0.0.1", runtime.port)
    head = f"POST {RESPONSE} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
    writer.write((head + "Expect: 100-continue\r\n\r\n").encode())
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(b"{}")
    assert (await reader.readline()) == b"HTTP/1.1 202 Accepted\r\n"
    assert (await call).payload == b"{}"
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize(
    "data",
    [
        b"\xff" * 100,
        b"GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: " + b"a" * 2_000_000,
        f"POST {RESPONSE} HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n".encode(),
    ],
)
async def test_malformed_bytes_close_only_their_connection(runtime: Runtime, data: bytes) -> None:
    call = await runtime.started()
    received = b""
    with suppress(ConnectionError):  # it may be closed while we send
        received = await runtime.raw(data)
    assert received == b"" or received.startswith(b"HTTP/1.1 4")
    assert (await runtime.http.post(RESPONSE, content=b"1")).status_code == 202
    assert await call == FunctionResponse(payload=b"1")


async def test_next_followed_by_another_request_before_its_response_is_refused(
    runtime: Runtime,
) -> None:
    both = f"GET {NEXT} HTTP/1.1\r\nHost: x\r\n\r\n".encode() * 2
    assert (await runtime.raw(both)).startswith(b"HTTP/1.1 400 ")


async def test_connections_of_one_process_are_bounded(runtime: Runtime) -> None:
    async with asyncio.timeout(60):
        opened = [await asyncio.open_connection("127.0.0.1", runtime.port) for _ in range(17)]
        with suppress(ConnectionError):
            assert await opened[-1][0].read() == b""
    for _, writer in opened:
        writer.close()


async def test_runtime_that_is_gone_ends_the_call(runtime: Runtime) -> None:
    call = await runtime.started()
    runtime.api.close()
    with pytest.raises(RuntimeGone):
        await call
    with pytest.raises(RuntimeGone):
        await runtime.api.invoke(INVOCATION)
