"""The help of the program and its commands."""

import os
import re
import signal
import socket
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from cli.programs import Process, answer, poolhouse, refusal
from support.store_contents import eventually

from poolhouse.bootstrap.settings import flag
from poolhouse.config.settings import FACTS, Settings

REFUSED = {"dev": {"workers"}, "serve": {"memory", "code", "fixed_ids", "seed", "tls_port"}}
SECRETS_WITH_FLAGS = {"store", "sms_webhook"}
BY_COMMAND = pytest.mark.parametrize("command", REFUSED)


def help_of(folder: Path, *words: str) -> str:
    """The help on one line, however wide the terminal is."""
    return " ".join(answer(poolhouse(folder, *words, "--help", COLUMNS="1000")).split())


@BY_COMMAND
def test_help_lists_exactly_the_flags_that_the_command_takes(tmp_path: Path, command: str) -> None:
    listed = set(re.findall(r" (--(?!no-)[a-z-]+)", help_of(tmp_path, command)))
    taken = {
        flag(name)
        for name, facts in FACTS.items()
        if name not in REFUSED[command] and (not facts.secret or name in SECRETS_WITH_FLAGS)
    }
    assert listed - {"--config", "--help"} == taken


@BY_COMMAND
@pytest.mark.parametrize("name", ["host", "port", "data", "region", "trigger_seconds", "smtp_tls"])
def test_help_shows_defaults(tmp_path: Path, command: str, name: str) -> None:
    value = getattr(Settings(), name)
    default = f"[default: {','.join(value) if isinstance(value, tuple) else value}]"
    assert re.search(rf"{flag(name)} [^\[]*{re.escape(default)}", help_of(tmp_path, command))


@BY_COMMAND
def test_flag_that_the_command_refuses_is_refused_with_the_reason(
    tmp_path: Path, command: str
) -> None:
    given = {"dev": ("--workers", "2"), "serve": ("--code", "123456")}[command]
    printed = refusal(poolhouse(tmp_path, command, *given), 2)
    assert ("`poolhouse serve`" if command == "dev" else "`poolhouse dev` only") in printed


COMMANDS = [
    *[(name,) for name in ("dev", "serve", "check", "audit", "export", "import", "backup")],
    *[("keys", name) for name in ("create", "list", "disable", "enable", "delete", "rotate")],
    *[("keys", name) for name in ("can", "rotate-signing")],
    ("master-key", "rotate"),
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_names_values_of_flags_in_capitals(tmp_path: Path, words: tuple[str, ...]) -> None:
    """A type of Python, or a value of its libraries, tells an operator nothing."""
    usage, _, flags = help_of(tmp_path, *words).partition("Options:")
    assert not re.findall(r"\{[a-z]+\}", usage)
    assert not re.findall(r"<[a-zA-Z[\]]+>|NODEFAULT", flags)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_shows_regions_where_they_change_the_result(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    asks = {("dev",), ("serve",), ("check",), ("import",), ("keys", "can")}
    assert ("--region" in help_of(tmp_path, *words)) is (words in asks)


@pytest.mark.parametrize("words", [(), ("keys",), ("master-key",)], ids=" ".join)
def test_help_lists_commands_with_a_whole_sentence_each(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    listed = answer(poolhouse(tmp_path, *words, "--help", COLUMNS="80")).partition("Commands:")[2]
    assert [line for line in listed.splitlines() if line.endswith("...")] == []
    assert listed.count("\n  ") == len(
        {each[len(words)] for each in COMMANDS if each[: len(words)] == words}
    )


def test_version_is_that_of_the_package(tmp_path: Path) -> None:
    assert answer(poolhouse(tmp_path, "--version")) == f"poolhouse {version('poolhouse')}\n"


@pytest.mark.parametrize("name", ["--port", "--operator-port"])
def test_dev_names_the_flag_of_a_port_in_use(tmp_path: Path, name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = ("--port", "0", name, taken.getsockname()[1])
        printed = refusal(poolhouse(tmp_path, "dev", "--memory", *ports), 1)
    assert f"Address already in use. Choose another with {name}.\n" in printed


def test_command_line_loads_nothing_of_the_api_before_a_command_runs() -> None:
    """Every command pays for what the modules of the commands import."""
    modules = ("server_commands", "audit", "check", "transfer", "backup", "keys", "signing_keys")
    named = ", ".join(f"poolhouse.cli.{name}" for name in (*modules, "master_key"))
    loaded = _loaded_by(f"import {named}")
    assert "poolhouse.cli.check" in loaded
    heavy = {"poolhouse.wire.structs", "poolhouse.entities.pools", "asyncpg", "structlog", "rich"}
    assert loaded & heavy == set()


def test_help_of_a_command_loads_no_other_commands() -> None:
    call = "app(['serve', '--help'], standalone_mode=False)"
    loaded = _loaded_by(f"from poolhouse.cli import app; {call}")
    assert "poolhouse.cli.server_commands" in loaded
    others = {"audit", "check", "transfer", "backup", "keys", "signing_keys", "master_key"}
    assert loaded & {f"poolhouse.cli.{name}" for name in others} == set()


def _loaded_by(program: str) -> set[str]:
    """Return the modules that Python has loaded after these statements."""
    said = f"import sys; {program}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("words", [("serv",), ("keys", "creat"), ("master-key", "rotat")])
def test_unknown_command_is_refused_with_the_nearest_one(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    printed = refusal(poolhouse(tmp_path, *words), 2)
    assert re.search(rf"No such command '{words[-1]}'. Did you mean '{words[-1]}\w'\?", printed)


def test_interrupted_command_exits_with_130(tmp_path: Path) -> None:
    pipe = tmp_path / "passphrase"
    os.mkfifo(pipe)
    with Process(tmp_path, "export", "us-east-1_any", "--passphrase-file", pipe) as waiting:
        with pipe.open("wb"):  # opens when the command does, which then waits for the passphrase
            # A signal between opening and reading would be seen after the reading only.
            eventually(lambda: _is_asleep(waiting) or None)
            waiting.send(signal.SIGINT)
            assert waiting.wait() == 130
        assert "Traceback" not in waiting.printed.to_the_end()


def _is_asleep(command: Process) -> bool:
    """Whether the process waits in the kernel, by proc_pid_stat(5)."""
    return Path(f"/proc/{command.pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"
