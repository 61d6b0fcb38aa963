"""Group claims of tokens: `cognito:groups`, roles and the preferred role (ev:auth-13)."""

from collections.abc import Iterable, Sequence

from poolhouse.entities.groups import Group
from poolhouse.entities.token_overrides import GroupOverride
from poolhouse.rules.users.groups import rank


def of(groups: Iterable[Group]) -> GroupOverride:
    """Return names and roles, in order of precedence, and the preferred role."""
    ranked = sorted(groups, key=rank)
    with_role = [(group.role_arn, group.precedence) for group in ranked if group.role_arn]
    return GroupOverride(
        groups=tuple(group.name for group in ranked),
        iam_roles=tuple(dict.fromkeys(role for role, _ in with_role)),
        preferred_role=_preferred(with_role),
    )


def _preferred(ranked: Sequence[tuple[str, int | None]]) -> str | None:
    """Return the role of the lowest precedence; for equal precedence only a role that all share.

    See the API model on `Precedence`, which covers groups with roles. UNVERIFIED: does a group
    without a role that comes before them leave the user without a preferred one?
    """
    first = {role for role, precedence in ranked if precedence == ranked[0][1]}
    return first.pop() if len(first) == 1 else None
