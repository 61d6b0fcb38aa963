"""Functions of a custom sign-in for the tests: they ask for a word, three times at most."""

from typing import Any

from support.functions_server import FunctionsServer, arn

TRIGGERS = {
    name: arn(name)
    for name in (
        *("PreAuthentication", "PostAuthentication", "PreTokenGeneration"),
        *("DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse"),
    )
}
DEFINE = "DefineAuthChallenge_Authentication"
CREATE = "CreateAuthChallenge_Authentication"
VERIFY = "VerifyAuthChallengeResponse_Authentication"
WORD = "swordfish"


def ask_for_the_word(functions: FunctionsServer) -> None:
    """After the password, where the sign-in has begun with SRP."""
    functions.answers[DEFINE] = define
    functions.answers[CREATE] = create
    functions.answers[VERIFY] = verify


def define(event: dict[str, Any]) -> dict[str, Any]:
    rounds = event["request"]["session"]
    asked = [each for each in rounds if each["challengeName"] == "CUSTOM_CHALLENGE"]
    if rounds and rounds[-1]["challengeName"] == "SRP_A":
        return answered(event, challengeName="PASSWORD_VERIFIER")
    if asked and asked[-1]["challengeResult"]:
        return answered(event, issueTokens=True)
    if len(asked) == 3:
        return answered(event, failAuthentication=True)
    return answered(event, challengeName="CUSTOM_CHALLENGE")


def create(event: dict[str, Any]) -> dict[str, Any]:
    return answered(
        event,
        publicChallengeParameters={"hint": "a fish"},
        privateChallengeParameters={"word": WORD},
        challengeMetadata=f"WORD-{len(event['request']['session'])}",
    )


def verify(event: dict[str, Any]) -> dict[str, Any]:
    request = event["request"]
    is_right = request["challengeAnswer"] == request["privateChallengeParameters"]["word"]
    return answered(event, answerCorrect=is_right)


def answered(event: dict[str, Any], **response: Any) -> dict[str, Any]:
    return {**event, "response": {**event["response"], **response}}


def sources(functions: FunctionsServer) -> list[str]:
    """Which functions were called, in order, by the first part of their sources' names."""
    return [event["triggerSource"].partition("_")[0] for event in functions.events]


def rounds(event: dict[str, Any]) -> list[tuple[str, bool, str | None]]:
    """What an event says of the challenges so far."""
    return [
        (each["challengeName"], each["challengeResult"], each["challengeMetadata"])
        for each in event["request"]["session"]
    ]
