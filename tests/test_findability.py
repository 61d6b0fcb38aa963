"""One search for the field's own word finds the code of each security-relevant subject."""

import re
from pathlib import Path
from typing import Final

import pytest

SOURCE: Final = Path(__file__).parents[1] / "poolhouse"
FILES: Final = [file for file in sorted(SOURCE.rglob("*.py")) if "wire" not in file.parts]

FOUND: Final = {
    "verify.*token|access token verification": "services/token_verification.py",
    "user enumeration": "services/decoy_users.py",
    "refresh token rotation": "auth/refresh_with_rotation.py",
    "refresh.rotation": "rules/tokens/refresh_rotation.py",
    "attempt limits": "rules/auth/attempt_limits.py",
    "audit record.*sign-in": "services/audit_records.py",
    "secret hash": "services/client_authentication.py",
    "password policy": "rules/auth/password_policy.py",
    "step.?up": "auth/step_up.py",
    "custom auth": "auth/flows/custom_auth.py",
    "totp.*replay|replay.*code": "rules/auth/totp.py",
    "group claims": "rules/tokens/group_claims.py",
    "signature of a webhook|webhook signature": "rules/messages/webhook_signature.py",
}
"""What a reader searches for, ignoring case, and the file that must be among the hits."""

MOST_FILES: Final = 24
"""Files that one search may find. More are no answer."""


@pytest.mark.parametrize("words", FOUND)
def test_standard_terms_find_the_code(words: str) -> None:
    pattern = re.compile(words.replace(" ", "[ _-]"), re.IGNORECASE)
    hits = {
        file.relative_to(SOURCE).as_posix()
        for file in FILES
        if pattern.search(file.stem) or any(map(pattern.search, file.read_text().splitlines()))
    }
    assert FOUND[words] in hits
    assert len(hits) <= MOST_FILES


def test_private_words_are_absent() -> None:
    """Words that an earlier version used instead of the field's own."""
    left = re.compile(
        r"stand_in|a stand-in|_of_nobody|front desk"
        r"|^\s*(self\.)?_?told\s*[:=]|\btold[\[(]|\.told\b",
        re.MULTILINE,
    )
    tests = [file for file in Path(__file__).parent.rglob("*.py") if file != Path(__file__)]
    assert [str(file) for file in (*FILES, *tests) if left.search(file.read_text())] == []
