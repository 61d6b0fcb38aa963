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
    "authorization code": "auth/code_exchange.py",
    "authorization request": "rules/oauth/authorization_requests.py",
    "pkce": "rules/oauth/pkce.py",
    "open redirect": "rules/oauth/authorization_requests.py",
    "client credentials grant": "auth/client_credentials.py",
    "device authorization grant": "auth/device_grant.py",
    "token exchange": "auth/token_exchange.py",
    "token revocation|revoke.*refresh token": "oauth/revocation.py",
    "introspection": "oauth/introspection.py",
    "dynamic client registration": "rules/oauth/registration.py",
    "client id metadata document": "services/client_documents.py",
    "server-side request forgery|ssrf": "http/document_fetch.py",
    "guesses at app clients' secrets": "services/client_secret_guesses.py",
    "bearer token": "oauth/bearer_tokens.py",
    "rate limit": "services/rate_limits.py",
    "account chooser": "pages/hosted_ui/chooser.py",
    "csrf": "pages/hosted_ui/csrf.py",
    "content security policy": "http/security_headers.py",
    "rp-initiated logout": "pages/hosted_ui/logout.py",
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
