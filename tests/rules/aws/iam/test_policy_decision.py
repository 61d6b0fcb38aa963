"""Decisions: explicit deny, allow, implicit deny, and how AWS words a refusal.

Source: IAM user guide, "Policy evaluation logic" and "Troubleshoot access denied error messages".
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from poolhouse.cli import keys_can
from poolhouse.config.settings import Settings
from poolhouse.entities.principals import AccessKey, Principal
from poolhouse.rules.aws.iam import (
    AccessRequest,
    Decision,
    DecisionKind,
    Origin,
    Policy,
    compile_policy,
    decide,
    denial,
    explain,
)
from poolhouse.rules.aws.iam.variables import Ambiguous, Context

POOL = "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_Example"
OTHER = "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_Other"


def policy(*statements: Mapping[str, Any], name: str = "p") -> Policy:
    return compile_policy({"Version": "2012-10-17", "Statement": list(statements)}, name)


def allow(action: str = "*", resource: str = "*", **elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **elements}


def deny(action: str = "*", resource: str = "*", **elements: Any) -> dict[str, Any]:
    return {**allow(action, resource, **elements), "Effect": "Deny"}


def no_context() -> Context:
    raise AssertionError("a plain statement must not ask for the context")


def decision(policies: list[Policy], action: str = "cognito-idp:ListUsers") -> Decision:
    return decide(policies, AccessRequest(action, POOL, no_context))


def test_policy_decision_without_policies_is_implicit_deny() -> None:
    assert decision([]) == Decision(DecisionKind.IMPLICIT_DENY)
    assert decision([policy(allow("s3:*"))]) == Decision(DecisionKind.IMPLICIT_DENY)


def test_policy_decision_allow_names_its_statement() -> None:
    policies = [policy(allow("s3:*")), policy(allow("s3:*"), allow(Sid="All"), name="q")]
    found = decision(policies)
    assert found.allowed
    assert found.origin == Origin("q", 2, "All")
    assert str(found.origin) == "q, statement 2 (All)"


def test_policy_decision_explicit_deny_overrides_allow() -> None:
    denied = policy(deny("cognito-idp:List*"), name="d")
    for policies in ([denied, policy(allow())], [policy(allow()), denied]):
        found = decision(policies)
        assert (found.kind, found.allowed) == (DecisionKind.EXPLICIT_DENY, False)
        assert str(found.origin) == "d, statement 1"
    assert decision([denied, policy(allow())], "cognito-idp:AdminGetUser").allowed


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ("*", True),
        ("*:*", True),
        ("cognito-idp:*", True),
        ("cognito-idp:ListUsers", True),
        ("COGNITO-IDP:listusers", True),
        ("cognito-idp:List*", True),
        ("cognito-idp:*Users", True),
        ("cognito-idp:?istUser?", True),
        (["s3:*", "cognito-idp:listUsers"], True),
        ("cognito-idp:ListUser", False),
        ("cognito-idp:ListUser?s", False),
        ("cognito-identity:*", False),
        ("cognito-idp:ListUsersInGroup", False),
    ],
)
def test_actions_have_wildcards_and_no_case(listed: Any, expected: bool) -> None:
    assert decision([policy(allow(listed))]).allowed is expected
    negated = {"Effect": "Allow", "NotAction": listed, "Resource": "*"}
    assert decision([policy(negated)]).allowed is not expected


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ("*", True),
        (POOL, True),
        ([OTHER, POOL], True),
        ("arn:aws:cognito-idp:*:*:userpool/*", True),
        ("arn:aws:cognito-idp:*", True),
        ("arn:*:cognito-idp:eu-central-?:123456789012:userpool/eu-central-1_*", True),
        (OTHER, False),
        (POOL.replace("Example", "example"), False),
        (POOL + "?", False),
        ("arn:aws:cognito-idp:us-*:*:userpool/*", False),
    ],
)
def test_resources_have_wildcards_and_a_case(listed: Any, expected: bool) -> None:
    assert decision([policy(allow(resource=listed))]).allowed is expected
    negated = {"Effect": "Allow", "Action": "*", "NotResource": listed}
    assert decision([policy(negated)]).allowed is not expected


@pytest.mark.parametrize(
    ("statements", "kind"),
    [
        ([allow()], DecisionKind.ALLOW),
        ([allow(resource=POOL)], DecisionKind.IMPLICIT_DENY),
        ([allow(), deny(resource=POOL)], DecisionKind.ALLOW),
        ([{"Effect": "Allow", "Action": "*", "NotResource": POOL}], DecisionKind.ALLOW),
        (
            [allow(), {"Effect": "Deny", "Action": "*", "NotResource": POOL}],
            DecisionKind.EXPLICIT_DENY,
        ),
    ],
)
def test_policy_decision_operation_without_resource_uses_an_asterisk(
    statements: list[dict[str, Any]], kind: DecisionKind
) -> None:
    request = AccessRequest("cognito-idp:ListUserPools", "*", no_context)
    assert decide([policy(*statements)], request).kind is kind


def test_policy_decision_requires_every_condition() -> None:
    both = {
        "StringEquals": {"aws:username": "anna", "aws:RequestedRegion": "eu-central-1"},
        "Bool": {"aws:SecureTransport": "true"},
    }
    context = {
        "aws:username": "anna",
        "aws:requestedregion": "eu-central-1",
        "aws:securetransport": "true",
    }
    conditional = [policy(allow(Condition=both))]
    assert decide(conditional, AccessRequest("a:B", "*", lambda: context)).allowed
    for key in context:
        other = {**context, key: "other"}
        request = AccessRequest("a:B", "*", lambda other=other: other)  # type: ignore[misc]
        assert not decide(conditional, request).allowed


def test_policy_decision_deny_with_a_failed_condition_is_ignored() -> None:
    insecure = deny(Condition={"Bool": {"aws:SecureTransport": "false"}})
    for secure, kind in (("true", DecisionKind.ALLOW), ("false", DecisionKind.EXPLICIT_DENY)):
        context = {"aws:securetransport": secure}
        request = AccessRequest("a:B", "*", lambda context=context: context)  # type: ignore[misc]
        assert decide([policy(allow(), insecure)], request).kind is kind


def test_policy_decision_builds_the_context_once() -> None:
    built: list[int] = []

    def build() -> Context:
        built.append(1)
        return {"aws:username": "anna"}

    asking = deny(Condition={"StringEquals": {"aws:username": "ben"}})
    assert decide([policy(asking, asking, allow())], AccessRequest("a:B", "*", build)).allowed
    assert built == [1]


def test_policy_explanation_names_the_element_that_did_not_match() -> None:
    conditional = {"StringEquals": {"aws:username": "ben"}}
    statements = policy(
        allow("s3:*"),
        allow(resource=OTHER),
        {"Effect": "Allow", "NotAction": "cognito-idp:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "*", "NotResource": POOL},
        deny(Condition=conditional, Sid="Ben"),
        allow(),
    )
    request = AccessRequest("cognito-idp:ListUsers", POOL, lambda: {"aws:username": "anna"})
    explained = explain([statements], request)
    assert explained.decision == decide([statements], request)
    assert [outcome.unmet for outcome in explained.outcomes] == [
        "Action",
        "Resource",
        "NotAction",
        "NotResource",
        "Condition StringEquals aws:username",
        None,
    ]
    assert explained.outcomes[4].origin == Origin("p", 5, "Ben")


PRINCIPAL = "arn:aws:iam::123456789012:user/anna"


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        (
            [],
            "because no identity-based policy allows the cognito-idp:ListUsers action",
        ),
        ([deny()], "with an explicit deny in an identity-based policy"),
    ],
)
def test_policy_denial_has_the_sentence_of_aws(
    statements: list[dict[str, Any]], reason: str
) -> None:
    policies = [policy(*statements)] if statements else []
    refused = denial(PRINCIPAL, "cognito-idp:ListUsers", POOL, decision(policies))
    assert (refused.code, refused.status) == ("AccessDeniedException", 400)
    assert refused.text == (
        f"User: {PRINCIPAL} is not authorized to perform: cognito-idp:ListUsers "
        f"on resource: {POOL} {reason}"
    )


@pytest.mark.parametrize("element", ["Resource", "NotResource"])
@pytest.mark.parametrize("named", [POOL, OTHER])
def test_tag_in_two_spellings_in_a_resource_evades_no_statement(element: str, named: str) -> None:
    """IAM user guide, aws:RequestTag: it could be either value, so each Deny holds, no Allow."""
    of_pool = {"Action": "*", element: named[: named.index("_") + 1] + "${aws:RequestTag/pool}"}
    ambiguous: Context = {"aws:requesttag/pool": Ambiguous.TAG}
    request = AccessRequest("cognito-idp:ListUsers", POOL, lambda: ambiguous)
    allowing = policy({"Effect": "Allow", **of_pool})
    denying = policy(allow(), {"Effect": "Deny", **of_pool})
    assert decide([allowing], request).kind is DecisionKind.IMPLICIT_DENY
    assert decide([denying], request).kind is DecisionKind.EXPLICIT_DENY


def test_explained_decision_of_an_operation_that_another_action_denies_too() -> None:
    """`poolhouse keys can` decides as a call is decided."""
    statements = [
        {"Effect": "Allow", "Action": "cognito-idp:*", "Resource": "*"},
        {
            "Sid": "NoTerms",
            "Effect": "Deny",
            "Action": "cognito-idp:DescribeTerms",
            "Resource": "*",
        },
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    now = datetime.now(UTC)
    arn = "arn:aws:iam::000000000000:user/kim"
    principal = Principal(arn=arn, policies={"reader": document}, created_at=now)
    key = AccessKey(id="AKIA1", principal_arn=arn, secret="x", created_at=now)
    settings = Settings()
    asked = keys_can.Question.of("DescribeTermsByClient", "us-east-1_Abc", {}, settings)
    (first, *_, last), is_allowed = keys_can.explain((key, principal), asked, None, settings)
    assert not is_allowed
    assert first == "Denied explicitly, by reader, statement 2 (NoTerms)."
    assert last == "  Deny in reader, statement 2 (NoTerms): matches"
