"""Signing keys for test servers: made once, kept in a file that git ignores.

Making RSA keys would be half of the CPU time of the tests. The primes of a few keys are combined in
pairs here, and each pair is the key of one pool. Keys that share primes can be broken, so this is
for tests alone; `tests/crypto/test_keys.py` makes real ones.
"""

import fcntl
import itertools
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from poolhouse.crypto.signing_keys import SigningKey, SigningKeyStock

_FILE: Final = Path(__file__).parent / ".signing-keys"
_MADE: Final = 80
"""Keys that are made, in about six seconds; they give 6,400 pairs."""


class PreparedKeys(SigningKeyStock):
    """Give every pool of this process a key of its own, and make real ones when all are used."""

    def fill(self) -> None:
        """Prepare nothing: the keys are there."""

    async def take(self) -> SigningKey:
        prepared = next(_pairs(), None)
        return SigningKey.generate() if prepared is None else prepared


@cache
def _pairs() -> Iterator[SigningKey]:
    """One iterator for all servers of the process, because some share a store."""
    primes = [
        (int.from_bytes(p, "big"), int.from_bytes(q, "big")) for p, q in _read_or_make_primes()
    ]
    return (SigningKey.from_primes(p, q) for (p, _), (_, q) in itertools.product(primes, repeat=2))


def _read_or_make_primes() -> list[tuple[bytes, bytes]]:
    """Of processes that begin together one makes the file, and the others wait for it."""
    with _FILE.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _FILE.exists():
            unfinished = _FILE.with_suffix(".unfinished")
            unfinished.write_bytes(msgspec.msgpack.encode([_new_primes() for _ in range(_MADE)]))
            unfinished.replace(_FILE)
    return msgspec.msgpack.decode(_FILE.read_bytes(), type=list[tuple[bytes, bytes]])


def _new_primes() -> tuple[bytes, bytes]:
    p, q = SigningKey.generate().primes()
    return p.to_bytes(128, "big"), q.to_bytes(128, "big")
