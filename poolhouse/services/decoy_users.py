"""Prevent user enumeration: make decoy users, on which operations work instead of unknown users.

So a caller of an app client that hides user existence gets the same response at the same cost,
whether a user exists or not (ev:users-14).
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from msgspec.structs import replace

from poolhouse.crypto.contexts import Context
from poolhouse.entities.contacts import BY_PREFERENCE, Contact
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import DecoyUser, User, UserStatus
from poolhouse.errors.users import UserNotFoundForClient
from poolhouse.rules.messages import delivery_details
from poolhouse.rules.users import decoy_contacts, usernames
from poolhouse.services.context import Call, ClientCall
from poolhouse.services.user_lookup import find_user

_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


async def user_or_decoy(call: ClientCall, username: str) -> User:
    """Return the user that an app client names, or a decoy user if the client hides existence.

    A decoy user is returned for unknown and for disabled users. The operation then does the same
    work as for a real user, and limits attempts on an unknown name in the same way. Raises
    UserNotFoundForClient if the client doesn't hide user existence.
    """
    user = await find_user(call, call.pool, username)
    if not call.client.hides_user_existence:
        if user is None:
            raise UserNotFoundForClient
        return user
    return user if user is not None and user.enabled else decoy_user(call, call.pool, username)


def is_decoy(user: User) -> bool:
    """Return whether the user is made up, and can never authenticate."""
    return isinstance(user, DecoyUser)


def decoy_user(call: Call, pool: Pool, username: str) -> DecoyUser:
    """Return the decoy user of an unknown name, always the same for the same name."""
    # Folded: attempts on a real user count however the case is typed.
    name = usernames.case_folded(pool, username)
    digest = call.services.sealer.digest(f"{pool.id}/{name}".encode(), Context.DECOY_USER)
    return DecoyUser(
        sub=usernames.decoy_sub(pool, digest, call.now),
        pool_id=pool.id,
        username=username,
        status=UserStatus.UNCONFIRMED,
        created_at=_NEVER,
        modified_at=_NEVER,
    )


def decoy_with_contact(
    call: Call,
    pool: Pool,
    username: str,
    user: User | None = None,
    contacts: Sequence[Contact] = BY_PREFERENCE,
) -> tuple[DecoyUser, Contact]:
    """Return a decoy user, and the contact to which a code is said to be sent.

    It is used for unknown users, and for a `user` who gets no code and must look like them. The
    same name has the same contacts in every operation. `contacts` are those that the operation
    sends to, by preference.
    """
    key = f"{pool.id}/{usernames.case_folded(pool, username)}".encode()
    seed = call.services.sealer.digest(key, Context.DECOY_DELIVERY)
    contact, address = delivery_details.decoy_contact(pool, username, seed, contacts)
    if user is not None:
        shown = ((each, decoy_contacts.shown_contact(pool, user, each)) for each in contacts)
        contact, address = next(((k, v) for k, v in shown if v is not None), (contact, address))
    decoy = replace(decoy_user(call, pool, username), attributes={contact.value: address})
    return decoy, contact
