"""The three functions of a custom sign-in: what comes next, ask it, and was that right?

DefineAuthChallenge sees the rounds so far and ends the sign-in or names the next challenge;
CreateAuthChallenge makes the question; VerifyAuthChallengeResponse judges the answer, and then the
first is asked again (ev:triggers-6.7 to ev:triggers-6.9, ev:auth-3.2).
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from poolhouse.entities.custom_auth_rounds import Round
from poolhouse.errors.triggers import NoNextChallenge
from poolhouse.triggers.answers import present, read, texts
from poolhouse.triggers.events import Invocation, event
from poolhouse.triggers.invoke import Invoker
from poolhouse.wire.enums import ChallengeNameType

DEFINE_SOURCE: Final = "DefineAuthChallenge_Authentication"
CREATE_SOURCE: Final = "CreateAuthChallenge_Authentication"
VERIFY_SOURCE: Final = "VerifyAuthChallengeResponse_Authentication"

SRP_STARTED: Final = "SRP_A"
"""The name of the round that a sign-in with SRP begins with."""

_CUSTOM: Final = ChallengeNameType.CUSTOM_CHALLENGE.value
_PASSWORD: Final = ChallengeNameType.PASSWORD_VERIFIER.value


class DefineAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How it goes on; exactly one of the three is set."""

    challenge_name: str | None = None
    issue_tokens: bool = False
    fail_authentication: bool = False


class CreateAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A challenge: what the client is told, what only the judge is told, and a name for it."""

    public: dict[str, str] = {}
    private: dict[str, str] = {}
    metadata: str | None = None


class _Define(msgspec.Struct, frozen=True, rename="camel"):
    challenge_name: str | None = None
    issue_tokens: bool | None = None
    fail_authentication: bool | None = None


class _Create(msgspec.Struct, frozen=True, rename="camel"):
    public_challenge_parameters: dict[str, str | None] | None = None
    private_challenge_parameters: dict[str, str | None] | None = None
    challenge_metadata: str | None = None


class _Verify(msgspec.Struct, frozen=True, rename="camel"):
    answer_correct: bool | None = None


async def define_auth_challenge(
    invoker: Invoker,
    arn: str,
    invocation: Invocation,
    *,
    user_attributes: Mapping[str, str],
    session: Sequence[Round],
    client_metadata: Mapping[str, str] | None,
    user_not_found: bool | None,
) -> DefineAnswer:
    """Ask how the sign-in goes on after these rounds, none at first. Raises NoNextChallenge.

    A function invoked for an unknown user (`user_not_found`) may issue tokens; there are none to
    issue, which is the caller's to say.
    """
    response = await invoker.call(
        "DefineAuthChallenge",
        arn,
        event(
            DEFINE_SOURCE,
            invocation,
            request={
                "userAttributes": user_attributes,
                "session": session,
                **present(clientMetadata=client_metadata, userNotFound=user_not_found),
            },
            response={"challengeName": None, "issueTokens": None, "failAuthentication": None},
        ),
    )
    return _next(read(response, _Define), session)


def _next(answer: _Define, session: Sequence[Round]) -> DefineAnswer:
    # UNVERIFIED: does failing win over issuing tokens? It is the safe reading of a mistake.
    if answer.fail_authentication:
        return DefineAnswer(fail_authentication=True)
    if answer.issue_tokens:
        return DefineAnswer(issue_tokens=True)
    if answer.challenge_name not in _following(session):
        raise NoNextChallenge
    return DefineAnswer(challenge_name=answer.challenge_name)


def _following(session: Sequence[Round]) -> set[str]:
    """The password can be asked once, by the exchange that the sign-in has begun with.

    UNVERIFIED: second factors can be named, too? Those of the pool come by themselves.
    """
    names = {each.challenge_name for each in session}
    return {_CUSTOM, _PASSWORD} if SRP_STARTED in names and _PASSWORD not in names else {_CUSTOM}


async def create_auth_challenge(
    invoker: Invoker,
    arn: str,
    invocation: Invocation,
    *,
    user_attributes: Mapping[str, str],
    session: Sequence[Round],
    client_metadata: Mapping[str, str] | None,
    user_not_found: bool | None,
) -> CreateAnswer:
    """Let the function make a challenge and, if it wants, send the answer to the user itself."""
    response = await invoker.call(
        "CreateAuthChallenge",
        arn,
        event(
            CREATE_SOURCE,
            invocation,
            request={
                "userAttributes": user_attributes,
                "challengeName": _CUSTOM,
                "session": session,
                **present(clientMetadata=client_metadata, userNotFound=user_not_found),
            },
            response={
                "publicChallengeParameters": None,
                "privateChallengeParameters": None,
                "challengeMetadata": None,
            },
        ),
    )
    answer = read(response, _Create)
    return CreateAnswer(
        public=texts(answer.public_challenge_parameters),
        private=texts(answer.private_challenge_parameters),
        metadata=answer.challenge_metadata,
    )


async def verify_auth_challenge(
    invoker: Invoker,
    arn: str,
    invocation: Invocation,
    *,
    user_attributes: Mapping[str, str],
    private: Mapping[str, str],
    challenge_answer: str,
    client_metadata: Mapping[str, str] | None,
    user_not_found: bool | None,
) -> bool:
    """Whether the function takes the user's answer; one that doesn't say takes none.

    `private` is what only CreateAuthChallenge has known of this challenge.
    """
    response = await invoker.call(
        "VerifyAuthChallengeResponse",
        arn,
        event(
            VERIFY_SOURCE,
            invocation,
            request={
                "userAttributes": user_attributes,
                "privateChallengeParameters": private,
                "challengeAnswer": challenge_answer,
                **present(clientMetadata=client_metadata, userNotFound=user_not_found),
            },
            response={"answerCorrect": None},
        ),
    )
    return read(response, _Verify).answer_correct or False
