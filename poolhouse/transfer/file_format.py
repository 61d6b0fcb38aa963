"""The lines of an export. docs/transfer.md says what they promise; this is their form.

A line is a JSON object; what is secret stands sealed in its last member. The digest is over the
lines without their seals, so that two exports of the same content have the same.
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from poolhouse.entities.clients import Client
from poolhouse.entities.codes import Code
from poolhouse.entities.devices import Device
from poolhouse.entities.domains import Domain
from poolhouse.entities.groups import Group
from poolhouse.entities.passkeys import Passkey
from poolhouse.entities.pool_resources import PoolAsset
from poolhouse.entities.pools import Pool
from poolhouse.entities.signing_keys import KeyUse
from poolhouse.entities.software_tokens import SoftwareToken
from poolhouse.entities.users import PasswordCredential, User

FORMAT: Final = 2
"""Counts up with every change that a reader of the one before would misunderstand."""

LONGEST: Final = 16 << 20
"""Bytes of a line: far more than any pool's configuration, and no more than fits into memory."""

_SEAL: Final = b',"sealed":"'


class ImportRefused(Exception):
    """An export can't be read or loaded; the text is for an operator and has no secret."""


class Kdf(msgspec.Struct, frozen=True, kw_only=True):
    """The costs of scrypt. Memory is 128·n·r bytes; no file may ask for more than 256 MiB."""

    n: Annotated[int, Meta(ge=2, le=1 << 18)] = 1 << 17
    r: Annotated[int, Meta(ge=1, le=8)] = 8
    p: Annotated[int, Meta(ge=1, le=4)] = 1
    name: Literal["scrypt"] = "scrypt"


class _Line(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", forbid_unknown_fields=True
):
    """One line; its kind comes first, its seal last."""


class Header(_Line, frozen=True, kw_only=True, tag="header"):
    """The first line. `sealed` is the file's data key, wrapped under the passphrase's key."""

    format: int = FORMAT
    pool_id: str
    kdf: Kdf
    salt: bytes
    sealed: bytes


class PoolLine(_Line, frozen=True, kw_only=True, tag="pool"):
    pool: Pool


class KeyLine(_Line, frozen=True, kw_only=True, tag="signing_key"):
    """`sealed` is the private key, PKCS #8."""

    kid: str
    use: KeyUse
    created_at: datetime
    retired_at: datetime | None = None
    sealed: bytes


class ClientLine(_Line, frozen=True, kw_only=True, tag="client"):
    """`sealed` are the client's secrets."""

    client: Client
    sealed: bytes


class DomainLine(_Line, frozen=True, kw_only=True, tag="domain"):
    domain: Domain


class ResourceLine(_Line, frozen=True, kw_only=True, tag="resource"):
    """`of` is the kind of the resource, which decides what it has."""

    of: str
    resource: msgspec.Raw


class AssetLine(_Line, frozen=True, kw_only=True, tag="asset"):
    asset: PoolAsset


class GroupLine(_Line, frozen=True, kw_only=True, tag="group"):
    group: Group


class UserLine(_Line, frozen=True, kw_only=True, tag="user"):
    """`groups` are ids; `sealed` are a `UserSecrets`. Of a passkey nothing is secret."""

    user: User
    groups: tuple[str, ...]
    passkeys: tuple[Passkey, ...]
    sealed: bytes


class UserSecrets(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The secrets of a user: verifiers, codes, the authenticator app's secret, and devices.

    Verifiers are of present and former passwords, and of devices.
    """

    password: PasswordCredential | None = None
    codes: tuple[Code, ...] = ()
    software_token: SoftwareToken | None = None
    devices: tuple[Device, ...] = ()


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers of lines of each kind that may come several times.

    The last three came with format 2. They are absent if they are 0, as in files of format 1.
    """

    signing_keys: int = 0
    clients: int = 0
    groups: int = 0
    users: int = 0
    domains: int | msgspec.UnsetType = msgspec.UNSET
    resources: int | msgspec.UnsetType = msgspec.UNSET
    assets: int | msgspec.UnsetType = msgspec.UNSET

    @classmethod
    def of(cls, counted: Mapping[str, int]) -> "Counts":
        """Return the counts by their names."""
        return cls(
            signing_keys=counted["signing_keys"],
            clients=counted["clients"],
            groups=counted["groups"],
            users=counted["users"],
            domains=counted["domains"] or msgspec.UNSET,
            resources=counted["resources"] or msgspec.UNSET,
            assets=counted["assets"] or msgspec.UNSET,
        )


class Trailer(_Line, frozen=True, kw_only=True, tag="trailer"):
    """The end. `sealed` is empty: unsealing it verifies the digest and the counts."""

    counts: Counts
    digest: str
    sealed: bytes


Line = (
    Header
    | PoolLine
    | KeyLine
    | ClientLine
    | DomainLine
    | ResourceLine
    | AssetLine
    | GroupLine
    | UserLine
    | Trailer
)

encode = msgspec.json.Encoder().encode
decode: Final[Callable[[bytes], Line]] = msgspec.json.Decoder(Line).decode


class Digest:
    """A digest of what was read or written so far."""

    def __init__(self, header: Header) -> None:
        self._hash = hashlib.sha256(encode((header.format, header.pool_id, header.kdf)) + b"\n")

    def add(self, line: bytes) -> None:
        """Add a line, given without its line feed."""
        self._hash.update(_without_seal(line) + b"\n")

    def text(self) -> str:
        return self._hash.hexdigest()


def _without_seal(line: bytes) -> bytes:
    """Return all but the last member, if that is the seal and nothing comes behind it."""
    start = line.rfind(_SEAL)
    if start < 0 or line.find(b'"', start + len(_SEAL)) != len(line) - 2:
        return line
    return line[:start]


def of_trailer(pool_id: str, counts: Counts, digest: str) -> tuple[str, ...]:
    """Return the parameters of the trailer's seal, which binds all lines before it."""
    return (pool_id, "trailer", f"{encode(counts).decode()}/{digest}")
