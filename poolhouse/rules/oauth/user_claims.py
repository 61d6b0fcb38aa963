"""Decide which attributes of a user the scopes of a sign-in open (ev:oauth-5, ev:oauth-7)."""

from collections.abc import Iterable, Mapping
from typing import Final, TypeVar

from poolhouse.entities.clients import Client
from poolhouse.rules.users.attributes import may_read

T = TypeVar("T")

OPENID: Final = "openid"

_OF_PROFILE: Final = frozenset(
    {
        *("name", "family_name", "given_name", "middle_name", "nickname", "preferred_username"),
        *("profile", "picture", "website", "gender", "birthdate", "zoneinfo", "locale"),
        *("updated_at", "address"),
    }
)
_OF_SCOPES: Final = {
    "email": frozenset({"email", "email_verified"}),
    "phone": frozenset({"phone_number", "phone_number_verified"}),
    "profile": _OF_PROFILE,
}
_CUSTOM: Final = ("custom:", "dev:custom:")


def are_readable(client: Client, scopes: Iterable[str]) -> bool:
    """Return whether the app client may read every attribute of the requested scopes (ev:oauth-4).

    Otherwise the code exchange fails, as on AWS: with `email` readable but not `email_verified`.
    """
    return all(
        may_read(client, name)
        for scope in _OF_SCOPES.keys() & set(scopes)
        for name in _OF_SCOPES[scope]
    )


def opened(attributes: Mapping[str, T], scopes: Iterable[str]) -> dict[str, T]:
    """Return the attributes that the scopes open. `openid` alone opens all of them."""
    asked = _OF_SCOPES.keys() & set(scopes)
    if not asked:
        return dict(attributes)
    names = frozenset[str]().union(*(_OF_SCOPES[scope] for scope in asked))
    has_custom = "profile" in asked
    return {
        name: value
        for name, value in attributes.items()
        if name in names or (has_custom and name.startswith(_CUSTOM)) or name == "identities"
    }
