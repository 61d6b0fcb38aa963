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
    CreateAuthChallenge,
    DefineAuthChallenge,
    VerifyAuthChallengeResponse,
)
from poolhouse.triggers.post_authentication import PostAuthentication
from poolhouse.triggers.post_confirmation import PostConfirmation, PostConfirmationSource
from poolhouse.triggers.pre_authentication import PreAuthentication
from poolhouse.triggers.pre_sign_up import PreSignUp, PreSignUpSource
from poolhouse.triggers.pre_token_generation import PreTokenGeneration, PreTokenSource
from poolhouse.triggers.user_migration import UserMigration, UserMigrationSource
from poolhouse.wire.enums import PreTokenGenerationLambdaVersionType as Version
from support.golden_messages import of_messages, of_senders
from support.golden_parts import BY_ADMIN, Golden, expected
from support.sign_in_functions import ATTRIBUTES, INVOCATION, about
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
    ):
        request = {"userAttributes": {"email": "zoe@home.example"}, "validationData": metadata}
        yield Golden(
            source.value,
            partial(
                PreSignUp(source=source, validation_data=metadata, client_metadata=metadata).invoke,
                arn=ARN,
                invocation=about(invocation, user_attributes={"email": "zoe@home.example"}),
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
                PostConfirmation(source=source, client_metadata=metadata).invoke,
                arn=ARN,
                invocation=about(invocation, user_attributes=ATTRIBUTES),
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
                PreAuthentication(validation_data=metadata).invoke,
                arn=ARN,
                invocation=about(
                    INVOCATION, user_attributes=ATTRIBUTES, user_not_found=False if hides else None
                ),
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
            PostAuthentication(new_device_used=False, client_metadata=metadata).invoke,
            arn=ARN,
            invocation=about(INVOCATION, user_attributes=ATTRIBUTES),
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
    known = about(INVOCATION, user_attributes=ATTRIBUTES, user_not_found=False)
    null_metadata = frozenset({"request.session.0.challengeMetadata"})
    for name, rounds, session, beyond in (
        ("", ROUNDS, SESSION, null_metadata),
        (" at first", (), [], frozenset({"request.session"})),
    ):
        yield Golden(
            f"DefineAuthChallenge_Authentication{name}",
            partial(
                DefineAuthChallenge(session=rounds, client_metadata=metadata).invoke,
                arn=ARN,
                invocation=about(INVOCATION, user_attributes=ATTRIBUTES),
            ),
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
        partial(
            CreateAuthChallenge(session=ROUNDS, client_metadata=metadata).invoke,
            arn=ARN,
            invocation=known,
        ),
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
            VerifyAuthChallengeResponse(
                private={"answer": "5"}, challenge_answer="6", client_metadata=metadata
            ).invoke,
            arn=ARN,
            invocation=known,
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
                    PreTokenGeneration(
                        source=source,
                        speaks=version,
                        groups=GroupOverride(groups=("staff",), iam_roles=(), preferred_role=None),
                        scopes=scopes,
                        client_metadata=metadata,
                    ).invoke,
                    arn=ARN,
                    invocation=about(INVOCATION, user_attributes=ATTRIBUTES),
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
                UserMigration(
                    source=source,
                    password=password.get("password"),
                    validation_data=metadata,
                    client_metadata=metadata,
                ).invoke,
                arn=ARN,
                invocation=INVOCATION,
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
