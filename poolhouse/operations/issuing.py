"""One-time codes: made, sent, tried. What they are good for is the operations' affair."""

from poolhouse.entities.codes import Action, AttemptCount, Code, Purpose
from poolhouse.entities.messages import Occasion
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import NameKind, User
from poolhouse.errors import NoCode, WrongCode
from poolhouse.operations.calls import Call, ClientCall
from poolhouse.operations.messaging import CHANNELS, Letter, Unsent
from poolhouse.operations.proving import is_stand_in
from poolhouse.operations.triggering import Metadata
from poolhouse.rules import codes as rules
from poolhouse.rules import messages, usernames
from poolhouse.store import codes
from poolhouse.store.contract import Write
from poolhouse.wire.structs import CodeDeliveryDetailsType


async def next_attempt(call: Call, user: User, action: Action) -> AttemptCount:
    """Count an attempt of this user, or refuse it. The count is the caller's to commit."""
    so_far = await call.store.codes.attempts(user, action)
    return rules.next_attempt(so_far, user, action, call.now)


def issue(
    call: Call,
    pool: Pool,
    user: User,
    purpose: Purpose,
    contact: NameKind,
    occasion: Occasion,
    client_metadata: Metadata,
    client_id: str | None = None,
    *,
    pending: bool = False,
) -> tuple[Write, Letter]:
    """A new code for the user, and the letter that brings it to their `contact`.

    `pending`: the contact, as `user` has it here, takes the place of the stored one only once the
    code has proved it.
    """
    plain = call.ids.code()
    address = user.attributes[contact]
    digest = _digest(call, user, purpose, contact, address, plain)
    code = rules.issue(
        user, purpose, contact, digest, call.now, pending=address if pending else None
    )
    letter = Letter(
        pool=pool,
        user=user,
        occasion=occasion,
        secret=plain,
        channels=[CHANNELS[contact]],
        client_metadata=client_metadata,
        client_id=client_id,
    )
    return codes.put(code), letter


async def prove(call: Call, user: User, purpose: Purpose, action: Action, given: str) -> Code:
    """The user's outstanding code, which the caller has proved to know; spending it is theirs.

    A wrong code is counted before it is refused, so that guesses at many workers count too.
    """
    tries = await next_attempt(call, user, action)
    code = await call.store.codes.find(user, purpose)
    contact = code.attribute if code else ""
    address = (code and code.pending) or user.attributes.get(contact, "")
    digest = _digest(call, user, purpose, contact, address, given)
    refusal = rules.refusal(code, digest, call.now)
    if code is None or refusal is not None:
        await call.commit(codes.count(tries))
        raise WrongCode if is_stand_in(user) else refusal or NoCode
    return code


def sent(user: User, contact: NameKind) -> CodeDeliveryDetailsType:
    """What the caller learns of a code that was sent to this contact of the user."""
    return messages.delivery_details(contact, user.attributes[contact])


def simulated(
    call: ClientCall, username: str, contacts: tuple[NameKind, ...] = messages.BY_PREFERENCE
) -> CodeDeliveryDetailsType:
    """What a real user would be answered; always the same for the same unknown name.

    `contacts` are those that the operation would send to, the likeliest first.
    """
    key = f"{call.pool.id}/{usernames.folded(call.pool, username)}".encode()
    digest = call.services.sealer.digest("simulated delivery", key)
    return messages.simulated_details(call.pool, username, digest, contacts)


def unsent(call: ClientCall, occasion: Occasion, simulated: CodeDeliveryDetailsType) -> Unsent:
    """In the place of the letter of which the caller is told, though nobody gets one."""
    assert simulated.AttributeName
    channel = CHANNELS[NameKind(simulated.AttributeName)]
    return Unsent(pool=call.pool, occasion=occasion, channel=channel)


def _digest(
    call: Call, user: User, purpose: Purpose, contact: str, address: str, code: str
) -> bytes:
    """A code as it is kept: useless without the data key.

    It is bound to its user, its purpose and the address it was sent to: it can't prove an address
    that was put in the place of that one.
    """
    bound_to = f"code/{user.pool_id}/{user.sub}/{purpose}/{contact}/{address}"
    return call.services.sealer.digest(bound_to, code.encode())
