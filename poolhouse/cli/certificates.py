"""Whether TLS can be done with the files that are set, told before a server starts."""

from collections.abc import Iterator
from pathlib import Path

from poolhouse.config import Settings


def unusable(settings: Settings) -> Iterator[str]:
    """A sentence for each file that can't be read, or else for what is wrong with the pair."""
    if settings.tls_certificate is None or settings.tls_key is None:
        return
    files = {"certificate": settings.tls_certificate, "key": settings.tls_key}
    unread = [(name, file, why) for name, file in files.items() if (why := _unread(file))]
    for name, file, why in unread:
        yield f"The TLS {name} {file} can't be read: {why}."
    if not unread and (why := _refused(settings.tls_certificate, settings.tls_key)):
        yield f"TLS can't be done with {settings.tls_certificate} and {settings.tls_key}: {why}."


def _unread(file: Path) -> str | None:
    try:
        with file.open("rb"):
            return None
    except OSError as error:
        return error.strerror


def _refused(certificate: Path, key: Path) -> str | None:
    import ssl  # noqa: PLC0415 - only who has TLS pays for it

    try:
        # Without a password given here, OpenSSL would ask for that of a locked key at the terminal.
        ssl.create_default_context().load_cert_chain(certificate, key, password="")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            return "the key is another certificate's"
        return "one of them is no PEM file, or the key is locked with a password"
    return None
