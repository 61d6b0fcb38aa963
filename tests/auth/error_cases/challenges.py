"""Refusals of RespondToAuthChallenge and AdminRespondToAuthChallenge.

Evidence: ev:auth-4 to ev:auth-9, ev:auth-12.
"""

from typing import Any

from support.custom_functions import CREATE, TRIGGERS, WORD, answered
from support.custom_functions import define as defines
from support.error_cases import Situation, answering, refuses
from support.functions_server import FunctionError
from support.mfa_pools import PHONE, VERIFIED_EMAIL
from support.passkey_device import PARTY
from support.sign_in_error_cases import (
    ANOTHER,
    OPEN,
    RIGHT,
    TEMPORARY,
    WRONG,
    answers,
    asks_for,
    begins_srp,
    by_password,
    by_srp,
    fails,
    is_invited,
    is_removed,
    is_there,
    kept_session,
    last_session,
    prefers,
    proves,
    sets_up_app,
    starts,
    time_passes,
)

from poolhouse.errors import auth, devices, triggers, users

INVALID = (auth.InvalidSession, "Invalid session for the user.", "amplify-js#6461")
USED = (
    auth.SessionUsed,
    "Invalid session for the user, session can only be used once.",
    "amplify-js#13123, amplify-js#14330",
)
EXPIRED = (
    auth.SessionExpired,
    "Invalid session for the user, session is expired.",
    "field",
)
BY_APP = asks_for("OPTIONAL", "app")
BY_SMS = asks_for("OPTIONAL", "sms")
BY_MAIL = asks_for("OPTIONAL", "email")
BY_ALL = asks_for("OPTIONAL", "app", "email", "sms")
FACTORS = {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"]}
CHOOSING = {
    **OPEN,
    "Policies": {"SignInPolicy": FACTORS},
    "factors": {"MfaConfiguration": "OFF", "WebAuthnConfiguration": {"RelyingPartyId": PARTY}},
}
CUSTOM = {**OPEN, "LambdaConfig": TRIGGERS}
WITH_NAME = {
    **OPEN,
    "Schema": [{"Name": "name", "AttributeDataType": "String", "Required": True, "Mutable": True}],
}
WITH_APP = (*is_there(), by_password(), sets_up_app)
WITH_PHONE = (*is_there(phone_number=PHONE), prefers(sms=True))
WITH_EMAIL = (*is_there(**VERIFIED_EMAIL), prefers(email=True))
CHOOSES = (*is_there(**VERIFIED_EMAIL), starts("USER_AUTH", USERNAME="alice"))
INVITED = (is_invited(), by_password(password=TEMPORARY))


def sets_password(password: str | None = ANOTHER, **given: Any) -> Any:
    return answers("NEW_PASSWORD_REQUIRED", NEW_PASSWORD=password, **given)


def throws(event: dict[str, Any]) -> Any:
    raise FunctionError("not today")


def lacks(name: str, parameter: str, *before: Any, **settings: Any) -> Situation:
    return refuses(
        auth.MissingParameter,
        f"Missing required parameter {parameter}",
        "ev:field-test; amazon-cognito-identity-js#627",
        answers(name),
        *before,
        **settings,
    )


ASKED_BY_WORD = (
    answering("DefineAuthChallenge_Authentication", defines),
    answering(CREATE, lambda event: answered(event, privateChallengeParameters={"word": WORD})),
)
WAYS: dict[str, tuple[str, tuple[Any, ...], dict[str, Any]]] = {
    "NEW_PASSWORD_REQUIRED": ("NEW_PASSWORD", INVITED, OPEN),
    "SMS_MFA": ("SMS_MFA_CODE", (*WITH_PHONE, by_password()), BY_SMS),
    "EMAIL_OTP": ("EMAIL_OTP_CODE", (*WITH_EMAIL, by_password()), BY_MAIL),
    "SOFTWARE_TOKEN_MFA": ("SOFTWARE_TOKEN_MFA_CODE", (*WITH_APP, by_password()), BY_APP),
    "SELECT_MFA_TYPE": (
        "ANSWER",
        (
            *is_there(phone_number=PHONE, **VERIFIED_EMAIL),
            prefers(sms=True, email=True),
            by_password(),
        ),
        BY_ALL,
    ),
    "SELECT_CHALLENGE": ("ANSWER", CHOOSES, CHOOSING),
    "PASSWORD": ("PASSWORD", CHOOSES, CHOOSING),
    "PASSWORD_SRP": ("SRP_A", CHOOSES, CHOOSING),
    "CUSTOM_CHALLENGE": (
        "ANSWER",
        (*is_there(), *ASKED_BY_WORD, starts("CUSTOM_AUTH", USERNAME="alice")),
        CUSTOM,
    ),
}
"""Of a challenge: what it has to be answered with, and how it comes to be put."""

SITUATIONS = [
    # Sessions
    *(lacks(name, needs, *before, **settings) for name, (needs, before, settings) in WAYS.items()),
    *(
        refuses(
            auth.MissingParameter,
            f"Missing required parameter {name}",
            "ev:field-test; amazon-cognito-identity-js#627",
            sets_password(**{name: None}) if name == "USERNAME" else sets_password(session=None),
            *INVITED,
            **OPEN,
        )
        for name in ("USERNAME", "Session")
    ),
    *(
        refuses(
            auth.MissingParameter,
            f"Missing required parameter {name}",
            "ev:field-test; amazon-cognito-identity-js#627",
            proves(**{name: None}),
            *is_there(),
            begins_srp(),
            by_srp(),
            **OPEN,
        )
        for name in (
            *("USERNAME", "PASSWORD_CLAIM_SIGNATURE", "PASSWORD_CLAIM_SECRET_BLOCK", "TIMESTAMP"),
        )
    ),
    *(
        refuses(*INVALID, sets_password(session=made), *INVITED, **OPEN)
        for made in ("x" * 20, "A" * 64)
    ),
    *(
        refuses(
            *INVALID,
            answers("SMS_MFA" if name != "SMS_MFA" else "EMAIL_OTP", SMS_MFA_CODE=RIGHT),
            *before,
            **settings,
        )
        for name, (_, before, settings) in WAYS.items()
    ),
    *(
        refuses(
            *EXPIRED, answers(name, **{needs: RIGHT}), *before, time_passes(minutes=3), **settings
        )
        for name, (needs, before, settings) in WAYS.items()
    ),
    refuses(
        *EXPIRED,
        proves(),
        *is_there(),
        begins_srp(),
        by_srp(),
        time_passes(minutes=3),
        **OPEN,
    ),
    refuses(*USED, sets_password(session=kept_session), *INVITED, sets_password(), **OPEN),
    refuses(
        *USED,
        answers("SMS_MFA", SMS_MFA_CODE=RIGHT, session=kept_session),
        *WITH_PHONE,
        by_password(),
        answers("SMS_MFA", SMS_MFA_CODE=RIGHT),
        **BY_SMS,
    ),
    refuses(
        *INVALID,
        answers("CUSTOM_CHALLENGE", ANSWER=WORD, session=kept_session),
        *WAYS["CUSTOM_CHALLENGE"][1],
        answering("VerifyAuthChallengeResponse_Authentication", throws),
        fails(answers("CUSTOM_CHALLENGE", ANSWER=WORD)),
        **CUSTOM,
    ),
    # A first password of one's own
    refuses(
        auth.WeakNewPassword,
        "Password does not conform to policy: Password not long enough",
        "ev:amplify-ui",
        sets_password("Short-9!"[:6]),
        *INVITED,
        **OPEN,
    ),
    refuses(
        auth.AttributesMissing,
        "Invalid attributes given, name is missing",
        "amplify-js#1399",
        sets_password(),
        *INVITED,
        **WITH_NAME,
    ),
    refuses(
        auth.AlreadyProvided,
        "Cannot modify an already provided name",
        "amplify-js#4894",
        sets_password(**{"userAttributes.name": "Bob"}),
        is_invited(name="Alice"),
        by_password(password=TEMPORARY),
        **WITH_NAME,
    ),
    refuses(
        auth.AlreadyProvided,
        "Cannot modify an already provided email",
        "aws-saas-factory-bootcamp#67, amplify-js#10491: sent back as it is",
        sets_password(**{"userAttributes.email": "alice@example.com"}),
        is_invited(email="alice@example.com"),
        by_password(password=TEMPORARY),
        **OPEN,
    ),
    *(
        refuses(
            users.AttributeNotMutable,
            f"Cannot modify the non-mutable attribute {name}",
            "aws-sdk-ios#2203, amplify-android#244",
            sets_password(**{f"userAttributes.{name}": value}),
            is_invited(email="alice@example.com", email_verified="true"),
            by_password(password=TEMPORARY),
            **OPEN,
        )
        for name, value in (
            ("email_verified", "true"),
            ("phone_number_verified", "true"),
            ("sub", "11111111-0000-4000-8000-000000000001"),
        )
    ),
    # First factors by choice
    refuses(
        auth.ChallengeNotOffered,
        "The selected challenge is not available for the user.",
        "the text unverified",
        answers("SELECT_CHALLENGE", ANSWER="SMS_OTP"),
        *CHOOSES,
        **CHOOSING,
    ),
    refuses(
        auth.IncorrectPassword,
        "Incorrect username or password.",
        "ev:field-test; amazon-cognito-identity-js#506",
        answers("PASSWORD", PASSWORD="Wrong-Horse-9!"),
        *CHOOSES,
        **CHOOSING,
    ),
    refuses(
        auth.WrongOneTimeCode,
        "Invalid code or auth state for the user.",
        "amplify-js#3066",
        answers("EMAIL_OTP", EMAIL_OTP_CODE=WRONG),
        *is_there(**VERIFIED_EMAIL),
        starts("USER_AUTH", USERNAME="alice", PREFERRED_CHALLENGE="EMAIL_OTP"),
        **CHOOSING,
    ),
    # Custom challenges
    refuses(
        auth.IncorrectPassword,
        "Incorrect username or password.",
        "amplify-js#5834: failAuthentication",
        starts("CUSTOM_AUTH", USERNAME="alice"),
        *is_there(),
        answering(
            "DefineAuthChallenge_Authentication",
            lambda event: answered(event, failAuthentication=True),
        ),
        **CUSTOM,
    ),
    refuses(
        triggers.TriggerRefused,
        "VerifyAuthChallengeResponse failed with error not today.",
        "amazon-cognito-passwordless-email-auth#17",
        answers("CUSTOM_CHALLENGE", ANSWER=WORD),
        *WAYS["CUSTOM_CHALLENGE"][1],
        answering("VerifyAuthChallengeResponse_Authentication", throws),
        **CUSTOM,
    ),
    refuses(
        triggers.ChallengeTooLong,
        "Invalid lambda response: privateChallengeParameters do not fit into a Session.",
        "the API's model: a Session has 4096 characters at most; the text unverified",
        starts("CUSTOM_AUTH", USERNAME="alice"),
        *is_there(),
        ASKED_BY_WORD[0],
        answering(
            CREATE, lambda event: answered(event, privateChallengeParameters={"word": "x" * 4_000})
        ),
        **CUSTOM,
    ),
    # Devices
    refuses(
        devices.DeviceAuthBeforeUserAuth,
        "Cannot initiate DEVICE_SRP_AUTH flow without first authenticating",
        "amplify-js#10582",
        answers("DEVICE_SRP_AUTH", session=None, DEVICE_KEY="eu-central-1_1", SRP_A="ab" * 192),
        *is_there(),
        **OPEN,
    ),
    # Users who were disabled meanwhile
    *(
        refuses(
            users.UserDisabled,
            "User is disabled.",
            "localstack#8454",
            answers(name, **{needs: RIGHT, "session": last_session}),
            *before,
            is_removed("admin_disable_user"),
            **settings,
        )
        for name, (needs, before, settings) in WAYS.items()
        if name in {"SMS_MFA", "EMAIL_OTP"}
    ),
    refuses(
        auth.NoSuchUser,
        "User does not exist.",
        "field",
        answers("SMS_MFA", SMS_MFA_CODE=RIGHT, session=kept_session),
        *WITH_PHONE,
        by_password(),
        lambda world: world.cognito.admin_delete_user(UserPoolId=world.pool.id, Username="alice"),
        **BY_SMS,
    ),
]
