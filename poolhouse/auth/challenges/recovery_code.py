"""A recovery code in place of a second factor. Only pages offer it: the API has no such challenge.

DIFFERS: AWS has no recovery codes. The setting `recovery_codes` adds them.
"""

from msgspec.structs import replace

from poolhouse.auth.attempt import Attempt
from poolhouse.entities.amr import Amr
from poolhouse.entities.auth_session import AuthSession
from poolhouse.entities.contacts import Contact
from poolhouse.entities.messages import Channel
from poolhouse.errors.auth import InvalidSession
from poolhouse.rules.auth import challenges
from poolhouse.rules.auth import recovery_codes as rules
from poolhouse.rules.messages import templates
from poolhouse.services import guesses
from poolhouse.store import recovery_codes
from poolhouse.store.interface import Write

PARAMETER = "RECOVERY_CODE"
"""The name of the code among what a form answers."""


async def answer(attempt: Attempt, session: AuthSession) -> AuthSession:
    """Verify the code, which is single use, and queue a mail to the user about it.

    The claim `amr` has `mfa` then, and no method of the second factor.
    """
    if not rules.may_replace(session):
        raise InvalidSession().because("no recovery code may be used at its step")
    call, user = attempt.call, attempt.user
    code = await guesses.verify_recovery_code(call, user, attempt.required(PARAMETER))
    challenges.check_may_sign_in(user, None, call.now)
    left = await call.store.recovery_codes.unused(user) - 1
    attempt.writes += [recovery_codes.use(code), *_notice(attempt, left)]
    return replace(session, proofs=(*session.proofs, Amr.MFA), is_second_factor_proved=True)


def _notice(attempt: Attempt, left: int) -> list[Write]:
    """Return the write that queues the mail; none for a user or pool that can't get it.

    A pool's own sender gets none: its event is about codes.
    """
    call, user, pool = attempt.call, attempt.user, attempt.pool
    is_verified = user.attributes.get(Contact.EMAIL.verified_attribute) == "true"
    if not is_verified or not user.attributes.get(Contact.EMAIL):
        return []
    if pool.triggers.CustomEmailSender is not None:
        return []
    message = templates.notice(
        pool,
        user,
        Channel.EMAIL,
        templates.recovery_code_used(left),
        source=templates.RECOVERY_CODE_USED,
        id=call.ids.message_id(call.now),
        now=call.now,
    )
    return [call.outgoing(message)]
