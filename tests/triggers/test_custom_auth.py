"""A custom sign-in's three functions (ev:triggers-6.7 to ev:triggers-6.9, ev:auth-3.2)."""

from collections.abc import Callable

import pytest
from support.sign_in_functions import ATTRIBUTES, INVOCATION, Function, about, event
from support.trigger_world import ARN

from poolhouse.entities.custom_auth_rounds import Round
from poolhouse.triggers.custom_auth import (
    CreateAnswer,
    CreateAuthChallenge,
    DefineAnswer,
    DefineAuthChallenge,
    VerifyAuthChallengeResponse,
)
from poolhouse.triggers.invoke import Invoker
from poolhouse.triggers.transports.contract import Transport
from poolhouse.wire.errors import InvalidLambdaResponseException

SRP = Round("SRP_A", True)
PASSWORD = Round("PASSWORD_VERIFIER", True)
WRONG = Round("CUSTOM_CHALLENGE", False, "CODE-7")
SESSION = [SRP, PASSWORD, WRONG]
SESSION_AS_TOLD = [
    {"challengeName": "SRP_A", "challengeResult": True, "challengeMetadata": None},
    {"challengeName": "PASSWORD_VERIFIER", "challengeResult": True, "challengeMetadata": None},
    {"challengeName": "CUSTOM_CHALLENGE", "challengeResult": False, "challengeMetadata": "CODE-7"},
]
METADATA = {"locale": "de"}
KNOWN = about(INVOCATION, user_attributes=ATTRIBUTES, user_not_found=False)
WORDS_AS_TOLD = {"clientMetadata": {"locale": "de"}, "userNotFound": False}


async def defined(response: object, *session: Round) -> DefineAnswer:
    ask = DefineAuthChallenge(session=session, client_metadata=None)
    return await ask.invoke(Function(response).invoker, ARN, INVOCATION)


async def created(response: object) -> CreateAnswer:
    ask = CreateAuthChallenge(session=[], client_metadata=None)
    return await ask.invoke(Function(response).invoker, ARN, INVOCATION)


async def verified(response: object) -> bool:
    ask = VerifyAuthChallengeResponse(private={}, challenge_answer="", client_metadata=None)
    return await ask.invoke(Function(response).invoker, ARN, INVOCATION)


async def test_define_auth_challenge_event_has_the_documented_members() -> None:
    function = Function({"issueTokens": True})
    ask = DefineAuthChallenge(session=SESSION, client_metadata=METADATA)
    await ask.invoke(function.invoker, ARN, KNOWN)
    request = {"userAttributes": ATTRIBUTES, "session": SESSION_AS_TOLD, **WORDS_AS_TOLD}
    response = {"challengeName": None, "issueTokens": None, "failAuthentication": None}
    assert function.events == [event("DefineAuthChallenge_Authentication", request, response)]


async def test_create_auth_challenge_event_has_the_documented_members() -> None:
    function = Function()
    ask = CreateAuthChallenge(session=SESSION, client_metadata=METADATA)
    await ask.invoke(function.invoker, ARN, KNOWN)
    request = {
        "userAttributes": ATTRIBUTES,
        "challengeName": "CUSTOM_CHALLENGE",
        "session": SESSION_AS_TOLD,
        **WORDS_AS_TOLD,
    }
    response = {
        "publicChallengeParameters": None,
        "privateChallengeParameters": None,
        "challengeMetadata": None,
    }
    assert function.events == [event("CreateAuthChallenge_Authentication", request, response)]


async def test_verify_auth_challenge_event_has_the_documented_members() -> None:
    function = Function()
    ask = VerifyAuthChallengeResponse(
        private={"answer": "4711"}, challenge_answer="4712", client_metadata=METADATA
    )
    await ask.invoke(function.invoker, ARN, KNOWN)
    request = {
        "userAttributes": ATTRIBUTES,
        "privateChallengeParameters": {"answer": "4711"},
        "challengeAnswer": "4712",
        **WORDS_AS_TOLD,
    }
    source = "VerifyAuthChallengeResponse_Authentication"
    assert function.events == [event(source, request, {"answerCorrect": None})]


async def test_events_leave_out_what_there_is_not() -> None:
    """Live events of app clients that tell who exists, from callers that sent no metadata."""
    function = Function({"challengeName": "CUSTOM_CHALLENGE"})
    asked = (function.invoker, ARN, INVOCATION)
    await DefineAuthChallenge(session=[], client_metadata=None).invoke(*asked)
    await CreateAuthChallenge(session=[], client_metadata=None).invoke(*asked)
    await VerifyAuthChallengeResponse(private={}, challenge_answer="", client_metadata=None).invoke(
        *asked
    )
    assert [each["request"] for each in function.events] == [
        {"userAttributes": {}, "session": []},
        {"userAttributes": {}, "challengeName": "CUSTOM_CHALLENGE", "session": []},
        {"userAttributes": {}, "privateChallengeParameters": {}, "challengeAnswer": ""},
    ]


CUSTOM = DefineAnswer(challenge_name="CUSTOM_CHALLENGE")
TOKENS = DefineAnswer(issue_tokens=True)
FAIL = DefineAnswer(fail_authentication=True)


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        ({"challengeName": "CUSTOM_CHALLENGE"}, CUSTOM),
        (
            {
                "challengeName": "CUSTOM_CHALLENGE",
                "issueTokens": False,
                "failAuthentication": False,
            },
            CUSTOM,
        ),
        ({"issueTokens": True}, TOKENS),
        ({"issueTokens": True, "challengeName": "CUSTOM_CHALLENGE"}, TOKENS),
        ({"issueTokens": True, "failAuthentication": None}, TOKENS),
        ({"failAuthentication": True}, FAIL),
        ({"failAuthentication": True, "issueTokens": True}, FAIL),
        ({"failAuthentication": True, "challengeName": "CUSTOM_CHALLENGE"}, FAIL),
    ],
)
async def test_define_ends_the_sign_in_or_names_a_challenge(
    response: object, answer: DefineAnswer
) -> None:
    assert await defined(response) == answer


@pytest.mark.parametrize(
    ("session", "may_follow"),
    [
        ([], False),
        ([SRP], True),
        ([SRP, WRONG], True),
        ([SRP, PASSWORD], False),
        ([WRONG], False),
    ],
)
async def test_define_auth_challenge_password_verifier_follows_srp_once(
    session: list[Round], may_follow: bool
) -> None:
    response = {"challengeName": "PASSWORD_VERIFIER"}
    if may_follow:
        answer = await defined(response, *session)
        assert answer == DefineAnswer(challenge_name="PASSWORD_VERIFIER")
    else:
        with pytest.raises(InvalidLambdaResponseException):
            await defined(response, *session)


@pytest.mark.parametrize(
    "response",
    [
        {},
        {"challengeName": None, "issueTokens": None, "failAuthentication": None},
        {"issueTokens": False, "failAuthentication": False},
        {"challengeName": ""},
        {"challengeName": "custom_challenge"},
        {"challengeName": "NEW_PASSWORD_REQUIRED"},
        {"challengeName": "SRP_A"},
    ],
)
async def test_define_auth_challenge_without_a_next_step_is_refused(response: object) -> None:
    with pytest.raises(InvalidLambdaResponseException) as refusal:
        await defined(response)
    assert str(refusal.value) == (
        "Invalid lambda response: challengeName is no challenge that can follow."
    )


@pytest.mark.parametrize(
    "response",
    [
        {"issueTokens": "true"},
        {"issueTokens": "false"},
        {"issueTokens": 1},
        {"failAuthentication": "no", "issueTokens": True},
        {"challengeName": 7},
        {"challengeName": ["CUSTOM_CHALLENGE"]},
    ],
)
async def test_define_auth_challenge_malformed_response_is_refused(response: object) -> None:
    with pytest.raises(InvalidLambdaResponseException, match="Unrecognizable lambda output"):
        await defined(response)


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        ({}, CreateAnswer()),
        (
            {
                "publicChallengeParameters": {"hint": "by mail", "none": None},
                "privateChallengeParameters": {"answer": "4711"},
                "challengeMetadata": "CODE-4711",
            },
            CreateAnswer(
                public={"hint": "by mail"}, private={"answer": "4711"}, metadata="CODE-4711"
            ),
        ),
        ({"privateChallengeParameters": {"answer": "1"}}, CreateAnswer(private={"answer": "1"})),
        ({"publicChallengeParameters": None, "challengeMetadata": None}, CreateAnswer()),
    ],
)
async def test_create_makes_a_challenge(response: object, answer: CreateAnswer) -> None:
    assert await created(response) == answer


@pytest.mark.parametrize("name", ["publicChallengeParameters", "privateChallengeParameters"])
@pytest.mark.parametrize("value", ["text", 7, [], {"a": 1}, {"a": {"b": "c"}}, {"a": True}])
async def test_challenge_parameters_are_texts(name: str, value: object) -> None:
    with pytest.raises(InvalidLambdaResponseException, match="Unrecognizable lambda output"):
        await created({name: value})


@pytest.mark.parametrize(
    ("response", "correct"),
    [
        ({"answerCorrect": True}, True),
        ({"answerCorrect": False}, False),
        ({"answerCorrect": None}, False),
        ({}, False),
    ],
)
async def test_verify_auth_challenge_answer_is_correct_only_if_the_function_returns_true(
    response: object, correct: bool
) -> None:
    assert await verified(response) is correct


@pytest.mark.parametrize("value", ["true", "false", 1, [], {}])
async def test_verify_auth_challenge_non_boolean_is_refused(value: object) -> None:
    with pytest.raises(InvalidLambdaResponseException, match="Unrecognizable lambda output"):
        await verified({"answerCorrect": value})


HANDLER = """
    def handler(event, context):
        request, response = event["request"], event["response"]
        source = event["triggerSource"].split("_")[0]
        if source == "DefineAuthChallenge":
            rounds = request["session"]
            response["issueTokens"] = bool(rounds) and rounds[-1]["challengeResult"]
            response["failAuthentication"] = len(rounds) == 3
            response["challengeName"] = "CUSTOM_CHALLENGE"
        elif source == "CreateAuthChallenge":
            tries = str(len(request["session"]))
            response["publicChallengeParameters"] = {"try": tries}
            response["privateChallengeParameters"] = {"answer": "4711"}
            response["challengeMetadata"] = "TRY-" + tries
        else:
            secret = request["privateChallengeParameters"]["answer"]
            response["answerCorrect"] = request["challengeAnswer"] == secret
        return event
"""


@pytest.mark.parametrize(
    ("answers", "end"), [(["4710", "4711"], TOKENS), (["1", "2", "3", "4711"], FAIL)]
)
async def test_custom_auth_with_a_real_function_completes(
    handler: Callable[..., Transport], answers: list[str], end: DefineAnswer
) -> None:
    asked = (Invoker({ARN: handler("app.py", HANDLER)}), ARN, KNOWN)
    session: list[Round] = []
    given = iter(answers)
    while True:
        step = await DefineAuthChallenge(session=session, client_metadata=METADATA).invoke(*asked)
        if step.challenge_name is None:
            break
        create = CreateAuthChallenge(session=session, client_metadata=METADATA)
        challenge = await create.invoke(*asked)
        assert challenge.public == {"try": str(len(session))}
        verify = VerifyAuthChallengeResponse(
            private=challenge.private, challenge_answer=next(given), client_metadata=METADATA
        )
        right = await verify.invoke(*asked)
        session.append(Round(step.challenge_name, right, challenge.metadata))
    assert step == end
    assert [each.challenge_metadata for each in session] == [
        f"TRY-{tries}" for tries in range(len(session))
    ]
