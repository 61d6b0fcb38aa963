"""The data directory within a project that is kept in git."""

import subprocess
from pathlib import Path

import pytest
from cli.programs import Server, answer, poolhouse, refusal


def untracked(project: Path) -> list[str]:
    """What git would add."""
    done = subprocess.run(
        ["git", "status", "--porcelain", "--untracked-files=all"],
        cwd=project,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    return tmp_path


@pytest.mark.parametrize("flags", [(), ("--data", "deep/own-name")])
def test_dev_leaves_nothing_that_git_would_add(project: Path, flags: tuple[str, ...]) -> None:
    """Its master key opens every secret of the store."""
    with Server(project, "dev", *flags) as server:
        server.stop()
    assert untracked(project) == []


def test_keys_create_leaves_nothing_that_git_would_add(project: Path) -> None:
    answer(poolhouse(project, "keys", "create", "--user", "ann", "--admin"))
    assert untracked(project) == []


def test_dev_mends_a_data_folder_of_an_earlier_start(project: Path) -> None:
    (project / ".poolhouse").mkdir(mode=0o700)
    with Server(project, "dev") as server:
        server.stop()
    assert untracked(project) == []


def test_dev_in_a_foreign_folder_writes_no_gitignore(project: Path) -> None:
    (project / "app.py").touch()
    with Server(project, "dev", "--data", ".") as server:
        server.stop()
    assert "?? app.py" in untracked(project)


@pytest.mark.parametrize(
    "words",
    [
        ("audit",),
        ("keys", "list"),
        ("keys", "create", "--user", "ann"),
        ("export", "us-east-1_Pool"),
        ("backup", "copy.db"),
        ("master-key", "rotate"),
    ],
)
def test_command_on_a_folder_that_cannot_be_read_is_refused_with_a_sentence(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    """A name that is too long is refused to root as well, unlike a closed folder."""
    folder = "x" * 300
    done = poolhouse(tmp_path, *words, "--data", folder, POOLHOUSE_PASSPHRASE="twelve or more")
    printed = refusal(done, 1)
    assert printed.startswith(folder)
    assert printed.endswith(" can't be used: File name too long.\n")


@pytest.mark.parametrize("name", ["dev", "serve"])
def test_start_with_a_file_as_data_directory_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    printed = refusal(poolhouse(tmp_path, name, "--port", "0", "--data", "file"), 1)
    assert "file can't be used: Not a directory." in printed
