"""Make one-time codes and send them. `guesses.py` compares them."""

from typing import NamedTuple

from poolhouse.crypto.contexts import Context
from poolhouse.entities.codes import Action, AttemptCount, Holder, Purpose
from poolhouse.entities.contacts import Contact
from poolhouse.entities.messages import Occasion
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User
from poolhouse.errors.auth import AttemptLimitExceeded
from poolhouse.errors.protocol import RateExceeded
from poolhouse.rules.auth import attempt_limits
from poolhouse.rules.auth import verification_codes as rules
from poolhouse.rules.messages import delivery_details
from poolhouse.services.context import Call
from poolhouse.services.decoy_users import decoy_user, is_decoy
from poolhouse.services.notifications import Notification
from poolhouse.services.triggers import Metadata
from poolhouse.store import codes, users
from poolhouse.store.interface import Write
from poolhouse.wire.structs import CodeDeliveryDetailsType


async def next_attempt(call: Call, holder: Holder, action: Action) -> AttemptCount:
    """Count an attempt of this user, or refuse it. The count is the caller's to commit."""
    so_far = await call.store.codes.attempts(holder, action)
    return attempt_limits.next_attempt(so_far, holder, action, call.now)


async def next_messages(call: Call, user: User, action: Action, many: int) -> list[Write]:
    """Count so many messages of an operation whose model lists no limit but that of requests.

    Raises RateExceeded.
    """
    if not many:
        return []
    tries = await call.store.codes.attempts(user, action)
    try:
        for _ in range(many):
            tries = attempt_limits.next_attempt(tries, user, action, call.now)
    except AttemptLimitExceeded:
        raise RateExceeded from None
    assert tries is not None
    return [codes.count(tries)]


class CodeRequest(NamedTuple):
    """A code that an operation creates, and the message that sends it to a contact of the user.

    `client_id` is None for administrators. If `is_pending`, the contact of `user` replaces the
    stored one only when the code has verified it.
    """

    pool: Pool
    user: User
    purpose: Purpose
    contact: Contact
    occasion: Occasion
    client_metadata: Metadata
    client_id: str | None = None
    is_pending: bool = False


def create_code(call: Call, asked: CodeRequest) -> tuple[Write, Notification]:
    """Return a new code for the user, and the notification with it for their `contact`.

    With `pending`, the contact in `user` replaces the stored one only once the code has verified
    it. For a decoy user nothing is stored or sent that could verify anything.
    """
    plain, user, contact = call.ids.code(), asked.user, asked.contact
    address = user.attributes[contact]
    code_digest = digest(call, user, asked.purpose, contact=contact, address=address, code=plain)
    pending = address if asked.is_pending else None
    code = rules.new_code(user, asked.purpose, contact, code_digest, call.now, pending=pending)
    notification = Notification(
        pool=asked.pool,
        user=user,
        occasion=asked.occasion,
        secret=plain,
        channels=[contact.channel],
        client_metadata=asked.client_metadata,
        client_id=asked.client_id,
        decoy=is_decoy(user),
    )
    return codes.pretend(code, "code") if notification.decoy else codes.save(code), notification


def touch(call: Call, user: User) -> Write:
    """Return the write beside a code of this user; for a decoy user one that costs as much."""
    if not is_decoy(user):
        return users.bump_version(user)
    return codes.pretend(rules.new_code(user, Purpose.SIGN_UP, "", b"", call.now), "user")


def sent(user: User, contact: Contact) -> CodeDeliveryDetailsType:
    """Return the delivery details of a code that was sent to this contact of the user."""
    return delivery_details.delivery_details(contact, user.attributes[contact])


async def seems_sent(call: Call, pool: Pool, username: str, purpose: Purpose) -> bool:
    """Return whether a response mentioned a code for this name that was never sent.

    Returns False once that code would have expired.
    """
    since = call.now - rules.LIFETIMES[purpose]
    return await call.store.codes.is_pretended(decoy_user(call, pool, username), purpose, since)


def digest(
    call: Call, user: User, purpose: Purpose, *, contact: str, address: str, code: str
) -> bytes:
    """Return a code as it is stored: useless without the data key.

    It is bound to its user, its purpose and the address it was sent to. So it can't verify an
    address that has replaced that one.
    """
    bound_to = (user.pool_id, user.sub, purpose, contact, address)
    return call.services.sealer.digest(code.encode(), Context.VERIFICATION_CODE, *bound_to)
