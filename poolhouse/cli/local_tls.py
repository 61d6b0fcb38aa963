"""HTTPS of dev mode: an authority that is made once, and certificates that it issues by need."""

import contextlib
import os
import re
import ssl
import tempfile
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import structlog

from poolhouse.bootstrap.data_folder import make_data_folder
from poolhouse.cli.atomic_files import draft_of
from poolhouse.clock import Clock

if TYPE_CHECKING:
    from poolhouse.crypto.local_authority import LocalAuthority

# The authority's module loads cryptography's x509, which most starts don't need.
# ruff: noqa: PLC0415

FOLDER: Final = "tls"
AUTHORITY: Final = "authority.pem"
"""The certificate, for clients to trust."""
AUTHORITY_KEY: Final = "authority.key"
"""The key and the certificate; it alone counts, and the other file is made from it."""

RENEWED_AFTER: Final = timedelta(days=30)
MOST_NAMES: Final = 64
"""Maximum names below localhost whose certificates are kept."""

_ALWAYS: Final = ("localhost", "127.0.0.1", "::1")
_BELOW: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.localhost")

_log = structlog.get_logger()


class LocalTls:
    """The authority's files, and the TLS context of the server."""

    def __init__(self, data: Path | None, host: str, clock: Clock | None = None) -> None:
        """Keep the authority below `data`; None: in a folder that `close` deletes.

        `host` is the address that the server listens on.
        """
        self._temporary = None
        self._data = data
        if data is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="poolhouse-")
            data = Path(self._temporary.name)
        self._folder = data / FOLDER
        self._names = tuple(dict.fromkeys((*_ALWAYS, host)))
        self._clock = clock or Clock()
        self._lock = threading.Lock()
        self._authority: LocalAuthority | None = None
        self._contexts: dict[str, tuple[ssl.SSLContext, datetime]] = {}
        self._making: threading.Thread | None = None
        self.context = _Lazy(ssl.PROTOCOL_TLS_SERVER)
        self.context.of = self

    @property
    def file(self) -> Path:
        """Return the file of the authority's certificate."""
        return self._folder / AUTHORITY

    def start(self) -> None:
        """Begin to make the authority, if there is none, while the server is loaded."""
        if not self.file.exists():
            self._making = threading.Thread(target=self._make, name="local authority")
            self._making.start()

    def _make(self) -> None:
        """Make the authority; a data directory that can't be used is no reason for a traceback."""
        try:
            if self._data is not None:
                make_data_folder(self._data)
            self._load()
        except OSError as error:
            _log.warning("no HTTPS: the local authority can't be kept", reason=str(error))

    def wait_for_file(self) -> Path:
        """Return the file of the authority's certificate, once it is there."""
        if self._making is not None:
            self._making.join()
        return self.file

    def close(self) -> None:
        """Delete what was to be kept in memory only."""
        self.wait_for_file()
        if self._temporary is not None:
            self._temporary.cleanup()

    def context_for(self, name: str | None) -> ssl.SSLContext:
        """Return the context with a certificate for a host name that a client asks for."""
        below = name.lower() if name is not None and _BELOW.fullmatch(name.lower()) else ""
        now = self._clock.now()
        known = self._contexts.get(below)
        if known is not None and now < known[1]:
            return known[0]
        names = (*self._names, below) if below else self._names
        made = _context(self._load().issue(names, now))
        made.sni_callback = self._choose
        if len(self._contexts) >= MOST_NAMES:
            self._contexts.clear()
        self._contexts[below] = made, now + RENEWED_AFTER
        return made

    def _choose(
        self, connection: ssl.SSLObject, name: str | None, _context: ssl.SSLContext
    ) -> None:
        connection.context = self.context_for(name)

    def _load(self) -> "LocalAuthority":
        """Return the authority, of the file or a new one."""
        from poolhouse.crypto.local_authority import LocalAuthority

        with self._lock:
            now = self._clock.now()
            if self._authority is None:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                file = self._folder / AUTHORITY_KEY
                try:
                    self._authority = _read_or_add(file, now)
                except ValueError as error:
                    _log.warning(
                        "a new local authority replaces one that can't be used",
                        reason=str(error),
                        file=str(self.file),
                    )
                    self._authority = LocalAuthority.new(now)
                    _write(file, self._authority.pem())
                certificate = self._authority.certificate_pem()
                if not self.file.exists() or self.file.read_bytes() != certificate:
                    _write(self.file, certificate)
            return self._authority


class _Lazy(ssl.SSLContext):
    """Passes each connection to the context of the moment, made for the first of them."""

    of: LocalTls

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        return self.of.context_for(None).wrap_bio(*args, **kwargs)


def _read_or_add(file: Path, now: datetime) -> "LocalAuthority":
    """Return the authority of a file, or a new one if there is none. Raises ValueError.

    Of two processes that start together, both use the one whose file came first.
    """
    from poolhouse.crypto.local_authority import LocalAuthority

    with contextlib.suppress(FileNotFoundError):
        return LocalAuthority.read(file.read_bytes(), now)
    made = LocalAuthority.new(now)
    draft = _new_file(file.parent, made.pem())
    try:
        os.link(draft, file)
    except FileExistsError:
        return LocalAuthority.read(file.read_bytes(), now)
    finally:
        draft.unlink()
    return made


def _write(file: Path, content: bytes) -> None:
    with draft_of(file) as draft:
        draft.write_bytes(content)


def _new_file(folder: Path | None, content: bytes) -> Path:
    """Return a new file that only its owner can read."""
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=".authority.")
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    return Path(name)


def _context(pem: bytes) -> ssl.SSLContext:
    """Return a context of a key and a certificate, which OpenSSL reads from a file only."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    file = _new_file(None, pem)
    try:
        made.load_cert_chain(file)
    finally:
        file.unlink()
    return made
