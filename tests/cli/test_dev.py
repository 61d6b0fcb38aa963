"""`poolhouse dev`: what it prints can be pasted, and its promises hold."""

import asyncio
import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from cli.programs import (
    SECONDS,
    Server,
    answer,
    cognito,
    command,
    environment,
    free_port,
    poolhouse,
    refusal,
    until_listening,
)
from support.postgres_server import PostgresServer
from support.sign_ins import FLOWS

from poolhouse.cli import banner
from poolhouse.config.settings import Settings

POOL = "us-east-1_Poolhouse"
CLIENT = "poolhousedevclient00000000"
PASSWORD = "Correct-Horse-9!"
EMAIL = [{"Name": "email", "Value": "alice@example.com"}]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dev")


@pytest.fixture(scope="module")
def dev(folder: Path) -> Iterator[Server]:
    with Server(folder, "dev") as server:
        yield server


def sign_up(client: Any, username: str) -> str:
    """The new user's `sub`."""
    return str(
        client.sign_up(ClientId=CLIENT, Username=username, Password=PASSWORD, UserAttributes=EMAIL)[
            "UserSub"
        ]
    )


def message(server: Server, username: str) -> Any:
    """The one that a user was sent; it reaches the inbox a moment after the call was answered."""
    for _ in range(1000):
        with urlopen(f"{server.url}/inbox/messages.json?username={username}") as response:
            if found := json.load(response):
                [one] = found
                return one
    raise AssertionError(f"{username} was sent nothing")


def commands_of(banner: str) -> list[str]:
    """What stands in the banner to be pasted: from `export` or `aws` to a line without `\\`."""
    return re.findall(r"^  ((?:export|aws) (?:.*\\\n)*.*)$", banner, re.MULTILINE)


def test_dev_banner_commands_confirm_a_user_and_return_tokens(dev: Server, folder: Path) -> None:
    dev.printed.until("Ctrl-C")
    export, *examples = commands_of(dev.printed.text())
    assert export.startswith("export AWS_ACCESS_KEY_ID=")
    assert [example.split()[2] for example in examples] == [
        "sign-up",
        "admin-confirm-sign-up",
        "admin-get-user",
        "initiate-auth",
    ]
    done = subprocess.run(
        ["bash", "-e"],
        input="\n".join([export, *examples]),
        cwd=folder,
        env=environment(folder, {}),
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    shown = answer(done)
    user, signed_in = map(json.loads, re.findall(r"^\{\n.*?^\}$", shown, re.DOTALL | re.M)[-2:])
    assert (user["Username"], user["UserStatus"]) == ("alice", "CONFIRMED")
    assert signed_in["AuthenticationResult"]["TokenType"] == "Bearer"
    assert "ticket=4711" in examples[1]
    dev.printed.until(re.escape("alice is CONFIRMED; ClientMetadata: {'ticket': '4711'}"))


def test_dev_banner_names_pool_client_and_trigger(dev: Server, folder: Path) -> None:
    dev.printed.until("Ctrl-C")
    facts = dict(re.findall(r"^  ([A-Z][\w ]+?) {2,}(.+)$", dev.printed.text(), re.MULTILINE))
    client = cognito(dev.url)
    described = client.describe_user_pool_client(
        UserPoolId=facts["User pool"], ClientId=facts["App client"]
    )
    assert described["UserPoolClient"]["ClientName"] == "dev"
    with urlopen(facts["Inbox"]) as page:
        assert page.status == 200
    assert (folder / facts["Trigger"].split()[0]).is_file()
    assert (folder / facts["Data"]).is_dir()


def test_dev_default_client_allows_every_flow(dev: Server) -> None:
    described = cognito(dev.url).describe_user_pool_client(UserPoolId=POOL, ClientId=CLIENT)
    assert set(described["UserPoolClient"]["ExplicitAuthFlows"]) == set(FLOWS)


def test_dev_default_pool_and_client_are_audited(dev: Server, folder: Path) -> None:
    records = [
        json.loads(line)
        for line in answer(poolhouse(folder, "audit", "--json")).split("\n")
        if line
    ]
    made = [
        (record["action"], record["resource"])
        for record in records
        if record.get("user_agent") == "poolhouse dev"
    ]
    pool_arn = f"arn:aws:cognito-idp:us-east-1:000000000000:userpool/{POOL}"
    # Of two records of one millisecond either may come first.
    assert sorted(made) == [
        ("cognito-idp:CreateUserPool", "*"),
        ("cognito-idp:CreateUserPoolClient", pool_arn),
        ("cognito-idp:CreateUserPoolDomain", pool_arn),
    ]


def test_dev_known_key_is_verified_and_authorized(dev: Server, folder: Path) -> None:
    """Dev mode accepts unknown access keys, but no wrong signature of a known one."""
    made = json.loads(answer(poolhouse(folder, "keys", "create", "--user", "eve", "--json")))
    liar = cognito(dev.url, (made["AccessKeyId"], "not the secret"))
    with pytest.raises(liar.exceptions.ClientError, match="InvalidSignatureException"):
        liar.list_user_pools(MaxResults=1)
    without_policy = cognito(dev.url, (made["AccessKeyId"], made["SecretAccessKey"]))
    with pytest.raises(liar.exceptions.ClientError, match="AccessDeniedException"):
        without_policy.list_user_pools(MaxResults=1)


def test_dev_restart_keeps_users_and_recreates_deleted_defaults(tmp_path: Path) -> None:
    with Server(tmp_path, "dev") as server:
        sub = sign_up(cognito(server.url), "alice")
        server.stop(signal.SIGINT)
    with Server(tmp_path, "dev") as server:
        client = cognito(server.url)
        user = client.admin_get_user(UserPoolId=POOL, Username="alice")
        assert {"Name": "sub", "Value": sub} in user["UserAttributes"]
        client.delete_user_pool_client(UserPoolId=POOL, ClientId=CLIENT)
        client.delete_user_pool_domain(UserPoolId=POOL, Domain="poolhouse")
        client.create_user_pool_domain(UserPoolId=POOL, Domain="mine")
        server.stop()
    with Server(tmp_path, "dev") as server:
        client = cognito(server.url)
        server.printed.until("Ctrl-C")
        assert re.search(r"^  Domain +\S+/domains/mine$", server.printed.text(), re.MULTILINE)
        client.describe_user_pool_client(UserPoolId=POOL, ClientId=CLIENT)
        client.delete_user_pool_domain(Domain="mine", UserPoolId=POOL)
        client.delete_user_pool(UserPoolId=POOL)
        server.stop()
    with Server(tmp_path, "dev") as server:
        client = cognito(server.url)
        assert client.list_users(UserPoolId=POOL)["Users"] == []
        sign_up(client, "alice")
        server.stop()


def test_dev_default_pool_keeps_its_region(tmp_path: Path) -> None:
    """Its client's id is always the same, and so is one client's only."""
    with Server(tmp_path, "dev") as server:
        server.stop()
    done = poolhouse(tmp_path, "dev", "--port", "0", "--region", "eu-west-1")
    assert "--region us-east-1" in refusal(done, 1)
    with Server(tmp_path, "dev", "--region", "eu-west-1", "--data", "other") as server:
        client = cognito(server.url, region_name="eu-west-1")
        client.describe_user_pool(UserPoolId="eu-west-1_Poolhouse")
        server.stop()


def test_dev_serves_region_of_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A CI job that names a region in its environment, as all do, and nothing to the server."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with Server(tmp_path, "dev", "--memory") as server:
        client = cognito(server.url, region_name=None)
        assert client.meta.region_name == "eu-west-1"
        pool_id = client.create_user_pool(PoolName="ci")["UserPool"]["Id"]
        assert pool_id.startswith("eu-west-1_")
        made = client.create_user_pool_client(UserPoolId=pool_id, ClientName="app")
        client.sign_up(
            ClientId=made["UserPoolClient"]["ClientId"],
            Username="alice",
            Password="Correct-Horse-9!",
        )
        client.admin_confirm_sign_up(UserPoolId=pool_id, Username="alice")
        listed = client.list_user_pools(MaxResults=60)["UserPools"]
        assert [pool["Id"] for pool in listed] == [pool_id]
        at_home = cognito(server.url).list_user_pools(MaxResults=60)["UserPools"]
        assert [pool["Id"] for pool in at_home] == [POOL]
        server.stop()


def test_dev_in_memory_writes_nothing_to_disk(tmp_path: Path) -> None:
    with Server(tmp_path, "dev", "--memory") as server:
        client = cognito(server.url)
        sign_up(client, "alice")
        client.admin_confirm_sign_up(
            UserPoolId=POOL, Username="alice", ClientMetadata={"ticket": "4711"}
        )
        server.printed.until(re.escape("alice is CONFIRMED; ClientMetadata: {'ticket': '4711'}"))
        assert "Data " not in server.stop()
    assert list(tmp_path.iterdir()) == []


def test_ids_may_be_the_same_each_time_and_a_code_is_every_code(tmp_path: Path) -> None:
    def subs(text: str) -> list[str]:
        flags = ("--memory", "--fixed-ids", text, "--code", "123456")
        with Server(tmp_path, "dev", *flags) as server:
            client = cognito(server.url)
            found = [sign_up(client, name) for name in ("alice", "bob")]
            assert message(server, "bob")["code"] == "123456"
            client.confirm_sign_up(ClientId=CLIENT, Username="bob", ConfirmationCode="123456")
            server.stop()
        return found

    assert subs("any-text") == subs("any-text") != subs("another")


def test_dev_trigger_option_runs_and_is_in_the_banner(tmp_path: Path) -> None:
    function = tmp_path / "mine.py"
    function.write_text(
        "def handler(event, context):\n    print('mine saw', event['userName'])\n    return event\n"
    )
    flags = ("--trigger", "post-confirmation=mine.py:handler")
    with Server(tmp_path, "dev", *flags) as server:
        client = cognito(server.url)
        sign_up(client, "alice")
        client.admin_confirm_sign_up(UserPoolId=POOL, Username="alice")
        server.printed.until("mine saw alice")
        printed = server.stop()
    assert re.search(r"Trigger +mine\.py", printed)
    assert not (tmp_path / ".poolhouse" / "functions").exists()


def test_dev_banner_lists_functions_beside_the_starter_pools(tmp_path: Path) -> None:
    places = {
        "post-confirmation": "mine.py:handler",
        "greet": "functions/greet.py:handler",
        "audit": "https://functions.example.com/audit?code=secret",
    }
    printed = banner.text(Settings(dev=True, data=tmp_path, triggers=places), "http://127.0.0.1:1")
    [line] = re.findall(r"^  Functions +(.+)$", printed, re.MULTILINE)
    listed = "functions/greet.py (greet), https://functions.example.com (audit)"
    assert line == f"{listed}, for pools whose LambdaConfig names them"
    alone = Settings(dev=True, data=tmp_path, triggers={"post-confirmation": "mine.py:handler"})
    assert "Functions" not in banner.text(alone, "http://127.0.0.1:1")


def test_dev_function_is_reloaded_after_an_edit(dev: Server, folder: Path) -> None:
    file = folder / ".poolhouse" / "functions" / "post_confirmation.py"
    client = cognito(dev.url)
    sign_up(client, "carol")
    file.write_text("def handler(event, context):\n    print('edited')\n    return event\n")
    client.admin_confirm_sign_up(UserPoolId=POOL, Username="carol")
    dev.printed.until("edited")


def test_dev_output_has_no_secret(tmp_path: Path, postgres_server: PostgresServer) -> None:
    url = asyncio.run(postgres_server.empty_database())
    store = url.replace("postgres@", "postgres:sesame-open@")
    with Server(tmp_path, "dev", "--store", store) as server:
        client = cognito(server.url)
        secret = client.create_user_pool_client(
            UserPoolId=POOL, ClientName="secretive", GenerateSecret=True
        )["UserPoolClient"]["ClientSecret"]
        printed = server.stop()
    master_key = (tmp_path / ".poolhouse" / "master.key").read_text().strip()
    for word in ("sesame-open", master_key, secret):
        assert word not in printed


def test_dev_with_a_closed_output_pipe_continues(tmp_path: Path) -> None:
    """As in `poolhouse dev | head -3`: the reader has gone before the banner is written."""
    reading, writing = os.pipe()
    os.close(reading)
    port = free_port()
    with subprocess.Popen(
        command("dev", "--memory", "--port", port),
        cwd=tmp_path,
        env=environment(tmp_path, {}),
        stdin=subprocess.DEVNULL,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        os.close(writing)
        try:
            until_listening(port)
            cognito(f"http://127.0.0.1:{port}").describe_user_pool(UserPoolId=POOL)
            process.terminate()
            assert process.wait(SECONDS) == 0
        finally:
            process.kill()
        assert process.stderr is not None
        (line,) = process.stderr.read().splitlines()
        assert "DescribeUserPool ok" in line


def test_dev_with_a_closed_log_pipe_answers(tmp_path: Path) -> None:
    """As in `poolhouse dev 2>&1 | head -3`: the line of a request can't be written."""
    reading, writing = os.pipe()
    os.close(reading)
    port = free_port()
    with subprocess.Popen(
        command("dev", "--memory", "--port", port),
        cwd=tmp_path,
        env=environment(tmp_path, {}),
        stdin=subprocess.DEVNULL,
        stdout=writing,
        stderr=writing,
    ) as process:
        os.close(writing)
        try:
            until_listening(port)
            for _ in range(3):
                cognito(f"http://127.0.0.1:{port}").describe_user_pool(UserPoolId=POOL)
            process.terminate()
            assert process.wait(SECONDS) == 0
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--host", "0.0.0.0"], "Dev mode trusts every client, so `host` must be a loopback"),
        (["--workers", "2"], "`workers` (--workers) is for `poolhouse serve`"),
        (["--memory", "--store", "sqlite:///x"], "exclude each other"),
        (["--code", "12345"], "`code` must be six digits, but --code has '12345'."),
        (["--trigger", "f=none.py:handler"], "there is no file for 'none.py:handler'"),
        (["--no-such-flag"], "No such option '--no-such-flag'."),
    ],
)
def test_dev_invalid_options_are_refused(tmp_path: Path, flags: list[str], sentence: str) -> None:
    assert sentence in refusal(poolhouse(tmp_path, "dev", *flags), 2)
    assert list(tmp_path.iterdir()) == []
