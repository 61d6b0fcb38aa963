"""The TLS certificates of a server, loaded again when their files change or an operator asks."""

import asyncio
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import structlog

from poolhouse.cli.certificate_check import broken, context, out_of_date
from poolhouse.clock import Clock
from poolhouse.config.certificates import certificates
from poolhouse.config.setting_types import CertificateFiles
from poolhouse.config.settings import Settings

LOOK_SECONDS: Final = 2.0
"""Seconds between two looks at the files."""

_log = structlog.get_logger()


class TlsCertificates:
    """The newest pairs of files that TLS can be done with: one of all hosts, others of some.

    New connections get them; those that are open keep theirs. A pair that is broken, as it is
    between the replacement of one file and of the other, changes nothing.
    """

    def __init__(self, files: Mapping[str | None, CertificateFiles]) -> None:
        """Load the files, by host; None is any other. Raises OSError, of which SSLError is one."""
        self._pairs = {host: _Pair(*pair) for host, pair in files.items()}
        self.context = _Renewable(ssl.PROTOCOL_TLS_SERVER)
        self._use()

    @classmethod
    def of(cls, settings: Settings) -> "TlsCertificates | None":
        """Return those of the settings, or None if there is no TLS."""
        files = certificates(settings)
        return cls(files) if files else None

    async def watch(self) -> None:
        """Load files again whenever they have changed, for as long as the server runs."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for pair in self._pairs.values():
                if pair.has_changed():
                    pair.reload()
            self._use()

    def reload(self) -> None:
        """Load all files again; log how that went."""
        for pair in self._pairs.values():
            pair.reload()
        self._use()

    def _use(self) -> None:
        """Let new connections begin with the certificate of any host, and choose another."""
        self.context.current = self._pairs[None].context
        self.context.current.sni_callback = self._choose

    def _choose(
        self, connection: ssl.SSLObject, host: str | None, _context: ssl.SSLContext
    ) -> None:
        """Choose by the host that the client names: its own pair, or that of `*.` its parent."""
        name = (host or "").lower()
        pair = self._pairs.get(name) or self._pairs.get(f"*.{name.partition('.')[2]}")
        if pair is not None:
            connection.context = pair.context


class _Pair:
    """A certificate and its key."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._files = certificate, key
        self._loaded = self._seen = self._state()
        self.context = context(*self._files)
        if why := out_of_date(certificate, Clock().now()):
            _log.error("clients will refuse the TLS certificate", reason=why, file=str(certificate))

    def has_changed(self) -> bool:
        """Return whether the files have changed and come to rest: one is replaced first."""
        state = self._state()
        is_at_rest, self._seen = state == self._seen, state
        return is_at_rest and state != self._loaded

    def reload(self) -> None:
        """Load the files again; log how that went."""
        self._loaded = self._state()
        certificate = self._files[0]
        try:
            fresh = context(*self._files)
            why = out_of_date(certificate, Clock().now())
        except OSError as error:
            why = broken(*self._files) or str(error)
        if why is not None:
            _log.error(
                "the new TLS certificate can't be used; the old one stays",
                reason=why,
                file=str(certificate),
            )
            return
        self.context = fresh
        _log.info("TLS certificate loaded", file=str(certificate))

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
