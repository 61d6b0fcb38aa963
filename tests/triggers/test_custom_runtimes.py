"""Programs that speak the Runtime API: AWS's own client for Python, and scripts with curl."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import awslambdaric
import pytest
from support.captured_logs import capture_logs
from support.custom_runtime import PLAIN, program
from support.trigger_world import ARN, Fifo

from poolhouse.triggers.factory import TransportDependencies, transport
from poolhouse.triggers.transports import socket_owner
from poolhouse.triggers.transports.contract import Transport

Make = Callable[..., Transport]
Write = Callable[[str, str], Path]

# As in AWS's tutorial (docs.aws.amazon.com/lambda/latest/dg/runtimes-walkthrough.html).
CURL = """
    #!/bin/bash
    set -euo pipefail
    source "$LAMBDA_TASK_ROOT/$(echo "$_HANDLER" | cut -d. -f1).sh"
    API="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
    HEADERS="$(mktemp)"
    while true; do
      EVENT=$(curl -sS -LD "$HEADERS" "$API/invocation/next")
      ID=$(grep -Fi Lambda-Runtime-Aws-Request-Id "$HEADERS" | tr -d '[:space:]' | cut -d: -f2)
      RESPONSE=$($(echo "$_HANDLER" | cut -d. -f2) "$EVENT")
      curl -sS "$API/invocation/$ID/response" -d "$RESPONSE" >/dev/null
    done
"""
# As in AWS's images: `/lambda-entrypoint.sh` ends with the same.
AWS_CLIENT = f"""
    #!/bin/sh
    export PYTHONPATH={Path(awslambdaric.__file__).parents[1]}
    exec {sys.executable} -m awslambdaric "$_HANDLER"
"""


@pytest.fixture
async def custom(means: TransportDependencies, write: Write) -> AsyncIterator[Make]:
    """Write a program, and get the transport that runs it. It is closed after the test."""
    started: list[Transport] = []

    def custom(*text: str, handler: str = "app.handler") -> Transport:
        program(write("bootstrap", ""), *text)
        started.append(transport(ARN, f"exec:bootstrap:{handler}", means))
        return started[-1]

    yield custom
    for each in started:
        await each.close()


async def run(transport: Transport, event: object = None, deadline: float = 60) -> Any:
    async with asyncio.timeout(deadline):
        answer = await transport.invoke(ARN, json.dumps(event).encode(), deadline)
    return json.loads(answer.payload)


# --- Clients that others wrote ----------------------------------------------------------------


async def test_script_with_curl_as_in_awss_tutorial_runs(custom: Make, write: Write) -> None:
    write("app.sh", """handler() { echo "noted" >&2; echo "{\\"got\\": $1}"; }""")
    script = custom(CURL)
    with capture_logs() as logs:
        for event in ({"a": "\u00e4"}, {"b": "x" * 50_000}):
            assert await run(script, event) == {"got": event}
    assert [log["line"] for log in logs] == ["noted", "noted"]


HANDLER = """
    import os
    print("loading")

    def handler(event, context):
        print("running")
        if event == "fail":
            raise ValueError("no table")
        if event == "exit":
            os._exit(3)
        return {
            "got": event,
            "pid": os.getpid(),
            "id": context.aws_request_id,
            "arn": context.invoked_function_arn,
            "name": context.function_name,
            "group": context.log_group_name,
            "left": 0 < context.get_remaining_time_in_millis() <= 60_000,
        }
"""


async def test_awss_client_for_python_runs_a_handler(custom: Make, write: Write) -> None:
    write("app.py", HANDLER)
    aws = custom(AWS_CLIENT)
    with capture_logs() as logs:
        first = await run(aws, {"a": "\u00e4"})
        second = await run(aws, ["x" * 1_000_000])
    assert first == {
        "got": {"a": "\u00e4"},
        "pid": first["pid"],
        "id": "request-2",
        "arn": ARN,
        "name": "welcome",
        "group": "/aws/lambda/welcome",
        "left": True,
    }
    assert (second["got"], second["id"]) == (["x" * 1_000_000], "request-3")
    assert second["pid"] == first["pid"]  # kept warm
    assert [log["line"] for log in logs] == ["loading", "running", "running"]


async def test_awss_client_for_python_reports_what_a_handler_raises(
    custom: Make, write: Write
) -> None:
    write("app.py", HANDLER)
    aws = custom(AWS_CLIENT)
    error = await run(aws, "fail")
    assert (error["errorType"], error["errorMessage"]) == ("ValueError", "no table")
    assert "no table" in error["stackTrace"][0]
    assert (await run(aws, 1))["got"] == 1


async def test_awss_client_for_python_reports_a_handler_that_cannot_be_loaded(
    custom: Make, write: Write
) -> None:
    write("app.py", "import nowhere")
    aws = custom(AWS_CLIENT)
    for _ in range(2):
        error = await run(aws)
        assert error["errorType"] == "Runtime.ImportModuleError"
        assert error["errorMessage"] == "Unable to import module 'app': No module named 'nowhere'"
    write("app.py", HANDLER)
    assert (await run(aws, 1))["got"] == 1


async def test_awss_client_for_python_that_crashes_hurts_only_its_call(
    custom: Make, write: Write
) -> None:
    write("app.py", HANDLER)
    aws = custom(AWS_CLIENT)
    assert (await run(aws, 1))["got"] == 1
    assert (await run(aws, "exit"))["errorMessage"].endswith("exit status 3")
    assert (await run(aws, 2))["got"] == 2


# --- What is kept from others -----------------------------------------------------------------


async def test_runtime_port_refuses_other_processes(custom: Make) -> None:
    """They could take events, which hold what users entered, or answer for the function."""
    plain = custom(PLAIN, "serve(lambda event: os.environ['AWS_LAMBDA_RUNTIME_API'])")
    port = int((await run(plain)).split(":")[1])
    take = b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n"
    with capture_logs() as logs:
        for _ in range(2):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(take)
            try:
                received = await reader.read()
            except ConnectionError:
                received = b""
            assert received == b""
            writer.close()
        assert (await run(plain)).endswith(f":{port}")
    assert [(log["event"], log["function"]) for log in logs] == [
        ("another process connected to a runtime", ARN)
    ]


async def test_port_is_on_loopback_only_and_closed_with_the_process(custom: Make) -> None:
    plain = custom(PLAIN, "serve(lambda event: os.environ['AWS_LAMBDA_RUNTIME_API'])")
    host, port = (await run(plain)).split(":")
    assert host == "127.0.0.1"
    await plain.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)))


async def test_client_with_an_ipv6_socket_is_known_too(custom: Make) -> None:
    """As those in Java connect."""
    prefix = "import os; os.environ['PREFIX'] = '::ffff:'"
    shebang, *rest = dedent(PLAIN).strip().splitlines()
    plain = custom("\n".join([shebang, prefix, *rest]), "serve(lambda event: server.sock.family)")
    assert await run(plain) == socket.AF_INET6


def test_socket_is_known_by_the_session_that_holds_it() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        socket.create_connection(listening.getsockname()) as client,
        listening.accept()[0] as accepted,
    ):
        theirs, ours = accepted.getpeername(), accepted.getsockname()
        assert client.getsockname() == theirs
        assert socket_owner.is_held_by_session(os.getsid(0), theirs, ours)
        assert not socket_owner.is_held_by_session(os.getsid(0), ("127.0.0.1", 1), ours)
        with subprocess.Popen(["sleep", "1000"], start_new_session=True) as other:
            assert not socket_owner.is_held_by_session(other.pid, theirs, ours)
            other.kill()


async def test_environment_is_lambdas_and_the_functions_own(custom: Make) -> None:
    plain = custom(PLAIN, "serve(lambda event: [dict(os.environ), os.getcwd(), sys.stdin.read()])")
    variables, folder, stdin = await run(plain)
    assert "secret" not in str(variables)
    assert (variables["_HANDLER"], variables["AWS_LAMBDA_FUNCTION_NAME"]) == (
        "app.handler",
        "welcome",
    )
    assert variables["LAMBDA_TASK_ROOT"] == folder
    assert stdin == ""


# --- The life of its processes ----------------------------------------------------------------


async def test_program_has_no_child_that_it_did_not_start(custom: Make) -> None:
    text = """
        def children(event):
            try:
                return os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return "none"
        serve(children)
    """
    assert await run(custom(PLAIN, text)) == "none"


async def test_edit_of_the_program_counts_at_the_next_call(custom: Make) -> None:
    assert await run(custom(PLAIN, "serve(lambda event: 1)")) == 1
    changed = custom(PLAIN, "serve(lambda event: 1)")
    assert await run(changed) == 1
    custom(PLAIN, "serve(lambda event: 'changed')")
    assert await run(changed) == "changed"


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        ("#!/bin/sh\nexit 3", "Runtime exited with error: exit status 3"),
        ("#!/bin/sh\nexit 0", "Runtime exited without providing a reason"),
        ("#!/bin/sh\nkill -SEGV $$", "Runtime exited with error: signal: segmentation fault"),
        ("#!/nowhere", "Runtime exited with error: exit status 126"),
    ],
)
async def test_program_that_ends_before_its_first_call_is_an_error(
    custom: Make, text: str, ending: str
) -> None:
    assert (await run(custom(text)))["errorMessage"] == f"RequestId: request-2 Error: {ending}"


LOOP = """
    import subprocess

    def handler(event):
        pipe = os.open(event, os.O_WRONLY)
        subprocess.Popen(["sleep", "1000"], pass_fds=[pipe])
        os.write(pipe, b"here\\n")
        while True:
            pass

    serve(handler)
"""


async def test_runtime_timeout_kills_the_whole_process_group(custom: Make, fifo: Fifo) -> None:
    call = asyncio.ensure_future(run(custom(PLAIN, LOOP), str(fifo.path)))
    assert await fifo.first_line() == "here"
    call.cancel()  # this is what the invoker does at the limit
    await asyncio.gather(call, return_exceptions=True)
    await fifo.everybody_is_gone()


async def test_program_that_never_asks_for_an_event_is_killed_at_the_limit(
    custom: Make, fifo: Fifo
) -> None:
    text = f"#!/bin/sh\nexec 5>{fifo.path}; echo here >&5; sleep 1000"
    call = asyncio.ensure_future(run(custom(text)))
    assert await fifo.first_line() == "here"
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    await fifo.everybody_is_gone()


SERVER = """
    import asyncio, sys
    from pathlib import Path
    from poolhouse.clock import Clock
    from poolhouse.triggers.transports.local import Handler, LocalHandler, custom_runtime

    transport = LocalHandler(
        Handler(file=Path(sys.argv[1]), function="app.handler"),
        custom_runtime(sys.executable),
        wall_clock=Clock().now,
        new_request_id=lambda: "id",
        environment=lambda arn: {},
    )
    asyncio.run(transport.invoke("welcome", sys.argv[2].encode(), 1000))
"""


@pytest.mark.parametrize("stop", [False, True], ids=["at once", "after a stop signal to all"])
async def test_processes_die_with_a_server_that_is_killed(
    custom: Make, write: Write, fifo: Fifo, tmp_path: Path, stop: bool
) -> None:
    ignoring = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)"
    custom(PLAIN, ignoring, LOOP)
    server = await asyncio.create_subprocess_exec(
        sys.executable,
        str(write("server.py", SERVER)),
        str(tmp_path / "bootstrap"),
        json.dumps(str(fifo.path)),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert await fifo.first_line() == "here"
    if stop:  # as a service manager does, which knows every process
        for pid in sessions_of_children(server.pid):
            os.kill(pid, signal.SIGTERM)
    server.send_signal(signal.SIGKILL)
    await server.wait()
    await fifo.everybody_is_gone()


def sessions_of_children(parent: int) -> list[int]:
    """Every process in a session that a child of this process leads, orphans too."""
    processes = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                # After the program's name, which is in parentheses: state, parent, group, session.
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            processes[int(entry.name)] = (int(fields[1]), int(fields[3]))
    led = {pid for pid, (ppid, session) in processes.items() if ppid == parent and session == pid}
    return [pid for pid, (_, session) in processes.items() if session in led]
