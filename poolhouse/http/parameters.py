"""Read the parameters of a query or a form.

It is the one place that does, so that no endpoint meets what isn't text.
An escape can hide what no store takes. PostgreSQL has no text with U+0000, and half of a surrogate
pair isn't UTF-8.
"""

from itertools import chain
from urllib.parse import parse_qsl


class UnreadableParameters(ValueError):
    """Parameters that can't be read; the sentence is for the operator's log."""


def parse(raw: bytes, most: int) -> list[tuple[str, str]]:
    """Return the names and values, in their order, empty values among them.

    `most` is how many there may be. Raises UnreadableParameters.
    """
    try:
        pairs = parse_qsl(
            raw.decode(), keep_blank_values=True, max_num_fields=most, errors="strict"
        )
    except ValueError:
        raise UnreadableParameters("too many parameters, or no UTF-8") from None
    if "\0" in "".join(chain.from_iterable(pairs)):
        raise UnreadableParameters("a parameter has a NUL character")
    return pairs
