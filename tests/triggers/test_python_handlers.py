"""Lambda's contract for Python handlers, kept by real child processes."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from support.captured_logs import capture_logs
from support.trigger_world import ARN

from poolhouse.triggers.factory import TransportDependencies
from poolhouse.triggers.transports.contract import Transport, TransportFailure

Make = Callable[..., Transport]


async def run(transport: Transport, event: object = None, arn: str = ARN) -> tuple[object, bool]:
    """The answer, and whether it is an error."""
    answer = await transport.invoke(arn, json.dumps(event).encode(), 5)
    return json.loads(answer.payload), answer.function_error is not None


async def test_python_handler_receives_the_event_and_returns_its_result(handler: Make) -> None:
    python = handler("app.py", "def handler(event, context): return {'got': event}")
    event = {"text": "größer ✓ \u2028", "number": 1.5, "nothing": None}
    assert await run(python, event) == ({"got": event}, False)


async def test_python_handler_context_is_that_of_lambda(handler: Make) -> None:
    python = handler(
        "app.py",
        """
        def handler(event, context):
            names = (
                "aws_request_id function_name function_version invoked_function_arn identity "
                "memory_limit_in_mb log_group_name log_stream_name client_context"
            )
            return {name: getattr(context, name) for name in names.split()} | {
                "left": 0 < context.get_remaining_time_in_millis() <= 5000
            }
        """,
    )
    answer, _ = await run(python, arn=f"{ARN}:live")
    assert answer == {
        "aws_request_id": "request-2",
        "function_name": "welcome",
        "function_version": "live",
        "invoked_function_arn": f"{ARN}:live",
        "memory_limit_in_mb": "128",
        "log_group_name": "/aws/lambda/welcome",
        "log_stream_name": "[$LATEST]request-1",
        "identity": None,
        "client_context": None,
        "left": True,
    }


@pytest.mark.parametrize(
    ("text", "error_type", "message"),
    [
        ("def handler(e, c): raise Exception('boom')", "Exception", "boom"),
        ("def handler(e, c): raise ValueError()", "ValueError", ""),
        ("def handler(e, c): handler(e, c)", "RecursionError", "maximum recursion depth exceeded"),
        (
            "def handler(e, c): return {1, 2}",
            "Runtime.MarshalError",
            "Unable to marshal response: Object of type set is not JSON serializable",
        ),
        ("def handler(e): return e", "TypeError", "handler() takes 1 positional argument but 2"),
        ("handled = 1", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
        ("import nowhere", "Runtime.ImportModuleError", "Unable to import module 'app': No module"),
        ("def (", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app': invalid syntax"),
        ("raise ValueError('no table')", "ValueError", "no table"),
    ],
)
async def test_python_handler_errors_have_the_form_of_lambda(
    handler: Make, text: str, error_type: str, message: str
) -> None:
    answer, failed = await run(handler("app.py", text))
    assert failed
    assert isinstance(answer, dict)
    assert answer["errorType"] == error_type
    assert answer["errorMessage"].startswith(message)
    assert isinstance(answer["stackTrace"], list)


async def test_python_handler_async_is_an_error_as_in_lambda(handler: Make) -> None:
    answer, failed = await run(handler("app.py", "async def handler(event, context): return 1"))
    assert failed
    assert "coroutine is not JSON serializable" in str(answer)


async def test_python_handler_decimal_result_becomes_a_number(handler: Make) -> None:
    text = "import decimal\ndef handler(event, context): return decimal.Decimal('1.5')"
    assert await run(handler("app.py", text)) == (1.5, False)


async def test_files_beside_the_handler_can_be_imported(
    handler: Make, write: Callable[[str, str], Path]
) -> None:
    write("greetings.py", "hello = 'hi'")
    text = "import greetings\ndef handler(event, context): return greetings.hello"
    assert await run(handler("pre-sign-up.py", text)) == ("hi", False)


async def test_python_handler_does_not_get_the_servers_environment(handler: Make) -> None:
    text = "import os\ndef handler(event, context): return dict(os.environ)"
    answer, _ = await run(handler("app.py", text))
    assert isinstance(answer, dict)
    assert "secret" not in str(answer)
    assert {name: answer[name] for name in ("AWS_REGION", "AWS_LAMBDA_FUNCTION_NAME", "TZ")} == {
        "AWS_REGION": "eu-west-1",
        "AWS_LAMBDA_FUNCTION_NAME": "welcome",
        "TZ": ":UTC",
    }
    assert answer["_HANDLER"] == "app.handler"


async def test_python_handler_output_is_logged_by_line(handler: Make) -> None:
    python = handler(
        "app.py",
        """
        import os, sys
        print("loading")
        def handler(event, context):
            print("one\\ntwo")
            sys.stderr.write("three\\n")
            os.write(1, b"\\xff" + b"x" * 10_000 + b"\\n")
            os.write(2, b"the end")
        """,
    )
    with capture_logs() as logs:
        await run(python)
        await python.close()
    printed = [log["line"] for log in logs if log["event"] == "trigger output"]
    assert printed == ["loading", "one", "two", "three", "\ufffd" + "x" * 4095, "the end"]
    assert {log["function"] for log in logs} == {ARN}


async def test_python_handler_has_an_empty_stdin(handler: Make) -> None:
    text = "import sys\ndef handler(event, context): return sys.stdin.read()"
    assert await run(handler("app.py", text)) == ("", False)


async def test_python_handler_without_an_interpreter_fails(
    means: TransportDependencies, handler: Make
) -> None:
    missing = msgspec.structs.replace(means, python=sys.executable + "-missing")
    with pytest.raises(TransportFailure, match="Runtime cannot be started"):
        await run(handler("app.py", "", missing))
