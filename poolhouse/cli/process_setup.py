"""Prepare a serving process before it loads anything large."""

import gc
import os
import sys

from poolhouse.config.settings import Settings, log_level

_OWNER_ONLY = 0o077


def prepare(settings: Settings) -> None:
    """Keep the files it makes to the owner, keep start-up short, and set up the logs.

    Our libraries would load `rich`, if it is installed, for tracebacks that a server never shows:
    90 of 400 ms before the first answer. None makes its import fail, for which they are prepared.
    Another 40 ms are the garbage collector's, who finds nothing in modules; `http_server` lets it
    work again when everything is loaded.
    """
    gc.disable()
    os.umask(_OWNER_ONLY)
    sys.modules.setdefault("rich", None)  # type: ignore[arg-type]
    from poolhouse.cli import logs  # noqa: PLC0415 - it is what would load it

    logs.configure(readable=settings.dev, level=log_level(settings))
