"""USER_SRP_AUTH: the password is verified without being sent."""

from poolhouse.auth.attempt import Attempt, ChallengeIssued
from poolhouse.auth.challenges import password_verifier
from poolhouse.auth.initiation import open_sign_in
from poolhouse.rules.auth import challenges
from poolhouse.wire.enums import AuthFlowType


async def start(attempt: Attempt, flow: AuthFlowType) -> ChallengeIssued:
    attempt.required("USERNAME")
    attempt.required("SRP_A")
    session = await open_sign_in(attempt, flow)
    challenges.check_confirmed(attempt.client, attempt.user)
    return await password_verifier.ask(attempt, session)
