"""`poolhouse export` and `poolhouse import`, while servers run and when they are killed."""

import asyncio
import contextlib
import os
import pty
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cli.programs import (
    Process,
    Server,
    answer,
    cognito,
    command,
    environment,
    poolhouse,
    refusal,
    root_key,
)
from support.store_contents import eventually, tables
from transfer.generated_pools import POOL as GENERATED
from transfer.generated_pools import a_pool_of, exported, keep, open_store

POOL = "us-east-1_Poolhouse"
CLIENT = "poolhousedevclient00000000"
PASSPHRASE = "correct horse battery staple"
PASSWORD = "Correct-Horse-9!"
MANY = 12_000


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the pool of `poolhouse dev`, made while it runs, with a user and a group."""
    folder = tmp_path_factory.mktemp("source")
    with Server(folder, "dev") as server:
        client = cognito(server.url)
        client.sign_up(ClientId=CLIENT, Username="alice", Password=PASSWORD)
        client.admin_confirm_sign_up(UserPoolId=POOL, Username="alice")
        client.create_group(UserPoolId=POOL, GroupName="staff")
        client.admin_add_user_to_group(UserPoolId=POOL, Username="alice", GroupName="staff")
        words = ("export", POOL, "--out", "pool.jsonl")
        done = poolhouse(folder, *words, POOLHOUSE_PASSPHRASE=PASSPHRASE)
    assert done.returncode == 0, done.stderr
    assert "1 user, 1 group, 1 app client, 2 signing keys" in done.stderr
    return folder / "pool.jsonl"


def shown(client: Any) -> list[Any]:
    """What administrators see of the pool."""
    answers = [
        client.describe_user_pool(UserPoolId=POOL),
        client.describe_user_pool_client(UserPoolId=POOL, ClientId=CLIENT),
        client.admin_get_user(UserPoolId=POOL, Username="alice"),
        client.admin_list_groups_for_user(UserPoolId=POOL, Username="alice"),
    ]
    for each in answers:
        del each["ResponseMetadata"]
    return answers


def test_import_into_a_running_server_succeeds(export: Path, tmp_path: Path) -> None:
    with Server(export.parent, "dev") as server:
        before = shown(cognito(server.url))
    with Server(tmp_path, "serve") as server:
        words = ("import", export)
        assert "1 new user." in answer(poolhouse(tmp_path, *words, POOLHOUSE_PASSPHRASE=PASSPHRASE))
        assert "0 new users" in answer(poolhouse(tmp_path, *words, POOLHOUSE_PASSPHRASE=PASSPHRASE))
        made = answer(poolhouse(tmp_path, "keys", "create", "--user", "ann", "--admin"))
        key, secret = (line.split(" = ")[1] for line in made.splitlines()[1:3])
        assert shown(cognito(server.url, (key, secret))) == before


def test_import_of_pool_of_region_that_is_not_served_names_the_region(
    export: Path, tmp_path: Path
) -> None:
    words = ("import", export, "--region", "eu-west-1")
    reported = answer(poolhouse(tmp_path, *words, POOLHOUSE_PASSPHRASE=PASSPHRASE))
    assert "Servers need us-east-1 in `region` to serve it" in reported
    with Server(tmp_path, "serve", "--region", "eu-west-1", "--region", "us-east-1") as server:
        root = root_key(tmp_path / ".poolhouse")
        here = cognito(server.url, root, region_name="us-east-1")
        assert here.admin_get_user(UserPoolId=POOL, Username="alice")["Username"] == "alice"
        there = cognito(server.url, root, region_name="eu-west-1")
        assert there.list_user_pools(MaxResults=60)["UserPools"] == []
        server.stop()


def test_export_file_is_private_to_its_owner(export: Path) -> None:
    assert stat.S_IMODE(export.stat().st_mode) == 0o600
    assert [file.name for file in export.parent.iterdir() if "pool.jsonl" in file.name] == [
        "pool.jsonl"
    ]


def test_export_writes_to_stdout_and_reports_to_stderr(export: Path) -> None:
    done = poolhouse(export.parent, "export", POOL, POOLHOUSE_PASSPHRASE=PASSPHRASE)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == len(export.read_text().splitlines())
    assert done.stderr.startswith(f"Exported {POOL}: 1 user, ")


def test_passphrase_is_read_from_a_file(export: Path, tmp_path: Path) -> None:
    file = tmp_path / "passphrase"
    file.write_text(PASSPHRASE + "\n")
    assert "1 new user." in answer(poolhouse(tmp_path, "import", export, "--passphrase-file", file))


@pytest.mark.parametrize(
    ("words", "given", "sentence", "status"),
    [
        (["export", POOL], {}, "No passphrase: give --passphrase-file", 2),
        (["export", POOL], {"POOLHOUSE_PASSPHRASE": "short"}, "at least 12 characters", 2),
        (["export", POOL, "--passphrase-file", "nowhere"], {}, "can't be read from nowhere", 2),
        (
            ["export", "us-east-1_None"],
            {"POOLHOUSE_PASSPHRASE": PASSPHRASE},
            "Unknown user pool",
            1,
        ),
        (
            ["export", POOL, "--out", "no/folder/file"],
            {"POOLHOUSE_PASSPHRASE": PASSPHRASE},
            "can't be written: No such file",
            1,
        ),
        (["import", "nowhere"], {"POOLHOUSE_PASSPHRASE": PASSPHRASE}, "can't be read: No such", 1),
        (
            ["import", "pool.jsonl"],
            {"POOLHOUSE_PASSPHRASE": "another passphrase"},
            "Wrong passphrase for this export.",
            1,
        ),
        (["import", "pool.jsonl", "--abandon"], {}, f"There is no unfinished import of {POOL}", 1),
    ],
)
def test_export_or_import_impossible_is_refused_with_the_reason(
    export: Path, words: list[str], given: dict[str, str], sentence: str, status: int
) -> None:
    assert sentence in refusal(poolhouse(export.parent, *words, **given), status)


def test_import_killed_is_continued(tmp_path: Path) -> None:
    """kill -9 after the first users; the pool isn't seen until the second run has ended."""
    file = tmp_path / "pool.jsonl"

    async def write() -> None:
        store = await open_store("sqlite://")
        contents = a_pool_of(MANY)
        await keep(store, contents)
        file.write_bytes(await exported(store, contents.pool))
        await store.close()

    asyncio.run(write())
    given = {"POOLHOUSE_PASSPHRASE": PASSPHRASE}
    assert answer(poolhouse(tmp_path, "keys", "create", "--user", "ann", "--admin"))
    url = f"sqlite:///{tmp_path}/.poolhouse/poolhouse.db"
    with Process(tmp_path, "import", file, **given):
        eventually(lambda: len(tables(url)["users"]) or None)
    arrived = len(tables(url)["users"])
    assert 0 < arrived < MANY
    assert f"Unknown user pool {GENERATED}" in refusal(
        poolhouse(tmp_path, "export", GENERATED, **given), 1
    )
    assert f"{MANY - arrived} new users" in answer(poolhouse(tmp_path, "import", file, **given))
    contents = tables(url)
    assert len(contents["users"]) == len(contents["credentials"]) == MANY
    # Username and email of each user, and the ids of passkeys.
    assert len(contents["names"]) == 2 * MANY + len(contents["passkeys"])


def test_import_on_a_terminal_shows_progress(export: Path, tmp_path: Path) -> None:
    """On a terminal, where the passphrase is asked for too if it was given nowhere."""
    leader, follower = pty.openpty()
    words = command("import", export)
    process = subprocess.Popen(
        words,
        cwd=tmp_path,
        env=environment(tmp_path, {"TERM": "xterm"}),
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
    )
    os.close(follower)
    printed = b""
    try:
        # The blank comes when nothing is echoed any more, and what was typed before is dropped.
        while b"Passphrase: " not in printed:
            printed += os.read(leader, 1024)
        os.write(leader, PASSPHRASE.encode() + b"\n")
        with contextlib.suppress(OSError):  # Linux's error when no process writes any more
            while more := os.read(leader, 1024):
                printed += more
    finally:
        process.kill()
        process.wait()
        os.close(leader)
    assert b"loading" in printed
    assert b"1 new user." in printed
    assert PASSPHRASE.encode() not in printed


@pytest.mark.parametrize("name", ["poolhouse.db", "poolhouse.db-wal", "master.key"])
def test_export_over_a_file_of_the_store_is_refused(export: Path, name: str) -> None:
    file = export.parent / ".poolhouse" / name
    before = file.read_bytes() if file.exists() else None
    done = poolhouse(export.parent, "export", POOL, "--out", file, POOLHOUSE_PASSPHRASE=PASSPHRASE)
    assert "belongs to the store" in refusal(done, 2)
    assert (file.read_bytes() if file.exists() else None) == before


@pytest.mark.parametrize("given", ["passphrase", "end", "pool"])
def test_import_refused_leaves_no_store(export: Path, tmp_path: Path, given: str) -> None:
    """Neither of a wrong passphrase nor of a file that is cut short, nor by --abandon."""
    lines = export.read_bytes().splitlines(keepends=True)
    file = tmp_path / "pool.jsonl"
    file.write_bytes(b"".join(lines[:-1] if given == "end" else lines))
    passphrase = "another passphrase" if given == "passphrase" else PASSPHRASE
    flags = ("--abandon",) if given == "pool" else ()
    refusal(poolhouse(tmp_path, "import", file, *flags, POOLHOUSE_PASSPHRASE=passphrase), 1)
    assert list(tmp_path.iterdir()) == [file]


def test_import_from_a_pipe_is_refused(export: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    held = os.open(pipe, os.O_RDWR)  # so that opening it for reading doesn't wait for a writer
    done = poolhouse(tmp_path, "import", pipe, POOLHOUSE_PASSPHRASE=PASSPHRASE)
    os.close(held)
    assert "can't be read twice" in refusal(done, 1)


def test_passphrase_not_utf8_is_refused(export: Path) -> None:
    given = {"POOLHOUSE_PASSPHRASE": os.fsdecode(b"\xff" * 16)}
    sentence = refusal(poolhouse(export.parent, "export", POOL, **given), 2)
    assert "The passphrase is not UTF-8." in sentence
