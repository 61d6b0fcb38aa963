"""Users by the million, each worked out from a number.

The names of a user are distinct and rise with the number, as `sub` does with time. In a shuffled
crowd each kind of names has an order of its own: neighbours in one index are far apart in the
others, which is the worst that a load can meet.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from poolhouse.entities.groups import Group
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User, UserStatus
from poolhouse.rules.users.schema import STANDARD
from poolhouse.wire.enums import AliasAttributeType
from poolhouse.wire.structs import UserPoolType

POOL_ID: Final = "eu-central-1_Crowd0000"
BEGAN: Final = datetime(2026, 1, 1, tzinfo=UTC)
DIGITS: Final = 7
ALIKE: Final = 2
"""Digits at a distinct value's end: without them, it begins like those of a hundred users."""

GIVEN: Final = ("Ada", "Alan", "Barbara", "Edsger", "Grace", "Ken", "Margaret", "Niklaus")
FAMILY: Final = ("Dijkstra", "Hamilton", "Hopper", "Liskov", "Lovelace", "Thompson", "Turing")
STATUSES: Final = (UserStatus.UNCONFIRMED,) * 6 + (
    UserStatus.FORCE_CHANGE_PASSWORD,
    UserStatus.RESET_REQUIRED,
)
_BEGAN_MS: Final = int(BEGAN.timestamp() * 1000) & ~0xFF
# Multiplied by a prime, the numbers below a power of ten come in another order.
_ORDERS: Final = {
    "username": 7_919,
    "email": 104_729,
    "phone_number": 611_953,
    "name": 1_299_709,
    "preferred_username": 15_485_863,
}

HALF: Final = Group(
    id="00000000-0000-4000-8000-000000000001",
    pool_id=POOL_ID,
    key="half",
    name="half",
    created_at=BEGAN,
    modified_at=BEGAN,
)
"""A group of every second user."""
FEW: Final = msgspec.structs.replace(
    HALF, id="00000000-0000-4000-8000-000000000002", key="few", name="few"
)
"""A group of every hundredth."""

POOL: Final = Pool(
    id=POOL_ID,
    settings=UserPoolType(
        Name="crowd",
        AliasAttributes=[
            AliasAttributeType.EMAIL,
            AliasAttributeType.PHONE_NUMBER,
            AliasAttributeType.PREFERRED_USERNAME,
        ],
    ),
    attributes=STANDARD,
    created_at=BEGAN,
    modified_at=BEGAN,
)


class Dataset(msgspec.Struct, frozen=True):
    """The users of one pool: a power of ten of them, at least a thousand."""

    size: int
    shuffled: bool = False

    def sub(self, n: int) -> str:
        """Return a version 7 as sign-up makes it, one millisecond after the one before."""
        moment = f"{_BEGAN_MS + n:012x}"
        return f"{moment[:8]}-{moment[8:]}-7000-8000-{n * 2_654_435_761 % 2**48:012x}"

    def username(self, n: int) -> str:
        return f"user-{self._place('username', n)}"

    def attributes(self, n: int) -> dict[str, str]:
        return {
            "email": f"{self._place('email', n)}@example.com",
            "email_verified": "true",
            "phone_number": f"+4930{self._place('phone_number', n)}",
            "phone_number_verified": "true",
            "name": f"Ada {self._place('name', n)}",
            "given_name": GIVEN[n % len(GIVEN)],
            "family_name": FAMILY[n % len(FAMILY)],
            "preferred_username": f"ada.{self._place('preferred_username', n)}",
            "locale": "en-GB",
        }

    def user(self, n: int) -> User:
        made_at = BEGAN + timedelta(milliseconds=n)
        return User(
            sub=self.sub(n),
            pool_id=POOL_ID,
            username=self.username(n),
            status=STATUSES[n % len(STATUSES)],
            enabled=n % 10 != 9,
            attributes=self.attributes(n),
            created_at=made_at,
            modified_at=made_at,
        )

    def group_ids(self, n: int) -> tuple[str, ...]:
        if n % 2:
            return ()
        return (HALF.id,) if n % 100 else (HALF.id, FEW.id)

    def _place(self, kind: str, n: int) -> str:
        """Return the user's number in the order of one kind of names."""
        place = n * _ORDERS[kind] % self.size if self.shuffled else n
        return f"{place:0{DIGITS}}"
