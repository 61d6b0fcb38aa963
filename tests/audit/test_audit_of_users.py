"""Audit of users and unauthenticated callers at the public operations."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import astuple
from support.access_tokens import token_of
from support.audit_reading import Trail, refused
from support.mfa_pools import AuthenticatorApp
from support.passkey_device import PasskeyDevice
from support.passkey_pools import options_for, passkey_pool
from support.running_server import RunningServer
from support.sent_codes import another, code_of
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import PASSWORD
from support.wire_client import Wire, request

from poolhouse.entities.audit import AuditRecord

NEW = "Another-horse-77!"
METADATA = {"ClientMetadata": {"key": "metadata-MARKER"}}


@pytest.fixture
def trail(server: RunningServer) -> Trail:
    return Trail(server)


@pytest.fixture
def pool(new_pool: NewPool) -> PoolForTest:
    """A pool with alice, who has signed up with an email address."""
    made: PoolForTest = new_pool(AutoVerifiedAttributes=["email"])
    made.sign_up(attributes={"email": "alice@example.com"})
    return made


def said(record: AuditRecord) -> tuple[str, str, str | None, str | None]:
    """The operation, what came of it, why not, and whom it was about."""
    operation = record.action.removeprefix("cognito-idp:")
    return operation, record.outcome, record.reason, record.target


def test_sign_up_and_its_confirmation_are_recorded(
    server: RunningServer, pool: PoolForTest, trail: Trail
) -> None:
    made = trail.of(pool.sign_up("bob", attributes={"email": "bob@example.com"}, **METADATA))
    assert said(made) == ("SignUp", "ok", None, "bob")
    assert made.principal == f"client/{pool.client_id}"
    assert made.resource.endswith(f"userpool/{pool.id}")
    assert made.source_ip == "127.0.0.1"
    taken = trail.of(refused(pool.sign_up))
    assert said(taken) == ("SignUp", "UsernameExistsException", "UsernameTaken", "alice")
    alice = {"ClientId": pool.client_id, "Username": "alice"}
    confirm, code = pool.cognito.confirm_sign_up, code_of(server, pool)
    wrong = trail.of(refused(confirm, **alice, ConfirmationCode=another(code)))
    assert said(wrong) == ("ConfirmSignUp", "CodeMismatchException", "WrongCode", "alice")
    right = trail.of(confirm(**alice, ConfirmationCode=code, **METADATA))
    assert said(right) == ("ConfirmSignUp", "ok", None, "alice")


def test_forgotten_password_and_each_guess_are_recorded(
    server: RunningServer, pool: PoolForTest, trail: Trail
) -> None:
    alice = {"ClientId": pool.client_id, "Username": "alice"}
    confirm = {"ConfirmationCode": code_of(server, pool), **alice}
    pool.cognito.confirm_sign_up(**confirm)
    asked = trail.of(pool.cognito.forgot_password(**alice, **METADATA))
    assert said(asked) == ("ForgotPassword", "ok", None, "alice")
    reset, code = pool.cognito.confirm_forgot_password, code_of(server, pool)
    for _ in range(3):
        guess = refused(reset, **alice, ConfirmationCode=another(code), Password=NEW)
        name = "ConfirmForgotPassword"
        assert said(trail.of(guess)) == (name, "CodeMismatchException", "WrongCode", "alice")
    done = trail.of(reset(**alice, ConfirmationCode=code, Password=NEW))
    assert said(done) == ("ConfirmForgotPassword", "ok", None, "alice")
    unknown = {"ClientId": pool.client_id, "Username": "nobody"}
    refusal = trail.of(refused(pool.cognito.forgot_password, **unknown))
    assert (refusal.outcome, refusal.target) == ("UserNotFoundException", "nobody")


def test_resent_code_is_recorded(pool: PoolForTest, trail: Trail) -> None:
    alice = {"ClientId": pool.client_id, "Username": "alice"}
    sent = trail.of(pool.cognito.resend_confirmation_code(**alice))
    assert said(sent) == ("ResendConfirmationCode", "ok", None, "alice")


def test_confirmation_by_link_is_recorded_as_confirm_sign_up(
    server: RunningServer, pool: PoolForTest, trail: Trail
) -> None:
    """Each guess too: the page is another way to ConfirmSignUp."""
    code = code_of(server, pool)
    link = f"/confirmUser?client_id={pool.client_id}&user_name=alice&confirmation_code="
    with Wire(server.port) as wire:
        for given, outcome in ((another(code), "CodeMismatchException"), (code, "ok")):
            answer = wire.ask(request(b"", {}, f"GET {link}{given} HTTP/1.1"), "GET")
            record = trail.of_id(answer.header("x-amzn-requestid") or "")
            assert (record.action, record.outcome) == ("cognito-idp:ConfirmSignUp", outcome)
            assert record.target == "alice"


def test_unknown_app_client_is_recorded_without_its_name(pool: PoolForTest, trail: Trail) -> None:
    """Any caller can invent one, a hundred characters long."""
    unknown_client = {"ClientId": "x" * 100, "Username": "alice"}
    record = trail.of(refused(pool.cognito.forgot_password, **unknown_client))
    assert (record.outcome, record.principal) == ("ResourceNotFoundException", "unauthenticated")
    assert record.resource == "*"


def change_password(pool: PoolForTest, token: str) -> Any:
    passwords = {"PreviousPassword": PASSWORD, "ProposedPassword": NEW}
    return pool.cognito.change_password(AccessToken=token, **passwords)


def update_attributes(pool: PoolForTest, token: str) -> Any:
    name = {"Name": "name", "Value": "Alice"}
    return pool.cognito.update_user_attributes(AccessToken=token, UserAttributes=[name])


CHANGES: dict[str, Callable[[PoolForTest, str], Any]] = {
    "ChangePassword": change_password,
    "UpdateUserAttributes": update_attributes,
    "DeleteUserAttributes": lambda pool, token: pool.cognito.delete_user_attributes(
        AccessToken=token, UserAttributeNames=["name"]
    ),
    "SetUserMFAPreference": lambda pool, token: pool.cognito.set_user_mfa_preference(
        AccessToken=token, SMSMfaSettings={"Enabled": False}
    ),
    "SetUserSettings": lambda pool, token: pool.cognito.set_user_settings(
        AccessToken=token, MFAOptions=[]
    ),
    "GlobalSignOut": lambda pool, token: pool.cognito.global_sign_out(AccessToken=token),
    "DeleteUser": lambda pool, token: pool.cognito.delete_user(AccessToken=token),
    "GetUserAttributeVerificationCode": lambda pool, token: (
        pool.cognito.get_user_attribute_verification_code(AccessToken=token, AttributeName="email")
    ),
}


@pytest.mark.parametrize("operation", CHANGES)
def test_change_by_a_user_is_recorded(
    server: RunningServer, pool: PoolForTest, trail: Trail, operation: str
) -> None:
    pool.admin_confirm()
    token = token_of(server, pool)
    record = trail.of(CHANGES[operation](pool, token))
    assert said(record) == (operation, "ok", None, "alice")
    assert record.principal == f"client/{pool.client_id}"


def test_factors_that_a_user_registers_are_recorded(
    server: RunningServer, new_pool: NewPool, trail: Trail
) -> None:
    pool = passkey_pool(new_pool)
    pool.cognito.set_user_pool_mfa_config(
        UserPoolId=pool.id,
        MfaConfiguration="OPTIONAL",
        SoftwareTokenMfaConfiguration={"Enabled": True},
        WebAuthnConfiguration={"RelyingPartyId": "home.example"},
    )
    token = token_of(server, pool)
    associated = pool.cognito.associate_software_token(AccessToken=token)
    assert said(trail.of(associated)) == ("AssociateSoftwareToken", "ok", None, "alice")
    app = AuthenticatorApp(associated["SecretCode"])
    verify = pool.cognito.verify_software_token
    wrong = trail.of(refused(verify, AccessToken=token, UserCode=another(app.code())))
    assert wrong.outcome == "EnableSoftwareTokenMFAException"
    right = trail.of(verify(AccessToken=token, UserCode=app.code()))
    assert said(right) == ("VerifySoftwareToken", "ok", None, "alice")
    started = pool.cognito.start_web_authn_registration(AccessToken=token)
    assert said(trail.of(started)) == ("StartWebAuthnRegistration", "ok", None, "alice")
    credential = PasskeyDevice().create(options_for(pool, token))
    made = pool.cognito.complete_web_authn_registration(AccessToken=token, Credential=credential)
    assert said(trail.of(made)) == ("CompleteWebAuthnRegistration", "ok", None, "alice")
    (listed,) = pool.cognito.list_web_authn_credentials(AccessToken=token)["Credentials"]
    gone = pool.cognito.delete_web_authn_credential(
        AccessToken=token, CredentialId=listed["CredentialId"]
    )
    assert said(trail.of(gone)) == ("DeleteWebAuthnCredential", "ok", None, "alice")


def test_get_user_is_recorded_only_when_it_is_refused(
    server: RunningServer, pool: PoolForTest, trail: Trail
) -> None:
    pool.admin_confirm()
    token = token_of(server, pool)
    assert trail.has_none(pool.cognito.get_user(AccessToken=token))
    bad = trail.of(refused(pool.cognito.get_user, AccessToken=token[:-4] + "AAAA"))
    assert said(bad) == ("GetUser", "NotAuthorizedException", "InvalidAccessToken", None)


def test_audit_public_operations_hold_no_code_password_or_metadata(
    server: RunningServer, pool: PoolForTest, trail: Trail
) -> None:
    alice = {"ClientId": pool.client_id, "Username": "alice"}
    code = code_of(server, pool)
    pool.cognito.confirm_sign_up(**alice, ConfirmationCode=code, **METADATA)
    pool.cognito.forgot_password(**alice, **METADATA)
    again = code_of(server, pool)
    guess = {"ConfirmationCode": another(again), "Password": NEW, **METADATA}
    refused(pool.cognito.confirm_forgot_password, **alice, **guess)
    last = pool.cognito.confirm_forgot_password(**alice, ConfirmationCode=again, Password=NEW)
    trail.of(last)
    mine = [record for record in trail.now() if record.resource.endswith(pool.id)]
    values = [value for record in mine for value in astuple(record) if isinstance(value, str)]
    assert "alice" in values
    for secret in (NEW, PASSWORD, "metadata-MARKER"):
        assert not any(secret in value for value in values)
    assert not {code, again, another(again)} & set(values)
