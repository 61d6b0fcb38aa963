"""Lambda's contract for Node handlers of every style, kept by real child processes."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support.captured_logs import capture_logs
from support.trigger_world import ARN

from poolhouse.triggers.transports.contract import Transport

Make = Callable[..., Transport]


async def run(transport: Transport, event: object = 7) -> tuple[object, bool]:
    """The answer, and whether it is an error."""
    answer = await transport.invoke(ARN, json.dumps(event).encode(), 5)
    return json.loads(answer.payload), answer.function_error is not None


STYLES = {
    "async": "async (event, context) => event",
    "promise": "(event) => new Promise((resolve) => setTimeout(() => resolve(event), 1))",
    "async, with a callback it does not need": "async (event, context, callback) => event",
    "sync return": "(event) => event",
    "callback": "(event, context, callback) => callback(null, event)",
    "late callback": "(event, context, callback) => { setTimeout(callback, 1, null, event); }",
    "callback, while a timer runs": """(event, context, callback) => {
        context.callbackWaitsForEmptyEventLoop = false;
        setTimeout(() => {}, 100000);
        callback(null, event);
    }""",
    "done": "(event, context) => { setTimeout(() => context.done(null, event), 1); }",
    "succeed": "(event, context) => { context.succeed(event); }",
    "answers twice": "(event, context, callback) => { callback(null, event); callback(null, 1); }",
}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("name", "text"),
    [("app.mjs", "export const handler = {};"), ("app.cjs", "exports.handler = {};")],
)
async def test_node_handler_of_every_style_returns_its_result(
    handler: Make, style: str, name: str, text: str
) -> None:
    node = handler(name, text.replace("{}", STYLES[style]))
    assert await run(node) == (7, False)
    assert await run(node, {"again": True}) == ({"again": True}, False)


@pytest.mark.parametrize(
    "style",
    [
        "async () => {}",
        "() => {}",
        "() => new Promise(() => {})",
        "(event, context, callback) => event",  # what a callback handler returns is ignored
        "(event, context, callback) => callback()",
    ],
)
async def test_node_handler_without_a_result_returns_null(handler: Make, style: str) -> None:
    # Lambda answers null once nothing is left in the event loop.
    node = handler("app.js", f"exports.handler = {style};")
    assert await run(node) == (None, False)
    assert await run(node) == (None, False)


@pytest.mark.parametrize(
    ("style", "error_type", "message"),
    [
        ("async () => { throw new RangeError('boom'); }", "RangeError", "boom"),
        ("() => { throw new Error('boom'); }", "Error", "boom"),
        ("async () => { throw 'boom'; }", "string", "boom"),
        ("(event, context, callback) => callback(new Error('boom'))", "Error", "boom"),
        ("(event, context, callback) => callback('boom')", "string", "boom"),
        ("(event, context) => { context.fail(new Error('boom')); }", "Error", "boom"),
        ("(event, context) => { context.done('boom'); }", "string", "boom"),
        (
            "(e, c, callback) => { setTimeout(() => { throw new Error('boom') }, 1) }",
            "Error",
            "boom",
        ),
        (
            "(e, c, callback) => { Promise.reject(new Error('boom')); setTimeout(() => 1, 1000) }",
            "Runtime.UnhandledPromiseRejection",
            "Error: boom",
        ),
        ("async () => 1n", "Error", "Unable to stringify response body"),
    ],
)
async def test_node_handler_errors_have_the_form_of_lambda(
    handler: Make, style: str, error_type: str, message: str
) -> None:
    node = handler("app.js", f"exports.handler = {style};")
    for _ in range(2):  # a runtime that ended is replaced
        answer, failed = await run(node)
        assert failed
        assert isinstance(answer, dict)
        assert (answer["errorType"], answer["errorMessage"]) == (error_type, message)


@pytest.mark.parametrize(
    ("name", "text", "error_type", "message"),
    [
        ("app.mjs", "", "Runtime.HandlerNotFound", "app.handler is undefined or not exported"),
        ("app.cjs", "exports.handler = 1", "Runtime.HandlerNotFound", "app.handler is undefined"),
        ("app.mjs", "import './nowhere.mjs'", "Runtime.ImportModuleError", "Cannot find module"),
        ("app.cjs", "require('./nowhere')", "Runtime.ImportModuleError", "Cannot find module"),
        ("app.mjs", "export const = 1", "Runtime.UserCodeSyntaxError", "Missing initializer"),
        ("app.mjs", "throw new TypeError('no table')", "TypeError", "no table"),
    ],
)
async def test_node_handler_that_cannot_be_loaded_reports_why(
    handler: Make, name: str, text: str, error_type: str, message: str
) -> None:
    answer, failed = await run(handler(name, text))
    assert failed
    assert isinstance(answer, dict)
    assert answer["errorType"] == error_type
    assert answer["errorMessage"].startswith(message) or error_type.endswith("SyntaxError")


async def test_node_handler_context_is_that_of_lambda(handler: Make) -> None:
    node = handler(
        "app.mjs",
        """
        export const handler = async (event, context) => {
          const left = context.getRemainingTimeInMillis();
          return { ...context, left: 0 < left && left <= 5000 };
        };
        """,
    )
    answer, _ = await run(node)
    assert answer == {
        "callbackWaitsForEmptyEventLoop": True,
        "awsRequestId": "request-2",
        "invokedFunctionArn": ARN,
        "functionName": "welcome",
        "functionVersion": "$LATEST",
        "memoryLimitInMB": "128",
        "logGroupName": "/aws/lambda/welcome",
        "logStreamName": "[$LATEST]request-1",
        "left": True,
    }


async def test_modules_beside_the_handler_can_be_imported(
    handler: Make, write: Callable[[str, str], Path]
) -> None:
    write("greetings.js", "module.exports = { hello: 'hi' };")
    text = "const greetings = require('./greetings'); exports.handler = async () => greetings.hello"
    assert await run(handler("app.js", text)) == ("hi", False)


async def test_node_handler_does_not_get_the_servers_environment(handler: Make) -> None:
    node = handler("app.mjs", "export const handler = async () => process.env;")
    answer, _ = await run(node)
    assert isinstance(answer, dict)
    assert "secret" not in str(answer)
    assert answer["AWS_LAMBDA_FUNCTION_NAME"] == "welcome"


async def test_node_handler_output_is_logged_by_line(handler: Make) -> None:
    node = handler(
        "app.mjs",
        "export const handler = async () => { console.log('one\\ntwo'); console.error('three'); };",
    )
    with capture_logs() as logs:
        await run(node)
        await node.close()
    assert [log["line"] for log in logs] == ["one", "two", "three"]
