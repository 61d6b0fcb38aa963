"""Verify the ID token by which an app asks for a sign-out (OpenID Connect RP-Initiated Logout)."""

from datetime import UTC, datetime
from typing import Final

from poolhouse.entities.signing_keys import KeyUse
from poolhouse.errors.oauth import UnusableHint
from poolhouse.rules.tokens.access_tokens import UnacceptableToken
from poolhouse.services import token_verification
from poolhouse.services.context import Services

_ANY_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""A hint is as good when it has expired (§4 there): apps sign out when their tokens are old."""


async def client_id_of(services: Services, hint: str) -> str:
    """Return the app client that the token was issued to. Raises UnusableHint."""
    try:
        parsed, _ = await token_verification.verify_token(services, hint, KeyUse.ID, _ANY_TIME)
    except UnacceptableToken as error:
        raise UnusableHint().because(str(error)) from None
    return str(parsed.claims.get("aud", ""))
