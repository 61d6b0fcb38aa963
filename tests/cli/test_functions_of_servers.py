"""Local functions of `poolhouse serve`: what they inherit, and what a stop does to them."""

import asyncio
import json
import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cli.functions import Confirmation, descendants, fifo, trigger
from cli.programs import Server
from support.custom_runtime import PLAIN, program
from support.postgres_server import PostgresServer

LISTING = {
    "app.py": """
        import json, os, sys
        from pathlib import Path

        def handler(event, context):
            folder, seen = Path("/proc/self/fd"), {}
            for name in os.listdir(folder):
                try:
                    seen[int(name)] = os.readlink(folder / name)
                except FileNotFoundError:
                    pass  # that of the listing itself
            found = {"seen": seen, "ours": [int(sys.argv[1]), int(sys.argv[2])]}
            Path(__file__).with_name("seen.txt").write_text(json.dumps(found))
            return event
    """,
    "app.mjs": """
        import { readdirSync, readlinkSync, writeFileSync } from "node:fs";

        export const handler = async (event) => {
          const seen = {};
          for (const name of readdirSync("/proc/self/fd")) {
            try {
              seen[name] = readlinkSync(`/proc/self/fd/${name}`);
            } catch {
              continue; // that of the listing itself
            }
          }
          const found = { seen, ours: process.argv.slice(2, 4).map(Number) };
          writeFileSync(new URL("seen.txt", import.meta.url), JSON.stringify(found));
          return event;
        };
    """,
}


@pytest.fixture(params=["1 worker", "2 workers", "2 workers on PostgreSQL"])
def flags(request: pytest.FixtureRequest) -> tuple[str, ...]:
    number = ("--workers", request.param[0])
    if "PostgreSQL" not in request.param:
        return number
    postgres: PostgresServer = request.getfixturevalue("postgres_server")
    return (*number, "--store", asyncio.run(postgres.empty_database()))


@pytest.mark.parametrize("name", LISTING)
def test_function_inherits_nothing_but_its_pipes(
    tmp_path: Path, flags: tuple[str, ...], name: str
) -> None:
    """No listening socket, no channel of the supervisor's, nothing of the store."""
    with Server(tmp_path, "serve", *flags, *trigger(tmp_path, name, LISTING[name])) as server:
        assert Confirmation(server, tmp_path / ".poolhouse").confirm() == 200
        server.stop()
    found: dict[str, Any] = json.loads((tmp_path / "functions" / "seen.txt").read_text())
    seen = {int(number): target for number, target in found["seen"].items()}
    channel, lifeline = found["ours"]
    assert seen.pop(0) == "/dev/null"
    assert seen.pop(1) == seen.pop(2)
    assert seen.pop(channel).startswith("socket:")
    assert seen.pop(lifeline).startswith("pipe:")
    if name == "app.mjs":  # an event loop's own pipes, and descriptors without a name
        own = ("anon_inode:", "pipe:", "/dev/null")
        seen = {number: seen[number] for number in seen if not seen[number].startswith(own)}
    assert seen == {}


SEEING = """
    from pathlib import Path

    def handler(event):
        seen, folder = {}, Path("/proc/self/fd")
        for name in os.listdir(folder):
            try:
                seen[int(name)] = os.readlink(folder / name)
            except FileNotFoundError:
                pass  # that of the listing itself
        Path("seen.txt").write_text(json.dumps({"seen": seen, "ours": server.sock.fileno()}))
        return event

    serve(handler)
"""


def test_custom_runtime_inherits_nothing_but_its_output(
    tmp_path: Path, flags: tuple[str, ...]
) -> None:
    file = program(tmp_path / "bootstrap", PLAIN, SEEING)
    with Server(tmp_path, "serve", *flags, "--trigger", f"welcome=exec:{file}") as server:
        assert Confirmation(server, tmp_path / ".poolhouse").confirm() == 200
        server.stop()
    found: dict[str, Any] = json.loads((tmp_path / "seen.txt").read_text())
    seen = {int(number): target for number, target in found["seen"].items()}
    assert seen.pop(0) == "/dev/null"
    assert seen.pop(1) == seen.pop(2)
    assert seen.pop(found["ours"]).startswith("socket:")
    assert seen == {}


DAEMON = """
    import os, signal
    from pathlib import Path

    def handler(event, context):
        reading, writing = os.pipe()
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                Path(__file__).with_name("pid.txt").write_text(str(os.getpid()))
                os.write(writing, b".")
                signal.pause()
            os._exit(0)
        os.wait()
        os.read(reading, 1)
        return event
"""


def test_function_that_daemonises_does_not_keep_the_port(
    tmp_path: Path, flags: tuple[str, ...]
) -> None:
    with Server(tmp_path, "serve", *flags, *trigger(tmp_path, "app.py", DAEMON)) as server:
        assert Confirmation(server, tmp_path / ".poolhouse").confirm() == 200
        daemon = int((tmp_path / "functions" / "pid.txt").read_text())
        try:
            # Not `stop`, which reads to the end of the output: the daemon still has a pipe of ours.
            server.send(signal.SIGTERM)
            assert server.wait() == 0
            os.kill(daemon, 0)  # it is there
            socket.create_server(("127.0.0.1", server.port)).close()
        finally:
            os.kill(daemon, signal.SIGKILL)


WAITING = {
    "app.py": """
        from pathlib import Path

        def handler(event, context):
            folder = Path(__file__).parent.parent
            open(folder / "runs", "w").close()
            open(folder / "may-end").close()
            return event
    """,
    "app.mjs": """
        import { closeSync, openSync } from "node:fs";
        import { open } from "node:fs/promises";

        const folder = new URL("..", import.meta.url);
        export const handler = async (event) => {
          await (await open(new URL("runs", folder), "w")).close();
          await (await open(new URL("may-end", folder))).close();
          return event;
        };
    """,
}


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("name", WAITING)
def test_stop_signal_to_every_process_lets_a_running_function_end(
    tmp_path: Path, name: str, workers: int
) -> None:
    """So systemd stops a service unless its unit says otherwise (systemd.kill(5), KillMode)."""
    runs, may_end = fifo(tmp_path / "runs"), fifo(tmp_path / "may-end")
    flags = ("--workers", workers, "--trigger-seconds", "60")
    with (
        Server(tmp_path, "serve", *flags, *trigger(tmp_path, name, WAITING[name])) as server,
        ThreadPoolExecutor(1) as pool,
    ):
        confirmation = Confirmation(server, tmp_path / ".poolhouse")
        status = pool.submit(confirmation.confirm)
        runs.open().close()
        for pid in descendants(server.pid):
            os.kill(pid, signal.SIGTERM)
        with may_end.open("r+b", buffering=0):  # which waits for no reader
            assert status.result(60) == 200
        assert server.wait() == 0
