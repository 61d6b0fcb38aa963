"""A request in IAM's terms: its condition keys and its resource.

Sources: IAM user guide, "AWS global condition context keys"; Service Authorization Reference for
Amazon Cognito user pools.
"""

from datetime import datetime, timedelta, timezone

import pytest
from msgspec.structs import replace

from poolhouse.rules.aws.iam import (
    NO_TAGS,
    PrincipalFacts,
    RequestFacts,
    TagFacts,
    action_of,
    context,
    pool_arn,
    principal_facts,
    resource_of,
)
from poolhouse.rules.aws.iam.conditions import compile_condition
from poolhouse.rules.aws.iam.resources import BY_RESOURCE_ARN, WITHOUT_RESOURCE
from poolhouse.wire.operations import OPERATIONS, Caller

ALWAYS = (
    "aws:CurrentTime",
    "aws:EpochTime",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalType",
    "aws:RequestedRegion",
    "aws:SecureTransport",
    "aws:SourceIp",
    "aws:ViaAWSService",
    "aws:userid",
)
SOMETIMES = {
    "aws:PrincipalTag/*": "a tag of the principal",
    "aws:RequestTag/*": "a tag in the request: CreateUserPool, UpdateUserPool, TagResource",
    "aws:ResourceTag/*": "a tag of the user pool that the request names",
    "aws:TagKeys": "the keys of the tags in the request, UntagResource's too",
    "aws:UserAgent": "the User-Agent header, when there is one",
    "aws:referer": "the Referer header, when there is one",
    "aws:username": "the IAM user's name; neither the root nor a role has one",
}

NOW = datetime(2026, 3, 1, 13, 0, 0, 700_000, tzinfo=timezone(timedelta(hours=1)))
REQUEST = RequestFacts(source_ip="203.0.113.9", region="eu-central-1", is_secure=True)
ANNA = PrincipalFacts(
    arn="arn:aws:iam::123456789012:user/ops/anna",
    account="123456789012",
    type="User",
    userid="AIDAEXAMPLE",
    username="anna",
    tags={"Team": "red"},
)


def test_policy_context_of_a_plain_request_has_the_documented_keys() -> None:
    assert context(ANNA, REQUEST, NO_TAGS, NOW) == {
        "aws:currenttime": "2026-03-01T12:00:00Z",
        "aws:epochtime": "1772366400",
        "aws:principalaccount": "123456789012",
        "aws:principalarn": "arn:aws:iam::123456789012:user/ops/anna",
        "aws:principaltag/team": "red",
        "aws:principaltype": "User",
        "aws:requestedregion": "eu-central-1",
        "aws:securetransport": "true",
        "aws:sourceip": "203.0.113.9",
        "aws:userid": "AIDAEXAMPLE",
        "aws:username": "anna",
        "aws:viaawsservice": "false",
    }


@pytest.mark.parametrize("kind", ["aws:PrincipalTag", "aws:RequestTag", "aws:ResourceTag"])
@pytest.mark.parametrize(
    "spellings", [("team", "Team"), ("Team", "team"), ("team", "TEAM", "Team")]
)
@pytest.mark.parametrize("denies", [False, True])
def test_condition_on_tag_key_with_two_spellings_holds_in_a_deny_alone(
    kind: str, spellings: tuple[str, ...], denies: bool
) -> None:
    """IAM user guide, aws:ResourceTag: TagKey1 or tagkey1, "but not both". No Allow may be reached
    by a further spelling, and no Deny evaded.
    """
    tags = {key: ("red", "blue", "green")[n] for n, key in enumerate(spellings)} | {"stage": "test"}
    found = context(replace(ANNA, tags=tags), REQUEST, TagFacts(resource=tags, request=tags), NOW)

    def holds(operator: str, value: str, key: str = "team") -> bool:
        name = f"{kind}/{key}"
        return compile_condition(operator, name, [value], True, denies=denies).holds(found)

    for value in ("red", "blue", "green", "*", f"${{{kind}/Team}}", f"${{{kind}/team, 'red'}}"):
        for plain in ("StringEquals", "StringLike", "StringNotLike", "StringEqualsIfExists"):
            assert holds(plain, value) is denies
            assert holds(f"ForAnyValue:{plain}", value) is denies
            assert holds(f"ForAllValues:{plain}", value) is denies
    for operator in ("StringEquals", "StringNotEquals"):
        assert holds(operator, f"${{{kind}/team, 'test'}}", "stage") is denies
    # The key is there, so no policy that asks for its absence, or forbids its presence, is evaded.
    assert holds("Null", "false")
    assert not holds("Null", "true")
    assert holds("StringEquals", "test", "stage")


def test_tags_and_headers_are_keys_when_they_are_there() -> None:
    request = RequestFacts(
        source_ip="::1",
        region="eu-central-1",
        is_secure=False,
        user_agent="Boto3",
        referer="https://console",
    )
    tags = TagFacts(resource={"Env": "prod"}, request={"Env": "dev", "Cost": ""})
    found = context(ANNA, request, tags, NOW)
    assert found["aws:securetransport"] == "false"
    assert found["aws:useragent"] == "Boto3"
    assert found["aws:referer"] == "https://console"
    assert found["aws:resourcetag/env"] == "prod"
    assert (found["aws:requesttag/env"], found["aws:requesttag/cost"]) == ("dev", "")
    assert found["aws:tagkeys"] == ("Env", "Cost")


def test_untag_resource_has_tag_keys_alone() -> None:
    found = context(ANNA, REQUEST, TagFacts(removed=["Env"]), NOW)
    assert found["aws:tagkeys"] == ("Env",)
    assert not [key for key in found if key.startswith("aws:requesttag/")]


def test_policy_context_has_every_documented_key() -> None:
    found = context(ANNA, REQUEST, NO_TAGS, NOW)
    assert {key.lower() for key in ALWAYS} <= set(found)
    everything = context(
        ANNA,
        RequestFacts(source_ip="::1", region="r", is_secure=True, user_agent="a", referer="b"),
        TagFacts(resource={"*": ""}, request={"*": ""}),
        NOW,
    )
    documented = {key.lower() for key in (*ALWAYS, *SOMETIMES)}
    assert documented - {"aws:principaltag/*"} <= set(everything)
    assert set(everything) - {"aws:principaltag/team"} <= documented


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        (
            "arn:aws:iam::123456789012:root",
            ("arn:aws:iam::123456789012:root", "Account", "123456789012", None),
        ),
        (
            "arn:aws:iam::123456789012:user/ops/anna",
            (
                "arn:aws:iam::123456789012:user/ops/anna",
                "User",
                "AIDAF2GO6OK7VLFFIIE5B",
                "anna",
            ),
        ),
        (
            "arn:aws:sts::123456789012:federated-user/ben",
            (
                "arn:aws:sts::123456789012:federated-user/ben",
                "FederatedUser",
                "123456789012:ben",
                None,
            ),
        ),
        (
            "arn:aws-cn:sts::123456789012:assumed-role/admin/session-1",
            (
                "arn:aws-cn:iam::123456789012:role/admin",
                "AssumedRole",
                "AROALJJJAHVZ55O2JZF75:session-1",
                None,
            ),
        ),
    ],
)
def test_policy_context_principal_facts_are_read_from_its_arn(
    arn: str, expected: tuple[str, str, str, str | None]
) -> None:
    """A session's key aws:PrincipalArn is its role's ARN."""
    facts = principal_facts(arn, {"Team": "red"})
    assert facts.account == "123456789012"
    assert facts.tags == {"Team": "red"}
    assert (facts.arn, facts.type, facts.userid, facts.username) == expected


@pytest.mark.parametrize("text", ["", "anna", "arn:aws:s3:::user/a", "arn:aws:iam::1:group/a"])
def test_policy_context_arn_of_no_principal_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a principal's ARN is"):
        principal_facts(text, {})


POOL = "eu-central-1_Example"
ARN = f"arn:aws:cognito-idp:eu-central-1:123456789012:userpool/{POOL}"


@pytest.mark.parametrize(
    ("operation", "pool_id", "resource_arn", "expected"),
    [
        ("AdminConfirmSignUp", POOL, None, ARN),
        ("DescribeUserPool", POOL, None, ARN),
        ("CreateUserPool", None, None, "*"),
        ("ListUserPools", None, None, "*"),
        ("DescribeUserPoolDomain", None, None, "*"),
        ("GetProvisionedLimit", None, None, "*"),
        ("UpdateProvisionedLimit", None, None, "*"),
        ("TagResource", None, ARN, ARN),
        ("UntagResource", None, ARN, ARN),
        ("ListTagsForResource", None, ARN, ARN),
        ("GetDerivedToken", None, None, "*"),
    ],
)
def test_policy_resource_of_an_operation_is_found(
    operation: str, pool_id: str | None, resource_arn: str | None, expected: str
) -> None:
    found = resource_of(operation, "eu-central-1", "123456789012", pool_id, resource_arn)
    assert found == expected


def test_policy_resource_is_defined_for_every_signed_operation() -> None:
    without_pool = {
        name
        for name, operation in OPERATIONS.items()
        if operation.caller is Caller.IAM and operation.pool_member is None
    }
    assert without_pool == WITHOUT_RESOURCE | BY_RESOURCE_ARN


@pytest.mark.parametrize(
    ("region", "partition"),
    [("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn"), ("us-east-1", "aws")],
)
def test_pool_arn_has_the_partition_of_its_region(region: str, partition: str) -> None:
    assert pool_arn(region, "1", "p") == f"arn:{partition}:cognito-idp:{region}:1:userpool/p"


def test_policy_action_has_the_service_prefix() -> None:
    assert action_of("ListUsers") == "cognito-idp:ListUsers"
