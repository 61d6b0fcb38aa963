"""Describe unexpected exceptions for the log, without secrets."""

import traceback


def describe_failure(error: BaseException) -> dict[str, object]:
    """Return the kinds of the error and of those that led to it, and where: lines of our source.

    Neither the error's own words nor the values of variables: both may hold a password.
    """
    kinds: list[str] = []
    each: BaseException | None = error
    while each is not None and len(kinds) < 10:
        kinds.append(type(each).__qualname__)
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "error": " from ".join(kinds),
        "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
