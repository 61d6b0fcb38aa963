"""Requests that are made of others: seed files have the members of the operations that create."""

from typing import TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)


def copy_common_fields(given: msgspec.Struct, kind: type[T], **others: str) -> T:
    """Return a request of another kind with the members that both have."""
    names = {field.name for field in msgspec.structs.fields(kind)} - others.keys()
    return kind(**{name: getattr(given, name) for name in names}, **others)
