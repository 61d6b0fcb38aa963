"""Addresses that apps and users send, as the operator's log shows them."""

from typing import Final

_LONGEST: Final = 200


def unregistered(name: str, uri: str, registered: str, client_id: str) -> str:
    """Return the reason of a refusal: the parameter `name` isn't one of the `registered` URLs.

    Only the beginning of the address is in it, without the parts that may hold a secret.
    """
    return f"{name} {_shown(uri)} isn't among the {registered} of {client_id}"


def _shown(uri: str) -> str:
    shown = uri[:_LONGEST].partition("?")[0].partition("#")[0]
    if "@" in shown:
        return "with user information"
    return f"{shown!r}" if shown == uri else f"{shown!r}…"
