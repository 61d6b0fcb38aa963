"""Refusals of users who forgot a password or are given one, and of those who tried too often."""

import contextlib
from collections.abc import Callable
from typing import Any

from support.error_cases import (
    EMAIL,
    PASSWORD,
    PHONE,
    VERIFIED_EMAIL,
    Step,
    World,
    a_wrong_code,
    admin,
    answering,
    client,
    confirms,
    has_password,
    is_created,
    recovers,
    refuses,
    signed_in,
    signs_up,
)
from support.functions_server import Answer, FunctionError, arn

from operations.error_cases.sign_up import RULES, VERIFYING
from poolhouse.errors import auth, triggers, users

ALICE = {"Username": "alice"}
FORGETS = client("forgot_password", **ALICE)
IS_RESET = admin("admin_reset_user_password", **ALICE)
RECOVERABLE = (is_created(attributes=VERIFIED_EMAIL), has_password())
ADMIN_ONLY = {
    "AccountRecoverySetting": {"RecoveryMechanisms": [{"Name": "admin_only", "Priority": 1}]}
}
REMEMBERING = {"Policies": {"PasswordPolicy": {"MinimumLength": 8, "PasswordHistorySize": 2}}}
RESENDS = client("resend_confirmation_code", **ALICE)
ASKS = signed_in("get_user_attribute_verification_code", AttributeName="email")
VERIFIES = signed_in("verify_user_attribute", AttributeName="email", Code=a_wrong_code())


def tries(times: int, step: Step) -> Callable[[World], None]:
    """As often as it may be tried, whatever comes of it."""

    def all_of_them(world: World) -> None:
        for _ in range(times):
            with contextlib.suppress(world.cognito.exceptions.CodeMismatchException):
                step(world)

    return all_of_them


def throws(_event: dict[str, Any]) -> Any:
    raise FunctionError("no, thanks")


def saying(**response: Any) -> Answer:
    return lambda event: {**event, "response": response}


def trigger(name: str) -> dict[str, Any]:
    return {"LambdaConfig": {name: arn("f")}}


UNRECOGNIZABLE: list[Answer] = [
    lambda _: None,
    lambda _: "ok",
    lambda event: {**event, "response": 3},
]

SITUATIONS = [
    # Who may reset
    *(
        refuses(
            users.CannotReset,
            "User password cannot be reset in the current state.",
            "amplify-flutter#3048",
            call,
            is_created(attributes=VERIFIED_EMAIL),
        )
        for call in (FORGETS, IS_RESET)
    ),
    *(
        refuses(
            users.NoVerifiedContact,
            "Cannot reset password for the user as there is no registered/verified email or"
            " phone_number",
            "frsechet/cognito-user-pool#2",
            call,
            is_created(attributes={**EMAIL, **PHONE}),
            has_password(),
        )
        for call in (FORGETS, IS_RESET)
    ),
    *(
        refuses(
            users.AdministratorResets,
            "Contact administrator to reset password.",
            "ev:moto",
            call,
            *RECOVERABLE,
            **ADMIN_ONLY,
        )
        for call in (FORGETS, IS_RESET)
    ),
    *(
        refuses(
            users.UserDisabled,
            "User is disabled.",
            "localstack#8454",
            call,
            *RECOVERABLE,
            admin("admin_disable_user", **ALICE),
        )
        for call in (FORGETS, IS_RESET, recovers(ConfirmationCode="123456"))
    ),
    # Codes
    refuses(
        auth.WrongCode,
        "Invalid verification code provided, please try again.",
        "floci#2018",
        recovers(ConfirmationCode=a_wrong_code()),
        *RECOVERABLE,
        FORGETS,
    ),
    refuses(
        auth.NoCode,
        "Invalid code provided, please request a code again.",
        "aws-sdk-ios-samples#144: never requested",
        recovers(ConfirmationCode="123456"),
        *RECOVERABLE,
    ),
    refuses(
        auth.NoCode,
        "Invalid code provided, please request a code again.",
        "floci#2018: already used",
        recovers(),
        *RECOVERABLE,
        FORGETS,
        recovers(),
    ),
    refuses(
        auth.WrongCode,
        "Invalid verification code provided, please try again.",
        "the guide: where the client hides who exists, of users who don't",
        recovers("nobody", ConfirmationCode="123456"),
        admin(
            "update_user_pool_client",
            ClientId=lambda world: world.pool.client_id,
            PreventUserExistenceErrors="ENABLED",
        ),
        client("forgot_password", Username="nobody"),
    ),
    # Policies
    *(
        refuses(
            auth.WeakNewPassword,
            f"Password does not conform to policy: Password {rule}",
            "ev:amplify-ui",
            call,
            *RECOVERABLE,
            FORGETS,
        )
        for rule, password in RULES.items()
        for call in (has_password(password=password), recovers(Password=password))
    ),
    *(
        refuses(
            auth.PasswordUsedBefore,
            "Password has previously been used",
            "dg:user-pool-settings-policies; the text unverified",
            call,
            *RECOVERABLE,
            FORGETS,
            **REMEMBERING,
        )
        for call in (has_password(), recovers(Password=PASSWORD))
    ),
    # Too often (dg:quotas)
    *(
        refuses(
            auth.AttemptLimitExceeded,
            "Attempt limit exceeded, please try after some time.",
            "aws-sdk-android#627, amplify-js#8013",
            call,
            *before,
            tries(times, call),
            **VERIFYING,
        )
        for times, call, before in [
            (15, confirms(ConfirmationCode=a_wrong_code()), [signs_up("alice", EMAIL)]),
            (5, RESENDS, [signs_up("alice", EMAIL)]),
            (5, ASKS, RECOVERABLE),
            (15, VERIFIES, [*RECOVERABLE, ASKS]),
            (5, FORGETS, RECOVERABLE),
            (5, recovers(ConfirmationCode=a_wrong_code()), [*RECOVERABLE, FORGETS]),
        ]
    ),
    # Functions (ev:triggers-2.1)
    *(
        refuses(
            triggers.TriggerRefused,
            "PreSignUp failed with error no, thanks.",
            "amplify-cli#8506, amazon-cognito-passwordless-email-auth#17",
            call,
            answering(source, throws),
            **trigger("PreSignUp"),
        )
        for source, call in (
            ("PreSignUp_SignUp", signs_up()),
            ("PreSignUp_AdminCreateUser", is_created()),
        )
    ),
    *(
        refuses(
            triggers.UnrecognizableOutput,
            "Unrecognizable lambda output",
            "ev:stackoverflow-42706896, amazon-cognito-identity-js#633",
            signs_up(),
            answering("PreSignUp_SignUp", answer),
            **trigger("PreSignUp"),
        )
        for answer in UNRECOGNIZABLE
    ),
    *(
        refuses(
            triggers.NothingToVerify,
            f"Invalid lambda response: {flag} is set but the user has no {attribute}.",
            "dg:user-pool-lambda-pre-sign-up; type and text unverified",
            signs_up(),
            answering("PreSignUp_SignUp", saying(autoConfirmUser=True, **{flag: True})),
            **trigger("PreSignUp"),
        )
        for flag, attribute in (("autoVerifyEmail", "email"), ("autoVerifyPhone", "phone_number"))
    ),
    *(
        refuses(
            triggers.TriggerRefused,
            "PostConfirmation failed with error no, thanks.",
            "amplify-cli#7179, amplify-cli#2735: there is no way back",
            call,
            signs_up("alice", EMAIL),
            answering("PostConfirmation_ConfirmSignUp", throws),
            leaves_changes=True,
            **trigger("PostConfirmation"),
            **VERIFYING,
        )
        for call in (confirms(), admin("admin_confirm_sign_up", **ALICE))
    ),
    refuses(
        triggers.TriggerRefused,
        "PostConfirmation failed with error no, thanks.",
        "ev:triggers-4",
        recovers(),
        *RECOVERABLE,
        FORGETS,
        answering("PostConfirmation_ConfirmForgotPassword", throws),
        leaves_changes=True,
        **trigger("PostConfirmation"),
    ),
    refuses(
        triggers.MessageLacks,
        "Invalid lambda response: emailMessage does not contain {####}.",
        "dg:user-pool-lambda-custom-message; the text unverified",
        FORGETS,
        *RECOVERABLE,
        answering("CustomMessage_ForgotPassword", saying(emailMessage="Hello!", emailSubject="s")),
        leaves_changes=True,
        **trigger("CustomMessage"),
        EmailConfiguration={
            "EmailSendingAccount": "DEVELOPER",
            "SourceArn": "arn:aws:ses:eu-central-1:123456789012:identity/home.example",
        },
    ),
    refuses(
        triggers.MessageTooLong,
        "Invalid lambda response: smsMessage is longer than 140 characters.",
        "ev:triggers-6.6; the text unverified",
        RESENDS,
        signs_up("alice", PHONE),
        answering("CustomMessage_ResendCode", saying(smsMessage="{####}" + "x" * 140)),
        leaves_changes=True,
        AutoVerifiedAttributes=["phone_number"],
        SmsConfiguration={"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"},
        **trigger("CustomMessage"),
    ),
]
