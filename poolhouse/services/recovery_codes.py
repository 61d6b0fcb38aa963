"""Make recovery codes. `guesses.py` compares them."""

from poolhouse.crypto.contexts import Context
from poolhouse.entities.recovery_codes import RecoveryCode
from poolhouse.entities.users import User
from poolhouse.rules.auth import recovery_codes as rules
from poolhouse.services.context import Call, SignedInCall
from poolhouse.store import recovery_codes, users


async def replace_all(call: SignedInCall) -> list[str]:
    """Store new codes in place of the user's former ones, and return them as users see them."""
    user = call.user
    codes = [call.ids.recovery_code() for _ in range(rules.MANY)]
    await call.commit(
        # One of two concurrent calls fails: the user has the codes of the other only.
        users.bump_version(user),
        recovery_codes.drop(user),
        *(
            recovery_codes.add(
                RecoveryCode(
                    sub=user.sub,
                    pool_id=user.pool_id,
                    digest=digest(call, user, code),
                    made_at=call.now,
                )
            )
            for code in codes
        ),
    )
    return [rules.shown(code) for code in codes]


def digest(call: Call, user: User, given: str) -> bytes:
    """Return a code as it is stored, bound to its user: useless without the data key."""
    code = rules.normalized(given).encode()
    return call.services.sealer.digest(code, Context.RECOVERY_CODE, user.pool_id, user.sub)
