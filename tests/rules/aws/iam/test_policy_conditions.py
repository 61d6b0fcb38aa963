"""Condition operators, each with what matches, what does not, and a key that is not there.

Source: IAM user guide, "Policy elements: condition operators" and "multivalued context keys".
"""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.rules.aws.iam import conditions
from poolhouse.rules.aws.iam.conditions import compile_condition

KEY = "aws:Key"


def holds(operator: str, policy: Sequence[str], request: str | tuple[str, ...] | None) -> bool:
    values = [policy] if isinstance(policy, str) else policy
    condition = compile_condition(operator, KEY, values, True, denies=False)
    return condition.holds({} if request is None else {"aws:key": request})


MATCHES = [
    ("StringEquals", "Anna", "Anna"),
    ("StringEquals", ["Ben", "Anna"], "Anna"),
    ("StringEquals", "a*", "a*"),
    ("StringEquals", "", ""),
    ("StringEqualsIgnoreCase", "ANNA", "anna"),
    ("StringLike", "team-*", "team-red"),
    ("StringLike", "team-?", "team-1"),
    ("StringLike", "arn:aws:iam::1:*", "arn:aws:iam::1:user/a:b"),
    ("NumericEquals", "10", "10.0"),
    ("NumericEquals", "-0.50", "-0.5"),
    ("NumericEquals", "1" * 30, "+" + "1" * 30),
    ("NumericLessThan", "10", "9.99"),
    ("NumericLessThanEquals", "10", "10"),
    ("NumericGreaterThan", "10", "10.01"),
    ("NumericGreaterThanEquals", "10", "10"),
    ("DateEquals", "2026-03-01T12:00:00Z", "1772366400"),
    ("DateEquals", "2026-03-01T13:30:00+01:30", "2026-03-01T12:00:00Z"),
    ("DateEquals", "2026-03-01T12:00Z", "2026-03-01T12:00:00.000Z"),
    ("DateEquals", "2026", "2026-01-01"),
    ("DateLessThan", "2026-03", "2026-02-28T23:59:59.999Z"),
    ("DateLessThanEquals", "1772366400", "2026-03-01T12:00:00Z"),
    ("DateGreaterThan", "2026-03-01", "2026-03-01T00:00:00.5Z"),
    ("DateGreaterThanEquals", "2026-03-01", "2026-03-01T00:00:00Z"),
    ("Bool", "true", "TRUE"),
    ("Bool", ["true", "false"], "false"),
    ("BinaryEquals", "QmluYXJ5", "QmluYXJ5"),
    ("IpAddress", "203.0.113.0/24", "203.0.113.255"),
    ("IpAddress", "203.0.113.7/24", "203.0.113.1"),
    ("IpAddress", "203.0.113.7", "203.0.113.7"),
    ("IpAddress", "203.0.113.0/24", "::ffff:203.0.113.9"),
    ("IpAddress", "0.0.0.0/0", "8.8.8.8"),
    ("IpAddress", ["10.0.0.0/8", "2001:DB8:1234:5678::/64"], "2001:db8:1234:5678::1"),
    ("IpAddress", "2001:db8::1", "2001:0db8:0:0:0:0:0:1"),
    ("ArnEquals", "arn:aws:iam::*:user/*", "arn:aws:iam::123456789012:user/path/anna"),
    ("ArnLike", "arn:aws:iam::123456789012:role/r?le", "arn:aws:iam::123456789012:role/role"),
    ("ArnLike", "arn:aws:sns:*:1:a:b", "arn:aws:sns:eu-central-1:1:a:b"),
    ("ArnLike", "*", "arn:aws:iam::123456789012:root"),
]
DIFFERS = [
    ("StringEquals", "Anna", "anna"),
    ("StringEquals", ["Anna", "Ben"], "Carl"),
    ("StringEquals", "A*", "Anna"),
    ("StringEqualsIgnoreCase", "ANNA", "ann"),
    ("StringLike", "team-*", "Team-red"),
    ("StringLike", "team-?", "team-10"),
    ("NumericEquals", "10", "11"),
    ("NumericEquals", "10", "ten"),
    ("NumericLessThan", "10", "NaN"),
    ("NumericLessThan", "10", "-Infinity"),
    ("NumericLessThan", "10", ""),
    ("NumericLessThan", "10", "1e-5"),
    ("NumericGreaterThan", "10", "9" * 100_000),
    ("DateEquals", "2026-03-01", "2026-03-02"),
    ("DateLessThan", "2026-03-01", "2026-03-01"),
    ("DateLessThan", "2026-03-01", "2025-13-01"),
    ("DateLessThan", "2026-03-01", "soon"),
    ("DateLessThan", "2026-03-01", "2025-03-01Z"),
    ("DateGreaterThan", "2026-03-01", "9999-99-99T99:99:99Z"),
    ("Bool", "true", "false"),
    ("Bool", "true", "yes"),
    ("BinaryEquals", "QmluYXJ5", "QmluYXJ6"),
    ("BinaryEquals", "QmluYXJ5", "not base64"),
    ("BinaryEquals", "QmluYXJ5", "é"),
    ("IpAddress", "203.0.113.0/24", "203.0.114.0"),
    ("IpAddress", "203.0.113.0/24", "2001:db8::1"),
    ("IpAddress", "203.0.113.0/24", "203.0.113.1, 10.0.0.1"),
    ("IpAddress", "203.0.113.0/24", "1" * 10_000),
    ("ArnEquals", "arn:aws:iam::*:user/*", "arn:aws:iam::123456789012:role/anna"),
    ("ArnLike", "arn:aws:iam::*", "arn:aws:iam::123456789012:user/anna"),
    ("ArnLike", "arn:*:user/*", "arn:aws:iam::123456789012:user/anna"),
    ("ArnLike", "arn:aws:iam::*:user/anna", "arn:aws:iam::1:2:user/anna"),
    ("ArnLike", "arn:aws:iam::*:user/*", "anna"),
]
NEGATED = {
    "StringEquals": "StringNotEquals",
    "StringEqualsIgnoreCase": "StringNotEqualsIgnoreCase",
    "StringLike": "StringNotLike",
    "NumericEquals": "NumericNotEquals",
    "DateEquals": "DateNotEquals",
    "IpAddress": "NotIpAddress",
    "ArnEquals": "ArnNotEquals",
    "ArnLike": "ArnNotLike",
}
ROWS = [(*row, True) for row in MATCHES] + [(*row, False) for row in DIFFERS]
POSITIVE = sorted({row[0] for row in MATCHES})
SAMPLE = {row[0]: row[1] for row in MATCHES}
SAMPLE |= {negated: SAMPLE[positive] for positive, negated in NEGATED.items()}


@pytest.mark.parametrize(("operator", "policy", "request_", "expected"), ROWS)
def test_condition_operator_compares(
    operator: str, policy: Sequence[str], request_: str, expected: bool
) -> None:
    assert holds(operator, policy, request_) is expected
    assert holds(f"{operator}IfExists", policy, request_) is expected
    assert holds(f"ForAnyValue:{operator}", policy, ("", request_)) is expected or not request_
    if operator in NEGATED:
        assert holds(NEGATED[operator], policy, request_) is not expected
        assert holds(f"{NEGATED[operator]}IfExists", policy, request_) is not expected


def test_condition_operators_have_matching_and_failing_rows() -> None:
    known = set(conditions._OPERATORS)
    assert set(SAMPLE) == known
    assert {row[0] for row in DIFFERS} >= {"StringEquals", "ArnLike", "IpAddress", "DateEquals"}


@pytest.mark.parametrize("operator", POSITIVE)
def test_condition_positive_operator_without_the_key_fails(operator: str) -> None:
    assert not holds(operator, SAMPLE[operator], None)
    assert not holds(operator, SAMPLE[operator], ())


@pytest.mark.parametrize("operator", sorted(NEGATED.values()))
def test_condition_negated_operator_without_the_key_holds(operator: str) -> None:
    assert holds(operator, SAMPLE[operator], None)


@pytest.mark.parametrize("operator", sorted(SAMPLE))
def test_condition_without_the_key_holds_for_if_exists_and_for_all_values_only(
    operator: str,
) -> None:
    policy = SAMPLE[operator]
    assert holds(f"{operator}IfExists", policy, None)
    for absent in (None, ()):
        assert holds(f"ForAllValues:{operator}", policy, absent)
        assert not holds(f"ForAnyValue:{operator}", policy, absent)
    assert holds(f"ForAllValues:{operator}", policy, ("", ""))
    assert holds(f"ForAnyValue:{operator}IfExists", policy, None)


@pytest.mark.parametrize(
    ("operator", "request_", "expected"),
    [
        ("ForAllValues:StringEquals", ("a", "b"), True),
        ("ForAllValues:StringEquals", ("a", "c"), False),
        ("ForAllValues:StringEquals", "a", True),
        ("ForAnyValue:StringEquals", ("a", "c"), True),
        ("ForAnyValue:StringEquals", ("c", "d"), False),
        ("ForAllValues:StringNotEquals", ("c", "d"), True),
        ("ForAllValues:StringNotEquals", ("a", "c"), False),
        ("ForAnyValue:StringNotEquals", ("a", "c"), True),
        ("ForAnyValue:StringNotEquals", ("a", "b"), False),
        # Without a set operator: one match is a match, and spoils a negation.
        ("StringEquals", ("a", "c"), True),
        ("StringNotEquals", ("a", "c"), False),
        ("StringNotEquals", ("c", "d"), True),
    ],
)
def test_condition_set_operators_test_all_or_any_values(
    operator: str, request_: str | tuple[str, ...], expected: bool
) -> None:
    assert holds(operator, ["a", "b"], request_) is expected


@pytest.mark.parametrize(
    ("policy", "request_", "expected"),
    [
        ("true", None, True),
        ("true", "", False),
        ("true", "x", False),
        ("true", (), True),
        ("false", "x", True),
        ("false", None, False),
        ("false", ("x",), True),
        (["true", "false"], None, True),
    ],
)
def test_condition_null_tests_for_absence_of_the_key(
    policy: Sequence[str], request_: str | tuple[str, ...] | None, expected: bool
) -> None:
    assert holds("Null", policy, request_) is expected


def test_condition_key_names_ignore_case() -> None:
    condition = compile_condition(
        "StringEquals", "AWS:PRINCIPALTAG/Team", ["red"], True, denies=False
    )
    assert condition.holds({"aws:principaltag/team": "red"})


@given(
    operator=st.sampled_from(sorted(SAMPLE)),
    prefix=st.sampled_from(["", "ForAllValues:", "ForAnyValue:"]),
    suffix=st.sampled_from(["", "IfExists"]),
    value=st.text() | st.tuples(st.text(), st.text()) | st.from_regex(r"[0-9TZ:+./*-]{1,40}"),
)
def test_condition_operator_with_any_request_value_returns_a_bool(
    operator: str, prefix: str, suffix: str, value: str | tuple[str, ...]
) -> None:
    assert holds(f"{prefix}{operator}{suffix}", SAMPLE[operator], value) in {True, False}
