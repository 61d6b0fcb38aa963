"""The first start of `poolhouse serve`: the files that it creates, and later starts with them."""

import configparser
import json
import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import boto3
import httpx
import pytest
from cli.programs import (
    SECONDS,
    Printed,
    Server,
    answer,
    cognito,
    command,
    environment,
    poolhouse,
    refusal,
    root_key,
)

DATA = ".poolhouse"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("serve")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    with Server(folder, "serve") as server:
        yield server


def test_first_start_writes_credentials_that_sdks_read(
    server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = folder / DATA / "root-credentials"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    parser = configparser.ConfigParser()
    parser.read(file)
    assert parser.sections() == ["default"]
    for variable in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    client = boto3.session.Session().client(
        "cognito-idp", endpoint_url=server.url, region_name="us-east-1"
    )
    assert client.create_user_pool(PoolName="first")["UserPool"]["Name"] == "first"


def test_first_start_logs_where_the_key_is_without_the_key(server: Server, folder: Path) -> None:
    [made] = [line for line in server.log() if "first administrator" in line["message"]]
    assert made["file"] == f"{DATA}/root-credentials"
    key_id, secret = root_key(folder / DATA)
    printed = server.printed.text()
    assert key_id not in printed
    assert secret not in printed


def test_first_start_files_are_private_to_their_owner(server: Server, folder: Path) -> None:
    data = folder / DATA
    assert {
        path.name: oct(stat.S_IMODE(path.stat().st_mode) & 0o077)
        for path in (data, *data.iterdir())
        if stat.S_IMODE(path.stat().st_mode) & 0o077
    } == {}


def test_first_start_requests_without_a_known_key_are_refused(server: Server) -> None:
    client = cognito(server.url, ("AKIAIOSFODNN7EXAMPLE", "none of ours"))
    with pytest.raises(client.exceptions.ClientError, match="UnrecognizedClientException"):
        client.list_user_pools(MaxResults=1)


def test_serve_has_no_dev_routes(server: Server) -> None:
    for path in ("/inbox", "/inbox/messages.json", "/dev/clock"):
        assert httpx.get(server.url + path).status_code == 404


def test_second_start_creates_no_second_administrator(tmp_path: Path) -> None:
    with Server(tmp_path, "serve") as server:
        server.stop()
    key = root_key(tmp_path / DATA)
    (tmp_path / DATA / "root-credentials").unlink()
    with Server(tmp_path, "serve") as server:
        cognito(server.url, key).list_user_pools(MaxResults=1)
        assert "first administrator" not in server.stop()
    assert not (tmp_path / DATA / "root-credentials").exists()


def test_first_start_interrupted_loses_no_key(tmp_path: Path) -> None:
    """The store knew the key, and it stood in a draft, when the process ended."""
    with Server(tmp_path, "serve") as server:
        server.stop()
    file = tmp_path / DATA / "root-credentials"
    key = root_key(tmp_path / DATA)
    file.rename(file.with_name(".root-credentials.abc"))
    file.with_name(".root-credentials.xyz").write_text("aws_access_key_id = AKIAUNKNOWN\n")
    with Server(tmp_path, "serve") as server:
        assert root_key(tmp_path / DATA) == key
        cognito(server.url, key).list_user_pools(MaxResults=1)
        assert "first administrator" in server.stop()


def test_start_without_the_master_key_is_refused(tmp_path: Path) -> None:
    with Server(tmp_path, "serve") as server:
        server.stop()
    key = tmp_path / DATA / "master.key"
    kept = key.rename(tmp_path / "kept.key")
    printed = _fails(tmp_path)
    assert ".poolhouse/master.key can't be used: No such file or directory." in printed
    assert not key.exists()
    with Server(tmp_path, "serve", "--master-key", kept.name) as server:
        cognito(server.url, root_key(tmp_path / DATA)).list_user_pools(MaxResults=1)
        server.stop()


def test_start_with_another_stores_master_key_is_refused(tmp_path: Path) -> None:
    for name in ("one", "other"):
        with Server(tmp_path, "serve", "--data", name) as server:
            server.stop()
    printed = _fails(tmp_path, "--data", "one", "--master-key", "other/master.key")
    assert "The master key doesn't unseal the store" in printed


def test_start_during_an_unfinished_rotation_succeeds(tmp_path: Path) -> None:
    """It was cut short when the store opened with the new key, but that had its draft's name."""
    with Server(tmp_path, "serve") as server:
        server.stop()
    answer(poolhouse(tmp_path, "master-key", "rotate"))
    data = tmp_path / DATA
    [old] = data.glob("master.key.until-*")
    (data / "master.key").rename(data / "master.key.new")
    old.rename(data / "master.key")
    assert "master.key.new unseals the store" in answer(poolhouse(tmp_path, "check"))
    with Server(tmp_path, "serve") as server:
        cognito(server.url, root_key(data)).list_user_pools(MaxResults=1)
        server.stop()


def _fails(folder: Path, *flags: str) -> str:
    """What the log of a server says that can't start."""
    done = poolhouse(folder, "serve", "--port", "0", *flags)
    assert "Traceback" not in done.stderr
    assert done.returncode == 1
    return str(json.loads(done.stderr.splitlines()[-1])["reason"])


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--host", "0.0.0.0"], "passwords would be sent unencrypted"),
        (["--code", "123456"], "`code` (--code) makes every code the same"),
        (["--fixed-ids", "x"], "`fixed_ids` (--fixed-ids) makes every secret guessable"),
        (["--memory"], "`memory` (--memory) loses all data at the end"),
        (["--tls-key", "k.pem"], "`tls_key` (--tls-key) needs `tls_certificate` too."),
        (["--tls-certificate", "c.pem", "--tls-key", "k.pem"], "c.pem can't be read: No such file"),
        (["--smtp-password", "x"], "No such option '--smtp-password'."),
        (["extra"], "unexpected extra argument"),
    ],
)
def test_serve_invalid_options_are_refused(tmp_path: Path, flags: list[str], sentence: str) -> None:
    assert sentence in refusal(poolhouse(tmp_path, "serve", *flags), 2)
    assert list(tmp_path.iterdir()) == []


def test_audit_log_option_prints_records(tmp_path: Path) -> None:
    with Server(tmp_path, "serve", "--audit-log") as server:
        cognito(server.url, root_key(tmp_path / DATA)).create_user_pool(PoolName="audited")
        printed = server.stop()
    [record] = [json.loads(line) for line in printed.splitlines() if "CreateUserPool" in line]
    assert record["outcome"] == "committed"
    assert record["principal"].endswith(":root")


def test_audit_log_with_a_closed_pipe_keeps_answering(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with subprocess.Popen(
        command("serve", "--port", "0", "--audit-log"),
        cwd=tmp_path,
        env=environment(tmp_path, {}),
        stdin=subprocess.DEVNULL,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        os.close(writing)
        printed = Printed(process.stderr)
        try:
            url = printed.until(r'"url":"([^"]+)"')[1]
            client = cognito(url, root_key(tmp_path / DATA))
            for name in ("one", "two"):
                client.create_user_pool(PoolName=name)
            process.terminate()
            assert process.wait(SECONDS) == 0
        finally:
            process.kill()
        assert printed.to_the_end().count("printed audit records aren't read") == 1
    assert answer(poolhouse(tmp_path, "audit")).count("CreateUserPool") == 2


def test_calls_whose_records_cannot_be_printed_succeed(tmp_path: Path) -> None:
    """Standard output on a full disk: the calls are done, and their records are in the store."""
    with (
        Path("/dev/full").open("wb") as full,
        subprocess.Popen(
            command("serve", "--port", "0", "--audit-log"),
            cwd=tmp_path,
            env=environment(tmp_path, {}),
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        printed = Printed(process.stderr)
        try:
            url = printed.until(r'"url":"([^"]+)"')[1]
            client = cognito(url, root_key(tmp_path / DATA))
            for name in ("one", "two", "three"):
                client.create_user_pool(PoolName=name)
            process.terminate()
            assert process.wait(SECONDS) == 0
        finally:
            process.kill()
        assert printed.to_the_end().count("audit records can't be printed") == 1, "in few lines"
    assert answer(poolhouse(tmp_path, "audit")).count("CreateUserPool") == 3
