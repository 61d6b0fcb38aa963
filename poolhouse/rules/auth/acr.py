"""How strongly a user has signed in: the tokens' claim `acr`, and what leads to a level.

What meets a level is fixed; a pool chooses the names only
(dg:cognito-user-pools-step-up-authentication). Levels are numbers here, 1 to 4; 0 is
below all of them.
"""

from collections.abc import Collection, Iterable
from typing import Final

from poolhouse.entities.amr import Amr
from poolhouse.entities.pools import Pool
from poolhouse.rules.pools.feature_plans import DEFAULT_ACR_NAMES

_WAYS: Final[tuple[tuple[int, tuple[Amr, ...]], ...]] = (
    (1, (Amr.PWD,)),
    (2, (Amr.SMS,)),
    (2, (Amr.EMAIL_OTP,)),
    (3, (Amr.SWK,)),
    (3, (Amr.PWD, Amr.SMS)),
    (3, (Amr.PWD, Amr.EMAIL_OTP)),
    (4, (Amr.PWD, Amr.OTP)),
)
"""Methods that satisfy a level, in the order in which they are asked for."""


def level_of(proofs: Collection[str]) -> int:
    """Return the highest level that the proofs satisfy; extra proofs are allowed."""
    proved = _methods(proofs)
    return max((level for level, way in _WAYS if proved.issuperset(way)), default=0)


def next_methods(proofs: Iterable[str], available: Iterable[str], target: int) -> frozenset[str]:
    """Return what may be verified next on the way to a level, given what is `available`.

    A higher level is as good. Empty: the proofs satisfy it, or nothing leads there.
    """
    proved = _methods(proofs)
    within_reach = proved | _methods(available)
    ways = [way for level, way in _WAYS if level >= target and within_reach.issuperset(way)]
    if any(proved.issuperset(way) for way in ways):
        return frozenset()
    return frozenset(next(method for method in way if method not in proved) for way in ways)


def named(pool: Pool, values: str) -> tuple[int, ...]:
    """Return the levels that a list of names asks for, in its order.

    Unknown names are skipped.
    """
    levels = {name: level for level, name in _names(pool).items()}
    return tuple(levels[value] for value in values.split() if value in levels)


def name_of(pool: Pool, level: int) -> str | None:
    """Return the claim `acr`: what the pool calls a level."""
    return _names(pool).get(level)


def _names(pool: Pool) -> dict[int, str]:
    configured = {**DEFAULT_ACR_NAMES, **(pool.settings.AcrConfiguration or {})}
    return {level: configured[f"Level{level}"].AcrValue for level in range(1, 5)}


def _methods(proofs: Iterable[str]) -> frozenset[str]:
    """Return the methods of the proofs, in which every passkey is the same one."""
    return frozenset(Amr.SWK if proof == Amr.HWK else proof for proof in proofs)
