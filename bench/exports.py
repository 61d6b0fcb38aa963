"""The file that loads users into a store: an export of a generated pool."""

from pathlib import Path
from typing import Final

import msgspec

from bench.dataset import BEGAN, FEW, HALF, POOL, POOL_ID, Dataset
from poolhouse.crypto.contexts import Context
from poolhouse.entities.users import PasswordCredential
from poolhouse.ids import Ids
from poolhouse.rules.auth import srp
from poolhouse.transfer import passphrases
from poolhouse.transfer.file_format import (
    Counts,
    Digest,
    GroupLine,
    Kdf,
    Line,
    PoolLine,
    Trailer,
    UserLine,
    UserSecrets,
    encode,
    of_trailer,
)

PASSPHRASE: Final = "correct horse battery staple"
"""A passphrase that protects nothing: the users are made up."""

_pack = msgspec.msgpack.Encoder().encode


def write(crowd: Dataset, path: Path) -> None:
    """Write an export of all users.

    They have one password, whose verifier is computed once.
    """
    ids = Ids()
    header, sealer = passphrases.new_header(POOL_ID, PASSPHRASE, ids.salt(), Kdf())
    digest, salt = Digest(header), ids.salt()
    password = PasswordCredential(
        sub="",
        pool_id=POOL_ID,
        salt=salt,
        verifier=srp.verifier(POOL_ID.split("_")[1], "user", "Correct-Horse-7", salt),
        set_at=BEGAN,
    )
    with path.open("wb", buffering=1 << 20) as file:

        def add(line: Line) -> None:
            text = encode(line)
            digest.add(text)
            file.write(text + b"\n")

        file.write(encode(header) + b"\n")
        add(PoolLine(pool=POOL))
        for group in (HALF, FEW):
            add(GroupLine(group=group))
        for n in range(crowd.size):
            user = crowd.user(n)
            secret = _pack(UserSecrets(password=msgspec.structs.replace(password, sub=user.sub)))
            sealed = sealer.seal(secret, Context.EXPORT, POOL_ID, "user", user.sub)
            add(UserLine(user=user, groups=crowd.group_ids(n), passkeys=(), sealed=sealed))
        counts, text = Counts(groups=2, users=crowd.size), digest.text()
        sealed = sealer.seal(b"", Context.EXPORT, *of_trailer(POOL_ID, counts, text))
        add(Trailer(counts=counts, digest=text, sealed=sealed))
