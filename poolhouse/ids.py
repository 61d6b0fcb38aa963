"""Randomness, and every identifier made of it. No other module asks for random bytes.

(One exception: `crypto/` draws keys and nonces from the operating system itself. Under a seed they
would repeat, and a repeated nonce gives away what it was to hide.)

There is no pool of random bytes drawn in advance: the operating system gives 16 in half a
microsecond, less than the formatting of an id costs, and forked processes would share a pool.
"""

import base64
import hashlib
import itertools
import re
import secrets
import string
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final, Literal

from poolhouse.rules.auth import password_policy, recovery_codes
from poolhouse.rules.oauth import device_grants

_DIGITS: Final = string.digits
_LOWER_ALPHANUMERIC: Final = string.digits + string.ascii_lowercase
_ALPHANUMERIC: Final = string.digits + string.ascii_letters
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


class Ids:
    """Fresh identifiers and secrets; their forms are those of AWS (ev:users-2).

    `seed` makes every run of a program draw the same ids in the same order: for tests and CI only,
    as anyone who knows the seed knows every secret. `fixed_code` is what every confirmation code
    should be in development: six digits.
    """

    def __init__(self, seed: bytes | None = None, fixed_code: str | None = None) -> None:
        if fixed_code is not None and not re.fullmatch(r"[0-9]{6}", fixed_code):
            raise ValueError("a fixed code has six digits")
        self.random_bytes: Callable[[int], bytes] = (
            secrets.token_bytes if seed is None else _seeded(seed)
        )
        self._fixed_code = fixed_code
        self._seeded, self._subs = seed is not None, 0

    # Pools and clients

    def pool_id(self, region: str) -> str:
        """Return `us-east-1_` and nine letters or digits."""
        return f"{region}_{self._text(_ALPHANUMERIC, 9)}"

    def client_id(self) -> str:
        return self._text(_LOWER_ALPHANUMERIC, 26)

    def client_secret(self) -> str:
        return self._text(_LOWER_ALPHANUMERIC, 51)

    def resource_id(self) -> str:
        """Return the id of a style or of terms: a version 4 UUID."""
        return self._uuid4()

    def client_document_policy_id(self) -> str:
        """Return the id of a CIMD policy. UNVERIFIED: its length on AWS."""
        return self._text(_LOWER_ALPHANUMERIC, 26)

    def group_id(self) -> str:
        """Return what binds memberships to their group; no answer shows it."""
        return self._uuid4()

    # Users and their credentials

    def sub(self, now: datetime) -> str:
        """Return a user's UUID: a version 7, so that consecutive users are neighbours in indexes.

        Every index of a user's rows holds the sub. With a random one, each sign-up and confirmation
        in a large pool would write pages all over the store. 74 of its bits are random, so callers
        can't guess one. AWS's newer ones have a 7 there too, but no time.
        """
        if self._seeded:
            # The same at every start: counted, since the time isn't the same.
            self._subs += 1
            now = datetime.fromtimestamp(self._subs, UTC)
        return self._in_order_of_time(now)

    def code(self, digits: int = 6) -> str:
        """Return a confirmation or one-time code: so many digits, leading zeros included."""
        return self._fixed_code or self._text(_DIGITS, digits)

    def recovery_code(self) -> str:
        """Return a code in place of a second factor: ten characters, 49 random bits."""
        return self._text(recovery_codes.ALPHABET, recovery_codes.LENGTH)

    def temporary_password(self, policy: password_policy.PasswordRules) -> str:
        """Return a password for an invitation that the pool's policy accepts."""
        return password_policy.generate(policy, self.random_bytes(password_policy.RANDOM_BYTES))

    def device_code(self) -> str:
        """Return what a device polls with: 256 random bits."""
        return base64.urlsafe_b64encode(self.random_bytes(32)).rstrip(b"=").decode()

    def user_code(self) -> str:
        """Return the letters of a code that users type at another device."""
        return self._text(device_grants.LETTERS, device_grants.CODE_LENGTH)

    def salt(self) -> bytes:
        """Return 16 bytes for an SRP verifier, the first not zero.

        Some SRP clients read the salt as a number and drop leading zeros, others hash the digits
        as sent: only a salt without leading zeros means the same to all (ev:auth-8.1).
        """
        while True:
            salt = self.random_bytes(16)
            if salt[0]:
                return salt

    def srp_secret(self) -> int:
        """Return the server's secret exponent `b` of one SRP sign-in: 256 bits."""
        return int.from_bytes(self.random_bytes(32), "big") | 1 << 255

    # Administrators

    def access_key_id(self) -> str:
        """Return `AKIA` and 16 of A-Z, 2-7."""
        return "AKIA" + base64.b32encode(self.random_bytes(10)).decode()

    def secret_access_key(self) -> str:
        """Return 40 characters of Base64: 240 random bits."""
        return base64.b64encode(self.random_bytes(30)).decode()

    # Sessions, tokens, events, messages

    def auth_session_id(self, kind: Literal["tkn", "sso"]) -> str:
        return kind + self._text(_LOWER_ALPHANUMERIC, 25)

    def token_id(self) -> str:
        """Return a token's `jti`, or the `origin_jti` of a family of tokens."""
        return self._uuid4()

    def event_id(self) -> str:
        """Return an authentication event's id, the tokens' claim `event_id`."""
        return self._uuid4()

    def device_key(self, region: str) -> str:
        """Return `us-east-1_` and a UUID."""
        return f"{region}_{self._uuid4()}"

    def request_id(self) -> str:
        """Return what answers carry as `x-amzn-RequestId`."""
        return self._uuid4()

    def nonce(self) -> str:
        """Return 128 random bits, by which a page's policy allows its own styles and scripts."""
        return base64.b64encode(self.random_bytes(16)).decode()

    def message_id(self, now: datetime) -> str:
        """Return the id of a message: in the order of time, like those of audit records."""
        return self.audit_id(now)

    def audit_id(self, now: datetime) -> str:
        """Return the id of an audit record: a version 7 UUID, which sorts by time."""
        return self._in_order_of_time(now)

    def _in_order_of_time(self, now: datetime) -> str:
        return _uuid(f"{_milliseconds(now):012x}{self.random_bytes(10).hex()}", "7")

    def _uuid4(self) -> str:
        return _uuid(self.random_bytes(16).hex(), "4")

    def _text(self, alphabet: str, length: int) -> str:
        """Return `length` characters, each as likely as any other of the alphabet.

        A byte beyond the last full round of the alphabet is thrown away: taking it modulo the
        alphabet's size would make the first characters likelier.
        """
        characters, surplus = _dice(alphabet)
        text = b""
        while len(text) < length:
            text += self.random_bytes(length + 8).translate(characters, surplus)
        return text[:length].decode()


def before_ids_of(moment: datetime) -> str:
    """Return a text that sorts before every audit or message id of this moment or later.

    It sorts behind all ids of earlier moments (to the millisecond).
    """
    milliseconds = f"{_milliseconds(moment):012x}"
    return f"{milliseconds[:8]}-{milliseconds[8:]}"


def _milliseconds(moment: datetime) -> int:
    """Return the whole milliseconds since 1970. A float's seconds would lose one now and then."""
    return (moment - _EPOCH) // _MILLISECOND


@cache
def _dice(alphabet: str) -> tuple[bytes, bytes]:
    """Return the character of every byte, and the bytes that have none."""
    rounds = 256 // len(alphabet)
    return (alphabet * rounds).encode().ljust(256), bytes(range(len(alphabet) * rounds, 256))


_VARIANT: Final = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))


def _uuid(hexadecimal: str, version: str) -> str:
    """Write 32 hexadecimal digits as an RFC 9562 UUID; cheaper than by way of `uuid.UUID`."""
    return (
        f"{hexadecimal[:8]}-{hexadecimal[8:12]}-{version}{hexadecimal[13:16]}"
        f"-{_VARIANT[hexadecimal[16]]}{hexadecimal[17:20]}-{hexadecimal[20:]}"
    )


def _seeded(seed: bytes) -> Callable[[int], bytes]:
    """Return a stream of bytes that depends only on the seed and the number of draws before."""
    draws = itertools.count()

    def random_bytes(size: int) -> bytes:
        draw = next(draws).to_bytes(8, "big")
        return hashlib.shake_256(draw + seed).digest(size)

    return random_bytes
