"""The examples do what they say, against `poolhouse dev` as its user starts it."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from support.client_servers import ServerCommand, StartServer
from support.programs import NODE_CLIENTS, node_clients, program

from poolhouse.wire.operations import OPERATIONS

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
PROGRAMS: Final = Path(sys.executable).parent


@pytest.fixture(scope="module")
def dev(
    poolhouse: StartServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerCommand]:
    with poolhouse("dev", tmp_path_factory.mktemp("dev") / "data") as server:
        yield server


def _run(server: Any, *command: str | Path) -> str:
    """What an example printed, having ended well."""
    done = subprocess.run(
        command,
        env={
            "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
            "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": server.url,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


ADMIN_CONFIRM: Final = (sys.executable, EXAMPLES / "python" / "admin_confirm.py")
OUTCOMES: Final = {"admin_confirm": "CONFIRMED", "sign_in": "signed out"}
"""What the user is at the end of each."""
REFUSALS: Final = {
    "admin_confirm": "User cannot be confirmed. Current status is CONFIRMED\n",
    "sign_in": "Access Token has been revoked\n",
}


def _check(example: str, printed: str) -> None:
    """It tells of the refusal that it provoked, and ends with its user."""
    assert REFUSALS[example] in printed
    assert re.search(rf"^alice-[-0-9a-f]+ is {OUTCOMES[example]}$", printed, re.MULTILINE), printed


@pytest.mark.parametrize("example", OUTCOMES)
def test_python_example_prints_the_expected_result(dev: ServerCommand, example: str) -> None:
    _check(example, _run(dev, sys.executable, EXAMPLES / "python" / f"{example}.py"))


@pytest.mark.parametrize("example", OUTCOMES)
def test_shell_example_prints_the_expected_result(dev: ServerCommand, example: str) -> None:
    _check(example, _run(dev, EXAMPLES / "shell" / f"{example}.sh"))


@pytest.mark.parametrize("example", OUTCOMES)
def test_javascript_example_prints_the_expected_result(
    dev: ServerCommand, tmp_path: Path, example: str
) -> None:
    """With the installed clients of the other tests, which have the versions that it asks for."""
    wanted, installed = (
        json.loads((folder / "package.json").read_text())
        for folder in (EXAMPLES / "javascript", NODE_CLIENTS)
    )
    assert wanted["dependencies"].items() <= installed["devDependencies"].items()
    copy = shutil.copy(EXAMPLES / "javascript" / f"{example}.mjs", tmp_path)
    (tmp_path / "node_modules").symlink_to(node_clients() / "node_modules")
    _check(example, _run(dev, program("node"), copy))


def test_srp_example_prints_the_expected_result(dev: ServerCommand) -> None:
    printed = _run(dev, sys.executable, EXAMPLES / "python" / "srp_sign_in.py")
    _check("sign_in", printed)
    assert "Incorrect username or password.\n" in printed


def test_sign_in_example_verifies_the_users_tokens(dev: ServerCommand) -> None:
    printed = _run(dev, sys.executable, EXAMPLES / "python" / "sign_in.py")
    [name] = re.findall(r"^(\S+) is signed out$", printed, re.MULTILINE)
    assert f"The ID token says: {name} {name}@example.com\n" in printed
    assert f"The access token is {name}'s\n" in printed


@pytest.mark.parametrize("file", ["post_confirmation.py", "post-confirmation.mjs"])
def test_function_example_receives_the_client_metadata(
    poolhouse: StartServer, tmp_path: Path, file: str
) -> None:
    function = f"post-confirmation={EXAMPLES / 'functions' / file}:handler"
    with poolhouse("dev", tmp_path / "data", "--trigger", function) as server:
        _run(server, *ADMIN_CONFIRM)
        log = server.stop()
    assert re.search(r"alice-[0-9a-f]+@example\.com was invited by bob", log), log


EVERY_EXAMPLE: Final = sorted(
    file
    for file in EXAMPLES.glob("*/*")
    if file.suffix in {".py", ".sh", ".mjs", ".R"} and file.parent.name != "functions"
)


def test_examples_are_listed_in_their_readme() -> None:
    assert len(EVERY_EXAMPLE) == 9
    listed = (EXAMPLES / "README.md").read_text()
    for file in EVERY_EXAMPLE:
        assert f"({file.relative_to(EXAMPLES)})" in listed


@pytest.mark.parametrize("file", EVERY_EXAMPLE, ids=lambda file: file.name)
def test_examples_have_the_same_defaults(file: Path) -> None:
    """Those of `make serve`, which the tests above don't use all of: they choose a free port."""
    text = file.read_text()
    for default in (
        "http://127.0.0.1:9229",
        "us-east-1_Poolhouse",
        "poolhousedevclient00000000",
        "any",
    ):
        assert default in text


R_EXAMPLES: Final = {
    "admin_confirm": {"SignUp", "AdminConfirmSignUp", "AdminGetUser"},
    "sign_in": {"SignUp", "AdminConfirmSignUp", "InitiateAuth", "GetUser", "GlobalSignOut"},
}


def _calls(text: str) -> Iterator[tuple[str, str]]:
    """The operations that an R program calls, each with its arguments up to the closing bracket."""
    for found in re.finditer(r"cognito\$(\w+)\(", text):
        depth, end = 1, found.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        yield found[1], text[found.end() : end - 1]


def _outermost(arguments: str) -> str:
    """Arguments without what stands in brackets of their own."""
    while (inner := re.sub(r"\([^()]*\)", "", arguments)) != arguments:
        arguments = inner
    return arguments


@pytest.mark.parametrize("example", R_EXAMPLES)
def test_r_example_calls_modeled_operations_and_members(example: str) -> None:
    """R and paws aren't on every machine; what paws sends is what the model calls it."""
    by_name = {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(): name for name in OPERATIONS}
    called = set()
    for function, arguments in _calls((EXAMPLES / "r" / f"{example}.R").read_text()):
        name = by_name[function]
        members = msgspec.structs.fields(OPERATIONS[name].request)
        given = set(re.findall(r"(\w+) = ", _outermost(arguments)))
        assert given <= {member.name for member in members}
        assert given >= {member.name for member in members if member.required}
        called.add(name)
    assert called == R_EXAMPLES[example]
