"""Access tokens: their claims, and the verification of one that a client sends.

Verification has four steps, because keys and the store are needed in between (ev:auth-1.3):
`parse`,
`check_signature` and `check` here; then the caller reads from the store whether the token is
revoked and the user exists; then `check_scope`.
"""

import binascii
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, Literal

import msgspec

SIGN_IN_SCOPE: Final = "aws.cognito.signin.user.admin"
"""The scope of tokens from API sign-in; without it the API takes no access token."""

# The decoder knows the standard alphabet only. What is not of the URL-safe one must not pass: `!`.
_TO_STANDARD_BASE64: Final = bytes.maketrans(b"-_+/=", b"+/!!!")

LONGEST: Final = 192 * 1024
"""Characters of a token that are looked at: as many as fit into a request, with room to spare. A
function may add claims without end, so that no longer one may be issued."""

_LONGEST_HEADER: Final = 256
"""The same of its first part, which needs 93: what unauthenticated callers cause to be cached must
be small.
"""


class UnacceptableToken(ValueError):
    """An access token that opens nothing."""


class MalformedToken(UnacceptableToken):
    """Not a JWT of the form that pools issue."""


class BadSignature(UnacceptableToken):
    """Not signed by the pool."""


class WrongIssuer(UnacceptableToken):
    """Signed for another pool."""


class WrongUse(UnacceptableToken):
    """A token of another use: an ID token instead of an access token, for example."""


class Expired(UnacceptableToken):
    """Was good once."""


class MissingScope(UnacceptableToken):
    """Good, but for something else."""


class _Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What pools write, and no more: `alg` none or HS256, `jwk`, `jku` and `crit` are refused."""

    kid: str
    alg: Literal["RS256"]


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
    signing_input: bytes
    signature: bytes


class _RequiredClaims(msgspec.Struct, frozen=True):
    iss: str
    token_use: str
    exp: int
    sub: str


_header_decoder: Final = msgspec.json.Decoder(_Header)
_required_decoder: Final = msgspec.json.Decoder(_RequiredClaims)
_claims_decoder: Final = msgspec.json.Decoder(dict[str, Any])


def parse(token: str) -> ParsedToken:
    """Take a compact JWT apart. Raises MalformedToken, whatever it is given."""
    parts = token.encode(errors="replace").split(b".") if len(token) <= LONGEST else []
    if len(parts) != 3:
        raise MalformedToken("not a compact JWT")
    header_part, claims_part, signature_part = parts
    if len(header_part) > _LONGEST_HEADER:
        raise MalformedToken("not a header that pools write")
    try:
        kid = _kid(header_part)
        required = _required_decoder.decode(_decoded(claims_part))
        signature = _decoded(signature_part)
    # Deeply nested JSON ends in RecursionError, everything else in a kind of ValueError.
    except (ValueError, RecursionError):
        raise MalformedToken("not a JWT of a user pool") from None
    return ParsedToken(
        kid=kid,
        issuer=required.iss,
        token_use=required.token_use,
        expires_at=required.exp,
        claims={},
        signing_input=header_part + b"." + claims_part,
        signature=signature,
    )


@lru_cache(maxsize=256)
def _kid(header: bytes) -> str:
    """Return the id of the key that the token names; all tokens of a key have the same header."""
    return _header_decoder.decode(_decoded(header)).kid


def _decoded(part: bytes) -> bytes:
    padded = part.translate(_TO_STANDARD_BASE64) + b"=" * (-len(part) % 4)
    return binascii.a2b_base64(padded, strict_mode=True)


def check_signature(parsed: ParsedToken, verify: Callable[[bytes, bytes], bool]) -> ParsedToken:
    """Return the token with all its claims, if the pool has signed it. Raises BadSignature.

    `verify(signing_input, signature)` tries the pool's key of the token's `kid`.
    """
    if not verify(parsed.signing_input, parsed.signature):
        raise BadSignature("the signature is not the pool's")
    claims_part = parsed.signing_input.partition(b".")[2]
    try:
        claims = _claims_decoder.decode(_decoded(claims_part))
    except (ValueError, RecursionError):
        raise MalformedToken("not a JWT of a user pool") from None
    return msgspec.structs.replace(parsed, claims=claims)


def check(parsed: ParsedToken, issuer: str, now: datetime, *, use: str = "access") -> None:
    """Whether this is a valid token of the pool whose issuer this is, an access token mostly.

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
    """Whether the token was issued for this scope. Raises MissingScope."""
    granted = parsed.claims.get("scope")
    if not isinstance(granted, str) or scope not in granted.split(" "):
        raise MissingScope("the token lacks a scope")


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
    said = {
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
    return {name: value for name, value in said.items() if value is not None}
