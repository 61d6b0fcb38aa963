"""The signature of webhooks, against the receiver that docs/functions.md shows."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from poolhouse.rules.messages.webhook_signature import signature

PAGE: Final = Path(__file__).parents[3] / "docs" / "functions.md"
SECRET: Final = b"a secret"
BODY: Final = b'{"userName":"alice"}'


@pytest.fixture
def is_genuine() -> Callable[[bytes, str, bytes], bool]:
    found = re.search(r"```python\n(import hmac\n.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None
    names: dict[str, Any] = {}
    exec(found[1], names)
    genuine: Callable[[bytes, str, bytes], bool] = names["is_genuine"]
    return genuine


def test_signature_of_now_is_genuine_to_the_documented_receiver(
    is_genuine: Callable[[bytes, str, bytes], bool],
) -> None:
    header = signature(SECRET, BODY, datetime.now(UTC))
    assert is_genuine(SECRET, header, BODY)


def test_signature_of_another_secret_body_or_hour_is_not_genuine(
    is_genuine: Callable[[bytes, str, bytes], bool],
) -> None:
    now = datetime.now(UTC)
    header = signature(SECRET, BODY, now)
    assert not is_genuine(b"another secret", header, BODY)
    assert not is_genuine(SECRET, header, BODY + b" ")
    assert not is_genuine(SECRET, signature(SECRET, BODY, now - timedelta(hours=1)), BODY)
