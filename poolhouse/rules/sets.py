"""Lists of the API that are sets: AWS keeps no repetition, and shows none when there is nothing."""

from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


def distinct(values: Iterable[T] | None) -> list[T] | None:
    """Return the distinct values in the order given; None for an empty list."""
    return list(dict.fromkeys(values or ())) or None
