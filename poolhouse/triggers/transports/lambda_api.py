"""The Lambda Invoke API: of AWS, or of LocalStack, SAM and the runtime interface emulator."""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlsplit

import httpx
import msgspec

from poolhouse.http.client import ConnectionFailed, HttpReply, post
from poolhouse.rules.aws import sigv4_signing
from poolhouse.triggers import arns
from poolhouse.triggers.transports.contract import (
    ANSWER_LIMIT,
    CONNECTION_FAILED,
    FunctionResponse,
    TransportFailure,
    too_large,
)

# Where an ARN does not contain it: a function called by its bare name at an emulator.
_FALLBACK_REGION: Final = "us-east-1"


class _EmulatorError(msgspec.Struct, frozen=True, rename="camel"):
    """A function's error from the runtime interface emulator, which sends no error header."""

    error_type: str
    error_message: str


class LambdaApi:
    """`endpoint` is the API's address without a path, e.g. `https://lambda.us-east-1.amazonaws.com`.

    `function` replaces the ARN in the request, for emulators that know functions by name only.
    Without `credentials` the requests are not signed, which emulators accept. `client` is the
    application's: it outlives the transport.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        client: httpx.AsyncClient,
        credentials: sigv4_signing.Credentials | None,
        now: Callable[[], datetime],
        function: str | None = None,
    ) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._host = urlsplit(endpoint).netloc
        self._client = client
        self._credentials = credentials
        self._now = now
        self._function = function

    async def invoke(self, arn: str, payload: bytes, deadline: float) -> FunctionResponse:
        function = quote(self._function or arn, safe="")
        path = f"/2015-03-31/functions/{function}/invocations"
        headers = self._headers(arn, path, payload)
        url = self._endpoint + path
        try:
            reply = await post(self._client, url, headers, payload, limit=ANSWER_LIMIT)
        except ConnectionFailed as failed:
            raise TransportFailure(CONNECTION_FAILED) from failed
        if not reply.is_whole:
            return too_large()
        if not reply.is_success:
            raise TransportFailure(reply.aws_error or f"HTTP status {reply.status}")
        return FunctionResponse(payload=reply.body, function_error=_function_error(reply))

    async def close(self) -> None:
        """Do nothing: the transport has opened nothing of its own."""

    def _headers(self, arn: str, path: str, payload: bytes) -> dict[str, str]:
        headers = {"host": self._host, "x-amz-invocation-type": "RequestResponse"}
        if self._credentials is None:
            return headers
        function = arns.parse(arn)
        return headers | sigv4_signing.sign(
            "POST",
            path,
            headers,
            payload,
            credentials=self._credentials,
            region=function.region if function else _FALLBACK_REGION,
            service="lambda",
            now=self._now(),
        )


def _function_error(reply: HttpReply) -> str | None:
    header = reply.headers.get("x-amz-function-error")
    if header is not None:
        return header
    try:
        msgspec.json.decode(reply.body, type=_EmulatorError)
    except (ValueError, RecursionError):
        return None
    return "Unhandled"
