"""CBOR as authenticators write it (CTAP 2.1, section 8): nothing that makes a reader work for it.

A general reader builds what tags ask for: regular expressions, fractions of numbers with a hundred
thousand digits. An unauthenticated caller's answer of 64 KB would keep it busy for a minute, so
what has a tag isn't given to it at all.
"""

from typing import Final

MOST_ITEMS: Final = 1_000

_BYTES, _TEXT, _ARRAY, _MAP, _TAG = range(2, 7)
_LONG: Final = 24
"""From here on a head's number stands in the bytes that follow: one, two, four or eight."""


class NotPlain(ValueError):
    """Broken off, too much of it, or with what authenticators don't write."""


def end_of_item(data: bytes, start: int) -> int:
    """Return where the item ends that begins at `start`, with all that is in it."""
    at, due, seen = start, 1, 0
    while due:
        kind, number, at = _head(data, at)
        due, seen = due - 1, seen + 1
        if kind in (_BYTES, _TEXT):
            at += number
        elif kind in (_ARRAY, _MAP):
            due += number * (kind - _ARRAY + 1)
        if kind == _TAG or at > len(data) or seen + due > MOST_ITEMS:
            raise NotPlain
    return at


def _head(data: bytes, at: int) -> tuple[int, int, int]:
    """Return an item's kind and number, and where what follows begins.

    Lengths left open are refused.
    """
    if at >= len(data):
        raise NotPlain
    kind, number = data[at] >> 5, data[at] & 31
    at += 1
    if number < _LONG:
        return kind, number, at
    if number > _LONG + 3:
        raise NotPlain
    size = 1 << (number - _LONG)
    return kind, int.from_bytes(data[at : at + size], "big"), at + size
