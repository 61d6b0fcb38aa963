"""Details that an operation adds to the audit record of its call."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import fields

from poolhouse.entities.audit import AuditDetails, AuditRecord

RECORD = AuditRecord(
    at=datetime(2026, 11, 30, tzinfo=UTC),
    request_id="r",
    principal="client/c",
    access_key_id="",
    action="cognito-idp:InitiateAuth",
    resource="*",
    allowed=True,
    outcome="ok",
    target="typed",
)


def test_audit_details_without_members_keep_the_record() -> None:
    assert AuditDetails().added_to(RECORD) is RECORD


def test_audit_details_with_members_replace_those_of_the_record() -> None:
    details = AuditDetails(target="alice", step="USER_AUTH", proofs=("pwd", "otp"))
    record = details.added_to(RECORD)
    assert (record.target, record.step, record.proofs) == ("alice", "USER_AUTH", ("pwd", "otp"))
    assert record.principal == RECORD.principal


def test_audit_details_without_a_target_keep_the_named_one() -> None:
    record = AuditDetails(step="USER_AUTH").added_to(RECORD)
    assert (record.target, record.step) == ("typed", "USER_AUTH")


def test_name_target_after_another_target_changes_nothing() -> None:
    details = AuditDetails()
    details.name_target("alice")
    details.name_target("bob")
    assert details.target == "alice"


def test_audit_details_are_members_of_the_record_and_no_others() -> None:
    names = {field.name for field in fields(AuditDetails)}
    assert names < {field.name for field in fields(AuditRecord)}
    with pytest.raises(AttributeError):
        AuditDetails().tagret = "alice"  # type: ignore[attr-defined]
