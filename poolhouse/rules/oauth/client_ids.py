"""The form of app clients' ids, so that the store is asked for no other text."""

import re
from typing import Final

_FORM: Final = re.compile(r"[\w+]{1,128}", re.ASCII)


def may_be_id(text: str) -> bool:
    """Return whether a text has the form of an id that the API model allows."""
    return _FORM.fullmatch(text) is not None
