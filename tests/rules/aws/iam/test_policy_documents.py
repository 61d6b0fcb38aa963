"""The grammar of a policy, and a sentence for every mistake.

Source: IAM user guide, "Grammar of the IAM JSON policy language".
"""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.rules.aws.iam import MalformedPolicy, Policy, compile_policy

STATEMENT: dict[str, Any] = {"Effect": "Allow", "Action": "cognito-idp:*", "Resource": "*"}


def document(*statements: Any, **elements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements or [STATEMENT]), **elements}


def having(**elements: Any) -> dict[str, Any]:
    """One plain statement with elements set; None takes one away."""
    changed = {**STATEMENT, **elements}
    return document({name: value for name, value in changed.items() if value is not None})


def mistake(policy: Any) -> str:
    with pytest.raises(MalformedPolicy) as refused:
        compile_policy(policy, "p")
    return str(refused.value)


@pytest.mark.parametrize(
    "policy",
    [
        document(),
        document(Id="an-id"),
        {"Statement": STATEMENT},
        {"Version": "2008-10-17", "Statement": [STATEMENT]},
        document({**STATEMENT, "Sid": "One"}, {**STATEMENT, "Sid": "Two"}, STATEMENT),
        document({**STATEMENT, "Sid": ""}, {**STATEMENT, "Sid": ""}),
        having(Action=["*", "*:*", "cognito-idp:Admin*", "IAM:Get?ser", "s3-object-lambda:*"]),
        having(Action=None, NotAction="cognito-idp:*"),
        having(Resource=None, NotResource=["arn:aws:cognito-idp:*:*:userpool/*", "*"]),
        having(Resource="arn:aws:cognito-idp:*"),
        having(Resource="arn:aws:s3:::bucket/${aws:username}/${*}/${aws:PrincipalTag/a, 'b'}"),
        having(Condition={}),
        having(Condition={"NumericLessThan": {"aws:EpochTime": 5, "aws:x": [1.5, "2"]}}),
        having(Condition={"Bool": {"aws:SecureTransport": True}}),
    ],
)
def test_policy_document_is_accepted_as_json_and_as_mapping(policy: dict[str, Any]) -> None:
    listed = policy["Statement"]
    count = len(listed) if isinstance(listed, list) else 1
    text = json.dumps(policy)
    for given_as in (policy, text, text.encode(), text.encode("utf-16")):
        compiled = compile_policy(given_as, "p")
        assert isinstance(compiled, Policy)
        assert len(compiled.statements) == count


@pytest.mark.parametrize(
    ("policy", "sentence"),
    [
        ("[", "The document is not JSON: Expecting value at line 1, column 2"),
        (b"\xff\xfe\xff", "The document is not UTF-8 text"),
        ("[]", "The document must be a JSON object"),
        ("[" * 100_000, "The document is nested too deeply"),
        (" " * 131_073, "The document is longer than 131072 characters"),
        ('{"a": NaN}', "The document is not JSON: NaN is not a number"),
        ('{"Id": "1", "Id": "2"}', "The key 'Id' is given twice"),
        ({}, "The document has no Statement"),
        ({"Statement": []}, "The document has no Statement"),
        (document(Effect="Allow"), "The document has an unknown element 'Effect'"),
        (document(Version="2012-10-18"), 'Version must be "2012-10-17" or "2008-10-17"'),
        (document(Id=5), "Id must be a string"),
        (document(5), "Statement 1: it must be a JSON object"),
        (having(Principal="*"), "Principal is not allowed in an identity-based policy"),
        (having(NotPrincipal="*"), "NotPrincipal is not allowed in an identity-based policy"),
        (having(Ressource="*"), "it has an unknown element 'Ressource'"),
        (having(Sid="with blank"), "Sid must consist of the characters A-Z, a-z and 0-9"),
        (having(Effect="allow"), 'Effect must be "Allow" or "Deny"'),
        (having(Effect=None), 'Effect must be "Allow" or "Deny"'),
        (having(Effect=["Allow"]), 'Effect must be "Allow" or "Deny"'),
        (having(Action=None), "it must have either Action or NotAction"),
        (having(NotAction="*"), "it must have either Action or NotAction"),
        (having(Resource=None), "it must have either Resource or NotResource"),
        (having(Action=[]), "Action must not be empty"),
        (having(Action=5), "Action must be a string or a list of strings"),
        (having(Action=["*", None]), "Action must be a string or a list of strings"),
        (
            having(Action="AdminGetUser"),
            "Action 'AdminGetUser' must be * or service:Name, with * and ? in the name",
        ),
        (
            having(Action="cognito*:Get"),
            "Action 'cognito*:Get' must be * or service:Name, with * and ? in the name",
        ),
        (having(Resource="userpool/a"), "Resource 'userpool/a' must be * or an ARN"),
        (having(Resource="arn:aws"), "Resource 'arn:aws' must be * or an ARN"),
        (
            having(Resource="arn:aws:*:::a"),
            "Resource 'arn:aws:*:::a' has a wildcard in its service",
        ),
        (
            having(Resource="arn:aws:s3:${aws:RequestedRegion}::a"),
            "Resource 'arn:aws:s3:${aws:RequestedRegion}::a' has a policy variable "
            "before the fifth colon",
        ),
        (
            having(Resource="arn:aws:s3:::${aws:username"),
            "'arn:aws:s3:::${aws:username' has a policy variable that is not well formed",
        ),
        (having(Condition=[]), "Condition must be a JSON object"),
        (having(Condition={"Bool": "true"}), "Condition Bool must be a JSON object"),
        (
            having(Condition={"StringSame": {"a": "b"}}),
            "Condition StringSame a: 'StringSame' is not a condition operator",
        ),
        (
            having(Condition={"ForSomeValues:StringLike": {"a": "b"}}),
            "Condition ForSomeValues:StringLike a: "
            "'ForSomeValues:StringLike' is not a condition operator",
        ),
        (
            having(Condition={"NullIfExists": {"a": "true"}}),
            "Condition NullIfExists a: 'NullIfExists' is not a condition operator",
        ),
        (
            having(Condition={"StringEquals": {"a": {"b": "c"}}}),
            "Condition StringEquals a: its value must be a string or a list of strings",
        ),
        (
            having(Condition={"StringEquals": {"a": []}}),
            "Condition StringEquals a: its value must not be empty",
        ),
        *(
            (
                having(Condition={operator: {"a": value}}),
                f"Condition {operator} a: {value!r} is not {noun}",
            )
            for operator, value, noun in (
                ("NumericEquals", "1e5", "a number"),
                ("NumericLessThan", "${aws:EpochTime}", "a number"),
                ("DateLessThan", "tomorrow", "an ISO 8601 date or epoch time"),
                ("DateEquals", "2026-02-30", "an ISO 8601 date or epoch time"),
                ("Bool", "yes", "true or false"),
                ("Null", "maybe", "true or false"),
                ("BinaryEquals", "not base64", "base64"),
                ("IpAddress", "10.0.0.0/33", "an IP address or CIDR block"),
                ("IpAddress", "10.0.0.0/255.0.0.0", "an IP address or CIDR block"),
                ("NotIpAddress", "::/999999999999", "an IP address or CIDR block"),
                ("IpAddress", "*", "an IP address or CIDR block"),
            )
        ),
    ],
)
def test_policy_document_error_is_described(policy: Any, sentence: str) -> None:
    assert mistake(policy).removeprefix("Statement 1: ") == sentence.removeprefix("Statement 1: ")


def test_policy_document_error_names_its_statement() -> None:
    assert mistake(document(STATEMENT, {**STATEMENT, "Effect": "Maybe"})).startswith("Statement 2:")


def test_policy_document_duplicate_sid_is_refused() -> None:
    twice = {**STATEMENT, "Sid": "Same"}
    assert mistake(document(twice, twice)) == "Statement 2: the Sid 'Same' is given twice"


def test_policy_document_duplicate_nested_key_is_refused() -> None:
    text = json.dumps(having(Condition={"Bool": {"A": "true"}}))
    doubled = text.replace('"A": "true"', '"A": "true", "A": "false"')
    assert mistake(doubled) == "The key 'A' is given twice"


def test_policy_document_error_truncates_long_values() -> None:
    assert len(mistake(having(Action="x" * 100_000))) < 200


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(
    element=st.sampled_from(["Sid", "Effect", "Action", "Resource", "Condition", "Extra"]),
    value=JSON,
    whole=JSON | st.text() | st.binary(),
)
def test_policy_document_of_any_value_compiles_or_is_refused(
    element: str, value: Any, whole: Any
) -> None:
    for policy in (
        having(**{element: value}),
        json.dumps(document(Statement=value)),
        json.dumps(having(**{element: value})),
        having(Condition={"StringLike": value}),
        having(Condition={"NumericEquals": {"a": value}}),
        whole,
    ):
        try:
            compiled = compile_policy(policy, "p")
        except MalformedPolicy:
            continue
        assert compiled.statements
