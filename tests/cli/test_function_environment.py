"""The environment of local functions: their own variables, and no secret of the server."""

import json
from pathlib import Path
from textwrap import dedent

import pytest
from cli.functions import ARN, Confirmation, trigger
from cli.programs import Server, cognito

SHOWING = {
    "app.py": """
        import json, os
        from pathlib import Path

        def handler(event, context):
            Path(__file__).with_name("seen.txt").write_text(json.dumps(dict(os.environ)))
            return event
    """,
    "app.mjs": """
        import { writeFileSync } from "node:fs";

        export const handler = async (event) => {
          writeFileSync(new URL("seen.txt", import.meta.url), JSON.stringify(process.env));
          return event;
        };
    """,
}
GIVEN = """
    [environment."*"]
    STAGE = "test"
    TABLE = "nowhere"
    AWS_REGION = "moon-west-1"

    [environment.welcome]
    TABLE = "users"

    [environment.other]
    TABLE = "others"
"""
SECRETS = {
    "POOLHOUSE_SMTP_USERNAME": "u",
    "POOLHOUSE_SMTP_PASSWORD": "sesame",
    "AWS_SECRET_ACCESS_KEY": "sesame",
    "DATABASE_PASSWORD": "sesame",
}


def seen(folder: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((folder / "functions" / "seen.txt").read_text())
    return found


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("name", SHOWING)
def test_serve_function_environment_is_its_own_and_lambdas(
    tmp_path: Path, name: str, workers: int
) -> None:
    file = tmp_path / "poolhouse.toml"
    file.touch(mode=0o600)
    file.write_text(dedent(GIVEN))
    flags = ("--workers", workers, *trigger(tmp_path, name, SHOWING[name]))
    with Server(tmp_path, "serve", *flags, **SECRETS) as server:
        Confirmation(server, tmp_path / ".poolhouse").confirm()
        server.stop()
    variables = seen(tmp_path)
    assert "sesame" not in str(variables)
    assert not [each for each in variables if each.startswith("POOLHOUSE_")]
    assert (variables["STAGE"], variables["TABLE"]) == ("test", "users")
    # As in Lambda, the region is the function's own, and nothing else wins.
    assert (variables["AWS_REGION"], variables["AWS_LAMBDA_FUNCTION_NAME"]) == (
        "us-east-1",
        "welcome",
    )
    # No key of anything: in production a function has what its operator gives it.
    assert "AWS_ACCESS_KEY_ID" not in variables
    assert "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER" not in variables


def test_serve_function_environment_from_a_variable(tmp_path: Path) -> None:
    flags = trigger(tmp_path, "app.py", SHOWING["app.py"])
    given = f"'{ARN}:GREETING=Hello, you = me' *:GREETING=no"
    with Server(tmp_path, "serve", *flags, POOLHOUSE_ENVIRONMENT=given) as server:
        Confirmation(server, tmp_path / ".poolhouse").confirm()
    assert seen(tmp_path)["GREETING"] == "Hello, you = me"


@pytest.mark.parametrize("name", SHOWING)
def test_dev_function_environment_points_sdks_at_this_server(tmp_path: Path, name: str) -> None:
    flags = trigger(tmp_path, name, SHOWING[name])
    given = "welcome:AWS_SECRET_ACCESS_KEY=own"
    with Server(tmp_path, "dev", "--memory", *flags, POOLHOUSE_ENVIRONMENT=given) as server:
        Confirmation(server).confirm()
        variables = seen(tmp_path)
        assert variables["AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"] == server.url
    assert (variables["AWS_REGION"], variables["AWS_DEFAULT_REGION"]) == ("us-east-1",) * 2
    assert variables["AWS_ACCESS_KEY_ID"]
    assert variables["AWS_SECRET_ACCESS_KEY"] == "own"


SEED = """
    triggers:
      welcome: functions/app.py:handler
    environment:
      welcome: {TABLE: users, STAGE: seed}
    pools: []
"""


def test_dev_function_environment_of_a_seed_gives_way_to_the_settings(tmp_path: Path) -> None:
    trigger(tmp_path, "app.py", SHOWING["app.py"])
    (tmp_path / "seed.yaml").write_text(dedent(SEED))
    flags = ("--memory", "--seed", "seed.yaml")
    given = "welcome:STAGE=settings"
    with Server(tmp_path, "dev", *flags, POOLHOUSE_ENVIRONMENT=given) as server:
        Confirmation(server).confirm()
    variables = seen(tmp_path)
    assert (variables["TABLE"], variables["STAGE"]) == ("users", "settings")


JOINING = """
    import boto3

    def handler(event, context):
        boto3.client("cognito-idp").admin_add_user_to_group(
            UserPoolId=event["userPoolId"], Username=event["userName"], GroupName="members"
        )
        return event
"""


def test_dev_function_calls_this_server_by_boto3_as_it_comes(tmp_path: Path) -> None:
    """The first thing that many PostConfirmation functions do."""
    with Server(tmp_path, "dev", "--memory", *trigger(tmp_path, "app.py", JOINING)) as server:
        confirmation = Confirmation(server)
        client = cognito(server.url)
        client.create_group(UserPoolId=confirmation.pool_id, GroupName="members")
        assert confirmation.confirm() == 200
        groups = client.admin_list_groups_for_user(
            UserPoolId=confirmation.pool_id, Username="alice"
        )["Groups"]
        assert [group["GroupName"] for group in groups] == ["members"]
