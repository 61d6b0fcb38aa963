"""The form of what AES-256-GCM encrypts here, and the keys for each purpose."""

from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES: Final = 32


NONCE_BYTES: Final = 12


FORM: Final = b"\x01"
"""First byte of what is wrapped or sealed: AES-256-GCM as below. Another form gets another byte."""


def derive(key: bytes, purpose: bytes, length: int) -> bytes:
    """Return a key for one purpose, from which neither `key` nor another can be derived."""
    return HKDF(hashes.SHA256(), length, salt=None, info=b"poolhouse " + purpose).derive(key)


def split_at(data: bytes, at: int) -> tuple[bytes, bytes]:
    return data[:at], data[at:]
