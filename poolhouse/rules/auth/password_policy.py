"""What a pool's password policy says of a password, and temporary passwords that satisfy it."""

import string
from typing import Final, Protocol


class PasswordRules(Protocol):
    """The part of a pool's policy that a password can be held against."""

    @property
    def minimum_length(self) -> int: ...
    @property
    def require_uppercase(self) -> bool: ...
    @property
    def require_lowercase(self) -> bool: ...
    @property
    def require_numbers(self) -> bool: ...
    @property
    def require_symbols(self) -> bool: ...


# UNVERIFIED: does a letter or digit beyond ASCII count? The developer guide says "Basic Latin".
_UPPERCASE: Final = frozenset(string.ascii_uppercase)
_LOWERCASE: Final = frozenset(string.ascii_lowercase)
_NUMBERS: Final = frozenset(string.digits)
_SYMBOLS: Final = frozenset("^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+-")


def broken_rule(policy: PasswordRules, password: str) -> str | None:
    """Return the first rule that the password breaks, in AWS's words; None if it keeps them all.

    AWS names one rule at a time, in this order (ev:users-1.6).
    """
    characters = frozenset(password)
    if len(password) < policy.minimum_length:
        return "Password not long enough"
    if policy.require_uppercase and _UPPERCASE.isdisjoint(characters):
        return "Password must have uppercase characters"
    if policy.require_lowercase and _LOWERCASE.isdisjoint(characters):
        return "Password must have lowercase characters"
    if policy.require_numbers and _NUMBERS.isdisjoint(characters):
        return "Password must have numeric characters"
    if policy.require_symbols and not _has_symbol(password, characters):
        return "Password must have symbol characters"
    return None


def _has_symbol(password: str, characters: frozenset[str]) -> bool:
    """Return whether this is a symbol; a space is one within the password (ev:users-9.1)."""
    return not _SYMBOLS.isdisjoint(characters) or " " in password[1:-1]


# Temporary passwords are read from a message and typed: no 0 O o, no 1 l I, no symbol that ends a
# sentence or that an HTML mail would swallow.
_TEMPORARY_CLASSES: Final = (
    "ABCDEFGHJKLMNPQRSTUVWXYZ",
    "abcdefghijkmnpqrstuvwxyz",
    "23456789",
    "!#$%*+-=?@^_~",
)
_TEMPORARY_ANY: Final = "".join(_TEMPORARY_CLASSES)
_TEMPORARY_LENGTH: Final = 14

RANDOM_BYTES: Final = 256
"""What `generate` needs: a password of the longest minimum (99 characters) uses up 1,115 bits, and
the 933 bits left over make every choice even, to within 1 in 2^933."""


def generate(policy: PasswordRules, random_bytes: bytes) -> str:
    """Return a temporary password that satisfies the policy, from `RANDOM_BYTES` random bytes.

    It has a character of every class, required or not, and at least 14 characters (77 bits). So
    only the policy's minimum length matters.
    """
    if len(random_bytes) != RANDOM_BYTES:
        raise ValueError(f"a temporary password is made of {RANDOM_BYTES} random bytes")
    draw = _Draw(random_bytes)
    length = max(policy.minimum_length, _TEMPORARY_LENGTH)
    characters = [draw.one_of(some) for some in _TEMPORARY_CLASSES]
    characters += [draw.one_of(_TEMPORARY_ANY) for _ in range(length - len(characters))]
    for last in range(length - 1, 0, -1):  # Fisher and Yates: every order is equally likely
        other = draw.below(last + 1)
        characters[last], characters[other] = characters[other], characters[last]
    return "".join(characters)


class _Draw:
    """Even choices out of one large random number, read digit by digit in changing bases."""

    def __init__(self, random_bytes: bytes) -> None:
        self._rest = int.from_bytes(random_bytes, "big")

    def below(self, bound: int) -> int:
        self._rest, chosen = divmod(self._rest, bound)
        return chosen

    def one_of(self, characters: str) -> str:
        return characters[self.below(len(characters))]
