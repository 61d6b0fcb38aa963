"""The certificate of a pool's key: one that other software reads, and always the same."""

import base64
from datetime import UTC, datetime

from cryptography import x509

from poolhouse.crypto.signing_keys import SigningKey
from poolhouse.rules.tokens.signing_certificates import certificate

KEY = SigningKey.generate()
ISSUED = datetime(2026, 3, 4, 5, 6, 7, 890_000, tzinfo=UTC)


def test_signing_certificate_is_self_signed_for_ten_years() -> None:
    """The API model: valid for ten years from the date of issue; Base64 without header."""
    text = certificate("us-east-1_abc", KEY.private_der(), ISSUED)
    read = x509.load_der_x509_certificate(base64.b64decode(text, validate=True))
    assert read.subject == read.issuer
    assert read.subject.rfc4514_string() == "CN=us-east-1_abc"
    assert (read.not_valid_after_utc - read.not_valid_before_utc).days == 3650
    read.verify_directly_issued_by(read)


def test_signing_certificate_of_the_same_key_is_identical() -> None:
    twice = [certificate("us-east-1_abc", KEY.private_der(), ISSUED) for _ in range(2)]
    assert twice[0] == twice[1]
