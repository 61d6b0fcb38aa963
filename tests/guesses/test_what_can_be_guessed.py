"""Every secret that can be guessed has a case, and secrets are compared nowhere else."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from guesses.guessable_codes import CODES
from guesses.guessable_factors import FACTORS
from guesses.guessable_pages import PAGES
from guesses.guessable_passwords import PASSWORDS

from poolhouse.auth.challenges import recovery_code
from poolhouse.entities.codes import Action, Purpose
from poolhouse.rules.auth import attempt_limits, lockout
from poolhouse.wire.enums import ChallengeNameType as Challenge

ROOT = Path(__file__).resolve().parents[2]
SECTION = (ROOT / "docs" / "security.md").read_text().split("## What can be guessed")[1]
GUESSABLES = [*CODES, *PASSWORDS, *FACTORS, *PAGES]
COVERED = {covered for each in GUESSABLES for covered in each.covers}

NOTHING_TO_GUESS = {
    Challenge.SELECT_CHALLENGE: "it chooses",
    Challenge.SELECT_MFA_TYPE: "it chooses",
    Challenge.PASSWORD_SRP: "it begins what PASSWORD_VERIFIER compares",
    Challenge.DEVICE_SRP_AUTH: "it begins what DEVICE_PASSWORD_VERIFIER compares",
    Challenge.ADMIN_NO_SRP_AUTH: "no challenge is ever put by this name of a flow",
    Challenge.CUSTOM_CHALLENGE: "functions judge each step once",
    Challenge.WEB_AUTHN: "a signature over 32 random bytes",
    Action.RESEND_CONFIRMATION_CODE: "it counts messages",
    Action.FORGOT_PASSWORD: "it counts messages",
    Action.GET_USER_ATTRIBUTE_VERIFICATION_CODE: "it counts messages",
    Action.SIGN_IN_CODE: "it counts messages",
    Action.SECOND_FACTOR_MESSAGE: "it counts messages",
    Action.UPDATE_USER_ATTRIBUTES: "it counts messages",
    Action.DEVICE_USER_CODE: "no user's: tests/oauth/test_device_user_codes.py has it",
    Action.CLIENT_SECRET: "no user's: tests/oauth/test_client_secret_guesses.py has it",
}

GUESSES = "poolhouse/services/guesses.py"
MAY_COMPARE = {
    "poolhouse.rules.auth.srp.verify_password": {
        GUESSES,
        "poolhouse/rules/auth/password_history.py",
        "poolhouse/bootstrap/seed/users.py",  # the operator's own seed file
        "poolhouse/rules/auth/devices.py",  # 32 random bytes of a remembered browser
    },
    "poolhouse.rules.auth.devices.has_secret": {"poolhouse/auth/browser_devices.py"},
    "poolhouse.rules.auth.srp.verify_claim_signature": {GUESSES},
    "poolhouse.rules.auth.srp.session_key": {GUESSES},
    "poolhouse.rules.auth.verification_codes.refusal": {GUESSES},
    "poolhouse.rules.auth.otp.is_right": {GUESSES},
    "poolhouse.rules.auth.totp.matching_step": {GUESSES},
    "poolhouse.rules.auth.totp.code": {"poolhouse/rules/auth/totp.py"},
    "poolhouse.rules.auth.password_history.check": {
        GUESSES,
        # Beside a right guess, which the refusal doesn't let out without its count.
        "poolhouse/services/passwords.py",
        "poolhouse/operations/passwords.py",
    },
    "poolhouse.services.recovery_codes.digest": {GUESSES},
    "poolhouse.services.guesses.verify_recovery_code": {
        "poolhouse/auth/challenges/recovery_code.py"
    },
    "poolhouse.rules.auth.webauthn.verify_assertion": {"poolhouse/auth/challenges/web_authn.py"},
    "poolhouse.rules.auth.secret_hash.matches": {"poolhouse/services/client_authentication.py"},
    "poolhouse.rules.auth.client_secret.matches": {"poolhouse/services/client_secret_guesses.py"},
    "poolhouse.triggers.custom_auth.VerifyAuthChallengeResponse": {
        "poolhouse/auth/flows/custom_auth.py"
    },
    "poolhouse.triggers.user_migration.UserMigration": {"poolhouse/services/user_migration.py"},
    "poolhouse.services.user_migration.invoke_migration": {
        "poolhouse/auth/user_migration.py",
        "poolhouse/operations/passwords.py",  # without a password
    },
    "poolhouse.services.context.RightGuess": {GUESSES},
    "hmac.compare_digest": {
        *("poolhouse/rules/auth/verification_codes.py", "poolhouse/rules/auth/otp.py"),
        *(
            "poolhouse/rules/auth/srp.py",
            "poolhouse/rules/auth/totp.py",
            "poolhouse/rules/auth/webauthn.py",
        ),
        # Of secrets that are random and long.
        *("poolhouse/rules/auth/client_secret.py", "poolhouse/rules/auth/secret_hash.py"),
        *("poolhouse/rules/tokens/refresh_rotation.py", "poolhouse/auth/flows/refresh_token.py"),
        "poolhouse/rules/aws/sigv4_verification.py",
        *("poolhouse/rules/oauth/pkce.py", "poolhouse/services/browser_sessions.py"),
        "poolhouse/pages/hosted_ui/csrf.py",
        # Of public values: an SRP_A, and what the operator's seed file says.
        *("poolhouse/auth/challenges/device_srp.py", "poolhouse/bootstrap/seed/second_factors.py"),
    },
}
"""Who may call what compares a secret with a guess, or has it compared."""


def test_guessable_secrets_have_a_case() -> None:
    everything = {*Challenge, *Purpose, *Action, recovery_code.PARAMETER}
    assert everything - COVERED - NOTHING_TO_GUESS.keys() == set()
    assert COVERED & NOTHING_TO_GUESS.keys() == set()


def test_docs_security_table_names_every_challenge() -> None:
    assert set(re.findall(r"`([A-Z_]+)`", SECTION)) == set(Challenge)


def test_docs_security_table_has_the_limits() -> None:
    rows = re.findall(r"^\| (?!What|-)([^|]+) \| [^|]+ \| (\d+)[^|]* \|", SECTION, re.MULTILINE)
    limits = {what: int(limit) for what, limit in rows}
    assert limits["Code of a sign-up"] == attempt_limits.LIMITS[Action.CONFIRM_SIGN_UP]
    reset = limits["Code that resets a password"]
    assert reset == attempt_limits.LIMITS[Action.CONFIRM_FORGOT_PASSWORD]
    contact = limits["Code that verifies an email or phone number"]
    assert contact == attempt_limits.LIMITS[Action.VERIFY_USER_ATTRIBUTE]
    assert limits["Previous password"] == attempt_limits.LIMITS[Action.CHANGE_PASSWORD]
    assert limits["Second factor"] == limits["Password"] == lockout.FREE
    assert limits["Recovery code (setting `recovery_codes`)"] == lockout.FREE
    assert {each.limit for each in CODES} == {attempt_limits.LIMITS[Action.CONFIRM_SIGN_UP], reset}


def _names(file: Path) -> Iterator[str]:
    """Every function of another module that a file names, by its full name."""
    known: dict[str, str] = {}
    tree = ast.parse(file.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                known[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                known[alias.asname or alias.name] = alias.name
    yield from known.values()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{known.get(node.value.id, node.value.id)}.{node.attr}"


def test_secrets_are_compared_only_where_guesses_are_counted() -> None:
    comparing: dict[str, set[str]] = {name: set() for name in MAY_COMPARE}
    for file in (ROOT / "poolhouse").rglob("*.py"):
        for name in set(_names(file)) & MAY_COMPARE.keys():
            comparing[name].add(file.relative_to(ROOT).as_posix())
    excess = {name: found - MAY_COMPARE[name] for name, found in comparing.items()}
    assert {name: files for name, files in excess.items() if files} == {}
    assert {name for name, found in comparing.items() if not found} <= {
        "poolhouse.rules.auth.totp.code"
    }
