"""Every trigger's event as functions on AWS receive it: what asks for it, and its exact JSON.

Each event stands here twice: with ClientMetadata, and without. Sources: ev:triggers-3
and ev:triggers-6, and the issues that are named beside what they show.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from poolhouse.entities.custom_auth_rounds import Round
from poolhouse.entities.token_overrides import GroupOverride
from poolhouse.triggers.custom_auth import (
    create_auth_challenge,
    define_auth_challenge,
    verify_auth_challenge,
)
from poolhouse.triggers.post_authentication import post_authentication
from poolhouse.triggers.post_confirmation import PostConfirmationSource, post_confirmation
from poolhouse.triggers.pre_authentication import pre_authentication
from poolhouse.triggers.pre_sign_up import PreSignUpSource, pre_sign_up
from poolhouse.triggers.pre_token_generation import PreTokenSource, pre_token_generation
from poolhouse.triggers.user_migration import UserMigrationSource, user_migration
from poolhouse.wire.enums import PreTokenGenerationLambdaVersionType as Version
from support.golden_messages import of_messages, of_senders
from support.golden_parts import BY_ADMIN, Golden, expected
from support.sign_in_functions import ATTRIBUTES, INVOCATION
from support.trigger_world import ARN

METADATA = {"ticket": "4711"}
PASSED = {"clientMetadata": METADATA}
NO_FLAGS = {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False}
NO_USER = {
    "userAttributes": None,
    "finalUserStatus": None,
    "messageAction": None,
    "desiredDeliveryMediums": None,
    "forceAliasCreation": None,
    "enableSMSMFA": None,
}
NO_CHALLENGE = {
    "publicChallengeParameters": None,
    "privateChallengeParameters": None,
    "challengeMetadata": None,
}
NO_DECISION = {"challengeName": None, "issueTokens": None, "failAuthentication": None}
GROUPS = {"groupsToOverride": ["staff"], "iamRolesToOverride": [], "preferredRole": None}
ROUNDS = (
    Round(challenge_name="SRP_A", challenge_result=True),
    Round(
        challenge_name="CUSTOM_CHALLENGE", challenge_result=False, challenge_metadata="CAPTCHA_1"
    ),
)
SESSION = [
    {"challengeName": "SRP_A", "challengeResult": True, "challengeMetadata": None},
    {
        "challengeName": "CUSTOM_CHALLENGE",
        "challengeResult": False,
        "challengeMetadata": "CAPTCHA_1",
    },
]


def _goldens() -> Iterator[Golden]:
    for passed in ({}, PASSED):
        ending = " with metadata" if passed else ""
        metadata = METADATA if passed else None
        for golden in (
            *_of_sign_up(passed, metadata),
            *_of_confirmation(passed, metadata),
            *_of_sign_in(passed, metadata),
            *_of_custom_auth(passed, metadata),
            *_of_tokens(passed, metadata),
            *_of_migration(passed, metadata),
            *of_messages(passed, metadata),
            *of_senders(metadata),
        ):
            yield golden._replace(name=golden.name + ending)


def _of_sign_up(passed: dict[str, Any], metadata: dict[str, str] | None) -> Iterator[Golden]:
    """Without metadata `validationData` is null, and `clientMetadata` is absent.

    github.com/localstack/localstack/issues/10739
    """
    for source, invocation, client_id in (
        (PreSignUpSource.SIGN_UP, INVOCATION, INVOCATION.client_id),
        (PreSignUpSource.ADMIN_CREATE_USER, BY_ADMIN, "CLIENT_ID_NOT_APPLICABLE"),
        (PreSignUpSource.EXTERNAL_PROVIDER, INVOCATION, INVOCATION.client_id),
    ):
        request = {"userAttributes": {"email": "zoe@home.example"}, "validationData": metadata}
        yield Golden(
            source.value,
            partial(
                pre_sign_up,
                arn=ARN,
                source=source,
                invocation=invocation,
                user_attributes={"email": "zoe@home.example"},
                validation_data=metadata,
                client_metadata=metadata,
            ),
            expected(source, request | passed, client_id, response=NO_FLAGS),
            "PreSignupTriggerSchema",
            # It knows the source of SignUp alone.
            frozenset() if source is PreSignUpSource.SIGN_UP else frozenset({"triggerSource"}),
        )


def _of_confirmation(passed: dict[str, Any], metadata: dict[str, str] | None) -> Iterator[Golden]:
    """AdminConfirmSignUp has the source of ConfirmSignUp, and null for its client."""
    for name, source, invocation, beyond in (
        ("ConfirmSignUp", PostConfirmationSource.CONFIRM_SIGN_UP, INVOCATION, ()),
        (
            "AdminConfirmSignUp",
            PostConfirmationSource.CONFIRM_SIGN_UP,
            BY_ADMIN,
            ("callerContext.clientId",),  # github.com/awslabs/swift-aws-lambda-events/pull/71
        ),
        (
            "ConfirmForgotPassword",
            PostConfirmationSource.CONFIRM_FORGOT_PASSWORD,
            INVOCATION,
            ("triggerSource",),
        ),
    ):
        yield Golden(
            f"{source.value} by {name}",
            partial(
                post_confirmation,
                arn=ARN,
                source=source,
                invocation=invocation,
                user_attributes=ATTRIBUTES,
                client_metadata=metadata,
            ),
            expected(
                source, {"userAttributes": ATTRIBUTES} | passed, invocation.client_id, response={}
            ),
            "PostConfirmationTriggerSchema",
            frozenset(beyond),
        )


def _of_sign_in(passed: dict[str, Any], metadata: dict[str, str] | None) -> Iterator[Golden]:
    for hides in (True, False):
        not_found = {"userNotFound": False} if hides else {}
        yield Golden(
            f"PreAuthentication_Authentication{' of a hiding client' if hides else ''}",
            partial(
                pre_authentication,
                arn=ARN,
                invocation=INVOCATION,
                user_attributes=ATTRIBUTES,
                validation_data=metadata,
                user_not_found=False if hides else None,
            ),
            expected(
                "PreAuthentication_Authentication",
                {"userAttributes": ATTRIBUTES, "validationData": metadata, **not_found},
                INVOCATION.client_id,
                response={},
            ),
            "PreAuthenticationTriggerSchema",
        )
    yield Golden(
        "PostAuthentication_Authentication",
        partial(
            post_authentication,
            arn=ARN,
            invocation=INVOCATION,
            user_attributes=ATTRIBUTES,
            new_device_used=False,
            client_metadata=metadata,
        ),
        expected(
            "PostAuthentication_Authentication",
            {"userAttributes": ATTRIBUTES, "newDeviceUsed": False, **passed},
            INVOCATION.client_id,
            response={},
        ),
        "PostAuthenticationTriggerSchema",
    )


def _of_custom_auth(passed: dict[str, Any], metadata: dict[str, str] | None) -> Iterator[Golden]:
    """Each is told `userNotFound` by clients that hide who exists; the other events have none."""
    user = {"userAttributes": ATTRIBUTES}
    asked: dict[str, Any] = {
        "arn": ARN,
        "invocation": INVOCATION,
        "user_attributes": ATTRIBUTES,
        "client_metadata": metadata,
    }
    null_metadata = frozenset({"request.session.0.challengeMetadata"})
    for name, rounds, session, beyond in (
        ("", ROUNDS, SESSION, null_metadata),
        (" at first", (), [], frozenset({"request.session"})),
    ):
        yield Golden(
            f"DefineAuthChallenge_Authentication{name}",
            partial(define_auth_challenge, session=rounds, user_not_found=None, **asked),
            expected(
                "DefineAuthChallenge_Authentication",
                {**user, "session": session, **passed},
                INVOCATION.client_id,
                response=NO_DECISION,
            ),
            "DefineAuthChallengeTriggerSchema",
            beyond,
        )
    yield Golden(
        "CreateAuthChallenge_Authentication",
        partial(create_auth_challenge, session=ROUNDS, user_not_found=False, **asked),
        expected(
            "CreateAuthChallenge_Authentication",
            {
                **user,
                "challengeName": "CUSTOM_CHALLENGE",
                "session": SESSION,
                **passed,
                "userNotFound": False,
            },
            INVOCATION.client_id,
            response=NO_CHALLENGE,
        ),
        "CreateAuthChallengeTriggerSchema",
        null_metadata,
    )
    yield Golden(
        "VerifyAuthChallengeResponse_Authentication",
        partial(
            verify_auth_challenge,
            private={"answer": "5"},
            challenge_answer="6",
            user_not_found=False,
            **asked,
        ),
        expected(
            "VerifyAuthChallengeResponse_Authentication",
            {
                **user,
                "privateChallengeParameters": {"answer": "5"},
                "challengeAnswer": "6",
                **passed,
                "userNotFound": False,
            },
            INVOCATION.client_id,
            response={"answerCorrect": None},
        ),
        "VerifyAuthChallengeTriggerSchema",
        frozenset({"response.answerCorrect"}),
    )


def _of_tokens(passed: dict[str, Any], metadata: dict[str, str] | None) -> Iterator[Golden]:
    scopes = ["aws.cognito.signin.user.admin"]
    for source in PreTokenSource:
        for version, number in ((Version.V1_0, "1"), (Version.V2_0, "2"), (Version.V3_0, "3")):
            details = "claimsOverrideDetails" if number == "1" else "claimsAndScopeOverrideDetails"
            yield Golden(
                f"{source.value}, version {number}",
                partial(
                    pre_token_generation,
                    arn=ARN,
                    source=source,
                    version=version,
                    invocation=INVOCATION,
                    user_attributes=ATTRIBUTES,
                    groups=GroupOverride(groups=("staff",), iam_roles=(), preferred_role=None),
                    scopes=scopes,
                    client_metadata=metadata,
                ),
                expected(
                    source,
                    {
                        "userAttributes": ATTRIBUTES,
                        "groupConfiguration": GROUPS,
                        **({} if number == "1" else {"scopes": scopes}),
                        **passed,
                    },
                    INVOCATION.client_id,
                    response={details: None},
                )
                | {"version": number},
                f"PreTokenGenerationTriggerSchema{'V1' if number == '1' else 'V2AndV3'}",
            )


def _of_migration(passed: dict[str, Any], metadata: dict[str, str] | None) -> Iterator[Golden]:
    for source, password in (
        (UserMigrationSource.AUTHENTICATION, {"password": "Correct-Horse-9!"}),
        (UserMigrationSource.FORGOT_PASSWORD, {}),
    ):
        # Powertools wants a password even where there is none to give.
        beyond = {"request.password"} - {f"request.{name}" for name in password}
        yield Golden(
            source.value,
            partial(
                user_migration,
                arn=ARN,
                source=source,
                invocation=INVOCATION,
                password=password.get("password"),
                validation_data=metadata,
                client_metadata=metadata,
            ),
            expected(
                source,
                {**password, "validationData": metadata, "userAttributes": None, **passed},
                INVOCATION.client_id,
                response=NO_USER,
            ),
            "MigrateUserTriggerSchema",
            frozenset(beyond if metadata else beyond | {"request.validationData"}),
        )


GOLDENS = tuple(_goldens())
