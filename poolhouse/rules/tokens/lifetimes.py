"""Calculate how long an app client's tokens are valid (ev:users-4.1)."""

from datetime import timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from poolhouse.errors.protocol import InvalidParameter
from poolhouse.wire.enums import TimeUnitsType
from poolhouse.wire.structs import TokenValidityUnitsType, UserPoolClientType

DEFAULT_REFRESH: Final = 30
"""Default in the client's unit, which is days if the client has none."""

LONGEST: Final = timedelta(days=1)
"""Longest lifetime of ID and access tokens."""

_DEFAULT_ACCESS_AND_ID: Final = timedelta(hours=1)
_HOURS, _DAYS = TimeUnitsType.HOURS, TimeUnitsType.DAYS
_SHORTEST: Final = timedelta(minutes=5)
_SHORTEST_REFRESH, _LONGEST_REFRESH = timedelta(hours=1), timedelta(days=3650)


class TokenLifetimes(NamedTuple):
    access: timedelta
    id: timedelta
    refresh: timedelta


def of_client(settings: UserPoolClientType) -> TokenLifetimes:
    """Return what the client's numbers and units mean."""
    units = settings.TokenValidityUnits or TokenValidityUnitsType()
    return TokenLifetimes(
        _lifetime(settings.AccessTokenValidity, units.AccessToken) or _DEFAULT_ACCESS_AND_ID,
        _lifetime(settings.IdTokenValidity, units.IdToken) or _DEFAULT_ACCESS_AND_ID,
        _duration(settings.RefreshTokenValidity or DEFAULT_REFRESH, units.RefreshToken or _DAYS),
    )


def complete(given: TokenValidityUnitsType | None) -> TokenValidityUnitsType:
    """Return the units to describe: none if none was given, else with defaults for the others."""
    if given is None or given == TokenValidityUnitsType():
        return TokenValidityUnitsType()
    return TokenValidityUnitsType(
        AccessToken=given.AccessToken or _HOURS,
        IdToken=given.IdToken or _HOURS,
        RefreshToken=given.RefreshToken or _DAYS,
    )


def check(settings: UserPoolClientType) -> None:
    """Refuse lifetimes that are too short, too long, or longer than the session they belong to."""
    access, identity, refresh = of_client(settings)
    in_range = (
        _SHORTEST <= access <= LONGEST
        and _SHORTEST <= identity <= LONGEST
        and _SHORTEST_REFRESH <= refresh <= _LONGEST_REFRESH
    )
    if not in_range:
        # cloudfront-authorization-at-edge#144
        raise InvalidParameter(text="Invalid range for token validity.")
    if max(access, identity) > refresh:
        raise InvalidParameter(  # ev:cdk-preflight, measured
            text="Access and Id Token expiration times must be less than or equal to refresh token"
            " expiration times."
        )


def _lifetime(number: int | None, unit: TimeUnitsType | None) -> timedelta | None:
    return _duration(number, unit or _HOURS) if number else None


@lru_cache(maxsize=256)
def _duration(number: int, unit: TimeUnitsType) -> timedelta:
    """Return a duration; cached, because every token needs it."""
    return timedelta(**{unit.value: number})
