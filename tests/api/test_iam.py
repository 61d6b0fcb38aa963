"""Authorization by IAM policies, over the wire (ev:iam-sigv4-3, ev:iam-sigv4-4, ev:iam-sigv4-5)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.access_keys import add_key, change_key, change_policies
from support.running_server import ACCOUNT, REGION, RunningServer, running
from support.served_pools import PoolForTest

POOLS = f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool"
Statement = dict[str, Any]


def policy(*statements: Statement) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | list[str] = "cognito-idp:*", resource: Any = "*", **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: str | list[str] = "cognito-idp:*", resource: Any = "*", **more: Any) -> Statement:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


class PolicyCaller:
    """A principal with policies; its calls return "ok" or the error's code."""

    def __init__(self, server: RunningServer, *statements: Statement, **more: Any) -> None:
        self.key = add_key(server, {"Test": policy(*statements)} if statements else {}, **more)
        self.client = server.client(self.key)

    def ask(self, operation: str, **members: Any) -> str:
        try:
            getattr(self.client, operation)(**members)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "ok"

    def sentence(self, operation: str, **members: Any) -> str:
        with pytest.raises(ClientError) as caught:
            getattr(self.client, operation)(**members)
        response = caught.value.response
        assert response["Error"]["Code"] == "AccessDeniedException"
        assert response["ResponseMetadata"]["HTTPStatusCode"] == 400, "not 403: JSON protocol"
        return str(response["Error"]["Message"])


@pytest.fixture
def tester(server: RunningServer) -> Callable[..., PolicyCaller]:
    def make(*statements: Statement, **more: Any) -> PolicyCaller:
        return PolicyCaller(server, *statements, **more)

    return make


@pytest.fixture
def pool(server: RunningServer, cognito: Any) -> PoolForTest:
    """A pool with a user and a tag."""
    pool = PoolForTest(cognito, UserPoolTags={"team": "blue"})
    pool.sign_up()
    return pool


def arn(pool: PoolForTest) -> str:
    return f"{POOLS}/{pool.id}"


# --- Allow and deny -------------------------------------------------------------------------

GET = {"Username": "alice"}


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([], False),
        ([allow()], True),
        ([allow("*")], True),
        ([allow("cognito-idp:AdminGetUser")], True),
        ([allow("COGNITO-IDP:admingetuser")], True),
        ([allow("cognito-idp:AdminGet*")], True),
        ([allow("cognito-idp:Admin?etUser")], True),
        ([allow("cognito-idp:AdminGetUse")], False),
        ([allow("cognito-identity:*")], False),
        ([allow(["cognito-idp:ListUsers", "cognito-idp:AdminGetUser"])], True),
        ([{"Effect": "Allow", "NotAction": "cognito-idp:AdminGetUser", "Resource": "*"}], False),
        ([{"Effect": "Allow", "NotAction": "cognito-idp:AdminDelete*", "Resource": "*"}], True),
        ([allow(), deny("cognito-idp:AdminGetUser")], False),
        ([deny("cognito-idp:AdminGetUser"), allow()], False),
        ([allow(), deny("cognito-idp:AdminDeleteUser")], True),
        ([allow(), {"Effect": "Deny", "NotAction": "cognito-idp:List*", "Resource": "*"}], False),
        ([allow(resource="POOL")], True),
        ([allow(resource=["POOL-OTHER", "POOL"])], True),
        ([allow(resource="POOL-OTHER")], False),
        ([allow(resource=f"{POOLS}/*")], True),
        ([allow(resource=f"{POOLS}/{REGION}_?????????")], True),
        ([allow(resource=f"arn:aws:cognito-idp:us-east-1:{ACCOUNT}:userpool/*")], False),
        ([allow(resource=f"arn:aws:cognito-idp:{REGION}:999999999999:userpool/*")], False),
        ([allow(resource=f"arn:aws:cognito-idp:*:{ACCOUNT}:userpool/*")], True),
        ([{"Effect": "Allow", "Action": "*", "NotResource": "POOL"}], False),
        ([{"Effect": "Allow", "Action": "*", "NotResource": "POOL-OTHER"}], True),
        ([allow(), deny(resource="POOL")], False),
        ([allow(), deny(resource="POOL-OTHER")], True),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, list) else None,
)
def test_call_with_allow_and_without_deny_is_allowed(
    tester: Callable[..., PolicyCaller],
    pool: PoolForTest,
    statements: list[Statement],
    expected: bool,
) -> None:
    text = json.dumps(statements).replace("POOL-OTHER", f"{POOLS}/{REGION}_000000000")
    given = json.loads(text.replace('"POOL"', json.dumps(arn(pool))))
    answer = tester(*given).ask("admin_get_user", UserPoolId=pool.id, **GET)
    assert answer == ("ok" if expected else "AccessDeniedException")


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (allow("cognito-idp:ListUserPools"), True),
        (allow(resource=f"{POOLS}/*"), False),
        ({"Effect": "Allow", "Action": "*", "NotResource": f"{POOLS}/*"}, True),
    ],
)
def test_operation_without_pool_needs_star_resource(
    tester: Callable[..., PolicyCaller], statement: Statement, expected: bool
) -> None:
    """ev:iam-sigv4-3.1: an Allow with a pool's ARN doesn't grant it."""
    answer = tester(statement).ask("list_user_pools", MaxResults=1)
    assert answer == ("ok" if expected else "AccessDeniedException")


def test_deny_of_pools_does_not_match_operation_without_pool(
    tester: Callable[..., PolicyCaller],
) -> None:
    someone = tester(allow(), deny(resource=f"{POOLS}/*"))
    assert someone.ask("list_user_pools", MaxResults=1) == "ok"


def test_public_operations_ask_no_policy(
    tester: Callable[..., PolicyCaller], pool: PoolForTest
) -> None:
    someone = tester(deny("*"))
    members = {"Username": "bob", "Password": "Correct-Horse-9!"}
    assert someone.ask("sign_up", ClientId=pool.client_id, **members) == "ok"


# --- Conditions -----------------------------------------------------------------------------


def test_resource_tags_decide(tester: Callable[..., PolicyCaller], pool: PoolForTest) -> None:
    def asked(team: str) -> str:
        condition = {"StringEquals": {"aws:ResourceTag/team": team}}
        return tester(allow(Condition=condition)).ask("admin_get_user", UserPoolId=pool.id, **GET)

    assert asked("blue") == "ok"
    assert asked("red") == "AccessDeniedException"


def test_unknown_pool_has_no_resource_tags(tester: Callable[..., PolicyCaller]) -> None:
    someone = tester(allow(Condition={"StringEquals": {"aws:ResourceTag/team": "blue"}}))
    missing = f"{REGION}_000000000"
    assert someone.ask("admin_get_user", UserPoolId=missing, **GET) == "AccessDeniedException"


def test_request_tags_decide(tester: Callable[..., PolicyCaller]) -> None:
    someone = tester(
        allow(
            "cognito-idp:CreateUserPool",
            Condition={
                "StringEquals": {"aws:RequestTag/team": "${aws:PrincipalTag/team}"},
                "ForAllValues:StringEquals": {"aws:TagKeys": ["team", "stage"]},
            },
        ),
        tags={"team": "blue"},
    )

    def create(**tags: str) -> str:
        return someone.ask("create_user_pool", PoolName="tagged", UserPoolTags=tags)

    assert create(team="blue") == "ok"
    assert create(team="blue", stage="test") == "ok"
    assert create(team="red") == "AccessDeniedException"
    assert create(team="blue", cost="1") == "AccessDeniedException"
    assert someone.ask("create_user_pool", PoolName="untagged") == "AccessDeniedException"


def test_tag_key_in_two_spellings_is_not_matched(tester: Callable[..., PolicyCaller]) -> None:
    """IAM user guide, aws:ResourceTag: a condition matches either spelling, "but not both"."""
    by_request = {"StringEquals": {"aws:RequestTag/team": "red"}}
    painter = tester(allow("cognito-idp:CreateUserPool", Condition=by_request))
    for tags in ({"team": "blue", "Team": "red"}, {"team": "red", "Team": "blue"}):
        asked = painter.ask("create_user_pool", PoolName="both", UserPoolTags=tags)
        assert asked == "AccessDeniedException"
    assert painter.ask("create_user_pool", PoolName="one", UserPoolTags={"Team": "red"}) == "ok"


@pytest.mark.parametrize("operator", ["StringEquals", "StringNotEquals"])
def test_tag_key_in_two_spellings_evades_no_statement(
    tester: Callable[..., PolicyCaller], operator: str
) -> None:
    """IAM user guide, aws:RequestTag: names of tags count without case, so both are the team."""
    by_request = {operator: {"aws:RequestTag/team": "red"}}
    denied = tester(
        allow("cognito-idp:CreateUserPool"),
        deny("cognito-idp:CreateUserPool", Condition=by_request),
    )
    allowed = tester(allow("cognito-idp:CreateUserPool", Condition=by_request))
    for tags in ({"team": "blue", "Team": "red"}, {"team": "red", "Team": "blue"}):
        for someone in (denied, allowed):
            asked = someone.ask("create_user_pool", PoolName="both", UserPoolTags=tags)
            assert asked == "AccessDeniedException"
    met, unmet = ("red", "blue") if operator == "StringEquals" else ("blue", "red")
    for someone, team in ((denied, unmet), (allowed, met)):
        one = {"UserPoolTags": {"Team": team}}
        assert someone.ask("create_user_pool", PoolName="one", **one) == "ok"


def test_update_checks_request_tags_and_resource_tags(
    tester: Callable[..., PolicyCaller], pool: PoolForTest
) -> None:
    someone = tester(
        allow(
            "cognito-idp:UpdateUserPool",
            Condition={
                "StringEquals": {"aws:ResourceTag/team": "blue", "aws:RequestTag/team": "red"}
            },
        )
    )
    assert someone.ask("update_user_pool", UserPoolId=pool.id) == "AccessDeniedException"
    tags = {"UserPoolTags": {"team": "red"}}
    assert someone.ask("update_user_pool", UserPoolId=pool.id, **tags) == "ok"
    assert someone.ask("update_user_pool", UserPoolId=pool.id, **tags) == "AccessDeniedException"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, True),
        ({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "127.0.0.1"]}}, True),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, False),
        ({"NotIpAddress": {"aws:SourceIp": "127.0.0.1"}}, False),
        ({"Bool": {"aws:SecureTransport": "true"}}, False),
        ({"Bool": {"aws:SecureTransport": "false"}}, True),
        ({"Bool": {"aws:MultiFactorAuthPresent": "false"}}, False),
        ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}, True),
        ({"Null": {"aws:MultiFactorAuthAge": "true"}}, True),
        ({"StringEquals": {"aws:RequestedRegion": REGION}}, True),
        ({"StringEquals": {"AWS:PRINCIPALACCOUNT": ACCOUNT}}, True),
        ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:user/tester-*"}}, True),
        ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/*"}}, False),
        ({"StringLike": {"aws:username": "tester-*"}}, True),
        ({"StringLike": {"aws:UserAgent": "*Boto3*"}}, True),
        ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, True),
        ({"DateGreaterThan": {"aws:CurrentTime": "2999-01-01T00:00:00Z"}}, False),
        ({"NumericGreaterThan": {"aws:EpochTime": "1500000000"}}, True),
    ],
)
def test_request_context_decides(
    tester: Callable[..., PolicyCaller], condition: dict[str, Any], expected: bool
) -> None:
    answer = tester(allow(Condition=condition)).ask("list_user_pools", MaxResults=1)
    assert answer == ("ok" if expected else "AccessDeniedException")


def test_policy_variables_are_replaced_by_the_callers_values(
    tester: Callable[..., PolicyCaller], pool: PoolForTest
) -> None:
    statement = allow(resource=f"{POOLS}/${{aws:PrincipalTag/pool}}")
    mine = tester(statement, tags={"pool": pool.id})
    theirs = tester(statement, tags={"pool": f"{REGION}_000000000"})
    nobodys = tester(statement)
    answers = [
        each.ask("admin_get_user", UserPoolId=pool.id, **GET) for each in (mine, theirs, nobodys)
    ]
    assert answers == ["ok", "AccessDeniedException", "AccessDeniedException"]


# --- Denial ---------------------------------------------------------------------------------


def who(someone: PolicyCaller) -> str:
    return f"arn:aws:iam::{ACCOUNT}:user/tester-{int(someone.key[0].removeprefix('AKIATESTER'))}"


def test_missing_allow_is_denied(tester: Callable[..., PolicyCaller], pool: PoolForTest) -> None:
    someone = tester()
    assert someone.sentence("admin_confirm_sign_up", UserPoolId=pool.id, **GET) == (
        f"User: {who(someone)} is not authorized to perform: cognito-idp:AdminConfirmSignUp on"
        f" resource: {arn(pool)} because no identity-based policy allows the"
        " cognito-idp:AdminConfirmSignUp action"
    )


def test_explicit_deny_is_denied(tester: Callable[..., PolicyCaller], pool: PoolForTest) -> None:
    someone = tester(allow(), deny("cognito-idp:AdminConfirm*"))
    assert someone.sentence("admin_confirm_sign_up", UserPoolId=pool.id, **GET) == (
        f"User: {who(someone)} is not authorized to perform: cognito-idp:AdminConfirmSignUp on"
        f" resource: {arn(pool)} with an explicit deny in an identity-based policy"
    )


def test_denial_without_pool_names_star_resource(tester: Callable[..., PolicyCaller]) -> None:
    someone = tester()
    assert someone.sentence("list_user_pools", MaxResults=1) == (
        f"User: {who(someone)} is not authorized to perform: cognito-idp:ListUserPools on"
        " resource: * because no identity-based policy allows the cognito-idp:ListUserPools action"
    )


@pytest.mark.parametrize(
    "principal",
    [f"arn:aws:iam::{ACCOUNT}:role/Admins", f"arn:aws:sts::{ACCOUNT}:assumed-role/Admins/me"],
)
def test_denial_names_the_principal(tester: Callable[..., PolicyCaller], principal: str) -> None:
    someone = tester(arn=f"{principal}-{id(tester)}")
    assert someone.sentence("list_user_pools", MaxResults=1).startswith(f"User: {principal}-")


def test_denied_call_does_not_reveal_the_pool(
    tester: Callable[..., PolicyCaller],
) -> None:
    """ev:iam-sigv4-4: denied before the pool is looked up; an allowed caller gets not found."""
    missing = f"{REGION}_000000000"
    sentence = tester().sentence("admin_get_user", UserPoolId=missing, **GET)
    assert f"on resource: {POOLS}/{missing} because" in sentence
    someone = tester(allow())
    assert someone.ask("admin_get_user", UserPoolId=missing, **GET) == "ResourceNotFoundException"


def test_denied_change_is_not_made(tester: Callable[..., PolicyCaller], pool: PoolForTest) -> None:
    someone = tester(allow("cognito-idp:AdminGetUser"))
    denied = "AccessDeniedException"
    assert someone.ask("admin_confirm_sign_up", UserPoolId=pool.id, **GET) == denied
    assert someone.ask("admin_delete_user", UserPoolId=pool.id, **GET) == denied
    assert pool.user()["UserStatus"] == "UNCONFIRMED"


# --- Changes --------------------------------------------------------------------------------


def test_changed_policy_applies_to_next_call(
    server: RunningServer, tester: Callable[..., PolicyCaller]
) -> None:
    someone = tester(allow())
    ask = {"MaxResults": 1}
    assert someone.ask("list_user_pools", **ask) == "ok"
    change_policies(server, someone.key[0], {})
    assert someone.ask("list_user_pools", **ask) == "AccessDeniedException"
    change_policies(server, someone.key[0], {"Test": policy(allow("cognito-idp:List*"))})
    assert someone.ask("list_user_pools", **ask) == "ok"


def test_policy_changed_by_another_worker_applies_to_next_call(tmp_path: Path) -> None:
    """Two servers on one store, each with decoded policies and keys of its own."""
    with running(tmp_path) as one, running(tmp_path) as other:
        someone = PolicyCaller(one, allow())
        ask = {"MaxResults": 1}
        assert someone.ask("list_user_pools", **ask) == "ok"
        change_policies(other, someone.key[0], {})
        assert someone.ask("list_user_pools", **ask) == "AccessDeniedException"
        change_policies(other, someone.key[0], {"Test": policy(allow())})
        assert someone.ask("list_user_pools", **ask) == "ok"
        change_key(other, someone.key[0], enabled=False)
        assert someone.ask("list_user_pools", **ask) == "UnrecognizedClientException"


def test_several_policies_are_one(server: RunningServer) -> None:
    key = add_key(
        server,
        {
            "Reads": policy(allow(["cognito-idp:List*", "cognito-idp:Describe*"])),
            "NotHere": policy(deny("cognito-idp:Describe*")),
        },
    )
    client = server.client(key)
    client.list_user_pools(MaxResults=1)
    with pytest.raises(ClientError, match="explicit deny"):
        client.describe_user_pool(UserPoolId=f"{REGION}_000000000")


def test_malformed_policy_allows_nothing(server: RunningServer) -> None:
    """It was refused when it was written; a store that holds one all the same allows nothing.

    Nor do the other policies, since what the malformed one denies is unknown.
    """
    broken = '{"Version":"2012-10-17","Statement":"all"}'
    key = add_key(server, {"Broken": broken, "Good": policy(allow())})
    with pytest.raises(ClientError, match="because no identity-based policy allows"):
        server.client(key).list_user_pools(MaxResults=1)
