"""Create, encode and open refresh tokens."""

import base64
import binascii
from typing import Final, NamedTuple

import msgspec

from poolhouse.crypto.contexts import Context
from poolhouse.crypto.sealer import Unsealable
from poolhouse.crypto.signing_keys import base64url
from poolhouse.errors.tokens import InvalidRefreshToken
from poolhouse.services.context import Call, Services

_HEADER: Final = "eyJjdHkiOiJKV1QiLCJlbmMiOiJBMjU2R0NNIiwiYWxnIjoiUlNBLU9BRVAifQ"
"""{"cty":"JWT","enc":"A256GCM","alg":"RSA-OAEP"}: what AWS's begin with, and clients may check."""


_NONCE, _TAG = slice(1, 13), slice(-16, None)


_SECRET_BYTES: Final = 16


class RefreshToken(NamedTuple):
    """The sealed content of a refresh token."""

    pool_id: str
    sub: str
    session_id: str
    secret: bytes


def new_refresh_token(call: Call, pool_id: str, sub: str, session_id: str) -> tuple[str, bytes]:
    """Return a token that leads to its session, and the digest that the session has of it."""
    fresh = RefreshToken(pool_id, sub, session_id, call.ids.random_bytes(_SECRET_BYTES))
    return _encode(call.services, fresh)


def next_refresh_token(services: Services, token: RefreshToken) -> tuple[str, bytes]:
    """Return the refresh token that follows this one: always the same for the same token.

    It is unpredictable without the server's key (`rules/tokens/refresh_rotation.py` has the
    reason).
    """
    secret = services.sealer.digest(token.secret, Context.REFRESH_TOKEN_SUCCESSOR)[:_SECRET_BYTES]
    return _encode(services, token._replace(secret=secret))


def _encode(services: Services, token: RefreshToken) -> tuple[str, bytes]:
    sealed = services.sealer.seal(msgspec.msgpack.encode(token), Context.REFRESH_TOKEN)
    parts = (sealed[:1], sealed[_NONCE], sealed[13:-16], sealed[_TAG])
    text = f"{_HEADER}.{b'.'.join(map(base64url, parts)).decode()}"
    return text, secret_digest(services, token.secret)


def open_refresh_token(services: Services, token: str) -> RefreshToken:
    """Return the content of a refresh token. Raises InvalidRefreshToken if it isn't ours."""
    header, _, rest = token.partition(".")
    parts = rest.split(".")
    if header != _HEADER or len(parts) != 4 or len(token) > 4096:
        raise InvalidRefreshToken().because("it hasn't the form of a refresh token")
    try:
        sealed = b"".join(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in parts)
        return msgspec.msgpack.decode(
            services.sealer.unseal(sealed, Context.REFRESH_TOKEN), type=RefreshToken
        )
    except (binascii.Error, ValueError, Unsealable):
        raise InvalidRefreshToken().because("it isn't a refresh token of this server") from None


def secret_digest(services: Services, secret: bytes) -> bytes:
    return services.sealer.digest(secret, Context.REFRESH_TOKEN)
