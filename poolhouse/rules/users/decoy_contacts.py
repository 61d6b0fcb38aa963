"""Choose the contact that a request shows if the app client hides who exists (ev:users-14)."""

from poolhouse.entities.contacts import Contact
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User, UserStatus
from poolhouse.rules.auth import first_factors


def shown_contact(pool: Pool, user: User, contact: Contact) -> str | None:
    """Return the user's own contact if some operation of the pool returns its mask anyway.

    Then every operation returns this mask, also one that can't send there. Two masks of one name
    would show that the user exists. ForgotPassword returns the mask of verified contacts,
    ResendConfirmationCode of those that sign-up verifies, and a sign-in by code of those that
    codes go to. Return None for every other contact, and for a disabled user: the caller learns an
    invented one, as of an unknown user.
    """
    # UNVERIFIED: which mask does AWS show for a contact that it can't send to?
    address = user.attributes.get(contact)
    if not address or not user.enabled:
        return None
    is_verified = user.attributes.get(contact.verified_attribute, "").lower() == "true"
    is_signing_up = user.status is UserStatus.UNCONFIRMED and contact in pool.auto_verified
    gets_codes = contact.factor in first_factors.allowed(pool)
    return address if is_verified or is_signing_up or gets_codes else None
