"""The settings of what sends messages: what they must be, and what doesn't go together."""

import base64
from pathlib import Path
from typing import Any

import pytest

from poolhouse.bootstrap.settings import load
from poolhouse.config.settings import BadSettings, Settings


def settings(**flags: Any) -> Settings:
    return load("serve", flags, {})


@pytest.mark.parametrize(
    ("flags", "mistake"),
    [
        (
            {"ses_endpoint": "https://ses.example/v2"},
            "`ses_endpoint` must be an http:// or https:// address without a path, but"
            " --ses-endpoint has 'https://ses.example/v2'.",
        ),
        (
            {"sns_endpoint": "sns.example"},
            "`sns_endpoint` must be an http:// or https:// address without a path, but"
            " --sns-endpoint has 'sns.example'.",
        ),
        (
            {"sms_webhook": "https://user:password@sms.example"},
            "`sms_webhook` must be an http:// or https:// address, but --sms-webhook has"
            " something else.",
        ),
        (
            {"sns_endpoint": "https://sns.example", "sms_webhook": "https://sms.example/send?k=1"},
            "`sns_endpoint` (--sns-endpoint) and `sms_webhook` (--sms-webhook) exclude each other.",
        ),
        (
            {"smtp_host": "mail.example", "ses_endpoint": "https://ses.example"},
            "`smtp_host` (--smtp-host) and `ses_endpoint` (--ses-endpoint) exclude each other.",
        ),
        (
            {"aws_secret_access_key": "a secret"},
            "`aws_secret_access_key` (--aws-secret-access-key) needs `aws_access_key_id` too.",
        ),
        (
            {"sender_key": "kms+https://kms.example/path"},
            "`sender_key` (--sender-key) can't be used: 'kms+https://kms.example/path' is not"
            " kms+ and an http:// or https:// address.",
        ),
    ],
)
def test_sending_settings_invalid_are_described(flags: dict[str, str], mistake: str) -> None:
    with pytest.raises(BadSettings) as refusal:
        settings(**flags)
    assert refusal.value.mistakes == (mistake,)


def test_sender_key_file_is_checked_at_start(tmp_path: Path) -> None:
    key_file = tmp_path / "sender.key"
    with pytest.raises(BadSettings, match="can't be read: No such file or directory"):
        settings(sender_key=str(key_file))
    key_file.write_bytes(base64.b64encode(bytes(32)))
    assert settings(sender_key=str(key_file)).sender_key == str(key_file)


def test_secrets_are_never_shown() -> None:
    shown = repr(
        settings(
            aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
            aws_secret_access_key="one-secret",
            aws_session_token="two-secret",
            webhook_secret="three-secret",
            sms_webhook="https://sms.example/send?key=four-secret",
        )
    )
    assert "AKIAIOSFODNN7EXAMPLE" in shown
    assert "secret" not in shown.replace("secret_access_key", "").replace("webhook_secret", "")
