"""Refusals of the second factor: codes, authenticator apps, and setting one up.

Evidence: ev:auth-4, ev:auth-9.
"""

from typing import Any, cast

from support.error_cases import refuses
from support.mfa_pools import PHONE, VERIFIED_EMAIL
from support.sign_in_error_cases import (
    RIGHT,
    WRONG,
    answers,
    asks_for,
    by_password,
    fails,
    is_removed,
    is_there,
    kept_session,
    with_tokens,
)

from auth.error_cases.challenges import (
    BY_ALL,
    BY_APP,
    BY_MAIL,
    BY_SMS,
    WAYS,
    WITH_APP,
    WITH_EMAIL,
    WITH_PHONE,
)
from poolhouse.errors import auth, mfa, protocol, users

MUST_BY_APP = asks_for("ON", "app")
ADMIN_ONLY = {"RecoveryMechanisms": [{"Name": "admin_only", "Priority": 1}]}
RECOVERS_BY_SMS = {"RecoveryMechanisms": [{"Name": "verified_phone_number", "Priority": 1}]}
MUST_BY_MAIL = asks_for("ON", "email", AccountRecoverySetting=ADMIN_ONLY)
ONLY_BY_RECOVERY = asks_for("ON", "sms", AccountRecoverySetting=RECOVERS_BY_SMS)


def by_app(code: Any) -> Any:
    return answers("SOFTWARE_TOKEN_MFA", SOFTWARE_TOKEN_MFA_CODE=code)


PREFERENCE, PREFERRED = "set_user_mfa_preference", {"Enabled": True, "PreferredMfa": True}
MULTI = asks_for("OPTIONAL", "app")
MULTI["factors"] |= {
    "WebAuthnConfiguration": {"FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION"}
}

SITUATIONS = [
    # Second factors
    refuses(
        auth.WrongOneTimeCode,
        "Invalid code or auth state for the user.",
        "amplify-js#3066, amplify-js#11069",
        answers("SMS_MFA", SMS_MFA_CODE=WRONG),
        *WITH_PHONE,
        by_password(),
        **BY_SMS,
    ),
    refuses(
        auth.WrongOneTimeCode,
        "Invalid code or auth state for the user.",
        "amplify-js#3066, amplify-js#11069",
        answers("EMAIL_OTP", EMAIL_OTP_CODE=WRONG),
        *WITH_EMAIL,
        by_password(),
        **BY_MAIL,
    ),
    refuses(
        mfa.WrongSoftwareTokenCode,
        "Invalid code received for user",
        "field",
        by_app(lambda world: world.app.wrong_code()),
        *WITH_APP,
        by_password(),
        **BY_APP,
    ),
    refuses(
        mfa.SoftwareTokenCodeUsed,
        "Your software token has already been used once.",
        "amplify-swift's integration tests: the code that registered the app",
        by_app(lambda world: world.registered_by),
        *WITH_APP,
        by_password(),
        **BY_APP,
    ),
    refuses(
        mfa.NoSoftwareToken,
        "Software Token MFA does not exist for the user.",
        "amazon-cognito-identity-js#630",
        by_app(RIGHT),
        *WITH_APP,
        by_password(),
        is_removed("admin_delete_software_token"),
        **BY_APP,
    ),
    *(
        refuses(
            auth.PasswordAttemptsExceeded,
            "Password attempts exceeded",
            "dg:authentication: MFA has a like counter of five; the text unverified",
            call,
            *before,
            by_password(),
            *[fails(wrong)] * 5,
            **settings,
        )
        for call, wrong, before, settings in [
            (by_app(lambda world: world.app.code(1)), by_app(WRONG), WITH_APP, BY_APP),
            (
                answers("SMS_MFA", SMS_MFA_CODE=RIGHT, session=kept_session),
                answers("SMS_MFA", SMS_MFA_CODE=WRONG),
                WITH_PHONE,
                BY_SMS,
            ),
        ]
    ),
    refuses(
        mfa.MfaTypeNotOffered,
        "The selected MFA type is not available for the user.",
        "the text unverified",
        answers("SELECT_MFA_TYPE", ANSWER="SOFTWARE_TOKEN_MFA"),
        *WAYS["SELECT_MFA_TYPE"][1],
        **BY_ALL,
    ),
    refuses(
        auth.NoFactorPossible,
        "No MFA method is available for the user.",
        "dg:user-pool-settings-mfa: the way back in is no second factor; the text unverified",
        by_password(),
        *is_there(phone_number=PHONE),
        **ONLY_BY_RECOVERY,
    ),
    refuses(
        mfa.NoSoftwareToken,
        "Software Token MFA does not exist for the user.",
        "unverified: nothing was set up",
        answers("MFA_SETUP"),
        *is_there(),
        by_password(),
        **MUST_BY_APP,
    ),
    refuses(
        users.InvalidEmail,
        "Invalid email address format.",
        "ev:amplify-ui",
        answers("MFA_SETUP", EMAIL="alice"),
        *is_there(),
        by_password(),
        **MUST_BY_MAIL,
    ),
    # What a user prefers, where it can't be so
    *(
        refuses(
            protocol.InvalidParameter,
            sentence,
            "amplify-android#2580, the API's model; the text unverified",
            with_tokens(operation, **cast(dict[str, Any], members)),
            *is_there(phone_number=PHONE, **VERIFIED_EMAIL),
            by_password(),
            **BY_ALL,
        )
        for sentence, operation, members in [
            (
                "Only one MFA method can be set as preferred.",
                PREFERENCE,
                {"SMSMfaSettings": PREFERRED, "EmailMfaSettings": PREFERRED},
            ),
            (
                "SMS_MFA can't be preferred without being enabled.",
                PREFERENCE,
                {"SMSMfaSettings": {"PreferredMfa": True}},
            ),
            (
                "Passkey MFA requires a FactorConfiguration of MULTI_FACTOR_WITH_USER_VERIFICATION"
                " in the user pool.",
                PREFERENCE,
                {"WebAuthnMfaSettings": {"Enabled": True}},
            ),
            (
                "Only SMS to phone_number can be set as an MFA option.",
                "set_user_settings",
                {"MFAOptions": [{"DeliveryMedium": "EMAIL", "AttributeName": "email"}]},
            ),
        ]
    ),
    refuses(
        protocol.InvalidParameter,
        "Passkey MFA requires at least one other MFA method to be enabled.",
        "the API's text on WebAuthnMfaSettings; the sentence unverified",
        with_tokens(PREFERENCE, WebAuthnMfaSettings={"Enabled": True}),
        *is_there(),
        by_password(),
        **MULTI,
    ),
]
