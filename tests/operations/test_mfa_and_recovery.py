"""A second factor doesn't bring back the first one, too (ev:users-9.3, ev:auth-9)."""

from typing import Any

import pytest
from support.mfa_pools import VERIFIED_EMAIL, VERIFIED_PHONE, mfa_pool, prefers
from support.refusals import refused
from support.served_pools import NewPool

NO_CONTACT = (
    "Cannot reset password for the user as there is no registered/verified email or phone_number"
)


def recovery(*names: str) -> dict[str, Any]:
    ranked = [{"Name": name, "Priority": rank} for rank, name in enumerate(names, 1)]
    return {"AccountRecoverySetting": {"RecoveryMechanisms": ranked}} if names else {}


EMAIL_FIRST = recovery("verified_email", "verified_phone_number")


@pytest.mark.parametrize(
    ("settings", "mode", "on", "medium"),
    [
        (EMAIL_FIRST, "OPTIONAL", {}, "EMAIL"),
        (EMAIL_FIRST, "OPTIONAL", {"email": True}, "SMS"),
        (EMAIL_FIRST, "OPTIONAL", {"sms": True}, "EMAIL"),
        (recovery("verified_phone_number", "verified_email"), "OPTIONAL", {"sms": True}, "EMAIL"),
        (EMAIL_FIRST, "ON", {}, "EMAIL"),
        # A pool that was never told how users recover allows even that.
        (recovery(), "OPTIONAL", {"sms": True}, "SMS"),
    ],
)
def test_recovery_code_goes_to_contact_that_is_no_second_factor(
    new_pool: NewPool, settings: dict[str, Any], mode: str, on: dict[str, Any], medium: str
) -> None:
    both = {**VERIFIED_EMAIL, **VERIFIED_PHONE}
    pool = mfa_pool(new_pool, mode, "sms", "email", attributes=both, **settings)
    prefers(pool, **on)
    sent = pool.cognito.forgot_password(ClientId=pool.client_id, Username="alice")
    assert sent["CodeDeliveryDetails"]["DeliveryMedium"] == medium


@pytest.mark.parametrize(
    ("factor", "attributes", "mechanism"),
    [
        ("email", VERIFIED_EMAIL, "verified_email"),
        ("sms", VERIFIED_PHONE, "verified_phone_number"),
    ],
)
def test_user_whose_only_contact_is_second_factor_gets_no_code(
    new_pool: NewPool, factor: str, attributes: dict[str, str], mechanism: str
) -> None:
    """dg:user-pool-settings-mfa; UNVERIFIED: the sentence."""
    pool = mfa_pool(new_pool, "OPTIONAL", factor, attributes=attributes, **recovery(mechanism))
    prefers(pool, **dict[str, Any]({factor: True}))
    with refused("InvalidParameterException", NO_CONTACT):
        pool.cognito.forgot_password(ClientId=pool.client_id, Username="alice")
    with refused("InvalidParameterException", NO_CONTACT):
        pool.cognito.admin_reset_user_password(UserPoolId=pool.id, Username="alice")
