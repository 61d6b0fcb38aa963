"""SRP as Cognito does it.

The vectors are those of ev:auth-8.2 and ev:auth-8.3, made with pycognito.
"""

import base64
import hashlib
from datetime import UTC, datetime
from typing import Any

import gmpy2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poolhouse.rules.auth import srp, srp_powers

POOL = "Example01"
USER = "a1b2c3d4-5678-4abc-8def-0123456789ab"
PASSWORD = "Correct-Horse-9!"
SALT = bytes.fromhex("c0ffee00112233445566778899aabbcc")
CLIENT_SECRET = 0x60975527035CF2AD1989806F0407210BC81EDC04E2762A56AFD529DDDA2D4393
SERVER_SECRET = 0xE487CB59D31AC550471E81F00F6928E01DDA08E974A004F49E61F5D105284D20
BLOCK = base64.b64decode("UG9vbGhvdXNlIHNlY3JldCBibG9jayB2MQ==")
TIMESTAMP = "Tue Mar 3 04:05:06 UTC 2026"
CLAIM: Any = {
    "pool_name": POOL,
    "user_id": USER,
    "secret_block": BLOCK,
    "timestamp": TIMESTAMP,
}

GROUP = "-Gr0upK3y"
DEVICE = "us-east-1_11111111-2222-4333-8444-555555555555"
DEVICE_PASSWORD = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJw=="
DEVICE_SALT = base64.b64decode("WhfwDVoX8A1aF/ANWhfwDQ==")

secrets_256_bit = st.integers(min_value=1, max_value=2**256 - 1)


def public(a: int) -> int:
    return pow(2, a, srp.N)


def client_key(a: int, server_public: int, x: int) -> bytes:
    """The client's side, by plain arithmetic and the `cryptography` library's HKDF."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    u = int(hashlib.sha256(java_bytes(public(a)) + java_bytes(server_public)).hexdigest(), 16)
    shared = pow(server_public - srp.K * pow(2, x, srp.N), a + u * x, srp.N)
    hkdf = HKDF(SHA256(), length=16, salt=java_bytes(u), info=b"Caldera Derived Key")
    return hkdf.derive(java_bytes(shared))


def server_key(client_public: int, b: int, v: bytes) -> bytes:
    u = srp.srp_u(client_public, srp.server_public(v, b))
    return srp.session_key(client_public, b, u, v)


def java_bytes(n: int) -> bytes:
    """A BigInteger's `toByteArray`, the way the JavaScript and Python clients build it."""
    digits = f"{n:x}"
    digits = "0" * (len(digits) % 2) + digits
    return bytes.fromhex("00" + digits if digits[0] in "89abcdef" else digits)


def digest(n: int) -> str:
    return hashlib.sha256(srp.pad(n)).hexdigest()


def test_srp_n_is_the_prime_of_rfc_3526() -> None:
    with gmpy2.context(precision=3200):
        digits_of_pi = int(gmpy2.floor(gmpy2.const_pi() * 2**2942))
    from_pi = 2**3072 - 2**3008 - 1 + 2**64 * (digits_of_pi + 1690314)
    assert from_pi == srp.N


def test_srp_n_is_a_safe_prime() -> None:
    assert gmpy2.is_prime(srp.N, 5)
    assert gmpy2.is_prime((srp.N - 1) // 2, 5)


def test_srp_k_is_that_of_cognito() -> None:
    assert f"{srp.K:x}" == "538282c4354742d7cbbde2359fcf67f9f5b3a6b08791e5011b43b8a5b66d9ee6"


@pytest.mark.parametrize(
    ("number", "padded"),
    [(0, "00"), (1, "01"), (127, "7f"), (128, "0080"), (255, "00ff"), (256, "0100")],
)
def test_srp_pad_equals_java_big_integer_bytes(number: int, padded: str) -> None:
    assert srp.pad(number).hex() == padded


@given(st.integers(min_value=0, max_value=2**3072))
def test_srp_pad_equals_that_of_clients(number: int) -> None:
    assert srp.pad(number) == java_bytes(number)


def test_srp_x_equals_the_user_vector() -> None:
    x = srp.private_key_x(POOL, USER, PASSWORD, SALT)
    assert f"{x:x}" == "65f9627bea4d69672c7b8fe912dbb46dbdb0f36150523341d22dd2aa990b7356"


def test_srp_verifier_equals_the_user_vector() -> None:
    v = srp.verifier(POOL, USER, PASSWORD, SALT)
    assert len(v) == 385
    assert v.hex().startswith("00c76f691cc889198fd68a4dbba9613a2d")
    assert hashlib.sha256(v).hexdigest() == (
        "969e8b5eb420e477d57a3819d73f4b4cf03807ef1dc2dffc8a195a91958fe8e6"
    )


def test_srp_public_values_equal_the_user_vector() -> None:
    server_public = srp.server_public(srp.verifier(POOL, USER, PASSWORD, SALT), SERVER_SECRET)
    assert (
        digest(public(CLIENT_SECRET))
        == "dcb99278d40565240b877c25a9c79fded3c9d6052928c74939aaf911357b146d"
    )
    assert (
        digest(server_public) == "ac8e72a56838cd6ee73da098ad09706bfc9a971715657400bd5ca12ff3588d9c"
    )


def test_srp_key_and_signature_equal_the_user_vector() -> None:
    v = srp.verifier(POOL, USER, PASSWORD, SALT)
    key = server_key(public(CLIENT_SECRET), SERVER_SECRET, v)
    assert key.hex() == "9181f53f12801a6b10f9ff20a8b4263a"
    signature = "FI9U2i7TWJI3g1WUP0qkQ2AkZRLhAJnr3x1fPqEZZYk="
    assert srp.claim_signature(key, POOL, USER, BLOCK, TIMESTAMP) == signature
    assert srp.verify_claim_signature(signature, key, **CLAIM)


def test_srp_verifier_equals_the_device_vector() -> None:
    x = srp.private_key_x(GROUP, DEVICE, DEVICE_PASSWORD, DEVICE_SALT)
    v = srp.verifier(GROUP, DEVICE, DEVICE_PASSWORD, DEVICE_SALT)
    assert f"{x:x}" == "27c233bb3b538cb3565b0d23ea01e33c3f2fe43dd2956a3ee2bc75ecbec2dac5"
    assert v.hex().startswith("6721db690374c5f6")
    assert hashlib.sha256(v).hexdigest() == (
        "bcedd69c95aacbc903778f8ae5aef61ddba52461a33af9d8897bc0adffe09acc"
    )


def test_srp_sign_in_equals_the_device_vector() -> None:
    v = srp.verifier(GROUP, DEVICE, DEVICE_PASSWORD, DEVICE_SALT)
    srp_b = f"{srp.server_public(v, SERVER_SECRET):x}"
    assert srp_b.startswith("1cedaf544c27105627e65d6b82a5cf22")
    assert srp_b.endswith("3ba456bb000ad88ba212158c8041e05d")
    key = server_key(public(CLIENT_SECRET), SERVER_SECRET, v)
    assert key.hex() == "3ca2f414d49841827e9dd6aa66a7bea1"
    assert srp.claim_signature(key, GROUP, DEVICE, BLOCK, TIMESTAMP) == (
        "HKgkgjKUDKQP9kETi3geLwstAMRsjICbiB8pdE5azmg="
    )


@settings(max_examples=30, deadline=None)
@given(a=secrets_256_bit, b=secrets_256_bit, password=st.text(max_size=40))
def test_srp_client_with_the_password_derives_the_servers_key(
    a: int, b: int, password: str
) -> None:
    v = srp.verifier(POOL, USER, password, SALT)
    x = srp.private_key_x(POOL, USER, password, SALT)
    server_public = srp.server_public(v, b)
    assert client_key(a, server_public, x) == server_key(public(a), b, v)


def test_srp_client_with_another_password_derives_another_key() -> None:
    v = srp.verifier(POOL, USER, PASSWORD, SALT)
    wrong = srp.private_key_x(POOL, USER, "Correct-Horse-8!", SALT)
    key = client_key(CLIENT_SECRET, srp.server_public(v, SERVER_SECRET), wrong)
    assert key != server_key(public(CLIENT_SECRET), SERVER_SECRET, v)


@pytest.mark.parametrize(
    ("pool", "user", "password", "salt"),
    [
        ("Example02", USER, PASSWORD, SALT),
        (POOL, USER.upper(), PASSWORD, SALT),
        (POOL, USER, PASSWORD.lower(), SALT),
        (POOL, USER, PASSWORD + " ", SALT),
        (POOL, USER, "", SALT),
        (POOL, USER, PASSWORD, SALT[::-1]),
    ],
)
def test_srp_password_is_accepted_only_for_its_user_and_pool(
    pool: str, user: str, password: str, salt: bytes
) -> None:
    stored = srp.verifier(POOL, USER, PASSWORD, SALT)
    assert srp.verify_password(stored, POOL, USER, PASSWORD, SALT)
    assert not srp.verify_password(stored, pool, user, password, salt)


def test_srp_password_is_compared_without_normalization() -> None:
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    stored = srp.verifier(POOL, USER, composed, SALT)
    assert not srp.verify_password(stored, POOL, USER, decomposed, SALT)


@settings(deadline=None)  # the first power makes the table
@given(st.integers(min_value=0, max_value=2**256 - 1))
def test_srp_power_from_the_table_equals_powmod(exponent: int) -> None:
    assert srp_powers.power_of_g(exponent) == gmpy2.powmod(2, exponent, srp.N)


@pytest.mark.parametrize("exponent", [0, 1, 255, 256, 2**248, 2**256 - 1])
def test_srp_power_at_window_edges_equals_powmod(exponent: int) -> None:
    assert srp_powers.power_of_g(exponent) == gmpy2.powmod(2, exponent, srp.N)


def test_srp_table_has_only_long_factors() -> None:
    """A short factor would multiply faster and tell of the exponent."""
    first, table = srp_powers.powers()
    assert len(table) == 32
    assert all(len(row) == 256 for row in table)
    assert min(factor.bit_length() for row in table for factor in [first, *row]) > 3000


@pytest.mark.parametrize("A", [0, srp.N, 2 * srp.N])
def test_srp_a_multiple_of_n_is_refused(A: int) -> None:
    """Such an A makes the shared secret 0 for every user (RFC 5054 §2.5.4)."""
    with pytest.raises(srp.UnsafePublicValue):
        server_key(A, SERVER_SECRET, srp.verifier(POOL, USER, PASSWORD, SALT))


def test_srp_a_may_have_an_odd_number_of_digits() -> None:
    assert srp.parse_public("abc") == 0xABC
    assert srp.parse_public("0ABC") == 0xABC
    assert srp.parse_public("00" + "f" * 768) == 2**3072 - 1


@pytest.mark.parametrize(
    "hostile", ["", " a", "a\n", "0xab", "-1", "+1", "a_b", "١", "g", "f" * 771, "f" * 100_000]
)
def test_srp_a_that_is_not_plain_hexadecimal_is_no_number(hostile: str) -> None:
    assert srp.parse_public(hostile) is None


@pytest.mark.parametrize("forged", ["", "AAAA", "ü", "FI9U2i7TWJI3g1WUP0qkQ2AkZRLhAJnr3x1fPqEZZYk"])
def test_srp_forged_claim_signature_is_refused(forged: str) -> None:
    key = bytes.fromhex("9181f53f12801a6b10f9ff20a8b4263a")
    assert not srp.verify_claim_signature(forged, key, **CLAIM)


@pytest.mark.parametrize(
    ("timestamp", "moment"),
    [
        (TIMESTAMP, datetime(2026, 3, 3, 4, 5, 6, tzinfo=UTC)),
        ("Thu Dec 31 23:59:59 UTC 2026", datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_srp_timestamp_round_trips(timestamp: str, moment: datetime) -> None:
    assert srp.parse_timestamp(timestamp) == moment
    assert srp.timestamp_of(moment) == timestamp


@given(st.datetimes(timezones=st.just(UTC)))
def test_srp_timestamp_of_any_moment_round_trips(moment: datetime) -> None:
    whole = moment.replace(microsecond=0)
    assert srp.parse_timestamp(srp.timestamp_of(whole)) == whole


@pytest.mark.parametrize(
    "sloppy",
    [
        "Tue Mar 03 04:05:06 UTC 2026",  # warrant#12
        "Mon Mar 3 04:05:06 UTC 2026",
        "Tue Mar 3 4:5:6 UTC 2026",
    ],
)
def test_srp_timestamp_in_another_form_is_signed_as_the_same_moment(sloppy: str) -> None:
    """Measured: ministack#1758."""
    moment = srp.parse_timestamp(sloppy)
    assert moment is not None
    assert srp.timestamp_of(moment) == TIMESTAMP


@pytest.mark.parametrize(
    "hostile",
    [
        "",
        "2026-03-03T04:05:06Z",
        "Tue Mar 3 04:05:06 GMT 2026",
        "Tue Mar 3 04:05:06 UTC 2026\n",
        "Die Mär 3 04:05:06 UTC 2026",
        "Tue Foo 3 04:05:06 UTC 2026",
        "Mon Feb 30 04:05:06 UTC 2026",
        "Tue Mar 3 24:00:00 UTC 2026",
        "Tue Mar ٣ 04:05:06 UTC 2026",
        "Tue Mar 3 04:05:06 UTC 0000",
    ],
)
def test_srp_timestamp_malformed_is_refused(hostile: str) -> None:
    assert srp.parse_timestamp(hostile) is None
