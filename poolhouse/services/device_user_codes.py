"""Find the device whose code a user has typed: every wrong code is counted.

Failures are counted by pool and address, as those of app clients' secrets
(`client_secret_guesses.py`), since a code is typed before anyone has signed in. A right code clears
no count: with codes of their own, guessers would get fresh guesses. Its result gets out after a
commit that fails if a failure was counted meanwhile.
"""

from typing import Final

from poolhouse.crypto.contexts import Context
from poolhouse.entities.codes import Action
from poolhouse.entities.device_grants import DeviceGrant
from poolhouse.entities.pools import Pool
from poolhouse.errors.oauth import TooManyUserCodes, UnknownUserCode
from poolhouse.rules.auth import lockout
from poolhouse.rules.oauth import device_grants as rules
from poolhouse.services import address_counts
from poolhouse.services.context import Call, Services
from poolhouse.store import codes

_ACTION: Final = Action.DEVICE_USER_CODE


async def find(call: Call, pool: Pool, typed: str) -> DeviceGrant:
    """Return the grant of a code, also if its user has answered.

    Raises UnknownUserCode or TooManyUserCodes.
    """
    holder = address_counts.holder_of(
        call.services, call.caller, pool.id, pool.id, Context.DEVICE_USER_CODE
    )
    await call.lock_guesses(holder.sub)
    failures = await call.store.codes.attempts(holder, _ACTION)
    if lockout.is_locked(failures, 0, call.now):
        raise TooManyUserCodes
    code = rules.user_code(typed)
    found = None
    if code is not None:
        found = await call.store.device_grants.by_user_code(
            pool.id, digest_of(call.services, pool.id, code)
        )
    if found is None or call.now >= found.expires_at:
        failed = lockout.failed(failures, holder, _ACTION, call.now)
        await call.store.commit(codes.count(failed))
        raise UnknownUserCode
    unchanged = (
        codes.hold(failures)
        if failures is not None and failures.count
        else codes.no_concurrent_failure_guard(holder, _ACTION, call.now)
    )
    await call.store.commit(unchanged)
    call.release_guess_locks()
    return found


def digest_of(services: Services, pool_id: str, code: str) -> str:
    """Return the keyed hash by which the store has a user code."""
    return services.sealer.digest(f"{pool_id}\0{code}".encode(), Context.DEVICE_USER_CODE).hex()
