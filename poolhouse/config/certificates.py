"""The certificate files of a server."""

from poolhouse.config.setting_types import CertificateFiles
from poolhouse.config.settings import Settings


def certificates(settings: Settings) -> dict[str | None, CertificateFiles]:
    """Return the files of each certificate, by its host; None is that of all other hosts."""
    if settings.tls_certificate is None or settings.tls_key is None:
        return {}
    found: dict[str | None, CertificateFiles] = {None: (settings.tls_certificate, settings.tls_key)}
    found.update(settings.domain_certificates)
    return found
