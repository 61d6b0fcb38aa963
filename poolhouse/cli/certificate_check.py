"""Check before the start whether TLS can use the certificate and key."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from poolhouse.clock import Clock
from poolhouse.config.certificates import certificates
from poolhouse.config.settings import Settings

if TYPE_CHECKING:
    import ssl


def unusable(settings: Settings) -> Iterator[str]:
    """Yield a sentence for each file that can't be read, and each unsuitable pair."""
    for certificate, key in certificates(settings).values():
        files = {"certificate": certificate, "key": key}
        unread = [(name, file, why) for name, file in files.items() if (why := _unread(file))]
        for name, file, why in unread:
            yield f"The TLS {name} {file} can't be read: {why}."
        if not unread and (why := broken(certificate, key)):
            yield f"TLS can't use {certificate} with {key}: {why}."


def refused_by_clients(settings: Settings) -> Iterator[str]:
    """Yield why clients would refuse a certificate that TLS accepts."""
    for host, (certificate, _) in certificates(settings).items():
        named = _public_host(settings) if host is None else host
        if why := out_of_date(certificate, Clock().now()) or not_for(certificate, named):
            yield f"Clients will refuse the TLS certificate {certificate}: {why}."


def not_for(certificate: Path, host: str | None) -> str | None:
    """Return why a certificate is none of a host, or None. `host` may be `*.` and a name."""
    from cryptography import x509  # noqa: PLC0415 - likewise

    if host is None:
        return None
    found = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return "it names no host"
    covered = {name.lower() for name in names.get_values_for_type(x509.DNSName)}
    covered |= {str(address) for address in names.get_values_for_type(x509.IPAddress)}
    return None if covered & {host, f"*.{host.partition('.')[2]}"} else f"it is not for {host}"


def _public_host(settings: Settings) -> str | None:
    """Return the host by which clients connect to this server itself, if that is known."""
    url = urlsplit(settings.public_url or "")
    return url.hostname if url.scheme == "https" and not settings.behind_proxy else None


def broken(certificate: Path, key: Path) -> str | None:
    """Return why TLS can't be done with this pair, or None. Raises OSError for unreadable files."""
    import ssl  # noqa: PLC0415 - only who has TLS pays for it

    try:
        context(certificate, key)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            return "the key belongs to another certificate"
        return "one of them is not a PEM file, or the key has a password"
    except OSError as error:
        return error.strerror
    return None


def out_of_date(certificate: Path, now: datetime) -> str | None:
    """Return why clients would refuse a certificate at this time, or None.

    Raises OSError or ValueError for a file that is no certificate.
    """
    from cryptography import x509  # noqa: PLC0415 - likewise

    found = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
    if now < found.not_valid_before_utc:
        return f"it is not valid before {found.not_valid_before_utc:%Y-%m-%d %H:%M} UTC"
    if now > found.not_valid_after_utc:
        return f"it expired on {found.not_valid_after_utc:%Y-%m-%d %H:%M} UTC"
    return None


def context(certificate: Path, key: Path) -> "ssl.SSLContext":
    """Return what makes TLS of these files. Raises OSError, of which SSLError is one."""
    import ssl  # noqa: PLC0415 - likewise

    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # Without a password given here, OpenSSL would ask for that of a locked key at the terminal.
    made.load_cert_chain(certificate, key, password="")
    return made


def _unread(file: Path) -> str | None:
    try:
        with file.open("rb"):
            return None
    except OSError as error:
        return error.strerror
