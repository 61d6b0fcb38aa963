"""What the operator's log has of a request to an endpoint of a pool's domain."""

from typing import NamedTuple


class RequestSummary(NamedTuple):
    """A request that was answered. `seconds` is how long that took."""

    name: str
    outcome: str
    reason: str | None
    client_id: str | None
    pool_id: str | None
    user: str | None
    seconds: float
