"""Lists of the API that are sets: AWS keeps no repetition, and shows none when there is nothing."""

from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


def distinct(values: Iterable[T] | None) -> list[T] | None:
    """The values once each, in the order given; an empty list is like none."""
    return list(dict.fromkeys(values or ())) or None
