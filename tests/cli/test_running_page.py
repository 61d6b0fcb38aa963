"""docs/running.md: its commands run, and its probes and names exist."""

import json
import re
import shlex
import subprocess
from pathlib import Path

from cli.programs import ROOT, SECONDS, Process, answer, environment, free_port

from poolhouse.cli.stop import MOST_TO_STORE, SHARE_TO_STORE
from poolhouse.config.settings import Settings
from poolhouse.workers.supervisor import (
    KILL_AFTER_SECONDS,
    LONGEST_PAUSE,
    LOST_HEARTBEATS,
    LOST_STARTING_HEARTBEATS,
)

PAGE = (ROOT / "docs" / "running.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def shell(folder: Path, text: str) -> str:
    """What a shell printed that was given a text of the page."""
    return answer(
        subprocess.run(
            ["bash", "-eu"],
            input=text,
            cwd=folder,
            env=environment(folder, {}),
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
    )


def test_commands_of_page_start_a_server_that_answers_its_probes(tmp_path: Path) -> None:
    start, ask = BLOCKS[0], BLOCKS[1]
    check, serve = start.splitlines()
    data, port = f"{tmp_path}/data", str(free_port())
    assert "not ok" not in shell(tmp_path, check.replace("/var/lib/poolhouse", data))
    words = shlex.split(serve.replace("/var/lib/poolhouse", data).replace("9230", port))[1:]
    words[words.index("--workers") + 1] = "2"
    with Process(tmp_path, *words, "--port", "0") as server:
        server.printed.until('"message":"ready"')
        asked = ask.replace("9230", port).replace("curl ", "curl --fail --silent ")
        health, _, metrics = shell(tmp_path, asked).partition("}")
        assert json.loads(f"{health}}}") == {"status": "ok"}
        assert "poolhouse_workers_serving 2.0" in metrics
        for path, probe_port in re.findall(r"httpGet: \{path: (\S+), port: (\d+)\}", PAGE):
            assert probe_port == "9230"
            shell(tmp_path, f"curl --fail --silent http://127.0.0.1:{port}{path}")
        server.stop()


def test_commands_of_page_make_a_certificate_that_is_good(tmp_path: Path) -> None:
    assert "not ok" not in shell(tmp_path, BLOCKS[2])


def test_times_of_page_are_those_of_the_code() -> None:
    assert f"`stop_seconds` ({Settings().stop_seconds})" in PAGE
    assert f"The last third of it, between 1 and {MOST_TO_STORE} seconds" in PAGE
    assert SHARE_TO_STORE == 1 / 3
    assert f"exit {KILL_AFTER_SECONDS:.0f} seconds later" in PAGE
    assert f"grows from 0.1 to {LONGEST_PAUSE:.0f} seconds" in PAGE
    assert f"After {LOST_HEARTBEATS} seconds it is killed" in PAGE
    assert f"silent for {LOST_STARTING_HEARTBEATS} seconds" in PAGE
    assert f"`postgres_connections` ({Settings().postgres_connections})" in PAGE
    longest = Settings().stop_seconds + KILL_AFTER_SECONDS
    for name in ("terminationGracePeriodSeconds: ", "TimeoutStopSec="):
        [seconds] = re.findall(rf"{name}(\d+)", PAGE)
        assert int(seconds) > longest


def test_events_of_page_are_logged_by_the_code() -> None:
    source = (ROOT / "poolhouse" / "workers" / "supervisor.py").read_text()
    for event in re.findall(r"`(worker [^`]+)`", PAGE):
        assert f'"{event}"' in source
