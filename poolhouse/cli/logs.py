"""What is logged, on standard error: JSON lines for machines, or readable lines in dev mode."""

import logging
import sys
from typing import Any

import msgspec
import structlog

_BEFORE_RENDERING = (
    structlog.processors.add_log_level,
    structlog.processors.StackInfoRenderer(),
)


def configure(*, readable: bool) -> None:
    """Send the logs of this process, and those of the libraries, to standard error."""
    rendering = _readable() if readable else _as_json()
    structlog.configure(
        processors=[*_BEFORE_RENDERING, *rendering],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
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


def _as_json() -> list[Any]:
    """Tracebacks as text: the structured ones hold local variables, and so secrets."""
    return [
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        structlog.processors.EventRenamer("message"),
        structlog.processors.JSONRenderer(serializer=_dumps),
    ]


def _readable() -> list[Any]:
    """Plain tracebacks here too: the coloured ones show local variables."""
    return [
        structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        ),
    ]


def _dumps(event: dict[str, Any], **_: object) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()
