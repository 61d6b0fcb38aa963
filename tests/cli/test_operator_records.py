"""Audit of operators' commands on a store."""

import json
import os
import pwd
from pathlib import Path
from typing import Any

import pytest
from cli.programs import Server, answer, poolhouse, refusal, root_key
from cli.test_keys_command import create
from cli.test_transfer import CLIENT, PASSPHRASE, POOL
from support.postgres_server import PostgresServer

from poolhouse.audit.operators import operator, recorded

OPERATOR = f"operator/{pwd.getpwuid(os.getuid()).pw_name}"
ARN = "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_Poolhouse"
ANN = "arn:aws:iam::000000000000:user/ann"


def records(folder: Path, action: str, **given: str) -> list[dict[str, Any]]:
    """Those of one action of operators; each must have what all have."""
    printed = answer(
        poolhouse(folder, "audit", "--action", f"poolhouse:{action}", "--json", **given)
    )
    found = [json.loads(line) for line in printed.splitlines()]
    for each in found:
        assert (each["principal"], each["allowed"]) == (OPERATOR, True)
        assert "secret" not in str(each).lower()
    return found


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a store with the pool of dev mode."""
    folder = tmp_path_factory.mktemp("source")
    with Server(folder, "dev") as server:
        server.stop()
    return folder


def test_keys_commands_are_audited_with_operator_action_and_key(tmp_path: Path) -> None:
    first = create(tmp_path, "ann", "--admin")["AccessKeyId"]
    done = poolhouse(tmp_path, "keys", "rotate", first, "--json")
    second = json.loads(answer(done))["AccessKeyId"]
    for command in ("disable", "enable", "delete"):
        answer(poolhouse(tmp_path, "keys", command, first))
    for action, key in (
        ("CreateAccessKey", first),
        ("RotateAccessKey", second),
        ("DisableAccessKey", first),
        ("EnableAccessKey", first),
        ("DeleteAccessKey", first),
    ):
        [record] = records(tmp_path, action)
        assert (record["target"], record["resource"]) == (key, ANN)
        assert record["outcome"] == "committed"


def test_keys_command_that_is_refused_leaves_no_record(tmp_path: Path) -> None:
    create(tmp_path, "ann", "--admin")
    refusal(poolhouse(tmp_path, "keys", "delete", "AKIAUNKNOWN000000000"), 1)
    assert records(tmp_path, "DeleteAccessKey") == []


def test_first_start_leaves_a_record_of_the_first_administrators_key(tmp_path: Path) -> None:
    with Server(tmp_path, "serve") as server:
        server.stop()
    [record] = records(tmp_path, "CreateAccessKey")
    assert record["target"] == root_key(tmp_path / ".poolhouse")[0]
    assert record["resource"].endswith(":root")


def test_rotate_signing_leaves_a_record_on_the_pool(source: Path) -> None:
    answer(poolhouse(source, "keys", "rotate-signing", POOL, "--yes"))
    [record] = records(source, "RotateSigningKeys")
    assert (record["resource"], record["outcome"]) == (ARN, "committed")


def test_master_key_rotate_leaves_a_record(source: Path) -> None:
    answer(poolhouse(source, "master-key", "rotate"))
    [record] = records(source, "RotateMasterKey")
    assert record["outcome"] == "committed"


def test_backup_leaves_a_record_in_the_store_and_in_the_copy(source: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    answer(poolhouse(source, "backup", copy))
    [record] = records(source, "BackupStore")
    key = source / ".poolhouse" / "master.key"
    there = {"POOLHOUSE_STORE": f"sqlite:///{copy}", "POOLHOUSE_MASTER_KEY": str(key)}
    assert records(tmp_path, "BackupStore", **there) == [record]


def test_export_and_import_leave_records_on_the_pool(source: Path, tmp_path: Path) -> None:
    phrase = {"POOLHOUSE_PASSPHRASE": PASSPHRASE}
    file = tmp_path / "pool.jsonl"
    answer_of_export = poolhouse(source, "export", POOL, "--out", file, **phrase)
    assert CLIENT not in answer(answer_of_export)
    [exported] = records(source, "ExportPool")
    assert (exported["resource"], exported["outcome"]) == (ARN, "ok")
    for _ in range(2):
        answer(poolhouse(tmp_path, "import", file, **phrase))
    # The second changes nothing.
    [imported] = records(tmp_path, "ImportPool")
    assert (imported["resource"], imported["outcome"]) == (ARN, "committed")


def test_keys_commands_leave_records_on_postgresql_too(tmp_path: Path, postgres_store: str) -> None:
    store = {"POOLHOUSE_STORE": postgres_store}
    answer(poolhouse(tmp_path, "keys", "create", "--user", "ann", "--admin", **store))
    assert len(records(tmp_path, "CreateAccessKey", **store)) == 1


@pytest.fixture
async def postgres_store(postgres_server: PostgresServer) -> str:
    return await postgres_server.empty_database()


def test_operator_is_the_system_user_whatever_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("USER", "LOGNAME"):
        monkeypatch.setenv(name, "somebody-else")
    assert operator() == OPERATOR
    # A number without a name, as in many containers.
    monkeypatch.setattr(os, "getuid", lambda: 3_999_999)
    assert operator() == "operator/3999999"
    assert "operator/3999999" in str(recorded("CreateAccessKey").parameters)
