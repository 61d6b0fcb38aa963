"""CUSTOM_AUTH: the pool's functions create challenges, verify responses, and decide on tokens.

DefineAuthChallenge decides what comes next, CreateAuthChallenge makes the question, and
VerifyAuthChallengeResponse judges the answer (ev:auth-3.2, ev:triggers-6.7 to ev:triggers-6.9). A
sign-in that begins with SRP may ask for the password too; then the pool's second factor comes right
after it.
"""

from typing import Final

from msgspec.structs import replace

from poolhouse.auth import session_codec, single_use
from poolhouse.auth.attempt import Attempt, ChallengeIssued
from poolhouse.auth.challenges import password_verifier, srp_exchange
from poolhouse.auth.initiation import open_sign_in
from poolhouse.entities.auth_session import AuthSession, CustomPending
from poolhouse.errors.auth import CustomAuthNotConfigured, IncorrectPassword
from poolhouse.errors.triggers import ChallengeTooLong
from poolhouse.rules.auth import challenges, custom_auth, srp
from poolhouse.services import triggers
from poolhouse.services.decoy_users import is_decoy
from poolhouse.triggers.custom_auth import (
    CreateAuthChallenge,
    DefineAuthChallenge,
    VerifyAuthChallengeResponse,
)
from poolhouse.wire.enums import AuthFlowType, ChallengeNameType

LONGEST_SESSION: Final = 4096
"""Characters, by the API's model."""

_SRP_FIRST: Final = {"CHALLENGE_NAME": "SRP_A", "ChallengeName": "SRP_A"}
"""Values by which clients announce SRP_A: amplify-js sends one, the API's text has the other."""


async def start(attempt: Attempt, flow: AuthFlowType) -> AuthSession:
    attempt.required("USERNAME")
    if not attempt.pool.triggers.DefineAuthChallenge:
        raise CustomAuthNotConfigured
    if not attempt.given.items() & _SRP_FIRST.items():
        # AWS doesn't ask PreAuthentication here (github.com/aws-amplify/amplify-js/issues/5318,
        # github.com/aws-amplify/aws-sdk-android/issues/1347), but does if SRP comes first.
        return await open_sign_in(attempt, flow, asks_function=False)
    public = srp_exchange.client_public(attempt)
    session = await open_sign_in(attempt, flow)
    return replace(session, srp_a=srp.pad(public), rounds=custom_auth.STARTED_WITH_SRP)


async def ask(attempt: Attempt, session: AuthSession) -> AuthSession | ChallengeIssued:
    """Invoke DefineAuthChallenge, and issue another challenge or tokens.

    Functions run for unknown users too if the app client hides user existence; whatever they
    answer, no unknown user gets tokens.
    """
    async with single_use.single_use_for_triggers(attempt):
        ask = DefineAuthChallenge(
            session=session.rounds, client_metadata=attempt.metadata_for_functions
        )
        decision = await triggers.invoke_once(attempt.call, attempt.subject, ask)
        if decision.fail_authentication or (decision.issue_tokens and is_decoy(attempt.user)):
            raise IncorrectPassword
        if decision.issue_tokens:
            # UNVERIFIED: are users who aren't confirmed or are disabled refused before they are
            # asked anything? Here it would reveal who exists.
            challenges.check_may_sign_in(attempt.user, None, attempt.call.now)
            return replace(session, is_granted=True)
        if decision.challenge_name == ChallengeNameType.PASSWORD_VERIFIER:
            return _fitting(attempt, await password_verifier.ask(attempt, session))
        return _fitting(attempt, await _created(attempt, session))


async def answer(attempt: Attempt, session: AuthSession) -> AuthSession:
    """Invoke VerifyAuthChallengeResponse. A wrong response is no refusal: functions decide on it.

    Nothing is counted here: how often a user may try is up to the functions
    (dg:authentication).
    """
    given = attempt.required("ANSWER")
    async with single_use.single_use_for_triggers(attempt):
        ask = VerifyAuthChallengeResponse(
            private=challenges.pending(session, CustomPending).private,
            challenge_answer=given,
            client_metadata=attempt.metadata_for_functions,
        )
        is_right = await triggers.invoke_once(attempt.call, attempt.subject, ask)
    return custom_auth.with_result(session, is_right=is_right)


async def _created(attempt: Attempt, session: AuthSession) -> ChallengeIssued:
    ask = CreateAuthChallenge(
        session=session.rounds, client_metadata=attempt.metadata_for_functions
    )
    made = await triggers.invoke_once(attempt.call, attempt.subject, ask)
    name = ChallengeNameType.CUSTOM_CHALLENGE
    pending = CustomPending(private=made.private, metadata=made.metadata)
    return ChallengeIssued(
        name=name,
        parameters={**made.public, "USERNAME": attempt.shown_username},
        session=session_codec.next_step(attempt, session, name, pending=pending),
    )


def _fitting(attempt: Attempt, asked: ChallengeIssued) -> ChallengeIssued:
    """Refuse what no Session can hold: private parameters and rounds travel in it.

    It isn't compressed: its length would reveal private parameters to the client.
    """
    if len(session_codec.seal(attempt, asked.session)) > LONGEST_SESSION:
        raise ChallengeTooLong
    return asked
