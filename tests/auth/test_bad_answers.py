"""Responses to challenges that can't be right: of wrong types, too long, or of decoy users.

They are refused for what they are, and leave the challenge to be answered rightly.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from support.custom_functions import VERIFY, WORD, verify
from support.functions_server import FunctionsServer
from support.refusals import refused
from support.running_server import RunningServer
from support.sign_in_configurations import Places, dev, places, unchecked
from support.sign_in_error_cases import (
    ANOTHER,
    RIGHT,
    Way,
    answers,
    begins_srp,
    last_session,
    srp_a,
)
from support.sign_ins import PASSWORD
from support.wire_client import Wire, call

from auth.error_cases.challenges import WAYS

__all__ = ["dev", "places", "unchecked"]

LONGEST = 131_072
"""Characters of a value, by the API's model."""

INVALID = ("NotAuthorizedException", "Invalid session for the user.")
GOOD: dict[str, str | Callable[[Way], str]] = {
    "NEW_PASSWORD_REQUIRED": ANOTHER,
    "SMS_MFA": RIGHT,
    "EMAIL_OTP": RIGHT,
    "SOFTWARE_TOKEN_MFA": lambda world: world.app.code(1),
    "SELECT_MFA_TYPE": "EMAIL_OTP",
    "SELECT_CHALLENGE": "EMAIL_OTP",
    "PASSWORD": PASSWORD,
    "PASSWORD_SRP": srp_a,
    "CUSTOM_CHALLENGE": WORD,
}
WRONG_WAY = {
    "NEW_PASSWORD_REQUIRED": "InvalidPasswordException",
    "SMS_MFA": "CodeMismatchException",
    "EMAIL_OTP": "CodeMismatchException",
    "SOFTWARE_TOKEN_MFA": "CodeMismatchException",
    "SELECT_MFA_TYPE": "InvalidParameterException",
    "SELECT_CHALLENGE": "InvalidParameterException",
    "PASSWORD": "NotAuthorizedException",
    "PASSWORD_SRP": "InvalidParameterException",
}
"""What is said to a value that is as long as the model allows. Functions judge for themselves."""


@pytest.fixture(params=WAYS)
def challenge(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def world(
    dev: RunningServer,
    unchecked: Any,
    functions: FunctionsServer,
    places: Places,
    challenge: str,
) -> Any:
    """As far as the challenge."""
    functions.forget()
    functions.answers[VERIFY] = verify
    _, before, settings = WAYS[challenge]
    with places.of(settings) as pool:
        world = Way(dev, unchecked, functions, pool)
        for step in (*before, begins_srp()):
            step(world)
        yield world


def test_response_that_is_no_string_is_refused(world: Way, challenge: str) -> None:
    """The JSON 1.1 protocol: SerializationException, before anything is looked at."""
    for value in (7, 1.5, True, None, [], ["alice"], {}, {"S": "alice"}):
        for name in ("USERNAME", WAYS[challenge][0]):
            status, code, _ = sent(world, challenge, **{name: value})
            if value is None:
                assert (status, code) == (400, "InvalidParameterException"), name
            else:
                assert (status, code) == (400, "SerializationException"), (name, value)
    is_answered_rightly(world, challenge)


def test_response_longer_than_the_model_is_refused(world: Way, challenge: str) -> None:
    needs = WAYS[challenge][0]
    for name in ("USERNAME", needs, "NobodyAsked"):
        status, code, sentence = sent(world, challenge, **{name: "x" * (LONGEST + 1)})
        assert (status, code) == (400, "InvalidParameterException")
        assert sentence is not None
        assert "failed to satisfy constraint" in sentence
        assert "xxx" not in sentence
    if challenge in WRONG_WAY:
        status, code, _ = sent(world, challenge, **{needs: "z" * LONGEST})
        assert (status, code) == (400, WRONG_WAY[challenge])
    is_answered_rightly(world, challenge)


@pytest.mark.parametrize(
    "username", ["bob", "alice ", "", "*", "a" * 1_000, "\N{FULLWIDTH LATIN SMALL LETTER A}lice"]
)
def test_challenge_of_another_user_is_refused(world: Way, challenge: str, username: str) -> None:
    expected = INVALID
    if not username:
        expected = ("InvalidParameterException", "Missing required parameter USERNAME")
    with refused(*expected):
        answers(challenge, USERNAME=username, **{WAYS[challenge][0]: GOOD[challenge]})(world)
    is_answered_rightly(world, challenge)


def sent(world: Way, challenge: str, **changed: Any) -> tuple[int, str, str | None]:
    """The answer with something changed, past every check of a client library."""
    right = GOOD[challenge]
    responses = {"USERNAME": "alice", WAYS[challenge][0]: right if isinstance(right, str) else "x"}
    body = {
        "ClientId": world.pool.client_id,
        "ChallengeName": challenge,
        "Session": last_session(world),
        "ChallengeResponses": {**responses, **changed},
    }
    with Wire(world.server.port) as wire:
        return wire.ask(call("RespondToAuthChallenge", json.dumps(body).encode())).error


def is_answered_rightly(world: Way, challenge: str) -> None:
    answer = answers(challenge, **{WAYS[challenge][0]: GOOD[challenge]})(world)
    assert answer.get("ChallengeName") or answer["AuthenticationResult"]["AccessToken"]
