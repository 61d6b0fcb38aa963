"""Both ends of a trigger: what its event leaves out, and how its answer is read."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from poolhouse.errors.triggers import UnrecognizableOutput

T = TypeVar("T")


def present(**members: object) -> dict[str, object]:
    """Return the members that have a value.

    Logged events have no `clientMetadata` if the caller sent none, those of custom senders
    excepted. They have no `userNotFound` if the app client reveals which users exist. A function
    that relies on such a member fails here as it does on AWS (ev:triggers-3).
    """
    return {name: value for name, value in members.items() if value is not None}


def read(response: Mapping[str, object], answer: type[T]) -> T:
    """Return a response as the struct that describes it; unknown members are ignored.

    UNVERIFIED: what does Cognito make of a number or "true" where a text or a boolean belongs? A
    guess could sign in a user whose function said "false", so they are refused.
    """
    try:
        return msgspec.convert(response, answer)
    except msgspec.ValidationError as error:
        # Its text may hold a value; what comes last is the path.
        path = str(error).rpartition(" - at ")[2][:100]
        raise UnrecognizableOutput().because(f"`response` is of another form at {path}") from None


def texts(values: Mapping[str, str | None] | None) -> dict[str, str]:
    """Return a map of texts; absent and null are the same, for the map and for each value.

    UNVERIFIED: are nulls among the values left out, as here?
    """
    return {name: value for name, value in (values or {}).items() if value is not None}
