"""A sign-in that is for the account page of a domain, and the link from there back to the app.

Its parameters name one of the sections below, and no address: so it leads nowhere else.
"""

import enum
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from poolhouse.entities.authorization import AuthorizationRequest
from poolhouse.entities.clients import Client
from poolhouse.errors.oauth import OAuthNotEnabled, RedirectMismatch
from poolhouse.rules.oauth import logged_addresses, redirect_uris
from poolhouse.rules.oauth.authorization_requests import CODE

PARAMETER: Final = "account"
"""The parameter of the sign-in pages that names the section."""
RETURN_URI: Final = "return_uri"
"""The parameter that names the app's address for the link back."""
ROOT: Final = "/account"


class Section(enum.StrEnum):
    """A section of the account page, by the end of its path."""

    OVERVIEW = "overview"
    PROFILE = "profile"
    CONTACTS = "contacts"
    PASSWORD = "password"  # noqa: S105 - a path
    SECOND_FACTORS = "second-factors"
    PASSKEYS = "passkeys"
    DEVICES = "devices"
    SESSIONS = "sessions"
    RECOVERY_CODES = "recovery-codes"

    @property
    def path(self) -> str:
        return ROOT if self is Section.OVERVIEW else f"{ROOT}/{self.value}"


def parameters(client: Client, params: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters that a sign-in for the account page hands on. Raises a ShownOnPage."""
    check_client(client)
    given = params[PARAMETER]
    section = given if given in list(Section) else Section.OVERVIEW.value
    handed = {"client_id": client.id, PARAMETER: section}
    if (uri := return_uri(client, params)) is not None:
        handed[RETURN_URI] = uri
    return handed


def check_client(client: Client) -> None:
    """Refuse app clients that don't sign users in at domains. Raises OAuthNotEnabled."""
    if not client.settings.AllowedOAuthFlowsUserPoolClient:
        raise OAuthNotEnabled().because(
            f"AllowedOAuthFlowsUserPoolClient of {client.id} isn't true"
        )


def return_uri(client: Client, params: Mapping[str, str]) -> str | None:
    """Return the address that the link back to the app leads to; None without one.

    It must equal a registered callback or sign-out URL. Raises RedirectMismatch.
    """
    given = params.get(RETURN_URI)
    if given is None:
        return None
    registered = [*(client.settings.LogoutURLs or ()), *(client.settings.CallbackURLs or ())]
    if given not in registered or urlsplit(given).scheme.lower() in redirect_uris.RUNNING:
        raise RedirectMismatch().because(
            logged_addresses.unregistered(
                RETURN_URI, given, "CallbackURLs and LogoutURLs", client.id
            )
        )
    return given


def request(client: Client, site_url: str) -> AuthorizationRequest:
    """Return the request that the pages of such a sign-in have. No code is ever made of it."""
    return AuthorizationRequest(
        client_id=client.id, redirect_uri=f"{site_url}{ROOT}", response_type=CODE, scopes=()
    )


def path(account: Mapping[str, str]) -> str:
    """Return the path of the section that the parameters of a sign-in name."""
    return Section(account[PARAMETER]).path
