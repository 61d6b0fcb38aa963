"""The life of runtime processes: warm, many, reloaded, crashed, killed."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.captured_logs import capture_logs
from support.trigger_world import ARN, Fifo

from poolhouse.triggers.factory import TransportDependencies
from poolhouse.triggers.transports.contract import Transport, TransportFailure

Make = Callable[..., Transport]
Write = Callable[[str, str], Path]

PID = "import os\ndef handler(event, context): return os.getpid()"


async def run(
    transport: Transport, event: object = None, deadline: float = 60, arn: str = ARN
) -> Any:
    async with asyncio.timeout(deadline):
        answer = await transport.invoke(arn, json.dumps(event).encode(), deadline)
    return json.loads(answer.payload)


async def test_runtime_process_is_kept_warm(handler: Make) -> None:
    python = handler("app.py", PID)
    assert await run(python) == await run(python)


async def test_calls_at_once_get_processes_of_their_own_up_to_a_maximum(
    handler: Make, means: TransportDependencies
) -> None:
    python = handler("app.py", PID, msgspec.structs.replace(means, most_children=3))
    pids = await asyncio.gather(*(run(python) for _ in range(9)))
    assert len(set(pids)) == 3


async def test_functions_that_share_a_handler_have_environments_of_their_own(
    handler: Make, means: TransportDependencies
) -> None:
    text = "import os\ndef handler(e, c): return [os.environ['NAME'], os.getpid()]"
    named = msgspec.structs.replace(means, environment=lambda arn: {"NAME": arn}, most_children=2)
    python = handler("app.py", text, named)
    arns = [f"{ARN}-{number}" for number in range(5)]
    seen = [await run(python, arn=arn) for arn in (*arns, *arns)]
    assert [name for name, _ in seen] == [*arns, *arns]
    # At most two are kept, whatever the number of functions.
    assert len({pid for _, pid in seen}) == 10


async def test_runtime_calls_run_concurrently(handler: Make, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "meeting")
    python = handler(
        "app.py",
        # Opening a named pipe waits for the other side to open it too.
        "def handler(event, context): open(event['pipe'], event['mode']).close(); return 'met'",
    )
    pipe = str(tmp_path / "meeting")
    both = [run(python, {"pipe": pipe, "mode": mode}) for mode in ("r", "w")]
    assert await asyncio.gather(*both) == ["met", "met"]


async def test_runtime_call_waiting_for_a_process_keeps_its_timeout(
    handler: Make, means: TransportDependencies
) -> None:
    python = handler(
        "app.py",
        "import time\ndef handler(event, context): time.sleep(1000)",
        msgspec.structs.replace(means, most_children=1),
    )
    first = asyncio.ensure_future(run(python))
    await asyncio.sleep(0)
    with pytest.raises(TimeoutError):
        await run(python, deadline=0.01)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)


async def test_call_cancelled_while_its_process_starts_leaves_no_process(handler: Make) -> None:
    """Else the process goes on, and no stop waits for it."""
    python: Any = handler("app.py", PID)
    call = asyncio.ensure_future(run(python))
    while not python._starting:  # noqa: ASYNC110 - the next step is this loop's own
        await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert python._starting
    await python.close()
    assert not python._starting
    assert not python._children


@pytest.mark.parametrize("changed", ["app.py", "beside.py", "below/deeper.json"])
async def test_runtime_process_is_reloaded_after_a_file_changes(
    handler: Make, write: Write, changed: str
) -> None:
    write("beside.py", "")
    python = handler("app.py", PID)
    before = await run(python)
    write(changed, PID + "\n\n")
    assert await run(python) != before


async def test_runtime_process_is_not_reloaded_for_other_files(handler: Make, write: Write) -> None:
    python = handler("app.py", PID)
    before = await run(python)
    for name in ("app.log", "node_modules/x.js", ".hidden.py", "__pycache__/x.py"):
        write(name, "")
    assert await run(python) == before


async def test_runtime_process_recovers_after_a_broken_handler_is_edited(
    handler: Make, write: Write
) -> None:
    python = handler("app.py", "def (")
    assert "Syntax error" in str(await run(python))
    write("app.py", "def handler(event, context): return 'mended'")
    assert await run(python) == "mended"


@pytest.mark.parametrize(
    ("ending", "sentence"),
    [
        ("os._exit(3)", "Runtime exited with error: exit status 3"),
        ("sys.exit(3)", "Runtime exited with error: exit status 3"),
        ("sys.exit(0)", "Runtime exited without providing a reason"),
        ("os.kill(os.getpid(), 9)", "Runtime exited with error: signal: killed"),
        ("os.kill(os.getpid(), 11)", "Runtime exited with error: signal: segmentation fault"),
        ("os.abort()", "Runtime exited with error: signal: aborted"),
    ],
)
async def test_runtime_process_crash_affects_only_its_call(
    handler: Make, ending: str, sentence: str
) -> None:
    python = handler(
        "app.py",
        f"import os, sys\ndef handler(event, context):\n    if event: {ending}\n    return 'fine'",
    )
    assert await run(python) == "fine"
    assert await run(python, True) == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: request-3 Error: {sentence}",
    }
    assert await run(python) == "fine"


SIGNALLED = {
    "app.py": """
        import os, signal, subprocess
        def handler(event, context):
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                os.kill(os.getpid(), number)
            program = subprocess.Popen(["sleep", "1000"])
            program.terminate()
            return program.wait()
    """,
    "app.mjs": """
        import { spawn } from "node:child_process";
        export const handler = (event, context, callback) => {
          for (const number of ["SIGTERM", "SIGINT", "SIGHUP"]) process.kill(process.pid, number);
          const program = spawn("sleep", ["1000"]);
          program.on("exit", (code, signal) => callback(null, signal === "SIGTERM" ? -15 : code));
          program.kill();
        };
    """,
}


@pytest.mark.parametrize("name", SIGNALLED)
async def test_stop_signal_during_a_call_ends_only_the_functions_own_programs(
    handler: Make, name: str
) -> None:
    assert await run(handler(name, SIGNALLED[name])) == -signal.SIGTERM


async def test_stop_signal_while_a_runtime_starts_makes_the_call_start_another(
    handler: Make, means: TransportDependencies, tmp_path: Path
) -> None:
    interpreter = tmp_path / "interpreter"
    interpreter.write_text(
        f"""#!/bin/sh
        if mkdir {tmp_path}/first 2>/dev/null; then kill -TERM $$; fi
        exec {sys.executable} "$@"
        """
    )
    interpreter.chmod(0o700)
    stopped = msgspec.structs.replace(means, python=str(interpreter))
    assert await run(handler("app.py", "def handler(e, c): return 'fine'", stopped)) == "fine"


async def test_runtime_that_exits_after_its_answer_costs_no_call(handler: Make) -> None:
    """An event is given to a process that asks for it. Another gets it if the first one doesn't."""
    python = handler(
        "app.py",
        """
        import os
        write = os.write

        def last_write(channel, data):
            write(channel, data)
            os._exit(1)

        def handler(event, context):
            os.write = last_write
            return os.getpid()
        """,
    )
    assert len({await run(python) for _ in range(5)}) == 5


async def test_megabytes_of_prints_do_not_drown_the_log(handler: Make) -> None:
    python = handler(
        "app.py",
        """
        def handler(event, context):
            for number in range(20_000):
                print(number, "x" * 100)
            print("x" * 5_000_000)
            return "fine"
        """,
    )
    with capture_logs() as logs:
        assert await run(python) == "fine"
        await python.close()
    assert len(logs) == 1_000
    assert logs[-1]["line"] == "… (the rest is dropped)"


LOOP = {
    "app.py": """
        import os, subprocess
        def handler(event, context):
            pipe = os.open(event, os.O_WRONLY)
            subprocess.Popen(["sleep", "1000"], pass_fds=[pipe])
            os.write(pipe, b"here\\n")
            while True:
                pass
    """,
    "app.mjs": """
        import { openSync, writeSync } from "node:fs";
        import { spawn } from "node:child_process";
        export const handler = async (event) => {
          const pipe = openSync(event, "w");
          spawn("sleep", ["1000"], { stdio: ["ignore", "ignore", "ignore", pipe] });
          writeSync(pipe, "here\\n");
          while (true);
        };
    """,
}


@pytest.mark.parametrize("name", LOOP)
async def test_runtime_timeout_kills_the_whole_process_group(
    handler: Make, fifo: Fifo, name: str
) -> None:
    call = asyncio.ensure_future(run(handler(name, LOOP[name]), str(fifo.path)))
    assert await fifo.first_line() == "here"
    call.cancel()  # this is what the invoker does at the limit
    await asyncio.gather(call, return_exceptions=True)
    await fifo.everybody_is_gone()


SERVER = """
    import asyncio, sys
    from pathlib import Path
    from poolhouse.clock import Clock
    from poolhouse.triggers.transports.local import (
        Handler, LocalHandler, node_runtime, python_runtime
    )
    file, node, event = sys.argv[1:]
    runtime = python_runtime(sys.executable) if file.endswith(".py") else node_runtime(node)
    transport = LocalHandler(
        Handler(file=Path(file), function="handler"),
        runtime,
        wall_clock=Clock().now,
        new_request_id=lambda: "id",
        environment=lambda arn: {},
    )
    asyncio.run(transport.invoke("welcome", event.encode(), 1000))
"""


@pytest.mark.parametrize("name", LOOP)
async def test_children_die_with_a_server_that_is_killed(
    write: Write, means: TransportDependencies, fifo: Fifo, name: str
) -> None:
    server = await asyncio.create_subprocess_exec(
        sys.executable,
        str(write("server.py", SERVER)),
        str(write(name, LOOP[name])),
        means.node,
        json.dumps(str(fifo.path)),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert await fifo.first_line() == "here"
    server.send_signal(signal.SIGKILL)
    await server.wait()
    await fifo.everybody_is_gone()


async def test_runtime_process_ends_with_its_transport(handler: Make, fifo: Fifo) -> None:
    python = handler(
        "app.py",
        "import os\ndef handler(event, context): os.write(os.open(event, os.O_WRONLY), b'here\\n')",
    )
    await run(python, str(fifo.path))
    assert await fifo.first_line() == "here"
    await python.close()
    await fifo.everybody_is_gone()
    with pytest.raises(TransportFailure):
        await run(python)


def open_descriptors() -> int:
    return len(list(Path("/dev/fd").iterdir()))


async def test_processes_that_are_gone_leave_no_descriptor_open(handler: Make) -> None:
    counts = []
    for _ in range(3):  # the loop itself opens some, once
        python = handler("app.py", PID)
        await asyncio.gather(*(run(python) for _ in range(4)))
        await python.close()
        counts.append(open_descriptors())
    assert counts[2] == counts[1]
