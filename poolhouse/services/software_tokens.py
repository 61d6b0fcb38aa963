"""Remove users' authenticator apps."""

from poolhouse.entities.users import User
from poolhouse.rules.auth import factor_changes, mfa_preferences
from poolhouse.services.context import Call, SignedInCall
from poolhouse.store import software_tokens, users


async def remove(call: Call, user: User, changed: User) -> None:
    """Drop the user's app; `changed` is the user without it."""
    await call.commit(users.save(changed, user), software_tokens.drop(user))


async def remove_own(call: SignedInCall) -> None:
    """Drop the app of a user who is signed in at the account page."""
    changed = mfa_preferences.without_software_token(call.user, call.now)
    await remove(call, call.user, factor_changes.record(changed, call.now))
