"""One-time codes of a sign-in: whether one is right, and what else it verifies.

Evidence: ev:auth-7, ev:auth-9.
"""

import hmac
from datetime import datetime

from msgspec.structs import replace

from poolhouse.entities.auth_session import CodePending
from poolhouse.entities.contacts import Contact
from poolhouse.entities.users import User, UserStatus
from poolhouse.rules.auth import mfa_preferences


def is_right(sent: CodePending, digest: bytes) -> bool:
    """Return whether this is the code that was sent. Its Session limits its lifetime."""
    return hmac.compare_digest(sent.digest, digest)


def with_address(user: User, contact: Contact, address: str) -> dict[str, str]:
    """Return the attributes with an address that isn't verified yet."""
    return {**user.attributes, contact.value: address, contact.verified_attribute: "false"}


def verified(user: User, contact: Contact, sent: CodePending, now: datetime) -> User:
    """Return the user after the code has come back: the contact is verified.

    One that waited for it is the user's now, and their second factor: it was given for that. As a
    first factor the code also confirms a sign-up.
    """
    if sent.new_address is not None:
        user = mfa_preferences.with_email(user, now)
        user = replace(user, attributes=with_address(user, contact, sent.new_address))
    if user.status is UserStatus.UNCONFIRMED and not sent.is_second_factor:
        user = replace(user, status=UserStatus.CONFIRMED, modified_at=now)
    flag = contact.verified_attribute
    if user.attributes.get(flag, "").lower() == "true":
        return user
    return replace(user, attributes={**user.attributes, flag: "true"}, modified_at=now)
