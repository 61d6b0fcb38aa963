"""The data directory within a project that is kept in git."""

import subprocess
from pathlib import Path

import pytest
from cli.programs import Server, answer, poolhouse


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


def test_dev_hides_nothing_in_a_folder_that_is_not_its_own(project: Path) -> None:
    (project / "app.py").touch()
    with Server(project, "dev", "--data", ".") as server:
        server.stop()
    assert "?? app.py" in untracked(project)
