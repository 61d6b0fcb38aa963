"""USER_PASSWORD_AUTH, and ADMIN_USER_PASSWORD_AUTH by its two names."""

from poolhouse.auth import password_check
from poolhouse.auth.attempt import Attempt
from poolhouse.auth.initiation import open_sign_in
from poolhouse.entities.auth_session import AuthSession
from poolhouse.rules.auth import challenges
from poolhouse.wire.enums import AuthFlowType


async def start(attempt: Attempt, flow: AuthFlowType) -> AuthSession:
    attempt.required("USERNAME")
    password = attempt.required("PASSWORD")
    session = await open_sign_in(attempt, flow, password)
    challenges.check_confirmed(attempt.client, attempt.user)
    return await password_check.verify_password(attempt, session, password)
