"""Read an export line by line; it is valid only once its trailer was read.

Nothing that was read counts before the trailer was read, so an import reads a file twice.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

import msgspec

from poolhouse.crypto.contexts import Context
from poolhouse.crypto.sealer import Sealer, Unsealable
from poolhouse.entities.clients import Client, ClientSecret
from poolhouse.entities.domains import Domain
from poolhouse.entities.groups import Group
from poolhouse.entities.pool_resources import KINDS, PoolAsset, PoolResource
from poolhouse.entities.pools import Pool
from poolhouse.entities.signing_keys import PoolKey
from poolhouse.store.bulk.user_records import UserRecord
from poolhouse.transfer.file_format import (
    FORMAT,
    LONGEST,
    AssetLine,
    ClientLine,
    Counts,
    Digest,
    DomainLine,
    GroupLine,
    Header,
    ImportRefused,
    KeyLine,
    Line,
    PoolLine,
    ResourceLine,
    Trailer,
    UserLine,
    UserSecrets,
    decode,
    of_trailer,
)

Thing = Pool | PoolKey | Client | Domain | PoolResource | PoolAsset | Group | UserRecord

_ORDER: Final = {
    PoolLine: 0,
    KeyLine: 1,
    ClientLine: 2,
    DomainLine: 3,
    ResourceLine: 4,
    AssetLine: 5,
    GroupLine: 6,
    UserLine: 7,
}
_COUNTED: Final = {
    KeyLine: "signing_keys",
    ClientLine: "clients",
    DomainLine: "domains",
    ResourceLine: "resources",
    AssetLine: "assets",
    GroupLine: "groups",
    UserLine: "users",
}
_unpack_secrets = msgspec.msgpack.Decoder(tuple[ClientSecret, ...]).decode
_unpack_user = msgspec.msgpack.Decoder(UserSecrets).decode


class _UnknownKind(Exception):
    """A kind of resource that came with a later version."""


class _Kind(msgspec.Struct):
    """The members of a first line that every format has."""

    kind: str
    format: int


def read_header(file: BinaryIO) -> Header:
    """Return the first line. Raises Refused for what is no export, or one of a newer format."""
    text = file.readline(LONGEST)
    try:
        first = msgspec.json.decode(text, type=_Kind)
        if first.kind != "header":
            raise ImportRefused("The file doesn't begin like an export of a pool.")
        if first.format > FORMAT:
            raise ImportRefused(
                f"The export has format {first.format}, and this Poolhouse knows formats up to"
                f" {FORMAT}: import it with a newer one."
            )
        header = decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise ImportRefused("The file is not an export of a pool.") from None
    if not isinstance(header, Header):  # the tag said so
        raise ImportRefused("The file is not an export of a pool.")
    return header


@dataclass
class Reader:
    """The lines after the header, as what they stand for, each with its number.

    Raises Refused at the first line that is damaged, and at the end if the file isn't what was
    written: cut short, put together otherwise, or changed.
    """

    file: BinaryIO
    sealer: Sealer
    report: Callable[[int], object] = lambda position: None
    """Gets the number of bytes that were read."""

    def __iter__(self) -> Iterator[tuple[int, Thing]]:
        self.file.seek(0)
        header = read_header(self.file)
        self._pool_id = header.pool_id
        self._digest = Digest(header)
        self._counts = dict.fromkeys(_COUNTED.values(), 0)
        number, place = 1, 0
        while True:
            number += 1
            text = self._next_line(number)
            line = _decoded(number, text)
            if isinstance(line, Trailer):
                self._check_end(number, line)
                return
            place = self._check_place(number, line, place)
            self._digest.add(text)
            yield number, self._thing(number, line)

    @property
    def digest(self) -> str:
        """Return the digest of all that was read."""
        return self._digest.text()

    def _next_line(self, number: int) -> bytes:
        text = self.file.readline(LONGEST)
        if not text:
            raise ImportRefused(f"The export is cut short: it ends with line {number - 1}.")
        if not text.endswith(b"\n"):
            raise ImportRefused(f"The export is cut short, or damaged, in line {number}.")
        if number % 1000 == 0:
            self.report(self.file.tell())
        return text[:-1]

    def _check_place(self, number: int, line: Line, place: int) -> int:
        """Return the place of a line: first the pool, then its configuration, then users."""
        found = _ORDER.get(type(line), -1)
        if found < place or (found == 0) != (number == 2):
            raise ImportRefused(f"Line {number} is out of place.")
        if counted := _COUNTED.get(type(line)):
            self._counts[counted] += 1
        return found

    def _thing(self, number: int, line: Line) -> Thing:
        try:
            thing = self._opened(line)
        except (Unsealable, msgspec.MsgspecError):
            raise ImportRefused(f"Line {number} is damaged: it can't be unsealed.") from None
        except _UnknownKind as unknown:
            raise ImportRefused(
                f"Line {number} is a {unknown}, which this Poolhouse doesn't know: import the file"
                " with a newer one."
            ) from None
        if _pool_id(thing) != self._pool_id:
            raise ImportRefused(f"Line {number} belongs to another pool.")
        if isinstance(thing, UserRecord) and not _is_consistent(thing):
            raise ImportRefused(f"Line {number} has what belongs to another user.")
        return thing

    def _opened(self, line: Line) -> Thing:
        match line:
            case UserLine(user=user):  # first, as it is asked a million times
                secret = _unpack_user(self._unseal(line.sealed, "user", user.sub))
                return UserRecord(
                    user=user,
                    password=secret.password,
                    codes=secret.codes,
                    group_ids=line.groups,
                    software_token=secret.software_token,
                    devices=secret.devices,
                    passkeys=line.passkeys,
                )
            case KeyLine():
                return PoolKey(
                    kid=line.kid,
                    pool_id=self._pool_id,
                    use=line.use,
                    private_der=self._unseal(line.sealed, "signing_key", line.kid),
                    created_at=line.created_at,
                    retired_at=line.retired_at,
                )
            case ClientLine(client=client):
                secrets = _unpack_secrets(self._unseal(line.sealed, "client", client.id))
                return msgspec.structs.replace(client, secrets=secrets)
            case _:
                return _plain(line)

    def _unseal(self, sealed: bytes, kind: str, id: str) -> bytes:
        return self.sealer.unseal(sealed, Context.EXPORT, self._pool_id, kind, id)

    def _check_end(self, number: int, trailer: Trailer) -> None:
        """Check that the trailer matches the lines, and that nothing follows it."""
        digest, counts = self.digest, Counts.of(self._counts)
        try:
            self.sealer.unseal(
                trailer.sealed, Context.EXPORT, *of_trailer(self._pool_id, counts, digest)
            )
        except Unsealable:
            raise ImportRefused(
                "The export was changed: lines are missing, moved or different."
            ) from None
        if (trailer.counts, trailer.digest) != (counts, digest):
            raise ImportRefused(f"Line {number} is damaged: its content has changed.")
        if self.file.read(1):
            raise ImportRefused(f"Line {number} should be the last, but more lines follow.")


def _decoded(number: int, text: bytes) -> Line:
    try:
        return decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise ImportRefused(f"Line {number} is damaged.") from None


def _plain(line: Line) -> Thing:
    """Return the content of a line without secrets."""
    match line:
        case ResourceLine():
            if line.of not in KINDS:
                raise _UnknownKind(line.of)
            return msgspec.json.decode(line.resource, type=KINDS[line.of])
        case DomainLine():
            return line.domain
        case AssetLine():
            return line.asset
        case GroupLine():
            return line.group
        case PoolLine():
            return line.pool
        case _:
            raise AssertionError("neither a header nor a trailer is a thing")


def _pool_id(thing: Thing) -> str:
    match thing:
        case Pool():
            return thing.id
        case UserRecord():
            return thing.user.pool_id
        case _:
            return thing.pool_id


def _is_consistent(whole: UserRecord) -> bool:
    """Return whether all that a user has belongs to that user.

    Anyone who has the passphrase can write a file, and would otherwise reach users of other pools.
    """
    pool_id, sub = whole.user.pool_id, whole.user.sub
    for each in whole.belongings():  # noqa: SIM110 - a generator takes longer than the question
        if each.pool_id != pool_id or each.sub != sub:
            return False
    return True
