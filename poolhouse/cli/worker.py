"""Run a worker process: `python -m poolhouse.cli.worker LISTENER CHANNEL`.

Both arguments are descriptors that the supervisor has opened. The orders that come down the channel
are the settings, as one line of JSON: they hold secrets, which don't belong on a command line.
"""

import socket
import sys
from pathlib import Path
from typing import Any

import msgspec

from poolhouse.cli.process_setup import prepare
from poolhouse.config.settings import Settings


def orders(settings: Settings) -> bytes:
    """Return the settings as `main` reads them."""
    return msgspec.json.encode(settings, enc_hook=str)


def main() -> int:
    listener, channel = (socket.socket(fileno=int(number)) for number in sys.argv[1:])
    for each in (listener, channel):
        # Or the processes of functions would have them too, and keep the port after a stop.
        each.set_inheritable(False)
    with channel.makefile("rb") as lines:
        settings = msgspec.json.decode(lines.readline(), type=Settings, dec_hook=_path)
    prepare(settings)
    from poolhouse.cli import server_process as serving  # noqa: PLC0415 - after the preparations

    return serving.run(settings, listener, lambda _: None, supervisor=channel)


def _path(kind: type[Any], value: object) -> Path:
    assert kind is Path
    return Path(str(value))


if __name__ == "__main__":
    sys.exit(main())
