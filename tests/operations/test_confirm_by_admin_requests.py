"""Requests of AdminConfirmSignUp that break the API model (ev:users-1.4)."""

import pytest
from support.refusals import refused
from support.running_server import RunningServer


def violations(*faults: str) -> str:
    many = "errors" if len(faults) > 1 else "error"
    listed = "; ".join(f"Value {fault}" for fault in faults)
    return f"{len(faults)} validation {many} detected: {listed}"


FAILED = "failed to satisfy constraint: Member must"
POOL_PATTERN = r"satisfy regular expression pattern: [\w-]+_[0-9a-zA-Z]+"
NAME_PATTERN = r"satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+"


@pytest.mark.parametrize(
    ("members", "faults"),
    [
        (
            {},
            [f"null at 'userPoolId' {FAILED} not be null", f"at 'username' {FAILED} not be null"],
        ),
        ({"UserPoolId": "a_b"}, [f"at 'username' {FAILED} not be null"]),
        ({"Username": "alice"}, [f"null at 'userPoolId' {FAILED} not be null"]),
        (
            {"UserPoolId": "none", "Username": "alice"},
            [f"'none' at 'userPoolId' {FAILED} {POOL_PATTERN}"],
        ),
        (
            {"UserPoolId": "a_b", "Username": "al ice"},
            [f"at 'username' {FAILED} {NAME_PATTERN}"],
        ),
        (
            {"UserPoolId": "a_b", "Username": "a" * 129},
            [f"at 'username' {FAILED} have length less than or equal to 128"],
        ),
        (
            {"UserPoolId": f"a_{'b' * 54}", "Username": "alice"},
            [f"'a_{'b' * 54}' at 'userPoolId' {FAILED} have length less than or equal to 55"],
        ),
    ],
)
def test_members_that_break_the_model_are_listed(
    server: RunningServer, members: dict[str, str], faults: list[str]
) -> None:
    """ev:users-1.4: all at once, and before the pool is looked for."""
    unchecked = server.client(parameter_validation=False)
    with refused("InvalidParameterException", violations(*faults)):
        unchecked.admin_confirm_sign_up(**members)
