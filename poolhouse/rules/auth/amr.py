"""How a user has signed in, as in the tokens' claim `amr` (ev:auth-17; RFC 8176)."""

from collections.abc import Sequence

from poolhouse.entities.amr import Amr


def amr(proofs: Sequence[str]) -> tuple[str, ...]:
    """Return each method once, in the order of the sign-in, and `mfa` after two or more factors.

    A passkey that counts as both factors includes `mfa` in its own methods.
    """
    methods = tuple(dict.fromkeys(proofs))
    if len(methods) < 2 or Amr.MFA in methods:
        return methods
    return (*methods, Amr.MFA)
