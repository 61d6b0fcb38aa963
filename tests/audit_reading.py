"""What the audit trail of a server under test says, and answers of calls that fail."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from running import RunningServer
from store_contents import eventually

from poolhouse.app import App
from poolhouse.entities.audit import AuditRecord


class Trail:
    """The records of a server's store, by the id of the request."""

    def __init__(self, server: RunningServer) -> None:
        self._server = server

    def now(self) -> list[AuditRecord]:
        async def read(app: App) -> list[AuditRecord]:
            found, position, more = [], "", True
            while more:
                records, position_after = await app.services.store.audit.after(position, 1_000)
                more, position = position_after != position, position_after
                found += records
            return found

        return self._server.run(read)

    def of(self, answer: dict[str, Any]) -> AuditRecord:
        """The one record of a call, as soon as it is there."""
        request_id = answer["ResponseMetadata"]["RequestId"]
        (record,) = eventually(lambda: self._of(request_id))
        return record

    def _of(self, request_id: str) -> list[AuditRecord] | None:
        return [record for record in self.now() if record.request_id == request_id] or None


def refused(ask: Callable[..., Any], **members: Any) -> dict[str, Any]:
    """The answer of a call that fails."""
    with pytest.raises(ClientError) as caught:
        ask(**members)
    return dict(caught.value.response)
