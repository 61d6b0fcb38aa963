"""The lines below a new password: what the pool's policy asks for (ev:domain-1.3)."""

from typing import NamedTuple

from poolhouse.entities.pools import PasswordPolicy, Pool
from poolhouse.pages.hosted_ui.texts import Texts
from poolhouse.rules.auth import password_policy


class PasswordRule(NamedTuple):
    """A line. `kind` is what the page's script knows it by, `css` what style sheets do."""

    kind: str
    css: str
    sentence: str
    least: int = 0


def lines(policy: PasswordPolicy, texts: Texts) -> list[PasswordRule]:
    """Return the lines in the order of the service's pages."""
    every = (
        (
            policy.require_lowercase,
            PasswordRule("lower", "checkPassword-lowerletter", texts.password_lower),
        ),
        (
            policy.require_uppercase,
            PasswordRule("upper", "checkPassword-upperletter", texts.password_upper),
        ),
        (
            policy.require_symbols,
            PasswordRule("symbol", "checkPassword-symbols", texts.password_symbol),
        ),
        (
            policy.require_numbers,
            PasswordRule("number", "checkPassword-numbers", texts.password_number),
        ),
        (True, _length(policy.minimum_length, texts)),
    )
    return [line for is_asked, line in every if is_asked]


def broken(pool: Pool, password: str) -> str | None:
    """Return the rule that a password breaks, in the service's words; None for an empty one.

    A page looks before the operation does, so that all mistakes in a form are shown at once.
    """
    return password_policy.broken_rule(pool.password_policy, password) if password else None


def _length(least: int, texts: Texts) -> PasswordRule:
    sentence = texts.password_length.format(count=least)
    return PasswordRule("length", "checkPassword-length", sentence, least)
