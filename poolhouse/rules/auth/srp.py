"""SRP-6a as Cognito does it (ev:auth-8): signing in without sending the password.

What is kept of a password is a verifier v = g^x mod N, and a salt. Cognito departs from RFC 5054 in
what is hashed (the user is `poolName ‖ userId`, numbers are written as Java writes a BigInteger)
and in how the key is derived, so that no general SRP library fits.

A user signs in with pool name, user id and password. A remembered device does the same sums with
its group key, its device key and the secret it made (ev:auth-8.3): pass those in their places.
"""

import base64
import hashlib
import hmac
import re
from datetime import UTC, datetime
from typing import Final

# gmpy2 is loaded with the first power: most starts need none.
# ruff: noqa: PLC0415

_N_HEX: Final = (  # RFC 3526, group 15 (3072 bits); also the 3072-bit group of RFC 5054
    "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74"
    "020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f1437"
    "4fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed"
    "ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf05"
    "98da48361c55d39a69163fa8fd24cf5f83655d23dca3ad961c62f356208552bb"
    "9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3b"
    "e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf695581718"
    "3995497cea956ae515d2261898fa051015728e5a8aaac42dad33170d04507a33"
    "a85521abdf1cba64ecfb850458dbef0a8aea71575d060c7db3970f85a6e1e4c7"
    "abf5ae8cdb0933d71e8c94e04a25619dcee3d2261ad2ee6bf12ffa06d98a0864"
    "d87602733ec86a64521f2b18177b200cbbe117577a615d6c770988c0bad946e2"
    "08e24fa074e5ab3143db5bfce0fd108e4b82d120a93ad2caffffffffffffffff"
)
N: Final = int(_N_HEX, 16)
G: Final = 2

# Not `calendar.day_abbr` and `month_abbr`: they depend on the machine's locale.
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
_TIMESTAMP: Final = re.compile(
    rf"(?:{'|'.join(_DAYS)}) ({'|'.join(_MONTHS)}) ([0-9]{{1,2}})"
    r" ([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2}) UTC ([0-9]{4})"
)


class UnsafePublicValue(ValueError):
    """A public value with which anyone would know the shared secret: A ≡ 0 mod N, or u = 0."""


def pad(n: int) -> bytes:
    """Return the bytes of Java's `BigInteger.toByteArray`: the shortest form with a sign bit.

    This isn't RFC 5054's PAD: nothing is filled up to the length of N.
    """
    return n.to_bytes(n.bit_length() // 8 + 1, "big")


def _hash(*parts: bytes) -> int:
    return int.from_bytes(hashlib.sha256(b"".join(parts)).digest(), "big")


K: Final = _hash(pad(N), pad(G))


# Passwords


def private_key_x(pool_name: str, user_id: str, password: str, salt: bytes) -> int:
    """Return x, the secret exponent that is derived from the password.

    `pool_name` is what follows the `_` of the pool id. The password's characters count as sent:
    clients do not normalise them either.
    """
    identity = f"{pool_name}{user_id}:{password}".encode()
    return _hash(pad(int.from_bytes(salt, "big")), hashlib.sha256(identity).digest())


def verifier(pool_name: str, user_id: str, password: str, salt: bytes) -> bytes:
    """Return PAD(v), all that is stored of a password besides its salt. About 0.1 ms."""
    from poolhouse.rules.auth.srp_powers import power_of_g

    return pad(int(power_of_g(private_key_x(pool_name, user_id, password, salt))))


def verify_password(
    stored: bytes, pool_name: str, user_id: str, password: str, salt: bytes
) -> bool:
    """Return whether this password made the stored verifier. About 0.1 ms, whatever the answer."""
    return hmac.compare_digest(stored, verifier(pool_name, user_id, password, salt))


# Signing in


def parse_public(srp_a: str) -> int | None:
    """Return a client's `SRP_A`, hexadecimal with at most as many digits as PAD(N); else None."""
    return int(srp_a, 16) if re.fullmatch(r"[0-9A-Fa-f]{1,770}", srp_a) else None


def server_public(v: bytes, b: int) -> int:
    """Return B = k·v + g^b, the server's response to A; b is fresh, secret and below 2^256."""
    from poolhouse.rules.auth.srp_powers import public_value

    return public_value(int.from_bytes(v, "big"), b)


def srp_u(client_public: int, server_public: int) -> int:
    """Return u, which both sides compute from A and B. It is no secret."""
    return _hash(pad(client_public), pad(server_public))


def session_key(client_public: int, b: int, u: int, v: bytes) -> bytes:
    """Return the 16-byte key that only a client with the password shares; `client_public` is A.

    It takes about 1.7 ms. The two exponentiations release the interpreter lock, so calls from
    several threads run in parallel. Only b is secret and needs constant time. Raises
    UnsafePublicValue.
    """
    if client_public % N == 0:
        raise UnsafePublicValue("A is a multiple of N")
    if u == 0:
        raise UnsafePublicValue("u is zero")
    from poolhouse.rules.auth.srp_powers import shared_secret

    shared = shared_secret(client_public, b, u, int.from_bytes(v, "big"))
    extracted = hmac.digest(pad(u), pad(shared), "sha256")
    return hmac.digest(extracted, b"Caldera Derived Key\x01", "sha256")[:16]


def claim_signature(
    key: bytes, pool_name: str, user_id: str, secret_block: bytes, timestamp: str
) -> str:
    """Return the `PASSWORD_CLAIM_SIGNATURE` of a client who holds the key. The block is decoded."""
    message = f"{pool_name}{user_id}".encode() + secret_block + timestamp.encode()
    return base64.b64encode(hmac.digest(key, message, "sha256")).decode()


def verify_claim_signature(
    given: str, key: bytes, *, pool_name: str, user_id: str, secret_block: bytes, timestamp: str
) -> bool:
    """Return whether a client's `PASSWORD_CLAIM_SIGNATURE` was made with the key."""
    expected = claim_signature(key, pool_name, user_id, secret_block, timestamp)
    return hmac.compare_digest(expected.encode(), given.encode())


def parse_timestamp(timestamp: str) -> datetime | None:
    """Return the moment of a client's `TIMESTAMP`, e.g.

    `Tue Mar 3 04:05:06 UTC 2026`; None if malformed.

    Not by `strptime`, which reads names of days and months in the language of the machine. Whatever
    can be read is a moment, with a wrong day of the week or a zero too many as well.
    """
    found = _TIMESTAMP.fullmatch(timestamp)
    if found is None:
        return None
    day, hour, minute, second, year = map(int, found.groups()[1:])
    try:
        month = _MONTHS.index(found[1]) + 1
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def timestamp_of(moment: datetime) -> str:
    """Return the moment in the form that clients must write and sign.

    The signature covers the parsed moment and not the text that came (measured: ministack#1758;
    warrant#12).
    """
    return (
        f"{_DAYS[moment.weekday()]} {_MONTHS[moment.month - 1]} {moment.day}"
        f" {moment:%H:%M:%S} UTC {moment.year:04}"
    )
