"""Audit records on standard output, for operators who collect what a server prints."""

import os
import sys

import msgspec
import structlog

from poolhouse.audit.outage_log import OutageLog
from poolhouse.entities.audit import AuditRecord

_log = structlog.get_logger()


class PrintedRecords:
    """Prints each record as a line of JSON.

    A reader that has gone away, or a full disk, loses the line: the store has the record, and the
    call that it records is finished.
    """

    def __init__(self) -> None:
        self._outage = OutageLog("audit records can't be printed; they are stored only")

    def print(self, record: AuditRecord) -> None:
        """Print a record. Never raises OSError."""
        line = msgspec.json.encode(record) + b"\n"
        output = sys.stdout.fileno()
        try:
            # Not through the buffer of `sys.stdout`, which a failed write would leave full.
            while line:
                line = line[os.write(output, line) :]
        except BrokenPipeError:
            _log.error("printed audit records aren't read; they are stored only")
            os.dup2(os.open(os.devnull, os.O_WRONLY), output)
        except OSError as error:
            self._outage.failed(error)
