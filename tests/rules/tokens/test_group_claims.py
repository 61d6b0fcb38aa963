"""Groups and roles as tokens tell them: ev:auth-13, and the API model on `Precedence`."""

import pytest
from support.store_samples import NOW, POOL

from poolhouse.entities.groups import Group
from poolhouse.rules.tokens import group_claims

R, S = "arn:aws:iam::123456789012:role/r", "arn:aws:iam::123456789012:role/s"


def group(name: str, precedence: int | None = None, role: str | None = None) -> Group:
    return Group(
        id=f"id of {name}",
        pool_id=POOL,
        key=name,
        name=name,
        precedence=precedence,
        role_arn=role,
        created_at=NOW,
        modified_at=NOW,
    )


@pytest.mark.parametrize(
    ("groups", "names", "roles", "preferred"),
    [
        ([], (), (), None),
        ([group("a")], ("a",), (), None),
        ([group("a", role=R)], ("a",), (R,), R),
        ([group("b"), group("a")], ("a", "b"), (), None),
        ([group("a"), group("b", 5), group("c", 0)], ("c", "b", "a"), (), None),
        # Zero is the highest precedence, none the lowest:
        ([group("a", 1, R), group("b", 0, S)], ("b", "a"), (S, R), S),
        ([group("a", None, R), group("b", 9, S)], ("b", "a"), (S, R), S),
        # Neither of two takes precedence, unless they have the same role:
        ([group("a", 1, R), group("b", 1, S)], ("a", "b"), (R, S), None),
        ([group("a", None, R), group("b", None, S)], ("a", "b"), (R, S), None),
        ([group("a", 1, R), group("b", 1, R)], ("a", "b"), (R,), R),
        ([group("a", 1, R), group("b", 1, S), group("c", 0, S)], ("c", "a", "b"), (S, R), S),
        # UNVERIFIED: groups without a role don't count.
        ([group("a", 0), group("b", 1, R)], ("a", "b"), (R,), R),
    ],
)
def test_group_claims_lowest_precedence_gives_preferred_role(
    groups: list[Group], names: tuple[str, ...], roles: tuple[str, ...], preferred: str | None
) -> None:
    for order in (groups, groups[::-1]):
        claims = group_claims.of(order)
        assert (claims.groups, claims.iam_roles, claims.preferred_role) == (names, roles, preferred)
