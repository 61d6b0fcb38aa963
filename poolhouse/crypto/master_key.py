"""The master key, which wraps the data key of a store."""

import base64
import binascii
import os
import tempfile
from pathlib import Path
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from poolhouse.crypto.aes_gcm import FORM, KEY_BYTES, NONCE_BYTES, derive, split_at

_FINGERPRINT_BYTES: Final = 8


class BadMasterKey(ValueError):
    """The master key isn't 32 bytes in Base64."""


class WrongMasterKey(ValueError):
    """The data key was wrapped under another master key, or its wrapped form is damaged."""


class MasterKey:
    """The key that wraps the data key: 32 bytes, never in the database, never printed."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise BadMasterKey(f"a master key has {KEY_BYTES} bytes")
        self._cipher = AESGCM(key)
        self._fingerprint = derive(key, b"master key fingerprint", _FINGERPRINT_BYTES)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Return the key in this file. Raises FileNotFoundError or BadMasterKey."""
        try:
            key = base64.b64decode(path.read_bytes().strip(), validate=True)
        except binascii.Error:
            raise BadMasterKey(f"{path} does not hold Base64") from None
        return cls(key)

    @classmethod
    def load_or_create(cls, path: Path) -> Self:
        """Return the key in this file; if there is none, create it, readable only by its owner.

        The file appears by a hard link to a complete one. Of two processes that start at once, one
        makes the link and the other reads that file. No process ever reads half a key.
        """
        if not path.exists():
            descriptor, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(base64.b64encode(os.urandom(KEY_BYTES)) + b"\n")
                    file.flush()
                    os.fsync(file.fileno())
                _link_unless_exists(unfinished, path)
            finally:
                Path(unfinished).unlink()
        return cls.load(path)

    def wrap(self, data_key: bytes) -> bytes:
        header = FORM + self._fingerprint
        nonce = os.urandom(NONCE_BYTES)
        return header + nonce + self._cipher.encrypt(nonce, data_key, header)

    def unwrap(self, wrapped: bytes) -> bytes:
        """Return the data key. Raises WrongMasterKey."""
        header, rest = split_at(wrapped, len(FORM) + _FINGERPRINT_BYTES)
        if header != FORM + self._fingerprint:
            raise WrongMasterKey("the data key is wrapped under another master key")
        nonce, encrypted = split_at(rest, NONCE_BYTES)
        try:
            return self._cipher.decrypt(nonce, encrypted, header)
        except (InvalidTag, ValueError):
            raise WrongMasterKey("the wrapped data key is damaged") from None


def new_wrapped_data_key(master: MasterKey) -> bytes:
    """Return a new data key, in the form that the store keeps."""
    return master.wrap(os.urandom(KEY_BYTES))


def rewrap(old: MasterKey, new: MasterKey, wrapped: bytes) -> bytes:
    """Return the same data key under a new master key: what was sealed stays readable."""
    return new.wrap(old.unwrap(wrapped))


def _link_unless_exists(finished: str, path: Path) -> None:
    """Link the finished file to its name unless that exists, durably."""
    try:
        os.link(finished, path)
    except FileExistsError:
        return
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
