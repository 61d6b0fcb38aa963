"""The claims of `/oauth2/userInfo`, by the scopes of the access token (ev:oauth-5)."""

from typing import Final

from poolhouse.entities.clients import Client
from poolhouse.entities.users import User
from poolhouse.rules.users.attributes import may_read

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


def claims(client: Client, user: User, scopes: frozenset[str]) -> dict[str, str]:
    """Return what an app client may read of its user with these scopes.

    Values are strings, also of `email_verified`. `openid` alone gives every readable attribute.
    """
    asked = scopes & _OF_SCOPES.keys()
    names = frozenset[str]().union(*(_OF_SCOPES[scope] for scope in asked))
    found = {
        name: value
        for name, value in user.attributes.items()
        if may_read(client, name)
        and (not asked or name in names or ("profile" in asked and name.startswith(_CUSTOM)))
    }
    return {"sub": user.sub, **found, "username": user.username}
