"""Changes of attributes, as rules (ev:users-5.3, ev:users-11)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from poolhouse.entities.codes import Purpose
from poolhouse.entities.contacts import Contact
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User, UserStatus
from poolhouse.errors.users import (
    AttributeImmutable,
    ChangeOutsideSchema,
    EmailNeeded,
    NameCannotBeDeleted,
    NoEmailToVerify,
    NoPhoneToVerify,
    NotVerifiable,
)
from poolhouse.rules.auth import factor_changes, verification_codes
from poolhouse.rules.users import attribute_changes as rules
from poolhouse.rules.users.schema import STANDARD
from poolhouse.wire.enums import UsernameAttributeType, VerifiedAttributeType
from poolhouse.wire.structs import UserAttributeUpdateSettingsType, UserPoolType

NOW, LATER = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC)
EMAIL = VerifiedAttributeType.EMAIL
OLD, NEW = "alice@home.example", "zoe@barn.example"
HAS = {"name": "Alice", "email": OLD, "email_verified": "true"}


def a_pool(*, sends: bool = True, waits: bool = False, **settings: Any) -> Pool:
    waiting = UserAttributeUpdateSettingsType(AttributesRequireVerificationBeforeUpdate=[EMAIL])
    return Pool(
        id="eu-west-1_Barn",
        settings=UserPoolType(
            AutoVerifiedAttributes=[EMAIL] if sends else None,
            UserAttributeUpdateSettings=waiting if waits else None,
            **settings,
        ),
        attributes=STANDARD,
        created_at=NOW,
        modified_at=NOW,
    )


def a_user(**attributes: str) -> User:
    return User(
        sub="4e7c9c03-46e2-41a9-b1f8-6aa97df1e9a5",
        pool_id="eu-west-1_Barn",
        username="alice",
        status=UserStatus.CONFIRMED,
        attributes=attributes,
        created_at=NOW,
        modified_at=NOW,
    )


@pytest.mark.parametrize(
    ("given", "after"),
    [
        ({"name": "B"}, {**HAS, "name": "B"}),
        ({"name": ""}, {"email": OLD, "email_verified": "true"}),
        ({"email": OLD}, HAS),
        ({"email": OLD, "email_verified": "FALSE"}, {**HAS, "email_verified": "false"}),
        ({"email": NEW}, {**HAS, "email": NEW, "email_verified": "false"}),
        ({"email": NEW, "email_verified": "True"}, {**HAS, "email": NEW}),
        ({"email": NEW, "email_verified": ""}, {**HAS, "email": NEW, "email_verified": "false"}),
        ({"email": ""}, {"name": "Alice"}),
        ({"email": "", "email_verified": "false"}, {"name": "Alice"}),
        ({"email_verified": "false"}, {**HAS, "email_verified": "false"}),
        ({}, HAS),
    ],
)
def test_admin_update_user_attributes_stores_the_changed_attributes(
    given: dict[str, str], after: dict[str, str]
) -> None:
    change = rules.by_admin(a_pool(), a_user(**HAS), given, LATER)
    assert change.user == replace(a_user(**after), modified_at=LATER)


@pytest.mark.parametrize(
    ("pool", "given", "proved"),
    [
        (a_pool(), {"email": NEW}, [(NEW, False)]),
        (a_pool(), {"email": NEW, "email_verified": "false"}, [(NEW, False)]),
        (a_pool(), {"email": NEW, "email_verified": "true"}, []),
        (a_pool(), {"email": OLD}, []),
        (a_pool(), {"email": ""}, []),
        (a_pool(), {"phone_number": "+491701238920"}, []),
        (a_pool(sends=False), {"email": NEW}, []),
        (a_pool(waits=True), {"email": NEW}, [(NEW, True)]),
        (a_pool(waits=True), {"email": NEW, "email_verified": "false"}, [(NEW, True)]),
        (a_pool(waits=True), {"email": NEW, "email_verified": "true"}, []),
        (a_pool(waits=True), {"email": OLD}, []),
    ],
)
def test_admin_update_user_attributes_requires_verification_of_changed_contacts(
    pool: Pool, given: dict[str, str], proved: list[tuple[str, bool]]
) -> None:
    change = rules.by_admin(pool, a_user(**HAS), given, LATER)
    assert [(p.user.attributes["email"], p.pending) for p in change.proofs] == proved
    assert all(p.user.attributes["email_verified"] == "false" for p in change.proofs)


@pytest.mark.parametrize("has", [HAS, {"name": "Alice"}])
def test_admin_update_user_attributes_pending_change_stores_nothing(has: dict[str, str]) -> None:
    given = {"email": NEW, "email_verified": "false"}
    assert rules.by_admin(a_pool(waits=True), a_user(**has), given, LATER).user.attributes == has


@pytest.mark.parametrize(
    ("pool", "given", "void"),
    [
        (a_pool(), {"email": ""}, [Purpose.VERIFY_EMAIL]),
        (a_pool(sends=False), {"email": NEW}, [Purpose.VERIFY_EMAIL]),
        (a_pool(), {"email": NEW}, []),  # the new code replaces it
        (a_pool(waits=True), {"email": NEW, "email_verified": "true"}, [Purpose.VERIFY_EMAIL]),
        (a_pool(), {"email": OLD, "name": "B"}, []),
        (a_pool(), {"phone_number": ""}, [Purpose.VERIFY_PHONE_NUMBER]),
    ],
)
def test_admin_update_user_attributes_voids_codes_of_replaced_contacts(
    pool: Pool, given: dict[str, str], void: list[Purpose]
) -> None:
    assert list(rules.by_admin(pool, a_user(**HAS), given, LATER).void) == void


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"nonsense": ""}, ChangeOutsideSchema),
        ({"nonsense": "x", "birthdate": "today"}, ChangeOutsideSchema),
        ({"birthdate": "today"}, ChangeOutsideSchema),
        ({"sub": "1"}, AttributeImmutable),
        ({"phone_number_verified": "maybe"}, ChangeOutsideSchema),
        ({"email": "", "email_verified": "true"}, EmailNeeded),
    ],
)
def test_admin_update_user_attributes_invalid_is_refused(
    given: dict[str, str], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        rules.by_admin(a_pool(), a_user(**HAS), {"name": "B", **given}, LATER)


@pytest.mark.parametrize(
    ("names", "has", "given", "allowed"),
    [
        (["email"], HAS, {"email": ""}, False),
        (["email"], HAS, {"email": "", "phone_number": "+491701238920"}, False),
        (["email"], HAS, {"phone_number": ""}, True),
        (["email", "phone_number"], HAS, {"email": ""}, False),
        (["email", "phone_number"], HAS, {"email": "", "phone_number": "+4917012"}, True),
        (["email", "phone_number"], {**HAS, "phone_number": "+4917012"}, {"email": ""}, True),
        (["email"], HAS, {"email": NEW}, True),
    ],
)
def test_admin_update_user_attributes_removing_the_last_name_is_refused(
    names: list[str], has: dict[str, str], given: dict[str, str], allowed: bool
) -> None:
    pool = a_pool(UsernameAttributes=[UsernameAttributeType(name) for name in names])
    if allowed:
        rules.by_admin(pool, a_user(**has), given, LATER)
        return
    with pytest.raises(NameCannotBeDeleted):
        rules.by_admin(pool, a_user(**has), given, LATER)


def test_attribute_verification_code_verifies_the_current_or_pending_contact() -> None:
    user = a_user(**HAS)
    plain = verification_codes.new_code(user, Purpose.VERIFY_EMAIL, "email", b"", NOW)
    for outstanding in (None, plain):
        proof = rules.to_verify(user, "email", outstanding)
        assert (proof.user, proof.pending) == (user, False)
    waits = rules.to_verify(user, "email", replace(plain, pending=NEW))
    assert (waits.user.attributes["email"], waits.pending) == (NEW, True)
    with pytest.raises(NoPhoneToVerify):
        rules.to_verify(user, "phone_number", None)
    with pytest.raises(NoEmailToVerify):
        rules.to_verify(a_user(), "email", None)
    with pytest.raises(NotVerifiable):
        rules.verifiable("preferred_username")
    assert rules.verifiable("phone_number") is Contact.PHONE


@pytest.mark.parametrize(("pending", "email"), [(None, OLD), (NEW, NEW)])
def test_verified_contact_is_marked_verified(pending: str | None, email: str) -> None:
    user = a_user(email=OLD)
    code = verification_codes.new_code(
        user, Purpose.VERIFY_EMAIL, "email", b"", NOW, pending=pending
    )
    after = rules.verified(user, code, LATER)
    proved = replace(a_user(email=email, email_verified="true"), modified_at=LATER)
    assert after == factor_changes.record(proved, LATER)
