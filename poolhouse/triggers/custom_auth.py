"""The three functions of a custom sign-in: define, create and verify a challenge.

DefineAuthChallenge gets the rounds so far, and ends the sign-in or names the next challenge.
CreateAuthChallenge creates the question. VerifyAuthChallengeResponse verifies the response. Then
DefineAuthChallenge runs again (ev:triggers-6.7 to ev:triggers-6.9, ev:auth-3.2).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from poolhouse.entities.custom_auth_rounds import Round
from poolhouse.errors.auth import CustomAuthNotConfigured
from poolhouse.errors.triggers import NoNextChallenge
from poolhouse.triggers.answers import present, read, texts
from poolhouse.triggers.events import Invocation
from poolhouse.triggers.trigger import AnswerT, Trigger
from poolhouse.wire.enums import ChallengeNameType

SRP_STARTED: Final = "SRP_A"
"""The name of the round that a sign-in with SRP begins with."""

_CUSTOM: Final = ChallengeNameType.CUSTOM_CHALLENGE.value
_PASSWORD: Final = ChallengeNameType.PASSWORD_VERIFIER.value


class DefineAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The next step of a sign-in; exactly one of the three is set."""

    challenge_name: str | None = None
    issue_tokens: bool = False
    fail_authentication: bool = False


class CreateAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A challenge: public parameters, private ones for VerifyAuthChallengeResponse, and a name."""

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


class _CustomAuth(Trigger[AnswerT]):
    """A custom sign-in takes all three of its functions."""

    def absent(self) -> AnswerT:
        raise CustomAuthNotConfigured


@dataclass(slots=True, kw_only=True)
class DefineAuthChallenge(_CustomAuth[DefineAnswer]):
    """Ask how the sign-in goes on after these rounds, none at first. Raises NoNextChallenge.

    A function that learns of an unknown user (`userNotFound`) may issue tokens; there are none to
    issue, which is the caller's to check.
    """

    name = "DefineAuthChallenge"
    source = "DefineAuthChallenge_Authentication"
    blank = {  # noqa: RUF012
        "challengeName": None,
        "issueTokens": None,
        "failAuthentication": None,
    }
    session: Sequence[Round]
    client_metadata: Mapping[str, str] | None

    @property
    def once(self) -> str:
        return f"{self.source}/{len(self.session)}"

    def request(self, invocation: Invocation) -> Mapping[str, object]:
        return {
            "userAttributes": invocation.user_attributes,
            "session": self.session,
            **present(clientMetadata=self.client_metadata, userNotFound=invocation.user_not_found),
        }

    def answer(self, response: Mapping[str, object], invocation: Invocation) -> DefineAnswer:
        return _next(read(response, _Define), self.session)


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
    """Return the challenges that may come next; the password only once.

    The exchange that began the sign-in verifies the password.

    UNVERIFIED: second factors can be named, too? Those of the pool come by themselves.
    """
    names = {each.challenge_name for each in session}
    return {_CUSTOM, _PASSWORD} if SRP_STARTED in names and _PASSWORD not in names else {_CUSTOM}


@dataclass(slots=True, kw_only=True)
class CreateAuthChallenge(_CustomAuth[CreateAnswer]):
    """Let the function make a challenge and, if it wants, send the answer to the user itself."""

    name = "CreateAuthChallenge"
    source = "CreateAuthChallenge_Authentication"
    blank = {  # noqa: RUF012
        "publicChallengeParameters": None,
        "privateChallengeParameters": None,
        "challengeMetadata": None,
    }
    session: Sequence[Round]
    client_metadata: Mapping[str, str] | None

    @property
    def once(self) -> str:
        return f"{self.source}/{len(self.session)}"

    def request(self, invocation: Invocation) -> Mapping[str, object]:
        return {
            "userAttributes": invocation.user_attributes,
            "challengeName": _CUSTOM,
            "session": self.session,
            **present(clientMetadata=self.client_metadata, userNotFound=invocation.user_not_found),
        }

    def answer(self, response: Mapping[str, object], invocation: Invocation) -> CreateAnswer:
        answer = read(response, _Create)
        return CreateAnswer(
            public=texts(answer.public_challenge_parameters),
            private=texts(answer.private_challenge_parameters),
            metadata=answer.challenge_metadata,
        )


@dataclass(slots=True, kw_only=True)
class VerifyAuthChallengeResponse(_CustomAuth[bool]):
    """Ask whether the user's answer is right; a function that doesn't say takes none.

    `private` is what only CreateAuthChallenge knows of this challenge.
    """

    name = "VerifyAuthChallengeResponse"
    source = "VerifyAuthChallengeResponse_Authentication"
    blank = {"answerCorrect": None}  # noqa: RUF012
    private: Mapping[str, str]
    challenge_answer: str
    client_metadata: Mapping[str, str] | None

    def request(self, invocation: Invocation) -> Mapping[str, object]:
        return {
            "userAttributes": invocation.user_attributes,
            "privateChallengeParameters": self.private,
            "challengeAnswer": self.challenge_answer,
            **present(clientMetadata=self.client_metadata, userNotFound=invocation.user_not_found),
        }

    def answer(self, response: Mapping[str, object], invocation: Invocation) -> bool:
        return read(response, _Verify).answer_correct or False
