"""`poolhouse dev --seed`: second factors of pools and users, for tests that sign in with them."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cli.programs import Process, cognito
from cli.test_seeds import EXAMPLE, POOL, kept, start
from support.mfa_pools import AuthenticatorApp
from support.sign_ins import AuthApi, result_of

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
OTHER = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
FACTORS = f"""\
pools:
  - id: {POOL}
    PoolName: shop
    EmailConfiguration:
      EmailSendingAccount: DEVELOPER
      SourceArn: arn:aws:ses:us-east-1:000000000000:identity/shop.example
    MfaConfiguration: ON
    SmsMfaConfiguration:
      SmsAuthenticationMessage: "Code {{####}}"
      SmsConfiguration: {{SnsCallerArn: "arn:aws:iam::000000000000:role/sms"}}
    EmailMfaConfiguration: {{Subject: Your code, Message: "It is {{####}}"}}
    SoftwareTokenMfaConfiguration: {{Enabled: true}}
    WebAuthnConfiguration: {{RelyingPartyId: shop.example}}
    users:
      - username: alice
        password: Correct-Horse-9!
        attributes: {{email: alice@example.com, phone_number: "+15555550100"}}
        mfa: {{sms: true, totp: {SECRET}, preferred: EMAIL_OTP}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file.yaml"


def factors(folder: Path, file: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Of the pool and of alice, with a server that has read the file."""
    with start(folder, file) as server:
        client = cognito(server.url)
        of_pool = client.get_user_pool_mfa_config(UserPoolId=POOL)
        of_pool.pop("ResponseMetadata")
        alice = client.admin_get_user(UserPoolId=POOL, Username="alice")
        server.stop()
    return of_pool, {
        "on": sorted(alice.get("UserMFASettingList", [])),
        "preferred": alice.get("PreferredMfaSetting"),
    }


def changed(file: Path, *changes: tuple[str, str]) -> None:
    text = file.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text)


def test_seed_software_token_user_of_the_docs_signs_in(tmp_path: Path, file: Path) -> None:
    """And what the app has shown then isn't good for another sign-in after another start."""
    assert EXAMPLE is not None
    file.write_text(EXAMPLE[1])
    with start(tmp_path, file) as server:
        client = cognito(server.url)
        described = client.describe_user_pool_client(UserPoolId=POOL, ClientId="shopweb")
        pool = SimpleNamespace(
            cognito=client, id=POOL, client_id="shopweb", client=described["UserPoolClient"]
        )
        api = AuthApi(pool, by_admin=False)
        asked = api.by_srp("carol", "correct-horse-9")
        assert asked["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
        code = AuthenticatorApp(SECRET).code()
        answer = api.respond(
            "SOFTWARE_TOKEN_MFA", asked["Session"], USERNAME="carol", SOFTWARE_TOKEN_MFA_CODE=code
        )
        assert result_of(answer)["AccessToken"]
        server.stop()
    before = kept(tmp_path)
    with start(tmp_path, file) as server:
        server.stop()
    assert kept(tmp_path) == before


def test_seed_sets_second_factors_of_pool_and_users(tmp_path: Path, file: Path) -> None:
    """A factor that is preferred is on, too; the second start changes nothing."""
    file.write_text(FACTORS)
    of_pool, of_alice = factors(tmp_path, file)
    assert of_pool == {
        "MfaConfiguration": "ON",
        "SmsMfaConfiguration": {
            "SmsAuthenticationMessage": "Code {####}",
            "SmsConfiguration": {
                "SnsCallerArn": "arn:aws:iam::000000000000:role/sms",
                "SnsRegion": "us-east-1",
            },
        },
        "EmailMfaConfiguration": {"Subject": "Your code", "Message": "It is {####}"},
        "SoftwareTokenMfaConfiguration": {"Enabled": True},
        "WebAuthnConfiguration": {"RelyingPartyId": "shop.example"},
    }
    assert of_alice == {
        "on": ["EMAIL_OTP", "SMS_MFA", "SOFTWARE_TOKEN_MFA"],
        "preferred": "EMAIL_OTP",
    }
    before = kept(tmp_path)
    assert factors(tmp_path, file) == (of_pool, of_alice)
    assert kept(tmp_path) == before


NO_APPS = ("    SoftwareTokenMfaConfiguration: {Enabled: true}\n", "")
NO_FACTORS = (FACTORS[FACTORS.index("    MfaConf") : FACTORS.index("    users:")], "")


@pytest.mark.parametrize(
    ("changes", "of_pool", "of_alice"),
    [
        (
            [("sms: true", "sms: false"), ("EMAIL_OTP", "SOFTWARE_TOKEN_MFA"), NO_APPS],
            {"MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": None},
            {"on": ["EMAIL_OTP", "SOFTWARE_TOKEN_MFA"], "preferred": "SOFTWARE_TOKEN_MFA"},
        ),
        (
            [(", preferred: EMAIL_OTP", ", email: false")],
            {"MfaConfiguration": "ON"},
            {"on": ["SMS_MFA", "SOFTWARE_TOKEN_MFA"], "preferred": None},
        ),
        (
            [(SECRET, OTHER), ("sms: true, ", "")],
            {"MfaConfiguration": "ON"},
            {"on": ["EMAIL_OTP", "SMS_MFA", "SOFTWARE_TOKEN_MFA"], "preferred": "EMAIL_OTP"},
        ),
        (
            [NO_FACTORS, ("        mfa: {sms: true", "        mfa: {sms: false")],
            {"MfaConfiguration": "OFF", "WebAuthnConfiguration": None},
            {"on": ["EMAIL_OTP", "SOFTWARE_TOKEN_MFA"], "preferred": "EMAIL_OTP"},
        ),
    ],
)
def test_seed_edited_changes_second_factors(
    tmp_path: Path,
    file: Path,
    changes: list[tuple[str, str]],
    of_pool: dict[str, Any],
    of_alice: dict[str, Any],
) -> None:
    """What the file no longer says of a user stays; a pool is what the file says of it."""
    file.write_text(FACTORS)
    factors(tmp_path, file)
    before = kept(tmp_path)
    changed(file, *changes)
    has, alice = factors(tmp_path, file)
    assert {name: has.get(name) for name in of_pool} == of_pool
    assert alice == of_alice
    after = kept(tmp_path)
    is_other_app = (SECRET, OTHER) in changes
    assert (after["software_tokens"] != before["software_tokens"]) == is_other_app
    factors(tmp_path, file)
    assert kept(tmp_path) == after


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (', phone_number: "+15555550100"', "", "file.yaml:15: InvalidParameterException: "),
        (
            f", totp: {SECRET}, preferred: EMAIL_OTP",
            ", preferred: SOFTWARE_TOKEN_MFA",
            "file.yaml:15: ",
        ),
        ("sms: true", "email: false", "can't be preferred without being enabled."),
        (
            "EmailSendingAccount: DEVELOPER",
            "EmailSendingAccount: COGNITO_DEFAULT",
            "file.yaml:2: Invalid",
        ),
    ],
)
def test_seed_invalid_factors_are_reported_with_their_line(
    tmp_path: Path, file: Path, old: str, new: str, expected: str
) -> None:
    file.write_text(FACTORS)
    changed(file, (old, new))
    with Process(tmp_path, "dev", "--port", "0", "--memory", "--seed", "file.yaml") as process:
        assert process.wait() == 1
        printed = process.printed.to_the_end()
    assert expected in printed
    assert "Traceback" not in printed
