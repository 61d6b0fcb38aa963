"""Decisions are remembered; those that ask more of a request than what it names are not."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.access_keys import add_key
from support.running_server import RunningServer

_TAGGED = {"aws:ResourceTag/team": "ours"}


def _policy(*statements: dict[str, Any]) -> str:
    every = {"Action": "cognito-idp:*", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [every | one for one in statements]})


def _asked(client: Any, pool_id: str) -> str:
    try:
        client.list_users(UserPoolId=pool_id)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "ok"


@pytest.mark.parametrize(
    "statements",
    [
        [{"Effect": "Allow", "Condition": {"StringEquals": _TAGGED}}],
        [
            {"Effect": "Allow"},
            {"Effect": "Deny", "Condition": {"StringNotEquals": _TAGGED}},
        ],
    ],
    ids=["by an allow", "by a deny"],
)
def test_cached_decision_is_not_used_with_tags(
    server: RunningServer, statements: list[dict[str, Any]]
) -> None:
    root = server.client()
    tagged = root.create_user_pool(PoolName="tagged", UserPoolTags={"team": "ours"})
    pool_id = tagged["UserPool"]["Id"]
    asking = server.client(add_key(server, {"Test": _policy(*statements)}))
    assert [_asked(asking, pool_id) for _ in range(2)] == ["ok"] * 2
    root.update_user_pool(UserPoolId=pool_id, UserPoolTags={"team": "theirs"})
    assert [_asked(asking, pool_id) for _ in range(2)] == ["AccessDeniedException"] * 2


def test_cached_decision_is_bound_to_its_pool(server: RunningServer) -> None:
    root = server.client()
    ours, theirs = (root.create_user_pool(PoolName=name)["UserPool"] for name in ("a", "b"))
    asking = server.client(
        add_key(server, {"Test": _policy({"Effect": "Allow", "Resource": ours["Arn"]})})
    )
    for _ in range(2):
        assert _asked(asking, ours["Id"]) == "ok"
        assert _asked(asking, theirs["Id"]) == "AccessDeniedException"
