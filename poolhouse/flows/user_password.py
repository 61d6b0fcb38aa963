"""USER_PASSWORD_AUTH, and ADMIN_USER_PASSWORD_AUTH by its two names."""

from poolhouse.entities.progress import Progress
from poolhouse.flows import passwords
from poolhouse.flows.attempts import Attempt
from poolhouse.flows.opening import open_sign_in
from poolhouse.rules import challenges
from poolhouse.wire.enums import AuthFlowType


async def start(attempt: Attempt, flow: AuthFlowType) -> Progress:
    attempt.required("USERNAME")
    password = attempt.required("PASSWORD")
    progress = await open_sign_in(attempt, flow, password)
    challenges.check_confirmed(attempt.client, attempt.user)
    return await passwords.prove(attempt, progress, password)
