"""The audit trail of a server under test, and responses of calls that fail."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from poolhouse.app import App
from poolhouse.entities.audit import AuditRecord
from poolhouse.ids import Ids
from support.running_server import RunningServer
from support.store_contents import eventually


class Trail:
    """The records of a server's store, by the id of the request."""

    def __init__(self, server: RunningServer) -> None:
        self._server = server
        self._read: dict[str, list[AuditRecord]] = {}
        self._position = ""
        self._began = Ids().audit_id(datetime.now(UTC) - timedelta(minutes=1))

    def now(self) -> list[AuditRecord]:
        return self._server.run(lambda app: _after(app, ""))[0]

    def of(self, answer: dict[str, Any]) -> AuditRecord:
        """The one record of a call, as soon as it is there."""
        return self.of_id(answer["ResponseMetadata"]["RequestId"])

    def of_id(self, request_id: str) -> AuditRecord:
        """The one record of a request, as soon as it is there."""
        (record,) = eventually(lambda: self._of(request_id))
        return record

    def has_none(self, answer: dict[str, Any]) -> bool:
        """Whether a call has left no record, once all that gathered is stored."""
        self._server.run(lambda app: app._trail.flush())
        return self._of(answer["ResponseMetadata"]["RequestId"]) is None

    def _of(self, request_id: str) -> list[AuditRecord] | None:
        """Read everything once, then what is new: reading all of it each time takes long.

        Where the new ones begin is reckoned by the clock, and not by the last id: a test that set
        the pools' clock ahead has left ids of the future.
        """
        position, self._position = self._position, self._began
        found: dict[str, list[AuditRecord]] = {}
        for record in self._server.run(lambda app: _after(app, position))[0]:
            found.setdefault(record.request_id, []).append(record)
        self._read |= found
        return self._read.get(request_id)


async def _after(app: App, position: str) -> tuple[list[AuditRecord], str]:
    found, more = list[AuditRecord](), True
    while more:
        records, position_after = await app.services.store.audit.after(position, 1_000)
        more, position = position_after != position, position_after
        found += records
    return found, position


def refused(ask: Callable[..., Any], **members: Any) -> dict[str, Any]:
    """The answer of a call that fails."""
    with pytest.raises(ClientError) as caught:
        ask(**members)
    return dict(caught.value.response)
