"""The signature of a webhook, by which its receiver verifies that the request is from this server.

`Poolhouse-Signature: t=<Unix seconds>,v1=<hexadecimal HMAC-SHA256>`, taken over
`<Unix seconds>.<body>` with the configured secret. A receiver recomputes it, compares in constant
time, and refuses times more than a few minutes off, so that a recorded request is of no use later.
"""

import hmac
from datetime import datetime
from typing import Final

HEADER: Final = "poolhouse-signature"


def signature(secret: bytes, body: bytes, now: datetime) -> str:
    """Return the value of the header."""
    seconds = int(now.timestamp())
    digest = hmac.digest(secret, f"{seconds}.".encode() + body, "sha256").hex()
    return f"t={seconds},v1={digest}"
