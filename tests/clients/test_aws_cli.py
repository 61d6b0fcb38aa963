"""The AWS CLI from its package, as a program of its own: what it prints and how it ends."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from support.client_servers import ServedPool, StartServer
from support.running_server import ROOT_KEY, RunningServer

PASSWORD: Final = "Correct-Horse-9!"
BY_ENVIRONMENT: Final = {
    "AWS_ACCESS_KEY_ID": ROOT_KEY[0],
    "AWS_SECRET_ACCESS_KEY": ROOT_KEY[1],
}
Aws = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def aws(server: RunningServer, tmp_path: Path) -> Aws:
    """Runs `aws cognito-idp` in an environment that holds nothing but what is given here."""
    program = shutil.which("aws", path=Path(sys.executable).parent)
    assert program is not None, "the AWS CLI isn't installed: make test installs it"

    def run(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [program, "cognito-idp", *words],
            env={
                "PATH": os.defpath,
                "HOME": str(tmp_path),
                "AWS_DEFAULT_REGION": server.settings.home_region,
                "AWS_DEFAULT_OUTPUT": "json",
                "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": server.url,
                **(environment or BY_ENVIRONMENT),
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return run


def answer(done: "subprocess.CompletedProcess[str]") -> Any:
    """What a command that succeeded printed."""
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if done.stdout else None


def refusal(done: "subprocess.CompletedProcess[str]") -> str:
    """What a command that the server refused complained of."""
    assert done.returncode != 0
    assert done.stdout == ""
    return done.stderr


def test_cli_sign_up_and_admin_confirm_sign_up(
    aws: Aws, pool: ServedPool, confirmations: Callable[[str], Any]
) -> None:
    """The commands are those that `poolhouse dev` prints."""
    alice = ("--username", "alice")
    of_the_pool = ("--user-pool-id", pool.id, *alice)
    signed_up = answer(
        aws(
            *("sign-up", "--client-id", pool.client_id, *alice, "--password", PASSWORD),
            *("--user-attributes", "Name=email,Value=alice@home.example"),
        )
    )
    assert signed_up["UserConfirmed"] is False
    confirm = ("admin-confirm-sign-up", *of_the_pool)
    assert not answer(aws(*confirm, "--client-metadata", "ticket=4711,invitedBy=bob"))
    user = answer(aws("admin-get-user", *of_the_pool))
    assert user["UserStatus"] == "CONFIRMED"
    [(name, request)] = confirmations(pool.id)
    assert (name, request["clientMetadata"]) == ("alice", {"ticket": "4711", "invitedBy": "bob"})
    assert (
        "An error occurred (NotAuthorizedException) when calling the AdminConfirmSignUp operation:"
        " User cannot be confirmed. Current status is CONFIRMED"
    ) in refusal(aws(*confirm))


def test_cli_endpoint_url_option_overrides_the_environment(
    aws: Aws, server: RunningServer, pool: ServedPool
) -> None:
    nowhere = "http://127.0.0.1:9"
    done = aws(
        *("admin-create-user", "--endpoint-url", server.url, "--message-action", "SUPPRESS"),
        *("--user-pool-id", pool.id, "--username", "carol"),
        **BY_ENVIRONMENT,
        AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER=nowhere,
    )
    assert answer(done)["User"]["UserStatus"] == "FORCE_CHANGE_PASSWORD"


def test_region_option_chooses_the_pools(aws: Aws, poolhouse: StartServer, tmp_path: Path) -> None:
    """In dev mode, which serves every region; `--region` wins over the environment."""
    with poolhouse("dev", tmp_path / "data", "--memory") as server:
        environment = BY_ENVIRONMENT | {
            "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": server.url,
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        west = ("--region", "us-west-2")
        made = answer(aws("create-user-pool", "--pool-name", "west", *west, **environment))
        pool_id = made["UserPool"]["Id"]
        assert pool_id.startswith("us-west-2_")
        listing = ("list-user-pools", "--max-results", "60")
        for words, expected in ((west, [pool_id]), ((), ["us-east-1_Poolhouse"])):
            listed = answer(aws(*listing, *words, **environment))["UserPools"]
            assert [pool["Id"] for pool in listed] == expected
        refused = aws("describe-user-pool", "--user-pool-id", pool_id, **environment)
        assert f"User pool {pool_id} does not exist." in refusal(refused)
        server.stop()


def test_cli_reads_credentials_of_the_first_start(
    aws: Aws, poolhouse: StartServer, tmp_path: Path
) -> None:
    with poolhouse("serve", tmp_path / "data") as server:
        made = aws(
            *("create-user-pool", "--pool-name", "first"),
            AWS_SHARED_CREDENTIALS_FILE=str(tmp_path / "data" / "root-credentials"),
            AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER=server.url,
            AWS_DEFAULT_REGION="us-east-1",
        )
        assert answer(made)["UserPool"]["Name"] == "first"
        server.stop()


def test_cli_unknown_access_key_is_refused(aws: Aws) -> None:
    """iam-sigv4.md: the sentence of every service that speaks JSON."""
    refused = aws(
        *("list-user-pools", "--max-results", "1"),
        AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE",
        AWS_SECRET_ACCESS_KEY="not one of ours",
    )
    assert (
        "(UnrecognizedClientException) when calling the ListUserPools operation:"
        " The security token included in the request is invalid."
    ) in refusal(refused)


def test_cli_creates_and_deletes_pool_with_tags_and_client_with_secret(aws: Aws) -> None:
    made = aws(
        *("create-user-pool", "--pool-name", "by command line"),
        *("--user-pool-tags", "team=identity,stage=test"),
    )
    pool = answer(made)["UserPool"]
    assert pool["UserPoolTags"] == {"team": "identity", "stage": "test"}
    of_the_pool = ("--user-pool-id", pool["Id"])
    made = aws("create-user-pool-client", *of_the_pool, "--client-name", "app", "--generate-secret")
    assert len(answer(made)["UserPoolClient"]["ClientSecret"]) >= 51
    assert not answer(aws("delete-user-pool", *of_the_pool))
    gone = aws("describe-user-pool", *of_the_pool)
    assert (
        "(ResourceNotFoundException) when calling the DescribeUserPool operation:"
        f" User pool {pool['Id']} does not exist."
    ) in refusal(gone)


def test_cli_list_users_reads_all_pages(aws: Aws, cognito: Any, pool: ServedPool) -> None:
    names = [f"user{number}" for number in range(5)]
    for name in names:
        cognito.sign_up(ClientId=pool.client_id, Username=name, Password=PASSWORD)
    listed = aws(
        *("list-users", "--user-pool-id", pool.id, "--page-size", "2"),
        *("--query", "sort(Users[].Username)"),
    )
    assert answer(listed) == names
