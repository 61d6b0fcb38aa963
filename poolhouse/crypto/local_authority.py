"""Make a certificate authority of one machine, and certificates for servers on it."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFE: Final = timedelta(days=3_650)
LIFE_OF_CERTIFICATE: Final = timedelta(days=90)
"""Browsers accept at most 398 days."""
_BEFORE: Final = timedelta(days=1)
"""A certificate is valid before it was made: the clocks of clients differ."""

_LOCAL_NAMES: Final = x509.NameConstraints(
    permitted_subtrees=[
        x509.DNSName("localhost"),  # and the names below it
        x509.IPAddress(ipaddress.ip_network("127.0.0.0/8")),
        x509.IPAddress(ipaddress.ip_network("::1/128")),
    ],
    excluded_subtrees=None,
)
"""A client that trusts the authority trusts it for servers on its own machine only."""


@dataclass(frozen=True, slots=True)
class LocalAuthority:
    """A key, and the certificate of it that clients trust."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def new(cls, now: datetime) -> "LocalAuthority":
        """Make a key and a certificate that it signs itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("Poolhouse local authority")
        certificate = (
            _builder(name, name, key.public_key(), now, LIFE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(_LOCAL_NAMES, critical=True)
            .sign(key, SHA256())
        )
        return cls(key, certificate)

    @classmethod
    def read(cls, pem: bytes, now: datetime) -> "LocalAuthority":
        """Return the authority of `pem()`. Raises ValueError if it can't issue a certificate."""
        key = load_pem_private_key(pem, password=None)
        certificate = x509.load_pem_x509_certificate(pem)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError("not a key of an elliptic curve")
        if key.public_key() != certificate.public_key():
            raise ValueError("the key belongs to another certificate")
        if now + LIFE_OF_CERTIFICATE > certificate.not_valid_after_utc:
            raise ValueError("it expires soon")
        return cls(key, certificate)

    def pem(self) -> bytes:
        """Return the key and the certificate, as `read` reads them."""
        return _key_pem(self.key) + self.certificate_pem()

    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def issue(self, names: Iterable[str], now: datetime) -> bytes:
        """Return the key and the certificate of a server with these host names and addresses."""
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        certificate = (
            _builder(
                _name("poolhouse dev"),
                self.certificate.subject,
                key.public_key(),
                now,
                LIFE_OF_CERTIFICATE,
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.SubjectAlternativeName([_general_name(name) for name in names]),
                critical=False,
            )
            .add_extension(issuer, critical=False)
            .sign(self.key, SHA256())
        )
        return _key_pem(key) + certificate.public_bytes(Encoding.PEM)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
    life: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BEFORE)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
