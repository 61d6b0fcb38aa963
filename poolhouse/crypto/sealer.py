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
from poolhouse.crypto.contexts import Context
from poolhouse.crypto.master_key import MasterKey


class Unsealable(ValueError):
    """The data wasn't sealed by us, or in another context, or it has changed since."""


class Sealer:
    """Seals and digests what the store keeps and what travels through clients.

    Random nonces of 96 bits are safe for 2^32 messages under one key (NIST SP 800-38D §8.3).
    """

    def __init__(self, master: MasterKey, wrapped: bytes) -> None:
        data_key = master.unwrap(wrapped)
        self._cipher = AESGCM(derive(data_key, b"seal", KEY_BYTES))
        self._digest_key = derive(data_key, b"digest", KEY_BYTES)

    def seal(self, plain: bytes, context: Context, *parameters: str) -> bytes:
        """Encrypt and authenticate, in 29 bytes more than `plain`.

        `parameters` say whose it is, e.g. a pool id and a sub. Only the same context and
        parameters open it, so that one user's sealed secret is useless in another's row.
        """
        nonce = os.urandom(NONCE_BYTES)
        bound_to = FORM + context.of(*parameters)
        return FORM + nonce + self._cipher.encrypt(nonce, plain, bound_to)

    def unseal(self, sealed: bytes, context: Context, *parameters: str) -> bytes:
        """Return what was sealed with these parameters in this context. Raises Unsealable."""
        form, rest = split_at(sealed, len(FORM))
        nonce, encrypted = split_at(rest, NONCE_BYTES)
        if form != FORM:
            raise Unsealable("not sealed in a known form")
        try:
            return self._cipher.decrypt(nonce, encrypted, FORM + context.of(*parameters))
        except (InvalidTag, ValueError):
            raise Unsealable("not sealed in this context") from None

    def digest(self, value: bytes, context: Context, *parameters: str) -> bytes:
        """Return a keyed hash of 32 bytes, to recognize a code or a token without keeping it.

        Without the data key an attacker can't try all six-digit codes against it. The same value
        in another context has another digest; the length of the context keeps the two apart.
        """
        name = context.of(*parameters)
        message = len(name).to_bytes(4, "big") + name + value
        return hmac.digest(self._digest_key, message, "sha256")
