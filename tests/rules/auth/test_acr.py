"""Authentication levels: the proofs that reach one, and the challenges toward it.

Evidence: dg:cognito-user-pools-step-up-authentication, Authentication levels and methods.
"""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.entities.pools import Pool
from poolhouse.rules.auth import acr as levels
from poolhouse.wire.structs import AcrLevelConfigType, UserPoolType

METHODS = ["pwd", "otp", "sms", "email_otp", "swk", "hwk", "mfa"]
some_methods = st.lists(st.sampled_from(METHODS), max_size=5).map(tuple)


@pytest.mark.parametrize(
    ("proofs", "level"),
    [
        # The guide's table
        (("pwd",), 1),
        (("sms",), 2),
        (("email_otp",), 2),
        (("swk",), 3),
        (("hwk",), 3),
        (("pwd", "sms"), 3),
        (("pwd", "email_otp"), 3),
        (("pwd", "otp"), 4),
        # The highest level that is fully satisfied
        ((), 0),
        (("otp",), 0),
        (("mfa",), 0),
        (("swk", "mfa"), 3),
        (("sms", "email_otp"), 2),
        (("email_otp", "pwd"), 3),
        (("sms", "otp"), 2),
        (("hwk", "pwd", "otp"), 4),
        (("pwd", "sms", "otp"), 4),
    ],
)
def test_level_of_proofs_is_the_highest_satisfied(proofs: tuple[str, ...], level: int) -> None:
    assert levels.level_of(proofs) == level


@given(some_methods, some_methods)
def test_level_of_more_proofs_is_never_lower(
    proofs: tuple[str, ...], more: tuple[str, ...]
) -> None:
    assert levels.level_of((*proofs, *more)) >= levels.level_of(proofs)


EVERY = ("pwd", "sms", "email_otp", "swk", "otp")


@pytest.mark.parametrize(
    ("proofs", "available", "target", "expected"),
    [
        ((), EVERY, 1, {"pwd", "sms", "email_otp", "swk"}),
        ((), EVERY, 2, {"pwd", "sms", "email_otp", "swk"}),
        ((), EVERY, 3, {"pwd", "swk"}),
        ((), EVERY, 4, {"pwd"}),
        ((), ("pwd", "swk"), 2, {"swk"}),
        ((), ("pwd", "swk"), 4, set()),
        (("pwd",), EVERY, 1, set()),
        (("pwd",), EVERY, 3, {"sms", "email_otp", "swk", "otp"}),
        (("pwd",), EVERY, 4, {"otp"}),
        (("pwd",), ("sms",), 3, {"sms"}),
        (("pwd", "sms"), EVERY, 4, {"otp"}),
        (("email_otp",), EVERY, 3, {"pwd", "swk"}),
        (("email_otp",), ("email_otp", "pwd"), 3, {"pwd"}),
        (("email_otp",), EVERY, 4, {"pwd"}),
        (("hwk",), EVERY, 3, set()),
        (("hwk",), EVERY, 4, {"pwd"}),
    ],
)
def test_next_methods_follow_the_order_of_the_level(
    proofs: tuple[str, ...], available: tuple[str, ...], target: int, expected: set[str]
) -> None:
    assert levels.next_methods(proofs, available, target) == expected


@given(some_methods, some_methods, st.integers(1, 4), st.randoms())
def test_next_methods_taken_step_by_step_reach_every_reachable_level(
    proofs: tuple[str, ...], available: tuple[str, ...], target: int, random: Any
) -> None:
    could = levels.level_of((*proofs, *available)) >= target
    while steps := sorted(levels.next_methods(proofs, available, target)):
        assert not {*steps} & {*proofs}
        proofs = (*proofs, random.choice(steps))
    assert (levels.level_of(proofs) >= target) is could


def a_pool(**names: str) -> Pool:
    configured = {level: AcrLevelConfigType(AcrValue=name) for level, name in names.items()}
    now = datetime(2026, 3, 3, tzinfo=UTC)
    settings = UserPoolType(AcrConfiguration=configured or None)
    return Pool(id="p", settings=settings, attributes=(), created_at=now, modified_at=now)


RENAMED = a_pool(Level2="urn:mine:2", Level3="high")


@pytest.mark.parametrize(
    ("pool", "values", "expected"),
    [
        (a_pool(), "urn:cognito:loa:4", (4,)),
        (a_pool(), "urn:cognito:loa:4 urn:cognito:loa:1", (4, 1)),
        (a_pool(), "urn:cognito:loa:1 urn:cognito:loa:3", (1, 3)),
        (a_pool(), "urn:other urn:cognito:loa:2 x", (2,)),
        (a_pool(), "urn:cognito:loa:5", ()),
        (a_pool(), "", ()),
        (a_pool(), "urn:cognito:loa:4,urn:cognito:loa:1", ()),
        (RENAMED, "high urn:mine:2 urn:cognito:loa:1", (3, 2, 1)),
        (RENAMED, "urn:cognito:loa:2 urn:cognito:loa:3", ()),
    ],
)
def test_target_acr_values_keep_order_and_ignore_unknown_names(
    pool: Pool, values: str, expected: tuple[int, ...]
) -> None:
    """InitiateAuth: TARGET_ACR_VALUES."""
    assert levels.named(pool, values) == expected


@pytest.mark.parametrize(
    ("pool", "names"),
    [
        (a_pool(), [None, *(f"urn:cognito:loa:{level}" for level in range(1, 5))]),
        (RENAMED, [None, "urn:cognito:loa:1", "urn:mine:2", "high", "urn:cognito:loa:4"]),
    ],
)
def test_acr_level_has_the_name_that_the_pool_configures(
    pool: Pool, names: list[str | None]
) -> None:
    assert [levels.name_of(pool, level) for level in range(5)] == names
