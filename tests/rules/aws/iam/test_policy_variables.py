"""Policy variables in resources and conditions.

Source: IAM user guide, "Policy elements: variables and tags".
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.rules.aws.iam import AccessRequest, compile_policy, decide
from poolhouse.rules.aws.iam.variables import Context

POOL = "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/"
CONTEXT: Context = {
    "aws:username": "anna",
    "aws:principaltag/team": "red*",
    "aws:tagkeys": ("a", "b"),
}


def allows(
    resource: str = "*",
    requested: str = POOL,
    condition: dict[str, dict[str, str]] | None = None,
    version: str = "2012-10-17",
    element: str = "Resource",
) -> bool:
    statement = {
        "Effect": "Allow",
        "Action": "*",
        element: resource,
        "Condition": condition or {},
    }
    policy = compile_policy({"Version": version, "Statement": statement}, "p")
    return decide([policy], AccessRequest("cognito-idp:A", requested, lambda: CONTEXT)).allowed


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("${aws:username}", "anna", "ben"),
        ("${AWS:UserName}", "anna", "ben"),
        ("x-${aws:username}-*", "x-anna-1", "x-ben-1"),
        ("${aws:PrincipalTag/team}", "red*", "redder"),
        ("${aws:PrincipalTag/none, 'nobody'}", "nobody", "anna"),
        ("${aws:username,'nobody'}", "anna", "nobody"),
        ("${*}", "*", "x"),
        ("${?}", "?", "x"),
        ("${$}{aws:username}", "${aws:username}", "anna"),
        ("$", "$", "x"),
    ],
)
def test_policy_variable_is_replaced_literally(pattern: str, matching: str, other: str) -> None:
    assert allows(POOL + pattern, POOL + matching)
    assert not allows(POOL + pattern, POOL + other)
    equals = {"StringLike": {"aws:username": pattern}}
    assert allows(condition=equals) == (matching == "anna")


@pytest.mark.parametrize("missing", ["${aws:nothing}", "${aws:TagKeys}", "*${aws:nothing}*"])
def test_policy_variable_without_value_matches_no_resource(missing: str) -> None:
    assert not allows(POOL + missing, POOL + missing)
    assert not allows(POOL + missing, POOL)


def test_policy_variable_without_value_does_not_widen_not_resource() -> None:
    assert not allows(POOL + "${aws:nothing}", POOL + "x", element="NotResource")
    assert allows(POOL + "${aws:username}", POOL + "x", element="NotResource")
    assert not allows(POOL + "${aws:username}", POOL + "anna", element="NotResource")


def test_policy_variable_without_value_fails_conditions_and_holds_negated() -> None:
    for operator in ("StringEquals", "StringLike", "ArnLike", "StringEqualsIgnoreCase"):
        assert not allows(condition={operator: {"aws:username": "${aws:nothing}"}})
    for operator in ("StringNotEquals", "StringNotLike", "ArnNotLike"):
        assert allows(condition={operator: {"aws:username": "${aws:nothing}"}})


def test_policy_variable_in_arn_and_bool_operators_is_replaced() -> None:
    arn = "arn:aws:iam::123456789012:user/anna"
    tagged = {"aws:PrincipalArn": "arn:*:iam::*:user/${aws:username}"}
    policy = compile_policy(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Action": "*",
                "Resource": "*",
                "Condition": {
                    "ArnEquals": tagged,
                    "ArnLike": {"aws:PrincipalArn": "${aws:PrincipalArn}"},
                    "Bool": {"aws:SecureTransport": "${aws:PrincipalTag/tls}"},
                },
            },
        },
        "p",
    )
    for user, tls, expected in (
        ("anna", "True", True),
        ("ben", "true", False),
        ("anna", "", False),
    ):
        context = {
            "aws:principalarn": arn,
            "aws:username": user,
            "aws:principaltag/tls": tls,
            "aws:securetransport": "true",
        }
        request = AccessRequest("a:B", "*", lambda context=context: context)  # type: ignore[misc]
        assert decide([policy], request).allowed is expected


def test_policy_variable_in_version_2008_is_literal() -> None:
    assert allows(POOL + "${aws:username}", POOL + "${aws:username}", version="2008-10-17")
    assert not allows(POOL + "${aws:username}", POOL + "anna", version="2008-10-17")
    assert allows(POOL + "${*}", POOL + "${anything}", version="2008-10-17")
    assert allows("arn:aws:s3:${x}::a", "arn:aws:s3:${x}::a", version="2008-10-17")


@given(name=st.text(max_size=20), other=st.text(max_size=20))
def test_policy_variable_value_is_never_a_pattern(name: str, other: str) -> None:
    policy = compile_policy(
        {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Action": "*", "Resource": POOL + "?${aws:username}"},
        },
        "p",
    )

    def decides(resource: str) -> bool:
        request = AccessRequest("a:B", resource, lambda: {"aws:username": name})
        return decide([policy], request).allowed

    assert decides(f"{POOL}x{name}")
    assert decides(f"{POOL}x{other}") == (name == other)
