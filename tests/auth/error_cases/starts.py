"""Refusals of InitiateAuth, AdminInitiateAuth and of passwords (ev:auth-2 to ev:auth-4)."""

from typing import Any

from support.error_cases import Situation, answering, refuses
from support.functions_server import FunctionError, arn
from support.sign_in_error_cases import (
    APIS,
    HIDING,
    OPEN,
    TEMPORARY,
    TRACKING,
    WITH_SECRET,
    WRONG_PASSWORD,
    begins_srp,
    by_password,
    by_srp,
    fails,
    is_invited,
    is_removed,
    is_there,
    proves,
    starts,
    time_passes,
)
from support.sign_ins import PASSWORD, N

from poolhouse.errors import auth, devices, pools, tokens, triggers, users
from poolhouse.wire.errors import ServiceError

INCORRECT = (
    auth.IncorrectPassword,
    "Incorrect username or password.",
    "ev:field-test; amazon-cognito-identity-js#506",
)
UNKNOWN = (auth.NoSuchUser, "User does not exist.", "dg:cognito-user-pool-managing-errors: LEGACY")
SRP_ONLY: dict[str, Any] = {"client": {"ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"]}}
PASSWORD_ONLY: dict[str, Any] = {"client": {"ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"]}}
LOCKED = [fails(by_password(password=WRONG_PASSWORD))] * 5
BEFORE, AFTER = "PreAuthentication_Authentication", "PostAuthentication_Authentication"
TOKENS = "TokenGeneration_Authentication"
DEFINE, CREATE = "DefineAuthChallenge_Authentication", "CreateAuthChallenge_Authentication"
MIGRATE = "UserMigration_Authentication"
BEGUN: dict[str, dict[str, Any]] = {
    "USER_PASSWORD_AUTH": {"USERNAME": "alice", "PASSWORD": PASSWORD},
    "ADMIN_USER_PASSWORD_AUTH": {"USERNAME": "alice", "PASSWORD": PASSWORD},
    "ADMIN_NO_SRP_AUTH": {"USERNAME": "alice", "PASSWORD": PASSWORD},
    "USER_SRP_AUTH": {"USERNAME": "alice", "SRP_A": "ab" * 192},
    "CUSTOM_AUTH": {"USERNAME": "alice"},
    "USER_AUTH": {"USERNAME": "alice"},
    "REFRESH_TOKEN_AUTH": {"REFRESH_TOKEN": "a.b.c.d.e"},
    "REFRESH_TOKEN": {"REFRESH_TOKEN": "a.b.c.d.e"},
}
"""What every flow has to be given."""


def apis_of(flow: str) -> tuple[bool, ...]:
    if flow.startswith("ADMIN"):
        return (True,)
    return (False,) if flow == "USER_PASSWORD_AUTH" else APIS


def fails_to_be_called(flow: str, by_admin: bool, **given: Any) -> Any:
    return starts(flow, by_admin=by_admin, **{**BEGUN[flow], **given})


def throws(event: dict[str, Any]) -> Any:
    raise FunctionError("not today")


def says(**response: Any) -> Any:
    return lambda event: {**event, "response": {**event["response"], **response}}


def adds_to_tokens(**generation: Any) -> Any:
    return says(claimsAndScopeOverrideDetails=generation)


def flow_is_off(flow: str, by_admin: bool) -> Situation:
    error: type[ServiceError] = auth.FlowNotEnabled
    sentence, source = f"{flow} flow not enabled for this client", "field; others by its form"
    if flow.startswith("ADMIN"):
        error, sentence = (
            auth.AdminFlowNotEnabled,
            "Auth flow not enabled for this client",
        )
        source = "field: a live capture"
    settings = PASSWORD_ONLY if flow == "USER_SRP_AUTH" else SRP_ONLY
    return refuses(error, sentence, source, fails_to_be_called(flow, by_admin), **settings)


def with_function(
    trigger: str,
    source: str,
    answer: Any,
    error: type[ServiceError],
    sentence: str,
    *,
    flow: Any = None,
    **more: str,
) -> Situation:
    config: dict[str, Any] = {trigger: arn(trigger), **{name: arn(name) for name in more}}
    if trigger == "PreTokenGeneration":
        config["PreTokenGenerationConfig"] = {"LambdaVersion": "V2_0", "LambdaArn": arn(trigger)}
    return refuses(
        error,
        sentence,
        f"ev:triggers-6: {source}",
        flow or by_password(),
        *is_there(),
        answering(source, answer),
        LambdaConfig=config,
        **OPEN,
    )


def custom(**given: Any) -> Any:
    return starts("CUSTOM_AUTH", USERNAME="alice", **given)


SITUATIONS = [
    # What a flow needs
    *(
        refuses(
            auth.MissingParameter,
            f"Missing required parameter {name}",
            "ev:field-test, C04 and C05; amazon-cognito-identity-js#627",
            fails_to_be_called(flow, by_admin, **{name: value}),
            **OPEN,
        )
        for flow, given in BEGUN.items()
        for by_admin in apis_of(flow)
        for name in given
        for value in (None, "")
        if not (value == "" and by_admin)
    ),
    *(flow_is_off(flow, by_admin) for flow in BEGUN for by_admin in apis_of(flow)),
    *(
        refuses(
            auth.FlowNotSupported,
            "Initiate Auth method not supported.",
            "aws-doc-sdk-examples#5289, soto-cognito-authentication-kit#10, moto#4836",
            fails_to_be_called(flow, by_admin),
            **OPEN,
        )
        for flow, by_admin in [
            ("ADMIN_USER_PASSWORD_AUTH", False),
            ("ADMIN_NO_SRP_AUTH", False),
            ("USER_PASSWORD_AUTH", True),
        ]
    ),
    *(
        refuses(
            auth.CustomAuthNotConfigured,
            "Custom auth lambda trigger is not configured for the user pool.",
            "field; Amplify asks for a password on it",
            fails_to_be_called("CUSTOM_AUTH", by_admin),
            *is_there(),
            **OPEN,
        )
        for by_admin in APIS
    ),
    *(
        refuses(
            auth.MalformedSrpA,
            "SRP_A must be a hexadecimal number.",
            "the text unverified; RFC 5054: A mod N isn't 0",
            starts("USER_SRP_AUTH", USERNAME="alice", SRP_A=public),
            *is_there(),
            **OPEN,
        )
        for public in ("xyz", "0", f"{N:x}", f"{2 * N:x}")
    ),
    # The app client
    *(
        refuses(
            pools.ClientNotFound,
            "User pool client 1unknown2client does not exist.",
            "field",
            by_password(by_admin=by_admin, client_id="1unknown2client"),
        )
        for by_admin in APIS
    ),
    refuses(
        auth.SecretHashMissing,
        "Client {client} is configured with secret but SECRET_HASH was not received",
        "amplify-android#2504",
        by_password(),
        *is_there(),
        **WITH_SECRET,
    ),
    refuses(
        auth.SecretHashWrong,
        "Unable to verify secret hash for client {client}",
        "amplify-js#277",
        by_password(SECRET_HASH="x" * 44),
        *is_there(),
        **WITH_SECRET,
    ),
    refuses(
        auth.NoSecretExpected,
        "App client {client} is not configured for secret but secret hash was received",
        "pmill/aws-cognito#23",
        by_password(SECRET_HASH="x" * 44),
        *is_there(),
        **OPEN,
    ),
    # The user
    *(
        refuses(
            *said, by_password(name, WRONG_PASSWORD, by_admin=by_admin), *is_there(), **settings
        )
        for by_admin in APIS
        for name, said, settings in [
            ("alice", INCORRECT, OPEN),
            ("nobody", UNKNOWN, OPEN),
            ("nobody", INCORRECT, HIDING),
        ]
    ),
    *(
        refuses(*INCORRECT, by_password(password=password), *is_there(), **OPEN)
        for password in ("x" * 257, " ", "\N{PILE OF POO}")
    ),
    *(
        refuses(*UNKNOWN, fails_to_be_called(flow, by_admin, USERNAME="nobody"), **OPEN)
        for flow in ("USER_SRP_AUTH", "USER_AUTH")
        for by_admin in APIS
    ),
    *(
        refuses(
            *INCORRECT,
            proves(by_admin=by_admin),
            *is_there(),
            begins_srp(WRONG_PASSWORD),
            by_srp(name, by_admin=by_admin),
            **HIDING,
        )
        for name in ("alice", "nobody")
        for by_admin in APIS
    ),
    refuses(
        *INCORRECT,
        proves(TIMESTAMP="Tue Mar 3 04:05:06 UTC 2026"),
        *is_there(),
        begins_srp(),
        by_srp(),
        **OPEN,
    ),
    *(
        refuses(
            auth.MalformedTimestamp,
            "TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.",
            "amazon-cognito-identity-js#683",
            proves(TIMESTAMP=timestamp),
            *is_there(),
            begins_srp(),
            by_srp(),
            **OPEN,
        )
        for timestamp in ("yesterday", "Mon Feb 12 15:26:37 +05:30 2018")
    ),
    *(
        refuses(
            auth.PasswordAttemptsExceeded,
            "Password attempts exceeded",
            "amazon-cognito-identity-js#506; dg:authentication: after five failures",
            call,
            *is_there(),
            *LOCKED,
            **OPEN,
        )
        for call in (by_password(), by_password(by_admin=True))
    ),
    refuses(
        users.UserDisabled,
        "User is disabled.",
        "localstack#8454",
        by_password(),
        *is_there(),
        is_removed("admin_disable_user"),
        **OPEN,
    ),
    refuses(
        auth.NotConfirmed,
        "User is not confirmed.",
        "field",
        by_password(password="wrong"),
        lambda world: world.pool.sign_up(),
        **OPEN,
    ),
    refuses(
        auth.PasswordResetNeeded,
        "Password reset required for the user",
        "field",
        by_password(),
        *is_there(email="alice@home.example", email_verified="true"),
        is_removed("admin_reset_user_password"),
        **OPEN,
    ),
    refuses(
        auth.TemporaryPasswordExpired,
        "Temporary password has expired and must be reset by an administrator.",
        "field",
        by_password(password=TEMPORARY),
        is_invited(),
        time_passes(days=8),
        **OPEN,
    ),
    refuses(
        devices.DeviceNotFound,
        "Device does not exist.",
        "amplify-js: retryOnResourceNotFoundException",
        by_password(DEVICE_KEY="us-east-1_11111111-2222-4333-8444-555555555555"),
        *is_there(),
        **TRACKING,
    ),
    # The pool's functions
    *(
        with_function(
            trigger,
            source,
            throws,
            triggers.TriggerRefused,
            f"{trigger} failed with error not today.",
            flow=flow,
        )
        for trigger, source, flow in [
            ("PreAuthentication", BEFORE, None),
            ("PreAuthentication", BEFORE, by_password(password=WRONG_PASSWORD)),
            ("PostAuthentication", AFTER, None),
            ("PreTokenGeneration", TOKENS, None),
            ("DefineAuthChallenge", DEFINE, custom()),
            ("UserMigration", MIGRATE, by_password("zoe")),
        ]
    ),
    with_function(
        "PreAuthentication",
        BEFORE,
        lambda event: None,
        triggers.UnrecognizableOutput,
        "Unrecognizable lambda output",
    ),
    with_function(
        "DefineAuthChallenge",
        DEFINE,
        says(challengeName="NEW_PASSWORD_REQUIRED"),
        triggers.NoNextChallenge,
        "Invalid lambda response: challengeName is no challenge that can follow.",
        flow=custom(),
    ),
    with_function(
        "UserMigration",
        MIGRATE,
        lambda event: event,
        triggers.MigrationFailed,
        "Exception migrating user in app client {client}",
        flow=by_password("zoe"),
    ),
    *(
        with_function(
            "PreTokenGeneration", TOKENS, answer, error, f"Invalid lambda response: {end}"
        )
        for answer, error, end in [
            (
                adds_to_tokens(accessTokenGeneration={"scopesToAdd": ["a b"]}),
                triggers.MalformedScope,
                "scopesToAdd has a scope that is empty or contains a space.",
            ),
            (
                adds_to_tokens(idTokenGeneration={"claimsToAddOrOverride": {"address": ["a"]}}),
                triggers.ClaimNotSimple,
                "the claim address does not take an object or an array.",
            ),
            (
                adds_to_tokens(
                    idTokenGeneration={"claimsToAddOrOverride": {f"c{n}": "" for n in range(5001)}}
                ),
                triggers.TooManyOverrides,
                "more than 5000 claims and scopes.",
            ),
            (
                adds_to_tokens(
                    accessTokenGeneration={"claimsToAddOrOverride": {"c": "x" * 400_000}}
                ),
                tokens.TokenTooLong,
                "the token would be longer than 196608 characters.",
            ),
        ]
    ),
]
