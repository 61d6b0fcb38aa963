"""Decide which app clients' devices may ask for tokens, and read the codes that users type.

Source: RFC 8628. The service has no such grant; the setting `device_grant` adds it.
"""

import re
from datetime import timedelta
from typing import Final

from poolhouse.entities.clients import Client
from poolhouse.wire.enums import OAuthFlowType

GRANT_TYPE: Final = "urn:ietf:params:oauth:grant-type:device_code"
"""The grant's name. Among an app client's CallbackURLs it lets the app client use the grant.

It is also where sign-ins for the page of devices return to. Apps that register themselves can't
have it, since they choose the name that the page shows.
"""
LIFETIME: Final = timedelta(minutes=10)
"""Time in which a user can answer, and in which the device gets the tokens."""
INTERVAL: Final = timedelta(seconds=5)
"""Time between two polls, until the device is asked to slow down."""

LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"
"""Letters of user codes: no vowels, so that no words come of them (RFC 8628 §6.1)."""
CODE_LENGTH: Final = 8
"""34 bits. With five tries an address, a code is guessed with a probability of 2 to the -32."""

_OTHER: Final = re.compile(r"[^A-Z]")
_LONGEST: Final = 64


def may_use(client: Client) -> bool:
    """Return whether an app client may use the grant: for users, and by its CallbackURLs."""
    settings = client.settings
    return (
        bool(settings.AllowedOAuthFlowsUserPoolClient)
        and OAuthFlowType.CODE in (settings.AllowedOAuthFlows or ())
        and GRANT_TYPE in (settings.CallbackURLs or ())
    )


def user_code(typed: str) -> str | None:
    """Return the letters of a code as users type it; None if it can't be one.

    Case and other characters don't count (RFC 8628 §6.1).
    """
    letters = _OTHER.sub("", typed[:_LONGEST].upper())
    return letters if len(letters) == CODE_LENGTH and set(letters) <= set(LETTERS) else None


def shown(code: str) -> str:
    """Return a user code as people read it: `BCDF-GHJK`."""
    return f"{code[:4]}-{code[4:]}"
