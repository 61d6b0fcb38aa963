"""The certificate with which SAML identity providers check what a pool has signed."""

import base64
import hashlib
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

LIFE: Final = timedelta(days=3650)
"""Ten years from the date of issue (the API model)."""

_SERIAL_BYTES: Final = 19
"""RFC 5280 §4.1.2.2 allows 20 with the sign."""


def certificate(pool_id: str, private_der: bytes, issued_at: datetime) -> str:
    """Return a key's self-signed X.509 certificate: DER in Base64, without PEM's header and footer.

    Its content has no randomness and no clock: the same key always has the same certificate. So
    none must be stored, and identity providers that have it continue to trust it.

    DIFFERS: AWS issues a new one every year; here the certificate is renewed with the key.
    """
    # A twentieth of a server's start, for something that is seldom asked for.
    from cryptography import x509  # noqa: PLC0415
    from cryptography.x509.oid import NameOID  # noqa: PLC0415

    key = serialization.load_der_private_key(private_der, None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("a signing key is an RSA key")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, pool_id)])
    public_der = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    serial = int.from_bytes(hashlib.sha256(public_der).digest()[:_SERIAL_BYTES], "big")
    issued = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(issued_at)
        .not_valid_after(issued_at + LIFE)
        .sign(key, hashes.SHA256())
    )
    return base64.b64encode(issued.public_bytes(serialization.Encoding.DER)).decode()
