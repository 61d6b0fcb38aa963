"""Attacks with a stolen Session: every challenge that the server knows."""

import base64
from typing import Any

from poolhouse.auth import engine
from support.sign_ins import AuthApi

CHALLENGES = sorted(name.value for name in engine.RESPONSE_HANDLERS)
SIGN_IN_FLOWS = sorted(flow.value for flow in engine.FLOWS if "REFRESH" not in flow.value)
STOLEN = "Stolen-horse-1!"
LONGEST_SESSION = 4096
"""Characters, by the API's model."""

IN_BLOCK = {"PASSWORD_VERIFIER", "DEVICE_PASSWORD_VERIFIER"}


def everything(username: str, **more: str) -> dict[str, str]:
    """All that any challenge asks for, as good as an unauthenticated caller can make it."""
    return {
        "USERNAME": username,
        "NEW_PASSWORD": STOLEN,
        "PASSWORD": STOLEN,
        "ANSWER": "PASSWORD",
        "SRP_A": "ab" * 192,
        "SMS_MFA_CODE": "123456",
        "SMS_OTP_CODE": "123456",
        "EMAIL_OTP_CODE": "123456",
        "SOFTWARE_TOKEN_MFA_CODE": "123456",
        "EMAIL": "thief@home.example",
        "DEVICE_KEY": "us-east-1_11111111-2222-4333-8444-555555555555",
        "PASSWORD_CLAIM_SIGNATURE": base64.b64encode(bytes(32)).decode(),
        "TIMESTAMP": "Tue Mar 3 04:05:06 UTC 2026",
        "CREDENTIAL": "{}",
        **more,
    }


def try_to_answer(api: AuthApi, name: str, session: str, username: str, **more: str) -> Any:
    """Answer with this Session, or with it instead of the secret block."""
    if name in IN_BLOCK:
        more.setdefault("PASSWORD_CLAIM_SECRET_BLOCK", session)
    return api.respond(name, session[:LONGEST_SESSION], **everything(username, **more))
