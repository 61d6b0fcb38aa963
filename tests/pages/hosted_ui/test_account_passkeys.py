"""Passkeys at the account page, without a browser: which pages browsers let have them."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs
from support.account_pages import Account
from support.running_server import running
from support.store_contents import eventually

from poolhouse.rules.auth.passkeys import may_use

POLICIES = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}}


@pytest.mark.parametrize(
    ("host", "is_allowed"),
    [
        ("example.com", True),
        ("id.example.com", True),
        ("badexample.com", False),
        ("com", False),
        ("127.0.0.1", False),
        ("", False),
    ],
)
def test_relying_party_is_of_its_host_and_hosts_below(host: str, is_allowed: bool) -> None:
    assert may_use("example.com", host) is is_allowed


def test_passkey_at_a_page_without_a_name_has_a_log_line_with_the_reason(tmp_path: Path) -> None:
    """Its relying party is localhost, and pages of 127.0.0.1 may not use that."""
    with running(tmp_path, memory=True, dev=True, account_page=True) as server:
        account = Account(server, Policies=POLICIES)
        account.sign_in()
        with capture_logs() as logged:
            page = account.press(account.open("passkeys"), ("action", "start"))
            assert page.status == 200
            (line,) = eventually(
                lambda: [x for x in logged if x.get("operation") == "AccountPasskeys_POST"]
            )
    assert line["reason"] == "browsers refuse passkeys of localhost at pages of 127.0.0.1"
