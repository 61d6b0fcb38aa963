"""Decide which scopes an app client can be granted (ev:oauth-12).

A custom scope belongs to a resource server. If the server or the scope is deleted, app clients
still have the scope, and it is inactive: a request for it is accepted, and grants nothing. A
request for a scope that the app client was never given is refused.
"""

from collections.abc import Collection, Iterable
from typing import Final

from poolhouse.entities.clients import Client
from poolhouse.rules.pools.client_oauth import DCR_SCOPE, USER_SCOPES

_OF_THE_SERVICE: Final = USER_SCOPES | {DCR_SCOPE}


class NeverGiven(Exception):
    """A requested scope that the app client doesn't have. Callers have their own refusals."""

    def __init__(self, scope: str) -> None:
        super().__init__(scope)
        self.scope = scope


def server_of(scope: str) -> str | None:
    """Return the identifier of a custom scope's resource server; None for any other text.

    A scope's own name has no slash, and identifiers may have some.
    """
    if scope in _OF_THE_SERVICE:
        return None
    identifier, slash, name = scope.rpartition("/")
    return identifier if slash and identifier and name else None


def active(scopes: Iterable[str], existing: Collection[str]) -> list[str]:
    """Return the scopes of the service, and those custom ones that are among `existing`."""
    return [scope for scope in scopes if scope in _OF_THE_SERVICE or scope in existing]


def granted(client: Client, requested: Iterable[str], existing: Collection[str]) -> list[str]:
    """Return the requested scopes that are active, each once. Raises NeverGiven.

    `existing` are those of the client's custom scopes that exist.
    """
    own = client.settings.AllowedOAuthScopes or ()
    asked = list(dict.fromkeys(requested))
    for scope in asked:
        if scope not in own:
            raise NeverGiven(scope)
    return active(asked, existing)
