"""Scopes of the client credentials grant (ev:oauth-4)."""

import re
from collections.abc import Collection, Sequence
from typing import Final

from poolhouse.entities.clients import Client
from poolhouse.errors.oauth import InvalidGrant, InvalidScope
from poolhouse.rules.oauth import scopes as oauth_scopes

MOST: Final = 50
"""Scopes of a request: as many as an app client can have (ev:oauth-12)."""

_SCOPE: Final = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]{1,513}")


def requested(parameter: str | None) -> list[str] | None:
    """Return the scopes that a parameter names; None if it names none. Raises InvalidScope."""
    if parameter is None:
        return None
    scopes = list(dict.fromkeys(parameter.split(" ", MOST)))
    if not all(_SCOPE.fullmatch(scope) for scope in scopes):
        raise InvalidScope().because("malformed scopes, or too many")
    return scopes


def check(client: Client, scopes: Sequence[str] | None, existing: Collection[str]) -> None:
    """Refuse scopes that don't exist, then those that the app client lacks: two errors.

    One bad scope refuses them all. A deleted scope that the client still has is no bad one.
    `existing` are the custom scopes of the request that exist.
    """
    own = client.settings.AllowedOAuthScopes or ()
    for scope in scopes or ():
        if scope not in own and not oauth_scopes.active([scope], existing):
            raise InvalidScope().because("no such scope")
    for scope in scopes or ():
        if scope not in own:
            raise InvalidGrant().because("the app client lacks a scope")
