"""Paths of style sheets and images below a domain's address; each names its content for ever."""

from typing import Final

from poolhouse.entities.pool_resources import ManagedLoginBranding, UICustomization

FOLDER: Final = "/branding/"

Looks = ManagedLoginBranding | UICustomization


def path_of(looks: Looks, name: str) -> str:
    """Return the path of a style sheet or image below the domain's address."""
    return f"{FOLDER}{looks.pool_id}/{looks.kind}/{looks.client_id}/{name}"
