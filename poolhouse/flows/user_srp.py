"""USER_SRP_AUTH: the password is proved without being sent."""

from poolhouse.flows import password_verifier
from poolhouse.flows.attempts import Asked, Attempt
from poolhouse.flows.opening import open_sign_in
from poolhouse.rules import challenges
from poolhouse.wire.enums import AuthFlowType


async def start(attempt: Attempt, flow: AuthFlowType) -> Asked:
    attempt.required("USERNAME")
    attempt.required("SRP_A")
    progress = await open_sign_in(attempt, flow)
    challenges.check_confirmed(attempt.client, attempt.user)
    return await password_verifier.ask(attempt, progress)
