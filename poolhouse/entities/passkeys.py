"""A passkey: a key pair whose private half stays with the user's authenticator."""

from datetime import datetime

import msgspec


class Passkey(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A registered passkey. `id` is the authenticator's name for it, in Base64 for URLs.

    `public_key` is encoded as COSE has it. `sign_count` is the authenticator's own count of
    signatures, 0 for ever where it doesn't count. It works only for its relying party.
    """

    id: str
    sub: str
    pool_id: str
    public_key: bytes
    sign_count: int
    relying_party: str
    attachment: str | None = None
    """`platform` if the authenticator is part of the device, `cross-platform` if it can be taken
    from one to another."""
    transports: tuple[str, ...] = ()
    created_at: datetime
    version: int = 1


class DecoyPasskey(Passkey, frozen=True, kw_only=True, omit_defaults=True):
    """A made-up passkey. It is asked for if a user has none or doesn't exist.

    It is never stored, and its signature authenticates no user.
    """


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """A passkey's registration between its two requests. A user has one at a time."""

    sub: str
    pool_id: str
    client_id: str
    challenge: bytes
    expires_at: datetime
