"""`poolhouse keys`: administrators and their access keys, while a server runs."""

import configparser
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli.programs import Server, answer, cognito, poolhouse, refusal

ANYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def write_policy(folder: Path, name: str, *statements: dict[str, Any]) -> Path:
    file = folder / f"{name}.json"
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}))
    return file


def create(folder: Path, user: str, *flags: object) -> dict[str, str]:
    """A new key, as JSON tells it."""
    done = poolhouse(folder, "keys", "create", "--user", user, "--json", *flags)
    made: dict[str, str] = json.loads(answer(done))
    return made


def keys(folder: Path) -> dict[str, dict[str, str]]:
    listed = json.loads(answer(poolhouse(folder, "keys", "list", "--json")))
    return {key["AccessKeyId"]: key for key in listed}


def outcome(server: Server, key: dict[str, str]) -> str:
    """ "ok", or the code of the refusal."""
    pair = (key["AccessKeyId"], key["SecretAccessKey"])
    client = cognito(server.url, pair, token=key.get("SessionToken"))
    try:
        client.list_user_pools(MaxResults=1)
    except client.exceptions.ClientError as error:
        return str(error.response["Error"]["Code"])
    return "ok"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    with Server(folder, "serve") as server:
        yield server


def test_keys_create_prints_credentials_that_sdks_read(tmp_path: Path) -> None:
    """Before any server was started, too: machines are often set up in that order."""
    printed = answer(poolhouse(tmp_path, "keys", "create", "--user", "ann", "--admin"))
    parser = configparser.ConfigParser()
    parser.read_string(printed)
    assert re.fullmatch(r"AKIA[A-Z2-7]{16}", parser["default"]["aws_access_key_id"])
    assert re.fullmatch(r"[\w+/]{40}", parser["default"]["aws_secret_access_key"])
    assert "aws_session_token" not in parser["default"]


def test_keys_create_with_policies_allows_what_they_allow(server: Server, folder: Path) -> None:
    assert outcome(server, create(folder, "ann", "--admin")) == "ok"
    other = write_policy(folder, "other", {**ANYTHING, "Action": "cognito-idp:AdminConfirmSignUp"})
    assert outcome(server, create(folder, "ben", "--policy", other)) == "AccessDeniedException"
    listing = write_policy(folder, "listing", {**ANYTHING, "Action": "cognito-idp:List*"})
    key = create(folder, "ben", "--policy", other, "--policy", listing)
    assert key["Arn"] == "arn:aws:iam::000000000000:user/ben"
    assert outcome(server, key) == "ok"


def test_keys_create_without_policy_warns_and_allows_nothing(server: Server, folder: Path) -> None:
    done = poolhouse(folder, "keys", "create", "--user", "cat", "--json")
    assert "arn:aws:iam::000000000000:user/cat has no policy" in done.stderr
    assert outcome(server, json.loads(answer(done))) == "AccessDeniedException"


def test_tags_of_an_administrator_can_be_asked_for(server: Server, folder: Path) -> None:
    by_tag = {**ANYTHING, "Condition": {"StringEquals": {"aws:PrincipalTag/team": "blue"}}}
    policy = write_policy(folder, "by-tag", by_tag)
    blue = create(folder, "dan", "--policy", policy, "--tag", "team=blue")
    red = create(folder, "eve", "--policy", policy, "--tag", "team=red")
    assert (outcome(server, blue), outcome(server, red)) == ("ok", "AccessDeniedException")


def test_keys_disable_refuses_the_key_until_it_is_enabled(server: Server, folder: Path) -> None:
    key = create(folder, "fay", "--admin")
    assert outcome(server, key) == "ok"
    answer(poolhouse(folder, "keys", "disable", key["AccessKeyId"]))
    assert outcome(server, key) == "UnrecognizedClientException"
    assert keys(folder)[key["AccessKeyId"]]["Status"] == "Inactive"
    answer(poolhouse(folder, "keys", "enable", key["AccessKeyId"]))
    assert outcome(server, key) == "ok"


def test_keys_rotate_keeps_the_former_key_until_it_is_deleted(server: Server, folder: Path) -> None:
    old = create(folder, "gil", "--admin")
    new = json.loads(answer(poolhouse(folder, "keys", "rotate", old["AccessKeyId"], "--json")))
    assert new["Arn"] == old["Arn"]
    assert (outcome(server, old), outcome(server, new)) == ("ok", "ok")
    answer(poolhouse(folder, "keys", "delete", old["AccessKeyId"]))
    assert (outcome(server, old), outcome(server, new)) == ("UnrecognizedClientException", "ok")
    assert old["AccessKeyId"] not in keys(folder)


@pytest.mark.parametrize("flags", [("--expires", "15m"), ("--session-token",)])
def test_keys_create_temporary_requires_the_session_token(
    server: Server, folder: Path, flags: tuple[str, ...]
) -> None:
    key = create(folder, "hal", "--admin", *flags)
    assert key["AccessKeyId"].startswith("ASIA")
    assert key["Expiration"] > key["CreateDate"]
    assert outcome(server, key) == "ok"
    del key["SessionToken"]
    assert outcome(server, key) != "ok"


def test_keys_list_has_every_key_and_no_secret(folder: Path, server: Server) -> None:
    made = create(folder, "ida", "--admin", "--expires", "1h")
    listed = poolhouse(folder, "keys", "list")
    as_json = poolhouse(folder, "keys", "list", "--json")
    for printed in (answer(listed), answer(as_json)):
        assert made["AccessKeyId"] in printed
        assert ":root" in printed
        assert made["SecretAccessKey"] not in printed
        assert made["SessionToken"] not in printed


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--user", "a b"], "Invalid name 'a b'"),
        (["--user", "../root"], "Invalid name '../root'"),
        (["--user", "x", "--expires", "soon"], "'soon' is not a duration"),
        (["--user", "x", "--expires", "0m"], "'0m' is not a duration"),
        (["--user", "x", "--tag", "team"], "'team' is not of the form KEY=VALUE."),
        (["--user", "x", "--policy", "none.json"], "none.json can't be read: No such file"),
        (
            ["--user", "x", "--admin", "--policy", "Everything.json"],
            "Two policies have the name Everything.",
        ),
        (["--user", "x", "--policy", "bad.json"], "bad.json is not a policy: Statement 1: Effect"),
    ],
)
def test_keys_create_with_invalid_options_creates_nothing(
    tmp_path: Path, flags: list[str], sentence: str
) -> None:
    write_policy(tmp_path, "bad", {**ANYTHING, "Effect": "Maybe"})
    done = poolhouse(tmp_path, "keys", "create", *flags)
    assert sentence in refusal(done, 2)
    assert not (tmp_path / ".poolhouse").exists()


def test_keys_commands_with_an_unknown_key_are_refused(server: Server, folder: Path) -> None:
    for command in ("disable", "enable", "delete", "rotate"):
        done = poolhouse(folder, "keys", command, "AKIANONE")
        assert refusal(done, 1) == "Unknown access key AKIANONE.\n"


def test_keys_list_without_a_store_creates_none(tmp_path: Path) -> None:
    assert "There is no store in .poolhouse" in refusal(poolhouse(tmp_path, "keys", "list"), 1)
    assert list(tmp_path.iterdir()) == []
