"""Guesses at secrets: the one place that counts, compares and commits them.

Two kinds of limits hold. Verification codes have so many attempts an hour, right ones among them
(`rules/auth/attempt_limits.py`). Passwords and second factors are locked after failures
(`rules/auth/lockout.py`).

The scheme is optimistic. A guess is compared on a count that was read. Its result gets out only
after a commit that fails if the count has changed. A wrong guess is committed here. A right one
waits on the call (`RightGuess`), whose next commit carries the condition. If the operation refuses
in spite of it, the pipeline commits that first. A commit that fails runs the operation again, on
the fresh count. If that happens too often the client gets TooManyRequestsException, for right and
wrong guesses alike. A worker compares one guess at a user's secrets at a time (`guess_locks.py`),
so that nothing favours the commit of a right one. So no more results get out than the limit allows,
however many guesses arrive together, and at however many workers.

Nothing else may compare such secrets: `tests/guesses/test_what_can_be_guessed.py` lists what may.
Secrets of app clients (`client_secret_guesses.py`) and codes of devices (`device_user_codes.py`)
are counted by address.
"""

import base64
import binascii
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, NamedTuple, NoReturn

from poolhouse.entities.auth_session import CodePending
from poolhouse.entities.codes import Action, AttemptCount, Code, Holder, Purpose
from poolhouse.entities.pools import Pool, srp_name_of
from poolhouse.entities.recovery_codes import RecoveryCode
from poolhouse.entities.users import PasswordCredential, User
from poolhouse.errors.auth import (
    AttemptLimitExceeded,
    IncorrectPassword,
    MissingParameter,
    NoCode,
    WrongCode,
    WrongOneTimeCode,
)
from poolhouse.errors.protocol import RateExceeded
from poolhouse.rules.auth import lockout, otp, password_history, srp, totp
from poolhouse.rules.auth import verification_codes as rules
from poolhouse.services import recovery_codes, verification_codes
from poolhouse.services.context import Call, RightGuess, SignedInCall
from poolhouse.services.decoy_users import is_decoy
from poolhouse.store import codes
from poolhouse.wire.errors import ServiceError

MOST_SKEW: Final = timedelta(days=1)
"""Largest difference of a client's TIMESTAMP from our time. UNVERIFIED: how far on AWS?

Clocks that were an hour off have signed in there (amplify-js#2014, amazon-cognito-identity-js#495),
and a Go library that writes the hours of the afternoon as 01 to 12 (alexrudd/cognito-srp). Nothing
depends on it: the secret block expires by itself, and can be used for one answer.
"""

_NO_SALT: Final = bytes(16)


class SrpIdentity(NamedTuple):
    """The public half of an SRP secret: of a user of a pool, or of a device of a group."""

    group: str
    name: str
    salt: bytes
    verifier: bytes


class SrpClaim(NamedTuple):
    """A client's answer to an SRP exchange: the signature and the block and moment it signs.

    `public`, `secret` and `scrambler` are A, b and u of the exchange that the server put.
    """

    signature: str
    block: str
    at: datetime
    public: int
    secret: int
    scrambler: int


async def verify_code(
    call: Call,
    user: User,
    purpose: Purpose,
    action: Action,
    given: str,
    *,
    seems_sent: bool | None = None,
) -> Code:
    """Return the user's outstanding code if `given` is it; using it up is the caller's commit.

    Every attempt counts, a right one too. The count isn't reset by a success: who has one contact's
    code must not get more guesses at another's.

    `seems_sent`: whether a code that was never sent seems outstanding; then the caller isn't told
    that none is, for any user. None: unknown users always seem to have one.
    """
    await call.lock_guesses(user.sub)
    tries = await verification_codes.next_attempt(call, user, action)
    code = await call.store.codes.find(user, purpose)
    contact = code.attribute if code else ""
    address = (code and code.pending) or user.attributes.get(contact, "")
    digest = verification_codes.digest(
        call, user, purpose, contact=contact, address=address, code=given
    )
    refusal = rules.refusal(code, digest, call.now)
    call.audit.name_target(user.username)
    counted = codes.count(tries)
    if code is None or refusal is not None:
        await call.store.commit(counted)
        raise _code_refused(refusal or NoCode(), user, seems_sent=seems_sent)
    call.right_guesses.append(RightGuess(accepted=counted, refused=counted))
    return code


def _code_refused(refusal: ServiceError, user: User, *, seems_sent: bool | None) -> ServiceError:
    seems_outstanding = is_decoy(user) if seems_sent is None else seems_sent
    if seems_outstanding and isinstance(refusal, NoCode):
        return WrongCode().because("no code was sent")
    return refusal


async def verify_password(call: Call, user: User, given: str) -> PasswordCredential:
    """Return the user's password if `given` is it. Users without one cost the same work."""
    await call.lock_guesses(user.sub)
    credential, failures = await call.store.users.password_with_failures(user)
    lockout.check(failures, call.now)
    is_right = _is_password(user, credential, given)
    return await _password_judged(call, user, credential, failures, is_right=is_right)


async def verify_srp_password(
    call: Call,
    user: User,
    claim: SrpClaim,
    identity_of: Callable[[PasswordCredential | None], SrpIdentity],
) -> PasswordCredential:
    """Return the user's password if the client's signature shows that it has it.

    `identity_of` makes up an identity for users without a password.
    """
    await call.lock_guesses(user.sub)
    credential, failures = await call.store.users.password_with_failures(user)
    lockout.check(failures, call.now)
    is_right = _is_proved(call, identity_of(credential), claim)
    return await _password_judged(call, user, credential, failures, is_right=is_right)


async def verify_own_password(call: SignedInCall, given: str | None) -> PasswordCredential | None:
    """Return the signed-in user's password, or None if the user has none and gives none.

    It counts as an attempt to change the password, and a wrong one as it does at a sign-in too.
    """
    user = call.user
    await call.lock_guesses(user.sub)
    tries = await verification_codes.next_attempt(call, user, Action.CHANGE_PASSWORD)
    failures = await call.store.codes.attempts(user, Action.PASSWORD)
    lockout.check(failures, call.now)
    stored = await call.store.users.password(user)
    if stored is not None and not given:
        raise MissingParameter(name="PreviousPassword")
    counted = codes.count(tries)
    is_right = not given if stored is None else _is_password(user, stored, given or "")
    call.audit.name_target(user.username)
    if not is_right:
        failed = lockout.failed(failures, user, Action.PASSWORD, call.now)
        await call.store.commit(counted, codes.count(failed))
        raise IncorrectPassword
    call.right_guesses.append(RightGuess(accepted=counted, refused=counted))
    call.right_guesses.append(_right(call, user, Action.PASSWORD, failures))
    return stored


async def check_former_passwords(
    call: Call, pool: Pool, user: User, was: PasswordCredential | None, proposed: str
) -> None:
    """Refuse a new password that is one of the user's last ones, for so many attempts an hour.

    A sign-in with a temporary password could otherwise try all passwords for former ones. It counts
    as an attempt to change the password. Raises PasswordUsedBefore.
    """
    if not password_history.is_kept(pool):
        return
    await call.lock_guesses(user.sub)
    try:
        tries = await verification_codes.next_attempt(call, user, Action.CHANGE_PASSWORD)
    except AttemptLimitExceeded:
        raise RateExceeded from None  # the model lists no other limit for a sign-in
    counted = codes.count(tries)
    call.right_guesses.append(RightGuess(accepted=counted, refused=counted))
    password_history.check(pool, user, was, proposed)


async def verify_one_time_code(
    call: Call, user: User, sent: CodePending, digest: bytes, *, void: bool
) -> None:
    """Accept the code that was sent for this step of a sign-in. A `void` one is never right.

    First factors have a count of their own: a right one must not clear the failures of the second.
    Raises WrongOneTimeCode.
    """
    action = Action.MFA if sent.is_second_factor else Action.FIRST_FACTOR_CODE
    await call.lock_guesses(user.sub)
    failures = await call.store.codes.attempts(user, action)
    # UNVERIFIED: what is answered to a user who is locked out of the second factor?
    lockout.check(failures, call.now)
    # A code that was never sent verifies nothing, even if it is guessed.
    is_right = otp.is_right(sent, digest) and not void
    if not is_right or is_decoy(user):
        await refuse(call, user, action, failures, WrongOneTimeCode())
    call.right_guesses.append(_right(call, user, action, failures))


async def verify_software_token(
    call: Call, user: User, secret: bytes, given: str, wrong: ServiceError, *, clears: bool
) -> int:
    """Return the time step of an authenticator app's code, by the clock that apps go by.

    `clears`: a right code clears the failures before it. One that registers an app doesn't: its
    secret is the client's own, which would get fresh guesses at the user's other factors by it.
    """
    await call.lock_guesses(user.sub)
    failures = await call.store.codes.attempts(user, Action.MFA)
    lockout.check(failures, call.now)
    step = totp.matching_step(secret, given, call.caller.received_at or call.now)
    call.audit.name_target(user.username)
    if step is None:
        await refuse(call, user, Action.MFA, failures, wrong)
    call.right_guesses.append(_right(call, user, Action.MFA, failures, clears=clears))
    return step


async def verify_recovery_code(call: Call, user: User, given: str) -> RecoveryCode:
    """Return the user's unused recovery code if `given` is one; using it up is the caller's commit.

    A failure counts like a second factor's. A keyed digest finds the code, so that the time of the
    look-up doesn't depend on how much of a guess is right.
    """
    await call.lock_guesses(user.sub)
    failures = await call.store.codes.attempts(user, Action.MFA)
    lockout.check(failures, call.now)
    code = await call.store.recovery_codes.find(user, recovery_codes.digest(call, user, given))
    call.audit.name_target(user.username)
    if code is None:
        await refuse(call, user, Action.MFA, failures, WrongOneTimeCode())
    call.right_guesses.append(_right(call, user, Action.MFA, failures))
    return code


async def verify_device(call: Call, user: User, identity: SrpIdentity, claim: SrpClaim) -> None:
    """Accept the signature of a remembered device; a failure counts like a second factor's."""
    await call.lock_guesses(user.sub)
    failures = await call.store.codes.attempts(user, Action.MFA)
    lockout.check(failures, call.now)
    if not _is_proved(call, identity, claim):
        await refuse(call, user, Action.MFA, failures, IncorrectPassword())
    call.right_guesses.append(_right(call, user, Action.MFA, failures))


async def refuse(
    call: Call,
    holder: Holder,
    action: Action,
    failures: AttemptCount | None,
    wrong: ServiceError,
) -> NoReturn:
    """Count a failure, durably, and refuse.

    The commit is the store's and not the call's, whose audit record has the refusal.
    """
    await call.store.commit(codes.count(lockout.failed(failures, holder, action, call.now)))
    raise wrong


def accept(call: Call, holder: Holder, action: Action, failures: AttemptCount | None) -> None:
    """Record a right guess, verified elsewhere, for the call's next commit."""
    call.right_guesses.append(_right(call, holder, action, failures))


def _right(
    call: Call,
    holder: Holder,
    action: Action,
    failures: AttemptCount | None,
    *,
    clears: bool = True,
) -> RightGuess:
    """Return a right guess, valid only if no failure was counted since `failures` was read."""
    if failures is None or failures.count == 0:
        guard = codes.no_concurrent_failure_guard(holder, action, call.now)
        return RightGuess(accepted=guard, refused=guard, by_session=action is Action.PASSWORD)
    held = codes.hold(failures)
    return RightGuess(accepted=codes.reset_attempts(failures) if clears else held, refused=held)


async def _password_judged(
    call: Call,
    user: User,
    credential: PasswordCredential | None,
    failures: AttemptCount | None,
    *,
    is_right: bool,
) -> PasswordCredential:
    if credential is None or not is_right or is_decoy(user):
        await refuse(call, user, Action.PASSWORD, failures, IncorrectPassword())
    call.right_guesses.append(_right(call, user, Action.PASSWORD, failures))
    return credential


def _is_password(user: User, credential: PasswordCredential | None, given: str) -> bool:
    salt = _NO_SALT if credential is None else credential.salt
    verifier = b"" if credential is None else credential.verifier
    pool_name = srp_name_of(user.pool_id)
    return srp.verify_password(verifier, pool_name, user.username, given, salt)


def _is_proved(call: Call, identity: SrpIdentity, claim: SrpClaim) -> bool:
    """Return whether the client has signed with the key that only a holder of the secret has."""
    cached = call.compared.get(identity.verifier)
    if cached is None:
        cached = call.compared[identity.verifier] = _fits(call, identity, claim)
    return cached


def _fits(call: Call, identity: SrpIdentity, claim: SrpClaim) -> bool:
    skew = abs(claim.at - (call.caller.received_at or call.now))
    return skew <= MOST_SKEW and srp.verify_claim_signature(
        claim.signature,
        srp.session_key(claim.public, claim.secret, claim.scrambler, identity.verifier),
        pool_name=identity.group,
        user_id=identity.name,
        secret_block=_decoded(claim.block),
        timestamp=srp.timestamp_of(claim.at),
    )


def _decoded(block: str) -> bytes:
    """Return the bytes that the client has signed."""
    try:
        return base64.b64decode(block.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        return b""
