"""Every refusal that comes of a Lambda trigger, with Cognito's exact sentences (ev:triggers-2.1).

`trigger` is the LambdaConfig name: `PreSignUp`, not the trigger source. Applications match on
`<trigger> failed with error `, so not a byte of these sentences may change.
"""

from poolhouse.wire.errors import (
    InvalidLambdaResponseException,
    ServiceError,
    UnexpectedLambdaException,
    UserLambdaValidationException,
    UserNotFoundException,
)


class _FromFunction(ServiceError):
    """A refusal that a function causes: an audit record has its code only."""

    auditable = False


class TriggerRefused(_FromFunction, UserLambdaValidationException):
    """The function threw, returned an error, or its runtime crashed."""

    # amplify-cli#8506, amazon-cognito-passwordless-email-auth#17: Cognito adds the full stop.
    # A crash reads `… RequestId: <id> Error: Runtime exited with error: exit status 129.`
    # (amplify-js#9127).
    message = "{trigger} failed with error {error}."


class TriggerUnreachable(_FromFunction, UnexpectedLambdaException):
    """The function was not run: no permission, no such function, no connection."""

    # service-workbench-on-aws#1136: `… due to error AccessDeniedException.`
    message = "{trigger} invocation failed due to error {error}."


class TriggerTimedOut(_FromFunction, UnexpectedLambdaException):
    """No answer within the limit, at any of the attempts."""

    # ef-cms#7319. UNVERIFIED: is this the type of a time-out?
    message = (
        "{trigger} invocation failed due to error Socket timeout while invoking Lambda function."
    )


class UnrecognizableOutput(_FromFunction, InvalidLambdaResponseException):
    """The answer is null, not JSON, or has no usable `response`."""

    # ev:stackoverflow-42706896, amazon-cognito-identity-js#633: without a full stop.
    message = "Unrecognizable lambda output"


class NothingToVerify(_FromFunction, InvalidLambdaResponseException):
    """PreSignUp verified an attribute that the user does not have."""

    # guide: pre-sign-up ("Otherwise an error will be thrown"). UNVERIFIED: its type and sentence.
    message = "Invalid lambda response: {flag} is set but the user has no {attribute}."


class MessageLacks(_FromFunction, InvalidLambdaResponseException):
    """CustomMessage gave a text without the code, or an invitation without the username."""

    # ev:users-13.5. UNVERIFIED: the sentence.
    message = "Invalid lambda response: {name} does not contain {parameter}."


class MessageTooLong(_FromFunction, InvalidLambdaResponseException):
    """CustomMessage gave a longer text than may be sent."""

    # ev:triggers-6.6. UNVERIFIED: the sentence.
    message = "Invalid lambda response: {name} is longer than {limit} characters."


class NoNextChallenge(_FromFunction, InvalidLambdaResponseException):
    """DefineAuthChallenge neither ended the sign-in nor named a challenge that can follow."""

    # ev:triggers-6.7. UNVERIFIED: the sentence.
    message = "Invalid lambda response: challengeName is no challenge that can follow."


class ChallengeTooLong(_FromFunction, InvalidLambdaResponseException):
    """CreateAuthChallenge's private parameters and the rounds don't fit into a Session."""

    # The API model gives a Session 4096 characters. UNVERIFIED: the sentence.
    message = "Invalid lambda response: privateChallengeParameters do not fit into a Session."


class MalformedScope(_FromFunction, InvalidLambdaResponseException):
    """PreTokenGeneration added a scope that is empty or holds white space: it would read as two."""

    # ev:triggers-6.5. UNVERIFIED: the sentence.
    message = "Invalid lambda response: scopesToAdd has a scope that is empty or contains a space."


class ClaimNotSimple(_FromFunction, InvalidLambdaResponseException):
    """PreTokenGeneration gave an object or array to a claim of the ID token that takes none."""

    # ev:triggers-6.5. UNVERIFIED: the sentence.
    message = "Invalid lambda response: the claim {name} does not take an object or an array."


class TooManyOverrides(_FromFunction, InvalidLambdaResponseException):
    """PreTokenGeneration added more than tokens hold."""

    # ev:triggers-6.5. UNVERIFIED: the sentence.
    message = "Invalid lambda response: more than {limit} claims and scopes."


class MigrationFailed(_FromFunction, UserNotFoundException):
    """UserMigration returned no user at a sign-in. If it threw, TriggerRefused has its error."""

    # ev:triggers-6.10: applications match on what comes before the id. UNVERIFIED: the type.
    message = "Exception migrating user in app client {client_id}"
