"""Commands of README and docs are run, or at least accepted by the program's parser."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

import click
import pytest
from cli.programs import ROOT, SECONDS, Server, answer, environment

from poolhouse.bootstrap.settings import PREFIX
from poolhouse.cli import app
from poolhouse.config.settings import FACTS

PAGES: Final = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")]
)
README: Final = (ROOT / "README.md").read_text()
UNDERSTOOD: Final = frozenset(
    {"aws", "cd", "curl", "export", "git", "make", "npm", "openssl", "poolhouse", "python3"}
)
"""What may begin a line to type. A new program is to be looked at here before it is let in."""


class DocumentedCommand(NamedTuple):
    """Something that a page tells people to type."""

    page: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.page}: {shlex.join(self.words)}"


def _typed() -> Iterator[DocumentedCommand]:
    """Every line of a block of shell, and every piece of code within the text."""
    for page in PAGES:
        text = page.read_text()
        name = page.relative_to(ROOT).as_posix()
        for block in re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            for line in re.split(r"\n| && ", block.replace("\\\n", " ")):
                if words := shlex.split(line, comments=True):
                    yield DocumentedCommand(name, tuple(words))
        within = re.findall(r"`((?:poolhouse|make) [^`\n]+)`", text)
        in_plain_blocks = re.findall(r"^make .+$", text, re.MULTILINE)
        for code in (*within, *in_plain_blocks):
            yield DocumentedCommand(name, tuple(shlex.split(code, comments=True)))


TYPED: Final = list(dict.fromkeys(_typed()))
OURS: Final = [typed for typed in TYPED if typed.words[0] == "poolhouse"]
MADE: Final = [typed for typed in TYPED if typed.words[0] == "make"]


def understand(words: Sequence[str]) -> None:
    """Let the program parse its arguments, and run nothing. Raises its complaint."""
    command: click.Command = app
    context = click.Context(command, info_name="poolhouse")
    rest = list(words)
    while rest and isinstance(command, click.Group):
        name, found, rest = command.resolve_command(context, rest)
        assert found is not None
        command = found
        context = click.Context(command, parent=context, info_name=name)
    if not isinstance(command, click.Group):
        command.make_context(context.info_name, rest, parent=context.parent)


def test_docs_have_commands() -> None:
    assert len(OURS) > 8
    assert len(MADE) > 8


@pytest.mark.parametrize("typed", TYPED, ids=str)
def test_docs_command_begins_with_a_known_program(typed: DocumentedCommand) -> None:
    assert typed.words[0] in UNDERSTOOD


@pytest.mark.parametrize("typed", OURS, ids=str)
def test_docs_command_is_accepted_by_the_parser(typed: DocumentedCommand) -> None:
    try:
        understand(typed.words[1:])
    except click.exceptions.Exit as done:  # `--version` is answered while it is parsed
        assert done.exit_code == 0


@pytest.mark.parametrize(
    "words",
    [
        ["serv"],
        ["serve", "--no-such-flag"],
        ["keys", "can", "AKIA"],
        ["keys", "make"],
        ["audit", "--since"],
    ],
)
def test_docs_command_malformed_is_refused_by_the_parser(words: list[str]) -> None:
    with pytest.raises(Exception, match=r"No such|Missing parameter|requires an argument"):
        understand(words)


@pytest.mark.parametrize("typed", MADE, ids=str)
def test_make_has_its_targets_and_their_arguments(typed: DocumentedCommand) -> None:
    """Those of `make serve` go to `poolhouse dev`; those of `make test` name tests."""
    targets = [word for word in typed.words[1:] if "=" not in word]
    given = dict(word.split("=", 1) for word in typed.words[1:] if "=" in word)
    makefile = (ROOT / "Makefile").read_text()
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    arguments = shlex.split(given.pop("ARGS", ""))
    for variable in given:
        assert re.search(rf"^ifdef {variable}$", makefile, re.MULTILINE), variable
    if targets == ["serve"]:
        understand(["dev", *arguments])
        for flag, value in pairwise(arguments):
            if flag == "--trigger":
                assert (ROOT / value.partition("=")[2].partition(":")[0]).is_file()
    elif targets == ["test"] and arguments:
        assert (ROOT / arguments[0]).exists()


def _flags(command: click.Command) -> Iterator[str]:
    for parameter in command.params:
        yield from (*parameter.opts, *parameter.secondary_opts)
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from _flags(below)


def test_docs_flags_and_variables_exist() -> None:
    """Those of other programs stand in lines to be typed, not in the text."""
    flags = set(_flags(app))
    variables = {f"{PREFIX}{name.upper()}" for name in (*FACTS, "config")}
    for page in PAGES:
        text = page.read_text()
        assert set(re.findall(r"`(--[a-z][a-z-]*)", text)) <= flags, page
        assert set(re.findall(rf"\b{PREFIX}[A-Z_]+", text)) <= variables, page


def test_docs_settings_have_a_row_each() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    rows = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    assert FACTS.keys() <= rows
    assert rows - FACTS.keys() <= {"dev"}


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("docs"), "dev") as server:
        yield server


def _block(mark: str) -> str:
    """The one block of the readme that bears this mark."""
    [text] = re.findall(rf"^<!-- {mark} -->\n```\w+\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return str(text)


def _shell(server: Server, folder: Path, text: str) -> str:
    """What a shell printed that was given a text of a page, with the port of this server."""
    done = subprocess.run(
        ["bash", "-eu"],
        input=text.replace("http://127.0.0.1:9229", server.url),
        cwd=folder,
        env=environment(folder, {"AWS_PAGER": ""}),
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    return answer(done)


def test_readme_commands_print_the_shown_output(dev: Server, tmp_path: Path) -> None:
    """Typed into one shell from beginning to end, as its reader does it."""
    story, sign_in, verify = map(_block, ("story", "story, continued", "story, end"))
    program = f"python - <<'END'\n{verify}END\n"
    shown = _shell(dev, tmp_path, "\n".join((story, sign_in, program)))
    of_aws, closing, verified = shown.rpartition("}\n")
    user = json.loads(of_aws[of_aws.rindex("\n{\n") :] + closing)
    assert (user["Username"], user["UserStatus"]) == ("alice", "CONFIRMED")
    after = README[README.index(story) + len(story) :]
    assert '"UserStatus": "CONFIRMED"' in after
    assert f"It prints `{verified.strip()}`." in after
    [line] = re.findall(r"^```\n(.+)\n```$", after, re.MULTILINE)
    assert "{'ticket': '4711'}" in line
    dev.printed.until(re.escape(line))


@pytest.mark.parametrize("asked", re.findall(r"`(curl [^`]+)`", README))
def test_readme_curl_commands_are_answered(dev: Server, tmp_path: Path, asked: str) -> None:
    json.loads(_shell(dev, tmp_path, asked.replace("curl ", "curl --fail --silent ", 1)))


def test_readme_names_are_those_of_the_banner(dev: Server) -> None:
    dev.printed.until("Ctrl-C")
    facts = dict(re.findall(r"^  ([A-Z][\w ]+?) {2,}(\S+)", dev.printed.text(), re.MULTILINE))
    for name in ("Region", "User pool", "App client", "Trigger"):
        assert facts[name].rstrip(";") in README, name
    assert facts["Inbox"].replace(dev.url, "http://127.0.0.1:9229") in README
    # One who signs alice up by the banner goes on with the README's commands.
    [password] = set(re.findall(r"PASSWORD=(\S+)", dev.printed.text()))
    assert f"--password {password} " in README
    assert f",PASSWORD={password} " in README
