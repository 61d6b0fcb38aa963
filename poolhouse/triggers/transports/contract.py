"""The contract between the invoker and a transport."""

from typing import Final, Protocol

import msgspec

# Lambda's limit on a synchronous answer: 6 MB and a little (Lambda quotas).
ANSWER_LIMIT: Final = 6_291_556

CONNECTION_FAILED: Final = "Connection failed"
"""The reason of a failure without a response."""


class FunctionResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A function's response: bytes that may not be JSON.

    `function_error` is None, or Lambda's word for "the payload describes an error".
    """

    payload: bytes
    function_error: str | None = None


class TransportFailure(Exception):
    """The function could not be run at all.

    `reason` is shown to the caller of the API: an AWS error code or a few words, never an
    address, a path or a secret.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Transport(Protocol):
    async def invoke(self, arn: str, payload: bytes, deadline: float) -> FunctionResponse:
        """Run the function once with the JSON event `payload`.

        `deadline` (seconds from now) is what the function may know. The invoker keeps it by
        cancelling the call, so a transport that is cancelled must stop what it started. Raises
        TransportFailure, or TimeoutError for a time-out that the transport itself learns of.
        """

    async def close(self) -> None:
        """Stop everything that still runs. Later calls fail."""


def error_answer(error_type: str, message: str) -> FunctionResponse:
    """Return Lambda's response for a failure of the function or its runtime."""
    return FunctionResponse(
        payload=msgspec.json.encode({"errorType": error_type, "errorMessage": message}),
        function_error="Unhandled",
    )


def too_large() -> FunctionResponse:
    return error_answer(
        "Function.ResponseSizeTooLarge",
        f"Response payload size exceeded maximum allowed payload size ({ANSWER_LIMIT} bytes).",
    )
