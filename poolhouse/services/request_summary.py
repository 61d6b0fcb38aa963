"""What the operator's log has of a request to an endpoint of a pool's domain."""

from typing import NamedTuple

from poolhouse.errors.oauth import OAuthError
from poolhouse.wire.errors import ServiceError


class RequestSummary(NamedTuple):
    """A request that was answered. `seconds` is how long that took."""

    name: str
    outcome: str
    refusal: str | None
    reason: str | None
    client_id: str | None
    pool_id: str | None
    user: str | None
    step: str | None
    seconds: float


def refusal_name(error: OAuthError | ServiceError) -> str | None:
    """Return Poolhouse's name of the refusal, if it is more exact than the code that clients get.

    Codes of OAuth have underscores: `redirect_mismatch` is no less than `RedirectMismatch`.
    """
    name = type(error).__name__
    return None if name.lower() == error.code.replace("_", "").lower() else name
