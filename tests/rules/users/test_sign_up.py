"""Signing up and being confirmed, as rules (ev:users-7, ev:users-8)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from poolhouse.entities.clients import Client
from poolhouse.entities.contacts import Contact
from poolhouse.entities.pools import Pool, SchemaAttribute
from poolhouse.entities.users import User, UserStatus
from poolhouse.errors.auth import WeakPassword
from poolhouse.errors.users import (
    AlreadyConfirmed,
    AttributeNotWritable,
    CannotConfirm,
    CannotResendForStatus,
    InvalidEmail,
    NothingToResend,
    OutsideSchema,
    PasswordNeeded,
    SignUpNotPermitted,
    UserDisabled,
    UsernameLooksLikeAlias,
    UserNotFound,
)
from poolhouse.rules.users import sign_up as rules
from poolhouse.wire.enums import (
    AliasAttributeType,
    AttributeDataType,
    AuthFactorType,
    ExplicitAuthFlowsType,
    PreventUserExistenceErrorTypes,
    UsernameAttributeType,
    VerifiedAttributeType,
)
from poolhouse.wire.structs import (
    AdminCreateUserConfigType,
    SignInPolicyType,
    UserPoolClientType,
    UserPoolPolicyType,
    UserPoolType,
)

NOW, LATER = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC)
SUB = "4e7c9c03-46e2-41a9-b1f8-6aa97df1e9a5"
STANDARD = tuple(
    SchemaAttribute(name=name, type=AttributeDataType.STRING)
    for name in ("name", "email", "phone_number", "preferred_username")
)
EMAIL = VerifiedAttributeType.EMAIL
PASSWORD = "12345678"


def pool(**settings: Any) -> Pool:
    return Pool(
        id="eu-west-1_Barn",
        settings=UserPoolType(**settings),
        attributes=STANDARD,
        created_at=NOW,
        modified_at=NOW,
    )


def client(*flows: ExplicitAuthFlowsType, writable: list[str] | None = None) -> Client:
    settings = UserPoolClientType(ExplicitAuthFlows=list(flows), WriteAttributes=writable)
    return Client(id="c", pool_id="p", settings=settings, created_at=NOW, modified_at=NOW)


def sign_up(
    of: Pool,
    username: str = "zoe",
    password: str | None = PASSWORD,
    given: dict[str, str] | None = None,
    by: Client | None = None,
) -> User:
    return rules.sign_up(
        of,
        by or client(),
        username=username,
        password=password,
        given=given or {},
        sub=SUB,
        now=NOW,
    )


def test_sign_up_creates_an_unconfirmed_user() -> None:
    assert sign_up(pool(), given={"name": "Zoe", "email": ""}) == User(
        sub=SUB,
        pool_id="eu-west-1_Barn",
        username="zoe",
        status=UserStatus.UNCONFIRMED,
        enabled=True,
        attributes={"name": "Zoe"},
        created_at=NOW,
        modified_at=NOW,
    )


def test_sign_up_in_an_email_pool_has_the_sub_as_username() -> None:
    by_email = pool(UsernameAttributes=[UsernameAttributeType.EMAIL])
    zoe = sign_up(by_email, "zoe@barn.example")
    assert (zoe.username, zoe.attributes) == (SUB, {"email": "zoe@barn.example"})


CLOSED = AdminCreateUserConfigType(AllowAdminCreateUserOnly=True)
ALIAS = [AliasAttributeType.EMAIL]
MISTAKES: list[tuple[dict[str, Any], type[Exception]]] = [
    ({"closed": True}, SignUpNotPermitted),
    ({"username": "zoe@barn.example"}, UsernameLooksLikeAlias),
    ({"password": "short"}, WeakPassword),
    ({"given": {"name": "Zoe"}}, AttributeNotWritable),
    ({"given": {"preferred_username": "Zo", "nonsense": "x"}}, OutsideSchema),
    ({"given": {"email": "zoe"}}, InvalidEmail),
]


@pytest.mark.parametrize("first", range(len(MISTAKES)))
def test_sign_up_with_several_errors_reports_the_first_of_aws(first: int) -> None:
    """ev:users-8.1: permitted, username, password, permission to write, schema, contacts."""
    made: dict[str, Any] = {"username": "zoe", "password": PASSWORD, "given": {}}
    for mistake, _ in MISTAKES[first:]:
        for part, value in mistake.items():
            made[part] = {**made["given"], **value} if part == "given" else value
    closed = CLOSED if made.pop("closed", False) else None
    # Without the list of the write permission, an unknown attribute is the schema's to refuse.
    is_writable = "name" not in made["given"]
    by = client(writable=None if is_writable else ["email"])
    with pytest.raises(MISTAKES[first][1]):
        sign_up(pool(AdminCreateUserConfig=closed, AliasAttributes=ALIAS), by=by, **made)


def test_sign_up_preferred_username_alias_is_refused() -> None:
    of = pool(AliasAttributes=[AliasAttributeType.PREFERRED_USERNAME])
    with pytest.raises(OutsideSchema):
        sign_up(of, given={"preferred_username": "Zo"})


def by_code(*factors: AuthFactorType, verified: tuple[VerifiedAttributeType, ...]) -> Pool:
    policy = SignInPolicyType(AllowedFirstAuthFactors=[AuthFactorType.PASSWORD, *factors])
    return pool(
        Policies=UserPoolPolicyType(SignInPolicy=policy), AutoVerifiedAttributes=list(verified)
    )


CHOICE = client(ExplicitAuthFlowsType.ALLOW_USER_AUTH)
SRP = client(ExplicitAuthFlowsType.ALLOW_USER_SRP_AUTH)
MAIL, PHONE = {"email": "zoe@barn.example"}, {"phone_number": "+491701234567"}
BY_MAIL = by_code(AuthFactorType.EMAIL_OTP, verified=(EMAIL,))


@pytest.mark.parametrize(
    ("of", "by", "given", "allowed"),
    [
        (BY_MAIL, CHOICE, MAIL, True),
        (BY_MAIL, CHOICE, {**MAIL, **PHONE}, True),
        (BY_MAIL, CHOICE, PHONE, False),
        (BY_MAIL, CHOICE, {}, False),
        (BY_MAIL, SRP, MAIL, False),
        (by_code(AuthFactorType.EMAIL_OTP, verified=()), CHOICE, MAIL, False),
        (by_code(AuthFactorType.SMS_OTP, verified=(EMAIL,)), CHOICE, MAIL, False),
        (by_code(AuthFactorType.WEB_AUTHN, verified=(EMAIL,)), CHOICE, MAIL, False),
        (by_code(verified=(EMAIL,)), CHOICE, MAIL, False),
    ],
)
@pytest.mark.parametrize("password", [None, ""])
def test_sign_up_without_password_is_allowed_where_codes_sign_in(
    of: Pool, by: Client, given: dict[str, str], allowed: bool, password: str | None
) -> None:
    """dg: signing-up-users-in-your-app."""
    if allowed:
        sign_up(of, password=password, given=given, by=by)
    else:
        with pytest.raises(PasswordNeeded):
            sign_up(of, password=password, given=given, by=by)


@pytest.mark.parametrize("confirmed", [False, True])
@pytest.mark.parametrize("email", [False, True])
@pytest.mark.parametrize("phone", [False, True])
def test_pre_sign_up_confirms_and_verifies_independently(
    confirmed: bool, email: bool, phone: bool
) -> None:
    draft = sign_up(pool(), given={**MAIL, **PHONE})
    zoe = rules.admitted(draft, confirmed=confirmed, email=email, phone=phone)
    assert zoe.status is (UserStatus.CONFIRMED if confirmed else UserStatus.UNCONFIRMED)
    assert zoe.attributes["email_verified"] == str(email).lower()
    assert zoe.attributes["phone_number_verified"] == str(phone).lower()


UNCONFIRMED = sign_up(pool(), given={**MAIL, **PHONE})
OTHERS = [status for status in UserStatus if status is not UserStatus.UNCONFIRMED]


def test_admin_confirm_sign_up_changes_status_and_date() -> None:
    """ev:users-8.3."""
    confirmed = rules.confirm_by_admin(UNCONFIRMED, LATER)
    assert confirmed == replace(UNCONFIRMED, status=UserStatus.CONFIRMED, modified_at=LATER)
    disabled = replace(UNCONFIRMED, enabled=False)
    assert rules.confirm_by_admin(disabled, LATER) == replace(confirmed, enabled=False)


def test_admin_confirm_sign_up_unknown_user_is_refused() -> None:
    with pytest.raises(UserNotFound, match=r"^User does not exist\.$"):
        rules.confirm_by_admin(None, LATER)


@pytest.mark.parametrize("status", OTHERS)
def test_admin_confirm_sign_up_in_another_status_names_it(status: UserStatus) -> None:
    user = replace(UNCONFIRMED, status=status)
    sentence = f"^User cannot be confirmed. Current status is {status.value}$"
    with pytest.raises(CannotConfirm, match=sentence):
        rules.confirm_by_admin(user, LATER)
    with pytest.raises(CannotConfirm, match=sentence):
        rules.check_may_confirm(user)
    with pytest.raises(CannotConfirm, match=sentence):
        rules.confirm_by_code(user, "email", LATER)


def test_confirm_sign_up_code_verifies_only_its_contact() -> None:
    confirmed = rules.confirm_by_code(UNCONFIRMED, "email", LATER)
    assert confirmed == replace(
        UNCONFIRMED,
        status=UserStatus.CONFIRMED,
        attributes={**UNCONFIRMED.attributes, "email_verified": "true"},
        modified_at=LATER,
    )


def test_confirm_sign_up_disabled_user_is_refused() -> None:
    with pytest.raises(UserDisabled):
        rules.check_may_confirm(replace(UNCONFIRMED, enabled=False))


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"enabled": False}, UserDisabled),
        ({"status": UserStatus.CONFIRMED}, AlreadyConfirmed),
        ({"status": UserStatus.FORCE_CHANGE_PASSWORD}, CannotResendForStatus),
        ({"status": UserStatus.EXTERNAL_PROVIDER}, CannotResendForStatus),
        ({"attributes": {}}, NothingToResend),
        ({"attributes": PHONE}, NothingToResend),
    ],
)
def test_resend_confirmation_code_follows_the_users_status(
    changes: dict[str, Any], refusal: type[Exception]
) -> None:
    """ev:users-8.4."""
    of = pool(AutoVerifiedAttributes=[EMAIL])
    assert rules.contact_to_resend_to(of, client(), UNCONFIRMED) is Contact.EMAIL
    with pytest.raises(refusal):
        rules.contact_to_resend_to(of, client(), replace(UNCONFIRMED, **changes))


@pytest.mark.parametrize(
    ("changes", "contact"),
    [
        ({}, EMAIL),
        ({"status": UserStatus.CONFIRMED}, None),
        ({"status": UserStatus.FORCE_CHANGE_PASSWORD}, None),
        ({"attributes": {}}, None),
    ],
)
def test_contact_to_resend_to_of_a_hiding_client_never_refuses(
    changes: dict[str, Any], contact: Any
) -> None:
    """ev:users-14; amplify-js#14762 for the confirmed user."""
    hiding = UserPoolClientType(PreventUserExistenceErrors=PreventUserExistenceErrorTypes.ENABLED)
    of, user = pool(AutoVerifiedAttributes=[EMAIL]), replace(UNCONFIRMED, **changes)
    found = rules.contact_to_resend_to(of, replace(client(), settings=hiding), user)
    assert found == contact


def test_resend_confirmation_code_without_auto_verification_is_refused() -> None:
    rules.check_may_send_codes(pool(AutoVerifiedAttributes=[EMAIL]))
    with pytest.raises(NothingToResend):
        rules.check_may_send_codes(pool())
