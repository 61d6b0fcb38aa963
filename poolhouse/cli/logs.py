"""Log to standard error: JSON lines for machines, or readable lines in dev mode."""

import contextlib
import logging
import os
import sys
from typing import Any, TextIO, cast

import msgspec
import structlog

from poolhouse.http.messages import LOGGED_AS
from poolhouse.triggers import arns
from poolhouse.triggers.transports import output

_BEFORE_RENDERING = (
    structlog.processors.add_log_level,
    structlog.processors.StackInfoRenderer(),
)


def configure(*, readable: bool, level: str = "info") -> None:
    """Send the logs of this process, and those of the libraries, to standard error.

    `level` is the least that is logged of ours; of the libraries' it is never below a warning.
    """
    rendering = _readable() if readable else _as_json()
    structlog.configure(
        processors=[*_BEFORE_RENDERING, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=cast(TextIO, _StandardError())),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_BEFORE_RENDERING,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING)


class _StandardError:
    """Writes lines, without a buffer that a failed write would leave full.

    A reader that has gone away, or a full disk, loses the line. It must not stop the request that
    the line is about.
    """

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError):
            os.write(sys.stderr.fileno(), text.encode(errors="backslashreplace"))

    def flush(self) -> None:
        """Do nothing, since each line is written at once."""


def _as_json() -> list[Any]:
    """Return a renderer with tracebacks as text.

    Structured ones hold local variables, and so secrets.
    """
    return [
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        structlog.processors.EventRenamer("message"),
        structlog.processors.JSONRenderer(serializer=_dumps),
    ]


def _readable() -> list[Any]:
    """Return a renderer with plain tracebacks: coloured ones show local variables."""
    console = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(),
        sort_keys=False,
        exception_formatter=structlog.dev.plain_traceback,
    )

    def render(logger: Any, method: str, event: Any) -> Any:
        if event["event"] == output.LOGGED_AS:
            return f"[{_short_name(event['function'])}] {_printable(event['line'])}"
        return console(logger, method, event)

    return [
        structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
        _with_request_first,
        render,
    ]


def _short_name(function: str) -> str:
    """Return the name in the ARN of a function, or what it is called instead."""
    parsed = arns.parse(function)
    return parsed.name if parsed else function


def _printable(line: str) -> str:
    """Escape what would command the terminal: a handler may print what its caller has sent."""
    return "".join(
        character
        if character.isprintable() or character == "\t"
        else character.encode("unicode_escape").decode()
        for character in line
    )


def _with_request_first(_logger: Any, _method: str, event: Any) -> Any:
    """Begin the line of a request with what was asked and what came of it."""
    if event["event"] == LOGGED_AS:
        event["event"] = f"{event.pop('operation')} {event.pop('outcome')}"
    return event


def _dumps(event: dict[str, Any], **_: object) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()
