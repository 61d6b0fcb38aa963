"""ClientMetadata is nowhere but in the event: it is never stored, logged or recorded."""

from typing import Any

import asyncpg
import pytest
from support.functions_server import FunctionError, FunctionsServer, arn
from support.refusals import refused
from support.running_server import RunningServer
from support.sent_codes import code_of
from support.served_pools import NewPool, PoolForTest

from poolhouse import metrics
from poolhouse.app import App
from poolhouse.entities.audit import AuditRecord

VALUE = "metadata-value-5d41402abc4b2a76b9719d911017c592"
KEY = "metadata-key-7d793037a0760186"
METADATA = {KEY: VALUE}
SOURCE = "PostConfirmation_ConfirmSignUp"


async def every_row(url: str) -> str:
    """Every row of every table as text; bytes are in hexadecimal."""
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetch(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        )
        rows = [
            row[0]
            for (table,) in tables
            for row in await connection.fetch(f'SELECT kept::text FROM "{table}" AS kept')
        ]
    finally:
        await connection.close()
    return "\n".join(rows)


def kept(server: RunningServer) -> bytes:
    """Everything the server has written: its data directory, and the database if it is apart."""
    server.run(lambda app: app._trail.flush())  # the records of what was only read
    files = b"".join(
        file.read_bytes() for file in server.settings.data.rglob("*") if file.is_file()
    )
    store = server.settings.store
    if store is None:
        return files
    rows: str = server.run(lambda _: every_row(store))
    return files + rows.encode()


def records(server: RunningServer) -> list[AuditRecord]:
    async def read(app: App) -> list[AuditRecord]:
        found, _ = await app.services.store.audit.after("", 1_000_000)
        return found

    found: list[AuditRecord] = server.run(read)
    return found


def test_admin_confirm_sign_up_client_metadata_is_not_stored(
    server: RunningServer,
    functions: FunctionsServer,
    new_pool: NewPool,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The API's text on ClientMetadata: not stored, not validated, not encrypted."""

    def repeat(event: Any) -> Any:
        raise FunctionError(f"what about {event['request']['clientMetadata']}?")

    pool = new_pool(
        AutoVerifiedAttributes=["email"],
        LambdaConfig={"PreSignUp": arn("before"), "PostConfirmation": arn("confirmed")},
    )
    email = {"email": "alice@home.example"}
    data = [{"Name": KEY, "Value": VALUE}]
    for username in ("alice", "bob", "carol"):
        pool.sign_up(username, attributes=email, ClientMetadata=METADATA, ValidationData=data)
    pool.cognito.admin_create_user(
        UserPoolId=pool.id, Username="dave", ClientMetadata=METADATA, ValidationData=data
    )
    pool.cognito.resend_confirmation_code(
        ClientId=pool.client_id, Username="bob", ClientMetadata=METADATA
    )
    pool.admin_confirm("alice", ClientMetadata=METADATA)
    pool.cognito.confirm_sign_up(
        ClientId=pool.client_id,
        Username="bob",
        ConfirmationCode=code_of(server, pool, "bob"),
        ClientMetadata=METADATA,
    )
    with refused("NotAuthorizedException"):
        pool.admin_confirm("alice", ClientMetadata=METADATA)
    functions.answers[SOURCE] = repeat
    sentence = f"PostConfirmation failed with error what about {METADATA}?."
    with refused("UserLambdaValidationException", sentence):
        pool.admin_confirm("carol", ClientMetadata=METADATA)

    everything = kept(server)
    assert b"alice" in everything, "the search looks where things are kept"
    logs = "".join(capfd.readouterr())
    logs += metrics.exposition().decode()
    assert "trigger failed" in logs, "the search looks where things are logged"
    recorded = repr(records(server))
    for secret in (KEY, VALUE):
        assert secret.encode() not in everything
        assert secret.encode().hex().encode() not in everything
        assert secret not in logs
        assert secret not in recorded
    given = [event["request"].get("clientMetadata") for event in functions.events]
    assert given == [METADATA] * len(given), "and yet every function got it"


def test_passwords_and_codes_are_not_kept_in_clear(
    server: RunningServer, new_pool: NewPool, capfd: pytest.CaptureFixture[str]
) -> None:
    pool = new_pool(AutoVerifiedAttributes=["email"])
    password, temporary = "Never-Kept-3141592653!", "Never-Kept-2718281828!"
    pool.sign_up(password=password, attributes={"email": "alice@home.example"})
    pool.cognito.admin_create_user(UserPoolId=pool.id, Username="bob", TemporaryPassword=temporary)
    pool.cognito.confirm_sign_up(
        ClientId=pool.client_id, Username="alice", ConfirmationCode=code_of(server, pool)
    )
    everything, logs = kept(server), "".join(capfd.readouterr())
    for secret in (password, temporary):
        assert secret.encode() not in everything
        assert secret.encode().hex().encode() not in everything
        assert secret not in logs


def test_audit_record_names_administrator_and_user(
    server: RunningServer, pool: PoolForTest
) -> None:
    """One record a call, in the commit of its change; a refusal is recorded too."""
    pool.sign_up()
    pool.admin_confirm(ClientMetadata=METADATA)
    with refused("NotAuthorizedException"):
        pool.admin_confirm()
    kept(server)
    mine = [
        record
        for record in records(server)
        if record.action == "cognito-idp:AdminConfirmSignUp" and pool.id in record.resource
    ]
    assert [(record.target, record.allowed) for record in mine] == [("alice", True)] * 2
    assert sorted(record.outcome for record in mine) == ["NotAuthorizedException", "committed"]
    assert {record.principal for record in mine} == {"arn:aws:iam::123456789012:root"}
