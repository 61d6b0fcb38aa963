"""An app client of a pool, and its secrets."""

from datetime import datetime

import msgspec

from poolhouse.wire.enums import PreventUserExistenceErrorTypes
from poolhouse.wire.structs import UserPoolClientType


class ClientSecret(msgspec.Struct, frozen=True, kw_only=True):
    """One of a client's at most two secrets; each of them authenticates the client.

    `is_first` marks the one that was made with the client: DescribeUserPoolClient shows no other.
    """

    id: str
    value: str
    created_at: datetime
    is_first: bool = False

    def __repr__(self) -> str:
        return f"ClientSecret(id={self.id!r})"


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """A client as kept.

    `settings` is what DescribeUserPoolClient shows, without the members that are computed then
    (ids, dates, the secret).
    """

    id: str
    pool_id: str
    settings: UserPoolClientType
    secrets: tuple[ClientSecret, ...] = ()
    created_at: datetime
    modified_at: datetime
    version: int = 1
    sso_minutes: int = 60
    """Minutes after a sign-in in which the client reuses another client's without asking."""

    @property
    def name(self) -> str:
        return self.settings.ClientName or ""

    @property
    def hides_user_existence(self) -> bool:
        """Return whether PreventUserExistenceErrors is ENABLED.

        Then unknown users are answered like known ones.
        """
        return self.settings.PreventUserExistenceErrors is PreventUserExistenceErrorTypes.ENABLED
