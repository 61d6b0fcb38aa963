"""Keys: the master key, what is sealed under it, and the keys that sign a pool's tokens.

Envelope encryption. Everything secret in the store is sealed under one data key; the data key is
kept in the store too, wrapped under the master key, which is kept anywhere else. A stolen database
opens nothing, and a new master key means wrapping one key again instead of sealing every row again.

Keys and nonces come straight from the operating system and not from `ids`: those can be seeded in
tests, and a nonce that repeats under a key gives away what both messages say.
"""

import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from poolhouse.crypto.aes_gcm import FORM, KEY_BYTES, NONCE_BYTES, derive, split_at
from poolhouse.crypto.master_key import MasterKey


class Unsealable(ValueError):
    """Not sealed by us, sealed in another context, or changed since."""


class Sealer:
    """Seals and digests what the store keeps and what travels through clients.

    Random nonces of 96 bits are safe for 2^32 messages under one key (NIST SP 800-38D §8.3).
    """

    def __init__(self, master: MasterKey, wrapped: bytes) -> None:
        data_key = master.unwrap(wrapped)
        self._cipher = AESGCM(derive(data_key, b"seal", KEY_BYTES))
        self._digest_key = derive(data_key, b"digest", KEY_BYTES)

    def seal(self, plain: bytes, context: str) -> bytes:
        """Encrypt and authenticate, in 29 bytes more than `plain`.

        `context` says what this is and whose, e.g. `verifier:<pool id>:<sub>`: only the same
        context opens it, so that one user's sealed secret is useless in another's row.
        """
        nonce = os.urandom(NONCE_BYTES)
        return FORM + nonce + self._cipher.encrypt(nonce, plain, FORM + context.encode())

    def unseal(self, sealed: bytes, context: str) -> bytes:
        """What was sealed in this context. Raises Unsealable."""
        form, rest = split_at(sealed, len(FORM))
        nonce, encrypted = split_at(rest, NONCE_BYTES)
        if form != FORM:
            raise Unsealable("not sealed in a known form")
        try:
            return self._cipher.decrypt(nonce, encrypted, FORM + context.encode())
        except (InvalidTag, ValueError):
            raise Unsealable("not sealed in this context") from None

    def digest(self, purpose: str, value: bytes) -> bytes:
        """A keyed hash, 32 bytes: to recognise a code or a token without keeping it.

        Without the data key nobody can try all six-digit codes against it. The same value for
        another purpose has another digest; the purpose's length keeps the two apart.
        """
        name = purpose.encode()
        message = len(name).to_bytes(4, "big") + name + value
        return hmac.digest(self._digest_key, message, "sha256")
