"""`poolhouse keys can`: the decision on a call, and every statement's part in it."""

import json
from pathlib import Path

import pytest
from cli.programs import answer, poolhouse

POOL = "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_Abc"
SUPPORT = [
    {
        "Sid": "FromTheOffice",
        "Effect": "Allow",
        "Action": "cognito-idp:AdminConfirmSignUp",
        "Resource": POOL,
        "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
    },
    {"Effect": "Allow", "Action": "cognito-idp:Admin*", "Resource": POOL.replace("Abc", "Xyz")},
    {"Sid": "NoDeletion", "Effect": "Deny", "Action": "cognito-idp:*Delete*", "Resource": "*"},
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("can")
    policy = {"Version": "2012-10-17", "Statement": SUPPORT}
    (folder / "support.json").write_text(json.dumps(policy))
    return folder


@pytest.fixture(scope="module")
def key(folder: Path) -> str:
    flags = ("--user", "sam", "--policy", "support.json", "--json")
    return str(json.loads(answer(poolhouse(folder, "keys", "create", *flags)))["AccessKeyId"])


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (("AdminGetUser", "eu-west-1_Abc"), 0),
        (("AdminGetUser", "us-east-1_Abc"), 1),
        (("AdminGetUser", "arn:aws:cognito-idp:eu-west-1:000000000000:userpool/eu-west-1_Abc"), 0),
        (("CreateUserPool", "*"), 1),
        (("CreateUserPool", "*", "--region", "eu-west-1,us-east-1"), 0),
        (("CreateUserPool", "*", "--context", "aws:RequestedRegion=eu-west-1"), 0),
    ],
)
def test_keys_can_takes_region_of_the_pool_or_the_home_region(
    folder: Path, asked: tuple[str, ...], status: int
) -> None:
    statement = {
        "Effect": "Allow",
        "Action": "*",
        "Resource": ["*"],
        "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}},
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    (folder / "west.json").write_text(json.dumps(policy))
    flags = ("--user", "wes", "--policy", "west.json", "--json")
    key = str(json.loads(answer(poolhouse(folder, "keys", "create", *flags)))["AccessKeyId"])
    assert poolhouse(folder, "keys", "can", key, *asked).returncode == status


@pytest.mark.parametrize(
    ("asked", "verdict", "parts"),
    [
        (
            ("AdminConfirmSignUp", "us-east-1_Abc", "--context", "aws:SourceIp=10.1.2.3"),
            "Allowed, by support, statement 1 (FromTheOffice).",
            [
                "Allow in support, statement 1 (FromTheOffice): matches",
                "Allow in support, statement 2: doesn't match: Resource",
                "Deny in support, statement 3 (NoDeletion): doesn't match: Action",
            ],
        ),
        (
            ("cognito-idp:AdminConfirmSignUp", POOL),
            "Denied: no statement allows it.",
            [
                "Allow in support, statement 1 (FromTheOffice):"
                " doesn't match: Condition IpAddress aws:SourceIp",
                "Allow in support, statement 2: doesn't match: Resource",
                "Deny in support, statement 3 (NoDeletion): doesn't match: Action",
            ],
        ),
        (
            ("AdminDeleteUser", "us-east-1_Xyz"),
            "Denied explicitly, by support, statement 3 (NoDeletion).",
            [
                "Allow in support, statement 1 (FromTheOffice): doesn't match: Action",
                "Allow in support, statement 2: matches",
                "Deny in support, statement 3 (NoDeletion): matches",
            ],
        ),
    ],
)
def test_keys_can_explains_the_decision(
    folder: Path, key: str, asked: tuple[str, ...], verdict: str, parts: list[str]
) -> None:
    done = poolhouse(folder, "keys", "can", key, *asked)
    first, who, what, *rest = done.stdout.splitlines()
    assert first == verdict
    assert who == f"  arn:aws:iam::000000000000:user/sam ({key})"
    assert what.startswith("  cognito-idp:Admin")
    assert rest == [f"  {part}" for part in parts]
    assert done.returncode == (0 if verdict.startswith("Allowed") else 1), done.stderr


def test_keys_can_of_a_disabled_key_is_denied(folder: Path, key: str) -> None:
    answer(poolhouse(folder, "keys", "disable", key))
    done = poolhouse(folder, "keys", "can", key, "AdminGetUser", "us-east-1_Xyz")
    assert done.returncode == 1
    assert "The key is disabled: every call with it is refused." in done.stdout
    answer(poolhouse(folder, "keys", "enable", key))


@pytest.mark.parametrize("action", ["AdminConfirm", "iam:AdminGetUser", "cognito-idp:*", ""])
def test_keys_can_of_an_unknown_action_is_refused(folder: Path, key: str, action: str) -> None:
    done = poolhouse(folder, "keys", "can", key, action, "*")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"Unknown action {action}")
