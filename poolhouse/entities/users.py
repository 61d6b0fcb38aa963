"""A user of a pool, the password credential, and the names a user can be found by."""

import enum
import hashlib
from datetime import datetime
from typing import Final

import msgspec

from poolhouse.entities.mfa import NO_MFA, MfaSettings
from poolhouse.wire.enums import UserStatusType as UserStatus

__all__ = [
    "DecoyUser",
    "FormerPassword",
    "ListedUser",
    "NameKind",
    "PasswordCredential",
    "User",
    "UserName",
    "UserStatus",
]


class User(msgspec.Struct, frozen=True, kw_only=True):
    """One profile. `attributes` holds every attribute but `sub`, values as AWS strings."""

    sub: str
    pool_id: str
    username: str
    status: UserStatus
    enabled: bool = True
    attributes: dict[str, str] = {}
    created_at: datetime
    modified_at: datetime
    version: int = 1
    """Counts the row's changes; a save carries the version that it was decided on."""
    mfa: MfaSettings = NO_MFA
    signed_out_at: datetime | None = None
    """No token of a session that began before counts any more."""


class DecoyUser(User, frozen=True, kw_only=True):
    """A made-up user. Operations work on it instead of an unknown user.

    It is never stored, and it never gets tokens.
    """


class ListedUser(msgspec.Struct, frozen=True, gc=False):
    """A user as lists show it. Times are seconds since 1970, as in responses."""

    sub: str
    username: str
    status: UserStatus
    enabled: bool
    attributes: dict[str, str]
    created_at: float
    modified_at: float
    mfa: MfaSettings


class FormerPassword(msgspec.Struct, frozen=True):
    """A password that a user had before: salt and SRP verifier, enough to know it again."""

    salt: bytes
    verifier: bytes

    def __repr__(self) -> str:
        return "FormerPassword()"


class PasswordCredential(msgspec.Struct, frozen=True, kw_only=True):
    """The only thing kept of a password: an SRP verifier and its salt.

    `expires_at` is set for temporary passwords, which an administrator gave. `former` are those
    before it, newest first, as far as the pool remembers them.
    """

    sub: str
    pool_id: str
    salt: bytes
    verifier: bytes
    set_at: datetime
    expires_at: datetime | None = None
    former: tuple[FormerPassword, ...] = ()
    version: int = 1

    def __repr__(self) -> str:
        return f"PasswordCredential(sub={self.sub!r})"


LONGEST_IN_KEY: Final = 512
"""Characters of a name that its key repeats."""


class NameKind(enum.StrEnum):
    """A kind of name of a user. The three others are attributes' names."""

    USERNAME = "username"
    EMAIL = "email"
    PHONE_NUMBER = "phone_number"
    PREFERRED_USERNAME = "preferred_username"


class UserName(msgspec.Struct, frozen=True):
    """A name that is unique in its pool. `value` is folded by the pool's case rule."""

    pool_id: str
    kind: NameKind
    value: str

    @property
    def key(self) -> str:
        """Return the names table's one key column: it also says on which shard the row lives.

        PostgreSQL's indexes take keys of some 2,600 bytes, so a long value stands there as its
        digest, behind a blank, which no value begins with.
        """
        value = self.value
        if len(value) > LONGEST_IN_KEY:
            value = f" {hashlib.sha256(value.encode()).hexdigest()}"
        return f"{self.pool_id}/{self.kind.value}/{value}"
