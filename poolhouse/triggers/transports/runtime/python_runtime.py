"""Runs one Python handler by Lambda's contract: `handler(event, context)`.

Nothing but the standard library is imported, and nothing of the server: the handler should find
the same world as in Lambda, and start fast. So the few lines of HTTP that the server answers with
are read by hand: to import `http.client` takes as long as all else that a start needs. Descriptors
are read and written raw, because a socket object would close early when the interpreter ends, and
hide the exit status.
"""

import contextlib
import decimal
import importlib.util
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

API = "/2018-06-01/runtime"
OK, ACCEPTED = 200, 202
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

Handler = Callable[[object, "Context"], object]


class Context:
    """The context object of Lambda's Python runtime."""

    def __init__(self, headers: dict[str, str]) -> None:
        environment = os.environ
        self.aws_request_id = headers["lambda-runtime-aws-request-id"]
        self.invoked_function_arn = headers["lambda-runtime-invoked-function-arn"]
        self.function_name = environment["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = environment["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = environment["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = environment["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = None
        self.client_context = None
        remaining = int(headers["lambda-runtime-deadline-ms"]) / 1000 - time.time()
        self._ends = time.monotonic() + remaining

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._ends - time.monotonic()) * 1000))

    def log(self, message: object) -> None:
        sys.stdout.write(str(message))


class RuntimeApiClient:
    """The server's Runtime API, on a socket that this process has inherited."""

    def __init__(self, channel: int) -> None:
        self._channel = channel
        self._replies = open(channel, "rb", closefd=False)  # noqa: SIM115 - is a number

    def next(self) -> tuple[dict[str, str], bytes]:
        """Wait for an invocation, and return its headers and its event."""
        return self._ask("GET", "invocation/next", OK)

    def post(self, path: str, payload: bytes) -> None:
        self._ask("POST", path, ACCEPTED, payload)

    def _ask(
        self, method: str, path: str, expected: int, body: bytes = b""
    ) -> tuple[dict[str, str], bytes]:
        """Exit if the server has hung up, or refuses what this process sent."""
        head = f"{method} {API}/{path} HTTP/1.1\r\nHost: poolhouse\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        try:
            rest = memoryview(head.encode() + body)
            while rest:
                rest = rest[os.write(self._channel, rest) :]
            status = self._replies.readline()
            headers = {}
            while line := self._replies.readline().strip():
                name, _, value = line.decode().partition(": ")
                headers[name.lower()] = value
            reply = self._replies.read(int(headers.get("content-length", 0)))
        except ConnectionError:
            sys.exit(1)
        if not status:
            sys.exit(0)
        if int(status.split()[1]) != expected:
            sys.exit(1)
        return headers, reply


class CannotLoad(Exception):
    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(message)
        self.error_type = error_type


def main(channel: int, lifeline: int, file: Path, function: str) -> None:
    for number in STOP_SIGNALS:
        signal.signal(number, go_on)
    close_all_but(0, 1, 2, channel, lifeline)
    os.set_inheritable(channel, False)
    os.set_inheritable(lifeline, False)
    threading.Thread(target=die_with_the_server, args=(lifeline,), daemon=True).start()
    api = RuntimeApiClient(channel)
    try:
        handler = load(file, function)
    except Exception as error:
        show(error)
        api.post("init/error", failure(error))
        sys.exit(1)
    while True:
        headers, event = api.next()
        context = Context(headers)
        payload, failed = run(handler, event, context)
        api.post(
            f"invocation/{context.aws_request_id}/{'error' if failed else 'response'}", payload
        )


def close_all_but(*open_ones: int) -> None:
    """Close all other descriptors, so that programs of the handler don't inherit them."""
    for number in {int(entry.name) for entry in Path("/dev/fd").iterdir()}.difference(open_ones):
        with contextlib.suppress(OSError):  # the descriptor of the listing itself is closed
            os.close(number)


def go_on(number: int, frame: object) -> None:
    """Ignore a signal: a service manager that stops the server signals all its processes.

    The server ends this process itself when its last request has been answered. Programs that the
    handler starts don't inherit this, as they would if the signals were ignored.
    """


def run(handler: Handler, event: bytes, context: Context) -> tuple[bytes, bool]:
    """Return the response or the error as JSON, and whether it is an error.

    SystemExit passes: the process ends, and the server reports the crash as Lambda would.
    """
    try:
        answer = handler(json.loads(event), context)
    except Exception as error:
        show(error)
        return failure(error), True
    try:
        return json.dumps(answer, default=decimals).encode(), False
    except Exception as error:
        return failure(
            CannotLoad("Runtime.MarshalError", f"Unable to marshal response: {error}")
        ), True


def decimals(value: object) -> float:
    """Return a Decimal as a float, as Lambda's runtime does: DynamoDB's numbers are Decimals."""
    if isinstance(value, decimal.Decimal):
        return float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def load(file: Path, function: str) -> Handler:
    """Import the handler's file under its own name, the files beside it importable too."""
    name = file.stem
    sys.path[0] = str(file.parent)
    try:
        specification = importlib.util.spec_from_file_location(name, file)
        if specification is None or specification.loader is None:
            raise ImportError(f"No module named '{name}'")
        module = importlib.util.module_from_spec(specification)
        sys.modules[name] = module
        specification.loader.exec_module(module)
    except (ImportError, FileNotFoundError) as error:
        raise CannotLoad(
            "Runtime.ImportModuleError", f"Unable to import module '{name}': {error}"
        ) from error
    except SyntaxError as error:
        raise CannotLoad(
            "Runtime.UserCodeSyntaxError", f"Syntax error in module '{name}': {error}"
        ) from error
    handler: Handler | None = getattr(module, function, None)
    if handler is None:
        raise CannotLoad(
            "Runtime.HandlerNotFound", f"Handler '{function}' missing on module '{name}'"
        )
    return handler


def failure(error: Exception) -> bytes:
    """Return Lambda's error payload. Cognito shows the message; other readers use the rest."""
    return json.dumps(
        {
            "errorMessage": str(error),
            "errorType": getattr(error, "error_type", type(error).__name__),
            "stackTrace": traceback.format_tb(own_frames(error)),
        }
    ).encode()


def show(error: Exception) -> None:
    """Print the traceback as if there were nothing but the handler, as in Lambda."""
    shown = error.__cause__ if isinstance(error, CannotLoad) else error
    if shown is None:
        sys.stderr.write(f"{getattr(error, 'error_type', '')}: {error}\n")
    else:
        traceback.print_exception(type(shown), shown, own_frames(shown))


def own_frames(error: BaseException) -> TracebackType | None:
    """Return an error's traceback from the handler's first frame on."""
    frames = error.__traceback__
    while frames is not None and is_ours(frames.tb_frame.f_code.co_filename):
        frames = frames.tb_next
    return frames


def is_ours(file: str) -> bool:
    """Return whether a frame belongs to this program, or to the import that it has begun."""
    return file == __file__ or file.startswith("<frozen importlib")


def die_with_the_server(lifeline: int) -> None:
    """Wait for the end of a pipe without a writer, then end the whole process group.

    A thread of its own, so that it works while the handler loops.
    """
    try:
        os.read(lifeline, 1)
    finally:
        os.kill(0, signal.SIGKILL)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4])
