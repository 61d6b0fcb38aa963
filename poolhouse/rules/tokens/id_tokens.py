"""ID tokens: the user who has signed in, for the app that they signed in to (ev:auth-13)."""

import base64
import hashlib
import math
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from poolhouse.entities.clients import Client
from poolhouse.entities.token_overrides import GroupOverride
from poolhouse.entities.users import User
from poolhouse.rules.oauth.user_claims import OPENID
from poolhouse.rules.tokens.claim_overrides import GROUPS, PREFERRED_ROLE, ROLES
from poolhouse.rules.users.attributes import may_read

_NO_GROUPS: Final = GroupOverride()
_IDENTITIES: Final = "identities"


def readable(client: Client, user: User) -> dict[str, Any]:
    """Return the attributes that the app client may read, as claims.

    UNVERIFIED: are a federated user's identities there whatever the client may read, as here?
    """
    return {
        name: as_claim(name, value)
        for name, value in user.attributes.items()
        if may_read(client, name) or name == _IDENTITIES
    }


def claims(
    *,
    issuer: str,
    sub: str,
    username: str,
    client_id: str,
    jti: str,
    origin_jti: str | None,
    event_id: str,
    auth_time: int,
    validity: timedelta,
    groups: GroupOverride = _NO_GROUPS,
    attributes: Mapping[str, Any],
    proofs: Sequence[str] = (),
    level: str | None = None,
    now: datetime,
) -> dict[str, Any]:
    """Return what an ID token says; times are in epoch seconds. A claim without value is absent.

    `auth_time` is when the user really signed in, and stays on refresh. `origin_jti` is None where
    the client has neither token revocation nor rotation.
    `attributes` are claims already; none of them takes the place of one that the service makes.
    """
    issued_at = int(now.timestamp())
    claims = {
        **attributes,
        "sub": sub,
        GROUPS: list(groups.groups) or None,
        PREFERRED_ROLE: groups.preferred_role,
        "iss": issuer,
        "cognito:username": username,
        "origin_jti": origin_jti,
        ROLES: list(groups.iam_roles) or None,
        "aud": client_id,
        "acr": level,
        "amr": list(proofs) or None,
        "event_id": event_id,
        "token_use": "id",
        "auth_time": auth_time,
        "exp": issued_at + int(validity.total_seconds()),
        "iat": issued_at,
        "jti": jti,
    }
    return {name: value for name, value in claims.items() if value is not None}


def at_domain(
    identity: Mapping[str, Any], access_token: str, nonce: str | None, scopes: Collection[str]
) -> dict[str, Any] | None:
    """Return the claims of the ID token of a sign-in at a domain; None without `openid`.

    It has the app's `nonce`, and the hash of the access token that goes with it (OIDC Core
    §3.1.3.6).
    """
    if OPENID not in scopes:
        return None
    half = hashlib.sha256(access_token.encode()).digest()[:16]
    at_hash = base64.urlsafe_b64encode(half).rstrip(b"=").decode()
    named = {} if nonce is None else {"nonce": nonce}
    return {"at_hash": at_hash, **identity, **named}


def as_claim(name: str, value: str) -> Any:
    """Return an attribute in the type of its claim; a few are no strings (OIDC Core §5.1)."""
    match name:
        case "email_verified" | "phone_number_verified":
            return value.lower() == "true"
        case "address":
            return {"formatted": value}
        case "updated_at":
            return _number(value)
        case "identities":
            return _identities(value)
        case _:
            return value


def _number(text: str) -> float | str:
    """Return a whole one without a point; whatever JSON can't have as a number stays a text."""
    try:
        number = float(text)
    except ValueError:
        return text
    if number.is_integer() and abs(number) < 2**53:
        return int(number)
    return number if math.isfinite(number) else text


class _Identity(msgspec.Struct, frozen=True, rename="camel"):
    """A federated identity, as the attribute has it in its JSON."""

    user_id: str
    provider_name: str
    provider_type: str
    issuer: str | None = None
    primary: bool | str = False
    date_created: int | str = ""


_identities_decoder: Final = msgspec.json.Decoder(list[_Identity])


def _identities(text: str) -> list[dict[str, str | None]] | None:
    """Return the claim `identities`, where `primary` and `dateCreated` are texts (ev:oauth-7)."""
    try:
        found = _identities_decoder.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    return [
        {
            "userId": each.user_id,
            "providerName": each.provider_name,
            "providerType": each.provider_type,
            "issuer": each.issuer,
            "primary": str(each.primary).lower(),
            "dateCreated": str(each.date_created),
        }
        for each in found
    ]
