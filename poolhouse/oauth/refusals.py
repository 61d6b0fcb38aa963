"""The errors of grants: what an OAuth client is answered where the API has an error of its own."""

from typing import Final

from poolhouse.errors.auth import FlowNotEnabled, MissingParameter
from poolhouse.errors.oauth import (
    FunctionRefusedTokens,
    InvalidClient,
    InvalidRequest,
    InvalidScope,
    InvalidTarget,
    OAuthError,
    TemporarilyUnavailable,
    UnauthorizedClient,
)
from poolhouse.errors.pools import ClientNotFound, PoolNotFound
from poolhouse.errors.protocol import RateExceeded
from poolhouse.errors.tokens import (
    AudienceAndResource,
    AudienceIsAnotherApp,
    ClientCredentialsNotEnabled,
    FunctionRefusedClient,
    NoScopeLeft,
    ResourceServerNotFound,
    UnknownClientScope,
)
from poolhouse.wire.errors import (
    InvalidLambdaResponseException,
    ServiceError,
    UnexpectedLambdaException,
    UserLambdaValidationException,
)

_OF_FUNCTIONS: Final = (
    FunctionRefusedClient,
    UserLambdaValidationException,
    UnexpectedLambdaException,
    InvalidLambdaResponseException,
)
_CODES: Final[tuple[tuple[type[OAuthError], tuple[type[ServiceError], ...]], ...]] = (
    (InvalidClient, (ClientNotFound, PoolNotFound)),
    (UnauthorizedClient, (ClientCredentialsNotEnabled, FlowNotEnabled)),
    (InvalidScope, (NoScopeLeft, UnknownClientScope)),
    (InvalidTarget, (AudienceIsAnotherApp, ResourceServerNotFound)),
    (InvalidRequest, (AudienceAndResource, MissingParameter)),
    (TemporarilyUnavailable, (RateExceeded,)),
)


def as_oauth(error: ServiceError, otherwise: type[OAuthError]) -> OAuthError:
    """Return the OAuth error of an error of the API; `otherwise` is that of the grant itself."""
    if isinstance(error, _OF_FUNCTIONS):
        return FunctionRefusedTokens(error.text)
    found = next((code for code, errors in _CODES if isinstance(error, errors)), otherwise)
    reason = type(error).__name__
    return found().because(f"{reason}: {error.reason}" if error.reason else reason)
