"""The TLS certificate of a server, loaded again when its files change or an operator asks."""

import asyncio
import ssl
from pathlib import Path
from typing import Any, Final

import structlog

from poolhouse.cli.certificate_check import broken, context, out_of_date
from poolhouse.clock import Clock
from poolhouse.config.settings import Settings

LOOK_SECONDS: Final = 2.0
"""Seconds between two looks at the files."""

_log = structlog.get_logger()


class TlsCertificate:
    """The newest pair of files that TLS can be done with.

    New connections get it; those that are open keep theirs. A pair that is broken, as it is
    between the replacement of one file and of the other, changes nothing.
    """

    def __init__(self, certificate: Path, key: Path) -> None:
        """Load the files. Raises OSError, of which SSLError is one."""
        self._files = certificate, key
        self._loaded = self._seen = self._state()
        self.context = _Renewable(ssl.PROTOCOL_TLS_SERVER)
        self.context.current = context(*self._files)
        if why := out_of_date(certificate, Clock().now()):
            _log.error("clients will refuse the TLS certificate", reason=why)

    @classmethod
    def of(cls, settings: Settings) -> "TlsCertificate | None":
        """Return that of the settings, or None if there is no TLS."""
        if settings.tls_certificate is None or settings.tls_key is None:
            return None
        return cls(settings.tls_certificate, settings.tls_key)

    async def watch(self) -> None:
        """Load the files again whenever they have changed, for as long as the server runs."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            state = self._state()
            # Only what has come to rest: of two files, one is replaced before the other.
            if state != self._loaded and state == self._seen:
                self.reload()
            self._seen = state

    def reload(self) -> None:
        """Load the files again; log how that went."""
        self._loaded = self._state()
        try:
            fresh = context(*self._files)
            why = out_of_date(self._files[0], Clock().now())
        except OSError as error:
            why = broken(*self._files) or str(error)
        if why is not None:
            _log.error("the new TLS certificate can't be used; the old one stays", reason=why)
            return
        self.context.current = fresh
        _log.info("TLS certificate loaded", file=str(self._files[0]))

    def _state(self) -> tuple[object, ...]:
        """Return facts that change when a file is replaced or written."""
        return tuple(_facts(file) for file in self._files)


class _Renewable(ssl.SSLContext):
    """Passes every new connection to the current context.

    To load new files into a context that is in use could leave it with the one and without the
    other.
    """

    current: ssl.SSLContext

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        return self.current.wrap_bio(*args, **kwargs)


def _facts(file: Path) -> tuple[int, ...] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino, found.st_dev
