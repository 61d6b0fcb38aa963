"""Keys: the master key, what is sealed under it, and the keys that sign a pool's tokens.

Envelope encryption. Everything secret in the store is sealed under one data key; the data key is
kept in the store too, wrapped under the master key, which is kept anywhere else. A stolen database
opens nothing, and a new master key means wrapping one key again instead of sealing every row again.

Keys and nonces come straight from the operating system and not from `ids`: those can be seeded in
tests, and a nonce that repeats under a key gives away what both messages say.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
import os
import sys
import tempfile
import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Self

import msgspec
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_FINGERPRINT_BYTES: Final = 8
_GROWTH: Final = 4
"""How many times its first size a stock of spare keys may reach."""
_EXPONENT: Final = 65537
_NICE: Final = 10
"""Priority of the thread that makes spare keys: on a busy machine a tenth of the usual share."""
_FORM: Final = b"\x01"
"""First byte of what is wrapped or sealed: AES-256-GCM as below. Another form gets another byte."""


class BadMasterKey(ValueError):
    """Not 32 bytes in Base64."""


class WrongMasterKey(ValueError):
    """The data key was wrapped under another master key, or its wrapped form is damaged."""


class Unsealable(ValueError):
    """Not sealed by us, sealed in another context, or changed since."""


class MasterKey:
    """The key that wraps the data key: 32 bytes, never in the database, never printed."""

    def __init__(self, key: bytes) -> None:
        if len(key) != _KEY_BYTES:
            raise BadMasterKey(f"a master key has {_KEY_BYTES} bytes")
        self._cipher = AESGCM(key)
        self._fingerprint = _derive(key, b"master key fingerprint", _FINGERPRINT_BYTES)

    @classmethod
    def load(cls, path: Path) -> Self:
        """The key in this file. Raises FileNotFoundError or BadMasterKey."""
        try:
            key = base64.b64decode(path.read_bytes().strip(), validate=True)
        except binascii.Error:
            raise BadMasterKey(f"{path} does not hold Base64") from None
        return cls(key)

    @classmethod
    def load_or_create(cls, path: Path) -> Self:
        """The key in this file; if there is none, a new key, in a file that its owner alone reads.

        The file appears by a hard link to a finished one: of two processes that start at once, one
        makes the link and the other reads that file, and nobody ever sees half a key.
        """
        if not path.exists():
            descriptor, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(base64.b64encode(os.urandom(_KEY_BYTES)) + b"\n")
                    file.flush()
                    os.fsync(file.fileno())
                _link_unless_exists(unfinished, path)
            finally:
                Path(unfinished).unlink()
        return cls.load(path)

    def wrap(self, data_key: bytes) -> bytes:
        header = _FORM + self._fingerprint
        nonce = os.urandom(_NONCE_BYTES)
        return header + nonce + self._cipher.encrypt(nonce, data_key, header)

    def unwrap(self, wrapped: bytes) -> bytes:
        """The data key. Raises WrongMasterKey."""
        header, rest = _split(wrapped, len(_FORM) + _FINGERPRINT_BYTES)
        if header != _FORM + self._fingerprint:
            raise WrongMasterKey("the data key is wrapped under another master key")
        nonce, encrypted = _split(rest, _NONCE_BYTES)
        try:
            return self._cipher.decrypt(nonce, encrypted, header)
        except (InvalidTag, ValueError):
            raise WrongMasterKey("the wrapped data key is damaged") from None


def new_wrapped_data_key(master: MasterKey) -> bytes:
    """A new data key, in the form that the store keeps."""
    return master.wrap(os.urandom(_KEY_BYTES))


def rewrap(old: MasterKey, new: MasterKey, wrapped: bytes) -> bytes:
    """The same data key under a new master key: what was sealed stays readable."""
    return new.wrap(old.unwrap(wrapped))


class Sealer:
    """Seals and digests what the store keeps and what travels through clients.

    Random nonces of 96 bits are safe for 2^32 messages under one key (NIST SP 800-38D §8.3).
    """

    def __init__(self, master: MasterKey, wrapped: bytes) -> None:
        data_key = master.unwrap(wrapped)
        self._cipher = AESGCM(_derive(data_key, b"seal", _KEY_BYTES))
        self._digest_key = _derive(data_key, b"digest", _KEY_BYTES)

    def seal(self, plain: bytes, context: str) -> bytes:
        """Encrypt and authenticate, in 29 bytes more than `plain`.

        `context` says what this is and whose, e.g. `verifier:<pool id>:<sub>`: only the same
        context opens it, so that one user's sealed secret is useless in another's row.
        """
        nonce = os.urandom(_NONCE_BYTES)
        return _FORM + nonce + self._cipher.encrypt(nonce, plain, _FORM + context.encode())

    def unseal(self, sealed: bytes, context: str) -> bytes:
        """What was sealed in this context. Raises Unsealable."""
        form, rest = _split(sealed, len(_FORM))
        nonce, encrypted = _split(rest, _NONCE_BYTES)
        if form != _FORM:
            raise Unsealable("not sealed in a known form")
        try:
            return self._cipher.decrypt(nonce, encrypted, _FORM + context.encode())
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


class SigningKey:
    """An RSA-2048 key that signs a pool's ID or access tokens (RS256, auth.md §13)."""

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        self._private = key
        self._public = key.public_key()
        public_der = self._public.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.kid: Final = base64.b64encode(hashlib.sha256(public_der).digest()).decode()
        self._header = base64url(msgspec.json.encode({"kid": self.kid, "alg": "RS256"})) + b"."

    @classmethod
    def generate(cls) -> Self:
        """A new key. Takes 40 to 170 ms, without the interpreter lock."""
        return cls(rsa.generate_private_key(public_exponent=_EXPONENT, key_size=2048))

    @classmethod
    def from_der(cls, der: bytes) -> Self:
        """The key that `private_der` wrote.

        The key's own arithmetic is not checked, which would take 37 ms: it comes out of a seal
        that nobody but us could have made.
        """
        key = serialization.load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise ValueError("a signing key is an RSA key")
        return cls(key)

    @classmethod
    def from_primes(cls, p: int, q: int) -> "SigningKey":
        """Make the key of two distinct primes of 1,024 bits each. About a millisecond."""
        d = pow(_EXPONENT, -1, (p - 1) * (q - 1))
        numbers = rsa.RSAPrivateNumbers(
            p=p,
            q=q,
            d=d,
            dmp1=rsa.rsa_crt_dmp1(d, p),
            dmq1=rsa.rsa_crt_dmq1(d, q),
            iqmp=rsa.rsa_crt_iqmp(p, q),
            public_numbers=rsa.RSAPublicNumbers(_EXPONENT, p * q),
        )
        return cls(numbers.private_key(unsafe_skip_rsa_key_validation=True))

    def primes(self) -> tuple[int, int]:
        """Return the two primes of the key."""
        numbers = self._private.private_numbers()
        return numbers.p, numbers.q

    def private_der(self) -> bytes:
        """PKCS #8, not encrypted: to be sealed."""
        return self._private.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    def public_jwk(self) -> dict[str, str]:
        """The entry of `/.well-known/jwks.json`."""
        public = self._public.public_numbers()
        return {
            "alg": "RS256",
            "e": base64url(_big_endian(public.e)).decode(),
            "kid": self.kid,
            "kty": "RSA",
            "n": base64url(_big_endian(public.n)).decode(),
            "use": "sig",
        }

    def sign(self, claims: dict[str, Any]) -> str:
        """A compact JWT, its header `kid` and `alg` alone as on AWS.

        Put together here and not by the JOSE library, whose generality adds 16 µs to the 255 of
        the signature; the tests read the result with that library.
        """
        signing_input = self._header + base64url(msgspec.json.encode(claims))
        signature = self._private.sign(signing_input, padding.PKCS1v15(), hashes.SHA256())
        return (signing_input + b"." + base64url(signature)).decode()

    def verify(self, signing_input: bytes, signature: bytes) -> bool:
        """Whether this key made the signature. About 20 µs."""
        try:
            self._public.verify(signature, signing_input, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return True


class SigningKeyStock:
    """Signing keys made ahead of need: a new pool takes two.

    The stock doubles whenever it is used up, to four times its first size: a test suite that makes
    many pools without a pause will do so again.

    Spare keys exist in memory only. A key counts from the commit that gives it to a pool, so a
    process that dies loses nothing but the time that its spare keys took.
    """

    def __init__(self, size: int = 4) -> None:
        self._size, self._largest = size, _GROWTH * size
        self._maker = ThreadPoolExecutor(1, "spare-signing-keys", _give_way)
        self._spare: deque[Future[SigningKey]] = deque()

    def fill(self) -> None:
        """Begin to make what the stock lacks, in a thread that gives way to requests."""
        while len(self._spare) < self._size:
            self._spare.append(self._maker.submit(SigningKey.generate))

    async def take(self) -> SigningKey:
        """Return a key that no other caller gets.

        If no spare key is ready, make one at once in a thread of ordinary priority. The thread
        that fills the stock may have to wait for other programs, and a client should not.
        """
        if self._spare and self._spare[0].done():
            key = self._spare.popleft().result()
            self.fill()
            return key
        self._size = min(2 * self._size, self._largest)
        if self._spare:
            self.fill()
        return await asyncio.to_thread(SigningKey.generate)

    def close(self) -> None:
        """Make no more keys; return when the one in the making is done."""
        self._maker.shutdown(cancel_futures=True)


class SharedPrimeKeyStock(SigningKeyStock):
    """Signing keys for a dev server in memory, whose tests make a pool each and wait for it.

    Every key is another one, but keys share primes: n keys that were made give n² to take. Two
    public keys that share a prime give both private keys away. So this is for servers alone whose
    keys end with the process, and which take any caller for an administrator.
    """

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self._primes: list[tuple[int, int]] = []
        self._ready: deque[tuple[int, int]] = deque()

    async def take(self) -> SigningKey:
        """Return a key that no other caller gets; make one with primes of its own if none is left.

        Primes of spare keys are used as soon as these are made.
        """
        while self._spare and self._spare[0].done():
            self._combine(self._spare.popleft().result())
        if not self._ready:
            self._combine(await asyncio.to_thread(SigningKey.generate))
        return SigningKey.from_primes(*self._ready.popleft())

    def _combine(self, made: SigningKey) -> None:
        """Add the pairs of a new key's primes with each other and with those of the keys before."""
        p, q = made.primes()
        self._ready.append((p, q))
        for other_p, other_q in self._primes:
            self._ready += ((p, other_q), (other_p, q))
        self._primes.append((p, q))


def _give_way() -> None:
    """Lower the priority of this thread, which only Linux can do for one thread alone."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)


def _derive(key: bytes, purpose: bytes, length: int) -> bytes:
    """A key for one purpose alone, from which neither `key` nor any other can be told."""
    return HKDF(hashes.SHA256(), length, salt=None, info=b"poolhouse " + purpose).derive(key)


def _link_unless_exists(finished: str, path: Path) -> None:
    """Give the finished file its name, unless another has it; lasting beyond a power cut."""
    try:
        os.link(finished, path)
    except FileExistsError:
        return
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _split(data: bytes, at: int) -> tuple[bytes, bytes]:
    return data[:at], data[at:]


def _big_endian(n: int) -> bytes:
    return n.to_bytes((n.bit_length() + 7) // 8, "big")


def base64url(data: bytes) -> bytes:
    """Without padding, as tokens have it; a third of the time of `base64.urlsafe_b64encode`."""
    return binascii.b2a_base64(data, newline=False).translate(_URL_SAFE).rstrip(b"=")


_URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")
