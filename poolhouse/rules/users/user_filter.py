"""The `Filter` of ListUsers: one clause, `attribute = "value"` or `attribute ^= "prefix"`.

The attribute's name may stand in quotation marks too (ev:users-12).
"""

import re
from typing import Final

import msgspec

_CASE_INSENSITIVE: Final = frozenset(
    {
        "email",
        "phone_number",
        "name",
        "given_name",
        "family_name",
        "preferred_username",
        "cognito:user_status",
    }
)
_CASE_SENSITIVE: Final = frozenset({"username", "status", "sub"})

SEARCHABLE: Final = _CASE_INSENSITIVE | _CASE_SENSITIVE
"""The attributes that a filter may name (ev:users-12)."""

# Every repetition is possessive (`*+`): what it took it never gives back, so that a hostile filter
# costs no more than its length.
_CLAUSE: Final = re.compile(
    r"""
    \s*+ (?P<quote> "?+ ) (?P<attribute> [\w:.-]++ ) (?P=quote)
    \s*+ (?P<operator> \^?= )
    \s*+ " (?P<value> (?: [^"\\] | \\. )*+ ) "
    \s*+
    """,
    re.VERBOSE | re.DOTALL,
)
# UNVERIFIED: a backslash before anything else than a quotation mark or a backslash stays.
_ESCAPE: Final = re.compile(r'\\(["\\])')


class UserFilter(msgspec.Struct, frozen=True, kw_only=True):
    """The filter: users whose attribute is the value, or begins with it if `prefix`."""

    attribute: str
    prefix: bool
    value: str


class FilterSyntax(ValueError):
    """The text isn't a filter: AWS says "Error while parsing filter."."""


class UnsearchableAttribute(ValueError):
    """A filter by an attribute that is not searchable, custom ones above all."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Invalid search attribute: {name}")
        self.name = name


def parse(text: str) -> UserFilter | None:
    """Return the filter that the text spells; None, for all users, if the text is empty.

    Raises FilterSyntax and UnsearchableAttribute.
    """
    if not text:
        return None
    clause = _CLAUSE.fullmatch(text)
    if clause is None:
        raise FilterSyntax("Error while parsing filter.")
    attribute = clause["attribute"]
    if attribute not in SEARCHABLE:
        raise UnsearchableAttribute(attribute)
    return UserFilter(
        attribute=attribute,
        prefix=clause["operator"] == "^=",
        value=_ESCAPE.sub(r"\1", clause["value"]),
    )


def fold(attribute: str, value: str) -> str:
    """Return the value as it is in the index, where equality respects the attribute's case rule.

    A fold of a prefix is a prefix of the fold: `casefold` looks at one character at a time, where
    `lower` would write the last sigma of a Greek word in another way than one inside it.
    """
    return value.casefold() if attribute in _CASE_INSENSITIVE else value
