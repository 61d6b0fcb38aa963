"""Access tokens: their claims, and the verification of one that a client sends.

Verification has four steps, because keys and the store are needed in between (ev:auth-1.3):
`parse`,
`check_signature` and `check` here; then the caller reads from the store whether the token is
revoked and the user exists; then `check_scope`.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from joserfc.jwk import RSAKey
    from joserfc.jws import CompactSignature, JWSRegistry

SIGN_IN_SCOPE: Final = "aws.cognito.signin.user.admin"
"""The scope of tokens from API sign-in; without it the API takes no access token."""

LONGEST: Final = 192 * 1024
"""Characters of a token that are looked at: as many as fit into a request, with room to spare. A
function may add claims without end, so that no longer one may be issued."""

_LONGEST_HEADER: Final = 256
"""The same of its first part, which needs 93."""

_ALGORITHM: Final = "RS256"
"""The one that pools sign by. What the header names is compared with it, and never chosen by it."""

_HEADER: Final = {"kid", "alg"}
"""The header that pools write: `jwk`, `jku`, `x5c` and `crit` are refused."""

# The library's base64 decoder skips characters that are not of the alphabet.
_COMPACT: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")

_POOL_ID: Final = re.compile(r"[A-Za-z0-9_-]{0,55}")
"""What an issuer ends with. The store is asked for no other text: PostgreSQL refuses NUL in one."""


class UnacceptableToken(ValueError):
    """An access token that opens nothing."""


class MalformedToken(UnacceptableToken):
    """The token isn't a JWT of the form that pools issue."""


class BadSignature(UnacceptableToken):
    """The token isn't signed by the pool."""


class WrongIssuer(UnacceptableToken):
    """Signed for another pool."""


class WrongUse(UnacceptableToken):
    """A token of another use: an ID token instead of an access token, for example."""


class Expired(UnacceptableToken):
    """The token has expired."""


class MissingScope(UnacceptableToken):
    """The token is valid, but lacks the scope."""


class ParsedToken(msgspec.Struct, frozen=True, kw_only=True):
    """A well-formed token. Nothing it says is true before `check_signature` and `check`.

    The named claims are those that every access or ID token of a pool has, so that no reader need
    doubt their types. `claims` are empty until `check_signature` reads them, as unauthenticated
    callers can send tens of thousands.
    """

    kid: str
    issuer: str
    token_use: str
    expires_at: int
    claims: dict[str, Any]
    jws: "CompactSignature | None" = None
    """The token as the JOSE library has parsed it; absent once the signature is verified."""


class _RequiredClaims(msgspec.Struct, frozen=True):
    iss: str
    token_use: str
    exp: int
    sub: str


_required_decoder: Final = msgspec.json.Decoder(_RequiredClaims)
_claims_decoder: Final = msgspec.json.Decoder(dict[str, Any])


@cache
def _registry() -> "JWSRegistry":
    """Return what the JOSE library may accept: one algorithm, and parts of bounded length."""
    from joserfc.jws import JWSRegistry  # noqa: PLC0415 - slow to load

    registry = JWSRegistry(algorithms=[_ALGORITHM])
    registry.max_header_length = _LONGEST_HEADER
    registry.max_payload_length = LONGEST
    return registry


def parse(token: str) -> ParsedToken:
    """Return the parts of a compact JWT. Raises MalformedToken for every other text."""
    from joserfc.errors import JoseError  # noqa: PLC0415 - slow to load
    from joserfc.jws import extract_compact  # noqa: PLC0415 - slow to load
    from joserfc.util import urlsafe_b64decode  # noqa: PLC0415 - slow to load

    if len(token) > LONGEST or not _COMPACT.fullmatch(token):
        raise MalformedToken("not a compact JWT")
    try:
        jws = extract_compact(token.encode(), registry=_registry())
        kid = _kid(jws.headers())
        required = _required_decoder.decode(jws.payload)
        urlsafe_b64decode(jws.segments["signature"])
    # Deeply nested JSON ends in RecursionError, other JSON than an object in TypeError.
    except (JoseError, ValueError, TypeError, RecursionError):
        raise MalformedToken("not a JWT of a user pool") from None
    if not _POOL_ID.fullmatch(required.iss.rpartition("/")[2]):
        raise MalformedToken("not of an issuer that names a pool")
    return ParsedToken(
        kid=kid,
        issuer=required.iss,
        token_use=required.token_use,
        expires_at=required.exp,
        claims={},
        jws=jws,
    )


def _kid(header: Any) -> str:
    """Return the key that a header names. Raises MalformedToken if no pool writes such a header."""
    if not isinstance(header, dict) or header.keys() != _HEADER or header["alg"] != _ALGORITHM:
        raise MalformedToken("not a header that pools write")
    kid = header["kid"]
    if not isinstance(kid, str):
        raise MalformedToken("not a key that pools have")
    return kid


def check_signature(parsed: ParsedToken, key: "RSAKey") -> ParsedToken:
    """Return the token with all its claims if `key`, the pool's of its `kid`, has signed it.

    Raises BadSignature.
    """
    from joserfc.errors import JoseError  # noqa: PLC0415 - slow to load
    from joserfc.jws import validate_compact  # noqa: PLC0415 - slow to load

    jws = parsed.jws
    try:
        is_valid = jws is not None and validate_compact(jws, key, registry=_registry())
    except JoseError:
        is_valid = False
    if jws is None or not is_valid:
        raise BadSignature("the signature is not the pool's")
    try:
        claims = _claims_decoder.decode(jws.payload)
    except (ValueError, RecursionError):
        raise MalformedToken("not a JWT of a user pool") from None
    return msgspec.structs.replace(parsed, claims=claims, jws=None)


def check(parsed: ParsedToken, issuer: str, now: datetime, *, use: str = "access") -> None:
    """Check that this is a valid token of the pool with this issuer, by default an access token.

    Raises WrongIssuer, WrongUse or Expired, in this order. After `check_signature`: only a token
    that is truly the pool's is told that it came too late.
    """
    if parsed.issuer != issuer:
        raise WrongIssuer("the token belongs to another pool")
    if parsed.token_use != use:
        raise WrongUse(f"the token is no {use} token")
    if now.timestamp() >= parsed.expires_at:
        raise Expired("the token has expired")


def check_scope(parsed: ParsedToken, scope: str = SIGN_IN_SCOPE) -> None:
    """Check that the token was issued for this scope. Raises MissingScope."""
    granted = parsed.claims.get("scope")
    if not isinstance(granted, str) or scope not in granted.split(" "):
        raise MissingScope("the token lacks a scope")


def at_domain(resource: str | None) -> dict[str, Any]:
    """Return what access tokens of a pool's domain have besides (ev:oauth-7).

    `resource` is the resource that the token is bound to (RFC 8707), if the app asked for one.
    """
    return {"version": 2} if resource is None else {"version": 2, "aud": resource}


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
    scope: str = SIGN_IN_SCOPE,
    groups: Sequence[str] = (),
    device_key: str | None = None,
    proofs: Sequence[str] = (),
    level: str | None = None,
    now: datetime,
) -> dict[str, Any]:
    """Return the claims of a user's access token (ev:auth-13); times are in epoch seconds.

    `auth_time` is the time of the sign-in, and stays on refresh. `origin_jti` is None if the client
    has neither token revocation nor rotation. `proofs` and `level` become `amr` and `acr`
    (ev:auth-17). A claim without value is absent.
    """
    issued_at = int(now.timestamp())
    claims = {
        "sub": sub,
        "cognito:groups": list(groups) or None,
        "device_key": device_key,
        "iss": issuer,
        "client_id": client_id,
        "origin_jti": origin_jti,
        "event_id": event_id,
        "token_use": "access",
        "scope": scope,
        "auth_time": auth_time,
        "exp": issued_at + int(validity.total_seconds()),
        "iat": issued_at,
        "jti": jti,
        "username": username,
        "acr": level,
        "amr": list(proofs) or None,
    }
    return {name: value for name, value in claims.items() if value is not None}
