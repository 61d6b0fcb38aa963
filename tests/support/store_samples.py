"""Entities to keep, and a table of notes with the three kinds of writes that there are."""

from datetime import UTC, datetime
from typing import Any

from poolhouse.crypto.master_key import MasterKey, new_wrapped_data_key
from poolhouse.crypto.sealer import Sealer
from poolhouse.entities.audit import AuditRecord
from poolhouse.entities.clients import Client, ClientSecret
from poolhouse.entities.messages import Channel, Message
from poolhouse.entities.pools import Pool
from poolhouse.entities.principals import AccessKey, Principal
from poolhouse.entities.users import PasswordCredential, User, UserStatus
from poolhouse.store.interface import Database, UniqueViolation, VersionConflict, Write
from poolhouse.wire.structs import UserPoolClientType, UserPoolType

NOW = datetime(2026, 2, 3, 4, 5, 6, 789000, tzinfo=UTC)
POOL = "eu-central-1_ABCdef123"
ARN = "arn:aws:iam::123456789012:user/ops/alice"

NOTES = [
    'CREATE TABLE notes (id TEXT COLLATE "C" PRIMARY KEY, version BIGINT NOT NULL, body TEXT)',
]


def a_sealer() -> Sealer:
    master = MasterKey(bytes(range(32)))
    return Sealer(master, new_wrapped_data_key(master))


def put(id: str, version: int = 1, body: str = "") -> Write:
    return Write(
        "INSERT INTO notes (id, version, body) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        (id, version, body),
        UniqueViolation("note", id),
    )


def change(id: str, was: int) -> Write:
    """Count a note's version up from what it was."""
    return Write(
        "UPDATE notes SET version = $1 WHERE id = $2 AND version = $3",
        (was + 1, id, was),
        VersionConflict(),
    )


def drop(id: str) -> Write:
    return Write("DELETE FROM notes WHERE id = $1", (id,))


async def all_notes(database: Database) -> dict[str, int]:
    """Every note's version, by its id."""
    return {row[0]: row[1] for row in await database.fetch("SELECT id, version FROM notes")}


def a_pool(id: str = POOL) -> Pool:
    settings = UserPoolType(Name="home")
    return Pool(id=id, settings=settings, attributes=(), created_at=NOW, modified_at=NOW)


def a_client(id: str = "1example23456789", pool_id: str = POOL, secret: str = "s3cret") -> Client:
    return Client(
        id=id,
        pool_id=pool_id,
        settings=UserPoolClientType(ClientName="app"),
        secrets=(ClientSecret(id=f"{id}--1", value=secret, created_at=NOW),),
        created_at=NOW,
        modified_at=NOW,
    )


def a_user(sub: str = "7d9d8f4e-0000-4000-8000-000000000000", **changed: Any) -> User:
    members: dict[str, Any] = {
        "pool_id": POOL,
        "username": f"user-{sub}",
        "status": UserStatus.UNCONFIRMED,
        "created_at": NOW,
        "modified_at": NOW,
    } | changed
    return User(sub=sub, **members)


def a_password(user: User, verifier: bytes = b"a verifier of a password") -> PasswordCredential:
    return PasswordCredential(
        sub=user.sub,
        pool_id=user.pool_id,
        salt=b"sixteen bytes!!!",
        verifier=verifier,
        set_at=NOW,
    )


def a_message(id: str = "message-1", **changed: Any) -> Message:
    members: dict[str, Any] = {
        "pool_id": POOL,
        "username": "bob",
        "code": "246810",
        "body": "Here it is.",
        "due_at": NOW,
    } | changed
    return Message(
        id=id,
        channel=Channel.EMAIL,
        destination="bob@example.com",
        trigger_source="CustomMessage_SignUp",
        subject="Your code",
        created_at=NOW,
        **members,
    )


def a_principal(arn: str = ARN) -> Principal:
    return Principal(arn=arn, policies={"all": "{}"}, created_at=NOW)


def an_audit_record(request_id: str) -> AuditRecord:
    return AuditRecord(
        at=NOW,
        request_id=request_id,
        principal=ARN,
        access_key_id="AKIAEXAMPLE",
        action="cognito-idp:ListUsers",
        resource="*",
        allowed=True,
        outcome="ok",
    )


def an_access_key(id: str = "AKIAEXAMPLE", secret: str = "wJalrXUtnFEMI") -> AccessKey:
    return AccessKey(id=id, principal_arn=ARN, secret=secret, created_at=NOW)
