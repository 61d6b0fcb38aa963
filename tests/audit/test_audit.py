"""The audit trail: one record for every administrative call, and no secret in any."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs
from support.access_keys import add_key
from support.audit_reading import Trail, refused
from support.functions_server import FunctionError, FunctionsServer, arn
from support.running_server import ACCOUNT, REGION, ROOT_KEY, RunningServer
from support.served_pools import NewPool, PoolForTest
from support.store_contents import tables, text_of
from support.wire_client import Wire, call, request, signed_headers

from poolhouse.bootstrap.store import store_url
from poolhouse.operations.registry import TABLE
from poolhouse.store.interface import VersionConflict

POOLS = f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"


@pytest.fixture
def trail(server: RunningServer) -> Trail:
    return Trail(server)


# --- What is recorded -----------------------------------------------------------------------


def test_audit_record_is_in_the_commit_of_its_change(trail: Trail, pool: PoolForTest) -> None:
    """The record is there when the answer is; no moment passes between."""
    pool.sign_up()
    answer = pool.admin_confirm()
    request_id = answer["ResponseMetadata"]["RequestId"]
    (record,) = [each for each in trail.now() if each.request_id == request_id]
    assert abs(record.at - datetime.now(UTC)) < timedelta(minutes=5)
    assert record.principal == ROOT
    assert record.access_key_id == ROOT_KEY[0]
    assert record.action == "cognito-idp:AdminConfirmSignUp"
    assert record.resource == f"{POOLS}/{pool.id}"
    assert record.allowed is True
    assert record.outcome == "committed"
    assert record.reason is None
    assert record.target == "alice"
    assert record.source_ip == "127.0.0.1"
    assert "Boto3" in (record.user_agent or "")


def test_audit_account_change_has_the_resource_star(trail: Trail, cognito: Any) -> None:
    record = trail.of(cognito.create_user_pool(PoolName="audited"))
    assert (record.resource, record.outcome, record.target) == ("*", "committed", None)


def test_audit_read_is_recorded(trail: Trail, pool: PoolForTest) -> None:
    record = trail.of(pool.cognito.list_users(UserPoolId=pool.id))
    assert (record.action, record.allowed, record.outcome) == ("cognito-idp:ListUsers", True, "ok")


def test_audit_denial_is_recorded_with_its_reason(
    server: RunningServer, trail: Trail, pool: PoolForTest
) -> None:
    key = add_key(server, {})
    answer = refused(server.client(key).admin_delete_user, UserPoolId=pool.id, Username="alice")
    record = trail.of(answer)
    assert (record.allowed, record.outcome) == (False, "AccessDeniedException")
    assert record.reason == answer["Error"]["Message"]
    assert (record.access_key_id, record.target) == (key[0], "alice")
    assert record.resource == f"{POOLS}/{pool.id}"


def test_audit_failure_is_recorded_with_its_code(trail: Trail, pool: PoolForTest) -> None:
    record = trail.of(refused(pool.admin_confirm, username="nobody"))
    assert (record.allowed, record.outcome) == (True, "UserNotFoundException")
    assert record.reason == "UserNotFound", "our name: the sentence may repeat what was sent"


def test_audit_missing_pool_is_recorded(trail: Trail, cognito: Any) -> None:
    pool_id = f"{REGION}_000000000"
    record = trail.of(refused(cognito.describe_user_pool, UserPoolId=pool_id))
    assert (record.resource, record.outcome) == (
        f"{POOLS}/{pool_id}",
        "ResourceNotFoundException",
    )


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"{", "SerializationException"), (b"{}", "InvalidParameterException")],
)
def test_audit_malformed_request_is_recorded(
    server: RunningServer, trail: Trail, body: bytes, code: str
) -> None:
    headers = signed_headers(server.url, "AdminGetUser", body, ROOT_KEY)
    with Wire(server.port) as wire:
        answer = wire.ask(request(body, headers))
    metadata = {"ResponseMetadata": {"RequestId": answer.header("x-amzn-requestid")}}
    record = trail.of(metadata)
    assert (record.action, record.outcome) == ("cognito-idp:AdminGetUser", code)
    assert (record.allowed, record.reason, record.resource) == (False, None, "*")


def test_audit_unexpected_exception_is_recorded_as_internal_error(
    trail: Trail, pool: PoolForTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_call: Any, _req: Any) -> None:
        raise ZeroDivisionError

    broken = TABLE["AdminGetUser"]._replace(handle=fail)
    monkeypatch.setitem(TABLE.entries, "AdminGetUser", broken)
    with capture_logs():
        answer = refused(pool.cognito.admin_get_user, UserPoolId=pool.id, Username="alice")
    assert trail.of(answer).outcome == "InternalErrorException"


@pytest.mark.parametrize("operation", ["AdminGetUser", "AdminConfirmSignUp"])
def test_administrative_call_with_bad_signature_is_recorded(
    server: RunningServer, trail: Trail, operation: str
) -> None:
    """Without a principal, as none is authenticated; with the access key, if it is known."""
    with Wire(server.port) as wire:
        unsigned = wire.ask(call(operation, b"{}"))
        headers = signed_headers(server.url, operation, b"{}", (ROOT_KEY[0], "guessed"))
        forged = wire.ask(request(b"{}", headers))
        headers = signed_headers(server.url, operation, b"{}", ("AKIANOBODY", "guessed"))
        unknown = wire.ask(request(b"{}", headers))
    for answer, outcome, reason, key_id in (
        (unsigned, "MissingAuthenticationTokenException", None, ""),
        (forged, "InvalidSignatureException", "SignatureMismatch", ROOT_KEY[0]),
        (unknown, "UnrecognizedClientException", None, ""),
    ):
        record = trail.of_id(answer.header("x-amzn-requestid") or "")
        assert record.action == f"cognito-idp:{operation}"
        assert (record.outcome, record.reason) == (outcome, reason)
        assert (record.principal, record.access_key_id) == ("unauthenticated", key_id)
        assert (record.allowed, record.resource, record.source_ip) == (False, "*", "127.0.0.1")


# --- Commits that fail ----------------------------------------------------------------------


def test_audit_rolled_back_change_is_not_recorded_as_committed(
    trail: Trail, pool: PoolForTest
) -> None:
    """The name is taken, which shows in the commit: it takes its record back with it."""
    pool.cognito.admin_create_user(UserPoolId=pool.id, Username="alice")
    answer = refused(pool.cognito.admin_create_user, UserPoolId=pool.id, Username="alice")
    assert trail.of(answer).outcome == "UsernameExistsException"


def test_audit_retried_change_is_recorded_once(
    trail: Trail, pool: PoolForTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another call was faster, twice."""
    entry, tries = TABLE["AdminConfirmSignUp"], []

    async def be_late(call: Any, req: Any) -> Any:
        tries.append(call)
        if len(tries) <= 2:
            raise VersionConflict
        return await entry.handle(call, req)

    pool.sign_up()
    monkeypatch.setitem(TABLE.entries, "AdminConfirmSignUp", entry._replace(handle=be_late))
    assert trail.of(pool.admin_confirm()).outcome == "committed"
    assert len(tries) == 3


def test_audit_change_that_always_conflicts_is_recorded_as_refused(
    trail: Trail, pool: PoolForTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def be_late(_call: Any, _req: Any) -> Any:
        raise VersionConflict

    entry = TABLE["AdminConfirmSignUp"]._replace(handle=be_late)
    monkeypatch.setitem(TABLE.entries, "AdminConfirmSignUp", entry)
    assert trail.of(refused(pool.admin_confirm)).outcome == "TooManyRequestsException"


def test_audit_failure_after_the_commit_keeps_change_and_record(
    trail: Trail, new_pool: NewPool, functions: FunctionsServer
) -> None:
    """PostConfirmation fails: the caller hears of it, and the user is confirmed all the same."""
    pool = new_pool(LambdaConfig={"PostConfirmation": arn("failing")})

    def fail(_event: dict[str, Any]) -> None:
        raise FunctionError("boom")

    functions.answers["PostConfirmation_ConfirmSignUp"] = fail
    pool.sign_up()
    answer = refused(pool.admin_confirm)
    assert answer["Error"]["Code"] == "UserLambdaValidationException"
    assert trail.of(answer).outcome == "committed"
    assert pool.user()["UserStatus"] == "CONFIRMED"


def test_audit_refusal_by_a_trigger_is_not_recorded_as_committed(
    trail: Trail, new_pool: NewPool, functions: FunctionsServer
) -> None:
    pool = new_pool(LambdaConfig={"PreSignUp": arn("refusing")})

    def refuse(_event: dict[str, Any]) -> None:
        raise FunctionError("not you, SECRET-MARKER")

    functions.answers["PreSignUp_AdminCreateUser"] = refuse
    answer = refused(pool.cognito.admin_create_user, UserPoolId=pool.id, Username="alice")
    record = trail.of(answer)
    assert (record.outcome, record.reason) == ("UserLambdaValidationException", None)


# --- Secrets --------------------------------------------------------------------------------

MARKERS = ("Passw0rd-MARKER!", "Temp0rary-MARKER!", "metadata-MARKER", "validation-MARKER")


def test_audit_and_store_and_log_hold_no_secret_in_clear(
    server: RunningServer, new_pool: NewPool, functions: FunctionsServer
) -> None:
    """Passwords, codes, ClientMetadata, client secrets, secret access keys: in no table, no log."""
    with capture_logs() as logged:
        secrets = _use_secrets(server, new_pool, functions)
        server.run(lambda app: app._trail.flush())
    assert functions.events, "the functions did see the metadata"
    kept = text_of(tables(store_url(server.settings)))
    assert "AdminConfirmSignUp" in kept, "the whole store was read"
    assert "alice" in kept
    said = repr(logged)
    for secret in secrets:
        assert secret not in kept
        assert secret.encode().hex() not in kept
        assert secret not in said


def _use_secrets(server: RunningServer, new_pool: NewPool, functions: FunctionsServer) -> list[str]:
    """Hand every kind of secret to the server, in calls that succeed and in calls that fail."""
    password, temporary, metadata, validation = MARKERS
    pool = new_pool(
        client={"GenerateSecret": True},
        LambdaConfig={"PreSignUp": arn("seeing"), "PostConfirmation": arn("seeing")},
    )
    client_secret = pool.client["ClientSecret"]
    more: dict[str, Any] = {
        "ClientMetadata": {"key": metadata},
        "ValidationData": [{"Name": "key", "Value": validation}],
    }
    hashed = _secret_hash("alice", pool.client_id, client_secret)
    pool.sign_up(password=password, SecretHash=hashed, **more)
    refused(pool.sign_up, password=password, SecretHash=hashed, **more)
    refused(pool.sign_up, username="bob", password=password, SecretHash="d3Jvbmc-MARKER=", **more)
    pool.admin_confirm(ClientMetadata={"key": metadata})
    refused(pool.admin_confirm, ClientMetadata={"key": metadata})
    create = pool.cognito.admin_create_user
    invited = {"UserPoolId": pool.id, "Username": "carol", "TemporaryPassword": temporary, **more}
    create(**invited)
    refused(create, **invited)
    refused(create, **(invited | {"Username": "dave", "TemporaryPassword": "short-MARKER"}))
    functions.answers["PreSignUp_SignUp"] = lambda _event: {"response": metadata}
    refused(pool.sign_up, username="erin", password=password, SecretHash=hashed, **more)
    body = json.dumps({"UserPoolId": pool.id, "Username": {"x": metadata}}).encode()
    with Wire(server.port) as wire:
        wire.ask(request(body, signed_headers(server.url, "AdminCreateUser", body, ROOT_KEY)))
        wire.ask(call("SignUp", b'{"Password":"' + password.encode()))
    return [*MARKERS, "MARKER", hashed, client_secret, ROOT_KEY[1]]


def _secret_hash(username: str, client_id: str, secret: str) -> str:
    import base64
    import hmac

    digest = hmac.digest(secret.encode(), f"{username}{client_id}".encode(), "sha256")
    return base64.b64encode(digest).decode()
