"""The claim `amr` (ev:auth-17: `mfa` is two or more)."""

import pytest

from poolhouse.rules.auth.amr import amr


@pytest.mark.parametrize(
    ("proofs", "expected"),
    [
        ((), ()),
        (("pwd",), ("pwd",)),
        (("email_otp",), ("email_otp",)),
        (("pwd", "otp"), ("pwd", "otp", "mfa")),
        (("pwd", "sms"), ("pwd", "sms", "mfa")),
        (("pwd", "pwd"), ("pwd",)),
        (("swk",), ("swk",)),
        (("swk", "mfa"), ("swk", "mfa")),
    ],
)
def test_amr_of_two_methods_is_mfa(proofs: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert amr(proofs) == expected
