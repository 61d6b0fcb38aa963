"""Administrators' changes of users, as rules (ev:users-10)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from poolhouse.entities.pools import Pool, SchemaAttribute
from poolhouse.entities.users import User, UserStatus
from poolhouse.errors.auth import WeakTemporaryPassword
from poolhouse.errors.users import (
    AttributeNotMutable,
    CannotInviteAgain,
    ContactNeeded,
    EmailNeeded,
    OutsideSchema,
    UnknownRequestedAttributes,
    UserNotFound,
)
from poolhouse.rules.users import admin_users as rules
from poolhouse.wire.enums import AttributeDataType, AuthFactorType, UsernameAttributeType
from poolhouse.wire.structs import (
    AdminCreateUserConfigType,
    PasswordPolicyType,
    SignInPolicyType,
    UserPoolPolicyType,
    UserPoolType,
)

NOW, LATER = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC)
SUB = "4e7c9c03-46e2-41a9-b1f8-6aa97df1e9a5"
SCHEMA = (
    SchemaAttribute(name="name", type=AttributeDataType.STRING, required=True),
    SchemaAttribute(name="email", type=AttributeDataType.STRING),
    SchemaAttribute(name="email_verified", type=AttributeDataType.BOOLEAN),
    SchemaAttribute(name="custom:forever", type=AttributeDataType.STRING, mutable=False),
)


def pool(*factors: AuthFactorType, policy: PasswordPolicyType | None = None, **more: Any) -> Pool:
    sign_in = SignInPolicyType(AllowedFirstAuthFactors=[AuthFactorType.PASSWORD, *factors])
    policies = UserPoolPolicyType(PasswordPolicy=policy, SignInPolicy=sign_in)
    return Pool(
        id="eu-west-1_Barn",
        settings=UserPoolType(Policies=policies, **more),
        attributes=SCHEMA,
        created_at=NOW,
        modified_at=NOW,
    )


def create(of: Pool, given: dict[str, str], *, with_password: bool = True) -> User:
    return rules.create(of, "zoe", given, SUB, with_password=with_password, now=NOW)


ZOE = create(pool(), {"custom:forever": "so"})


def test_admin_create_user_must_change_password_and_may_lack_required_attributes() -> None:
    made = create(pool(), {"custom:forever": "so"})
    assert made == User(
        sub=SUB,
        pool_id="eu-west-1_Barn",
        username="zoe",
        status=UserStatus.FORCE_CHANGE_PASSWORD,
        enabled=True,
        attributes={"custom:forever": "so"},
        created_at=NOW,
        modified_at=NOW,
    )


def test_admin_create_user_in_an_email_pool_has_the_sub_as_username() -> None:
    of = pool(UsernameAttributes=[UsernameAttributeType.EMAIL])
    made = rules.create(of, "zoe@barn.example", {}, SUB, with_password=True, now=NOW)
    assert (made.username, made.attributes) == (SUB, {"email": "zoe@barn.example"})


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"nonsense": "x"}, OutsideSchema),
        ({"email_verified": "true"}, EmailNeeded),
        ({"sub": SUB}, AttributeNotMutable),
    ],
)
def test_attributes_are_checked(given: dict[str, str], refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        create(pool(), given)


@pytest.mark.parametrize(
    ("factors", "given", "needed"),
    [
        ((), None, True),
        ((), "", True),
        ((AuthFactorType.WEB_AUTHN,), None, True),
        ((AuthFactorType.EMAIL_OTP,), None, False),
        ((AuthFactorType.SMS_OTP,), "", False),
        ((AuthFactorType.EMAIL_OTP,), "Some-Password-9", True),
    ],
)
def test_admin_create_user_generates_a_password_unless_codes_suffice(
    factors: tuple[AuthFactorType, ...], given: str | None, needed: bool
) -> None:
    """The API's text on TemporaryPassword."""
    assert rules.needs_password(pool(*factors), given) is needed


def test_admin_create_user_without_password_requires_all_attributes() -> None:
    of = pool(AuthFactorType.EMAIL_OTP)
    whole = {"name": "Zoe", "email": "zoe@barn.example"}
    assert create(of, whole, with_password=False).status is UserStatus.CONFIRMED
    with pytest.raises(OutsideSchema, match=r"name: The attribute is required\n$"):
        create(of, {"email": "zoe@barn.example"}, with_password=False)
    with pytest.raises(ContactNeeded):
        create(of, {"name": "Zoe"}, with_password=False)


def test_temporary_password_given_must_conform_to_the_policy() -> None:
    of = pool(policy=PasswordPolicyType(MinimumLength=10))
    rules.check_temporary(of, "1234567890")
    with pytest.raises(WeakTemporaryPassword, match=r"policy: Password not long enough$"):
        rules.check_temporary(of, "123456789")


@pytest.mark.parametrize(
    ("policy", "legacy", "days"),
    [
        (None, None, 7),
        (PasswordPolicyType(TemporaryPasswordValidityDays=30), None, 30),
        (PasswordPolicyType(TemporaryPasswordValidityDays=0), None, 7),
        (None, 90, 90),
    ],
)
def test_temporary_password_lifetime_is_that_of_the_policy(
    policy: PasswordPolicyType | None, legacy: int | None, days: int
) -> None:
    """ev:users-9.1, ev:users-10.1: 0 means 7."""
    of = pool(
        policy=policy,
        AdminCreateUserConfig=AdminCreateUserConfigType(UnusedAccountValidityDays=legacy),
    )
    assert rules.temporary_until(of, NOW) == NOW + timedelta(days=days)


def test_admin_create_user_resend_without_temporary_password_is_refused() -> None:
    """floci#755; the sentence names the user as the request did."""
    assert rules.invite_again(ZOE, "zoe", LATER) == replace(ZOE, modified_at=LATER)
    with pytest.raises(UserNotFound):
        rules.invite_again(None, "zoe", LATER)
    for status in set(UserStatus) - {UserStatus.FORCE_CHANGE_PASSWORD}:
        sentence = "^Resend not possible. zoe@barn status is not FORCE_CHANGE_PASSWORD$"
        with pytest.raises(CannotInviteAgain, match=sentence):
            rules.invite_again(replace(ZOE, status=status), "zoe@barn", LATER)


@pytest.mark.parametrize("enabled", [False, True])
def test_enabling_and_disabling_may_be_repeated(enabled: bool) -> None:
    once = rules.enable(ZOE, LATER, enabled=enabled)
    signed_out_at = None if enabled else LATER
    assert once == replace(ZOE, enabled=enabled, signed_out_at=signed_out_at, modified_at=LATER)
    assert rules.enable(once, LATER, enabled=enabled) == once
    with pytest.raises(UserNotFound):
        rules.enable(None, LATER, enabled=enabled)


def test_require_user_unknown_is_refused() -> None:
    assert rules.require_user(ZOE) is ZOE
    with pytest.raises(UserNotFound):
        rules.require_user(None)


def test_list_users_requested_attributes_unknown_are_refused() -> None:
    for names in (None, [], ["email", "custom:forever"]):
        rules.check_requested(pool(), names)
    with pytest.raises(UnknownRequestedAttributes):
        rules.check_requested(pool(), ["email", "custom:other"])


def test_admin_enable_user_keeps_the_sign_out() -> None:
    disabled = rules.enable(ZOE, LATER, enabled=False)
    assert rules.enable(disabled, LATER, enabled=True).signed_out_at == LATER


def test_signing_out_changes_nothing_of_the_profile() -> None:
    assert rules.sign_out(ZOE, LATER) == replace(ZOE, signed_out_at=LATER)


def test_sign_out_by_a_clock_behind_keeps_the_later_sign_out() -> None:
    """By a clock that is behind, it would bring back what the other has ended."""
    once = rules.sign_out(ZOE, LATER)
    for again in (
        rules.sign_out(once, NOW),
        rules.enable(replace(once, enabled=True), NOW, enabled=False),
    ):
        assert again.signed_out_at is not None
        assert again.signed_out_at > LATER
