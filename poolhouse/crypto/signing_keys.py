"""Keys that sign a pool's tokens, and a stock of spare ones."""

import asyncio
import base64
import binascii
import hashlib
import os
import sys
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

if TYPE_CHECKING:
    from joserfc.jwk import RSAKey

_GROWTH: Final = 4
"""Maximum growth of a stock of spare keys, as a multiple of its first size."""


_EXPONENT: Final = 65537


_NICE: Final = 10
"""Priority of the thread that makes spare keys: on a busy machine a tenth of the usual share."""


class SigningKey:
    """An RSA-2048 key that signs a pool's ID or access tokens (RS256, ev:auth-13)."""

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
        """Return a new key. Takes 40 to 170 ms, without the interpreter lock."""
        return cls(rsa.generate_private_key(public_exponent=_EXPONENT, key_size=2048))

    @classmethod
    def from_der(cls, der: bytes) -> Self:
        """Return the key that `private_der` wrote.

        The key's own arithmetic is not checked, which would take 37 ms: it comes out of a seal
        that only this server could have made.
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
        """Return the key as PKCS #8, not encrypted: the store seals it."""
        return self._private.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    def public_jwk(self) -> dict[str, str]:
        """Return the entry of `/.well-known/jwks.json`."""
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
        """Return a compact JWT, its header `kid` and `alg` alone as on AWS.

        Put together here and not by the JOSE library, whose generality adds 16 µs to the 255 of
        the signature; the tests read the result with that library.
        """
        signing_input = self._header + base64url(msgspec.json.encode(claims))
        signature = self._private.sign(signing_input, padding.PKCS1v15(), hashes.SHA256())
        return (signing_input + b"." + base64url(signature)).decode()

    @cached_property
    def verification_key(self) -> "RSAKey":
        """Return the public key for the JOSE library, made when the first token needs it."""
        from joserfc.jwk import RSAKey  # noqa: PLC0415 - slow to load

        return RSAKey.import_key({**self.public_jwk()})


def start_keys(count: int) -> tuple[Future[SigningKey], ...]:
    """Begin to make keys, each in a thread of ordinary priority, while this process loads the rest.

    A first start needs them, and would wait for them after everything is loaded.
    """
    makers = ThreadPoolExecutor(count, "first-signing-keys")
    started = tuple(makers.submit(SigningKey.generate) for _ in range(count))
    makers.shutdown(wait=False)
    return started


class SigningKeyStock:
    """Signing keys made ahead of need: a new pool takes two.

    The stock doubles whenever it is used up, to four times its first size: a test suite that makes
    many pools without a pause will do so again.

    Spare keys exist in memory only. A key counts from the commit that gives it to a pool, so a
    process that dies loses nothing but the time that its spare keys took.
    """

    def __init__(self, size: int = 4, started: Sequence[Future[SigningKey]] = ()) -> None:
        """Prepare an empty stock. The first callers get the keys of `started`, once made."""
        self._started = deque(started)
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
        if self._started:
            return await asyncio.wrap_future(self._started.popleft())
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

    def __init__(self, size: int, started: Sequence[Future[SigningKey]] = ()) -> None:
        super().__init__(size, started)
        self._primes: list[tuple[int, int]] = []
        self._ready: deque[tuple[int, int]] = deque()

    async def take(self) -> SigningKey:
        """Return a key that no other caller gets; make one with primes of its own if none is left.

        Primes of spare keys are used as soon as these are made.
        """
        while self._spare and self._spare[0].done():
            self._combine(self._spare.popleft().result())
        if self._started:
            self._combine(await asyncio.wrap_future(self._started.popleft()))
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


def _big_endian(n: int) -> bytes:
    return n.to_bytes((n.bit_length() + 7) // 8, "big")


def base64url(data: bytes) -> bytes:
    """Encode without padding, as in tokens; a third of the time of `base64.urlsafe_b64encode`."""
    return binascii.b2a_base64(data, newline=False).translate(_URL_SAFE).rstrip(b"=")


_URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")
