"""TOTP, RFC 6238: HMAC-SHA1, six digits, steps of 30 seconds.

`matching_step` returns the step, by which callers detect the replay of a code.

Authenticator apps know no other form that the service would understand (ev:auth-9.1).
"""

import base64
import hmac
from datetime import datetime
from typing import Final

SECRET_BYTES: Final = 32
STEP_SECONDS: Final = 30
WINDOW: Final = 1
"""Steps that an app's clock may be early or late."""
_DIGITS: Final = 6


def base32_secret(secret: bytes) -> str:
    """Return a secret as users type it into their app: Base32 without padding, 52 characters."""
    return base64.b32encode(secret).rstrip(b"=").decode()


def step_at(now: datetime) -> int:
    return int(now.timestamp()) // STEP_SECONDS


def code(secret: bytes, step: int) -> str:
    """Return the six digits of one time step (RFC 4226 §5.3)."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**_DIGITS:0{_DIGITS}}"


def matching_step(secret: bytes, given: str, now: datetime) -> int | None:
    """Return the latest step around `now` that has this code, or None if no step has it."""
    current = step_at(now)
    steps = range(current - WINDOW, current + WINDOW + 1)
    # Every step is looked at: the time that it takes must not reveal how near a guess was.
    matches = [
        step for step in steps if hmac.compare_digest(code(secret, step).encode(), given.encode())
    ]
    return max(matches, default=None)
