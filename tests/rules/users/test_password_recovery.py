"""Password recovery and its contact, as rules (ev:users-7, ev:users-9)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from poolhouse.entities.clients import Client
from poolhouse.entities.contacts import Contact
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User, UserStatus
from poolhouse.errors.auth import WeakNewPassword
from poolhouse.errors.users import AdministratorResets, CannotReset, NoVerifiedContact, UserDisabled
from poolhouse.rules.users import password_changes
from poolhouse.rules.users import password_recovery as rules
from poolhouse.wire.enums import PreventUserExistenceErrorTypes, RecoveryOptionNameType
from poolhouse.wire.structs import (
    AccountRecoverySettingType,
    RecoveryOptionType,
    UserPoolClientType,
    UserPoolType,
)

NOW, LATER = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC)
BOTH = {
    "email": "zoe@barn.example",
    "email_verified": "true",
    "phone_number": "+491701238920",
    "phone_number_verified": "true",
}
EMAIL, PHONE = Contact


def a_pool(*mechanisms: tuple[str, int]) -> Pool:
    setting = AccountRecoverySettingType(
        RecoveryMechanisms=[
            RecoveryOptionType(Name=RecoveryOptionNameType(name), Priority=rank)
            for name, rank in mechanisms
        ]
    )
    return Pool(
        id="eu-west-1_Barn",
        settings=UserPoolType(AccountRecoverySetting=setting if mechanisms else None),
        attributes=(),
        created_at=NOW,
        modified_at=NOW,
    )


def a_client(*, hides: bool = False) -> Client:
    hiding = PreventUserExistenceErrorTypes.ENABLED if hides else None
    return Client(
        id="1example23456789",
        pool_id="eu-west-1_Barn",
        settings=UserPoolClientType(PreventUserExistenceErrors=hiding),
        created_at=NOW,
        modified_at=NOW,
    )


def a_user(status: UserStatus = UserStatus.CONFIRMED, **changes: Any) -> User:
    user = User(
        sub="4e7c9c03-46e2-41a9-b1f8-6aa97df1e9a5",
        pool_id="eu-west-1_Barn",
        username="alice",
        status=status,
        attributes=BOTH,
        created_at=NOW,
        modified_at=NOW,
    )
    return replace(user, **changes)


@pytest.mark.parametrize(
    ("mechanisms", "order"),
    [
        ([], (PHONE, EMAIL)),
        ([("verified_email", 1)], (EMAIL,)),
        ([("verified_email", 1), ("verified_phone_number", 2)], (EMAIL, PHONE)),
        ([("verified_email", 2), ("verified_phone_number", 1)], (PHONE, EMAIL)),
    ],
)
def test_contacts_are_tried_by_priority(
    mechanisms: list[tuple[str, int]], order: tuple[Contact, ...]
) -> None:
    assert rules.contacts(a_pool(*mechanisms)) == order
    assert rules.contact_of(a_pool(*mechanisms), a_client(), a_user()) is order[0]


def test_password_recovery_admin_only_has_no_contact() -> None:
    pool = a_pool(("admin_only", 1))
    for ask in (rules.contacts, lambda pool: rules.reset_by_admin(pool, a_user(), LATER)):
        with pytest.raises(AdministratorResets):
            ask(pool)


def test_password_recovery_contact_must_exist_and_be_verified() -> None:
    for attributes in ({}, {"email": "zoe@barn.example"}, {"phone_number_verified": "true"}):
        user = a_user(attributes=attributes)
        with pytest.raises(NoVerifiedContact):
            rules.contact_of(a_pool(), a_client(), user)
        assert rules.contact_of(a_pool(), a_client(hides=True), user) is None
        with pytest.raises(NoVerifiedContact):
            rules.reset_by_admin(a_pool(), user, LATER)


S = UserStatus


@pytest.mark.parametrize("status", UserStatus)
def test_forgot_password_follows_the_users_status(status: UserStatus) -> None:
    """ev:users-7."""
    if status in {S.UNCONFIRMED, S.CONFIRMED, S.RESET_REQUIRED}:
        assert rules.contact_of(a_pool(), a_client(), a_user(status)) is PHONE
        return
    with pytest.raises(CannotReset):
        rules.contact_of(a_pool(), a_client(), a_user(status))


@pytest.mark.parametrize("status", UserStatus)
def test_admin_reset_user_password_follows_the_users_status(status: UserStatus) -> None:
    """ev:users-7; UNVERIFIED of UNCONFIRMED and EXTERNAL_PROVIDER."""
    if status is S.CONFIRMED:
        reset = a_user(S.RESET_REQUIRED, modified_at=LATER)
        assert rules.reset_by_admin(a_pool(), a_user(), LATER) == (reset, PHONE)
    elif status is S.RESET_REQUIRED:
        assert rules.reset_by_admin(a_pool(), a_user(status), LATER) is None
    else:
        with pytest.raises(CannotReset):
            rules.reset_by_admin(a_pool(), a_user(status), LATER)


def test_password_recovery_of_disabled_user_is_refused() -> None:
    disabled = a_user(enabled=False)
    with pytest.raises(UserDisabled):
        rules.contact_of(a_pool(), a_client(), disabled)
    with pytest.raises(UserDisabled):
        rules.reset_by_admin(a_pool(), disabled, LATER)
    with pytest.raises(UserDisabled):
        rules.check_may_recover(disabled)


@pytest.mark.parametrize("status", UserStatus)
def test_new_password_confirms_the_user(status: UserStatus) -> None:
    """aws-sdk-js#2976: an administrator's in any status."""
    user, confirmed = a_user(status), a_user(S.CONFIRMED, modified_at=LATER)
    assert password_changes.with_password_of_admin(user, LATER, permanent=True) == confirmed
    assert password_changes.with_password_of_admin(user, LATER, permanent=False) == a_user(
        S.FORCE_CHANGE_PASSWORD, modified_at=LATER
    )
    assert rules.recovered(user, LATER) == confirmed


def test_new_password_against_the_policy_is_refused() -> None:
    password_changes.check_policy(a_pool(), "long enough")
    with pytest.raises(WeakNewPassword) as caught:
        password_changes.check_policy(a_pool(), "short")
    assert str(caught.value) == "Password does not conform to policy: Password not long enough"
