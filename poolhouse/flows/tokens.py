"""Tokens: what a sign-in ends with, and what a refresh token is good for."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from poolhouse.entities.clients import Client
from poolhouse.entities.pools import Pool
from poolhouse.entities.sessions import TokenSession
from poolhouse.entities.signing_keys import KeyUse
from poolhouse.entities.token_overrides import NO_OVERRIDES
from poolhouse.entities.users import User
from poolhouse.keys import Unsealable
from poolhouse.operations.calls import Call, Services
from poolhouse.operations.triggering_sign_in import token_overrides
from poolhouse.rules import access_tokens, id_tokens, token_groups, token_lifetimes
from poolhouse.rules import sessions as rules
from poolhouse.rules import token_overrides as overriding
from poolhouse.sign_in_errors import InvalidRefreshToken
from poolhouse.triggers.pre_token_generation import PreTokenSource
from poolhouse.wire.structs import AuthenticationResultType

_HEADER: Final = "eyJjdHkiOiJKV1QiLCJlbmMiOiJBMjU2R0NNIiwiYWxnIjoiUlNBLU9BRVAifQ"
"""{"cty":"JWT","enc":"A256GCM","alg":"RSA-OAEP"}: what AWS's begin with, and clients may check."""
_NONCE, _TAG = slice(1, 13), slice(-16, None)
_CONTEXT: Final = "refresh token"


class RefreshToken(NamedTuple):
    """What a refresh token says to us, and to nobody else."""

    pool_id: str
    sub: str
    session_id: str
    secret: bytes


def new_refresh_token(call: Call, pool_id: str, sub: str, session_id: str) -> tuple[str, bytes]:
    """A token that leads to its session, and the digest by which the session knows it again."""
    secret = call.ids.random_bytes(16)
    plain = msgspec.msgpack.encode(RefreshToken(pool_id, sub, session_id, secret))
    sealed = call.services.sealer.seal(plain, _CONTEXT)
    parts = (sealed[:1], sealed[_NONCE], sealed[13:-16], sealed[_TAG])
    token = ".".join((_HEADER, *(base64.urlsafe_b64encode(p).rstrip(b"=").decode() for p in parts)))
    return token, digest(call.services, secret)


def open_refresh_token(services: Services, token: str) -> RefreshToken:
    """Raises InvalidRefreshToken for whatever isn't one of ours."""
    header, _, rest = token.partition(".")
    parts = rest.split(".")
    if header != _HEADER or len(parts) != 4 or len(token) > 4096:
        raise InvalidRefreshToken
    try:
        sealed = b"".join(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in parts)
        return msgspec.msgpack.decode(services.sealer.unseal(sealed, _CONTEXT), type=RefreshToken)
    except (binascii.Error, ValueError, Unsealable):
        raise InvalidRefreshToken from None


def digest(services: Services, secret: bytes) -> bytes:
    return services.sealer.digest("refresh token", secret)


async def issue(
    call: Call,
    pool: Pool,
    client: Client,
    user: User,
    session: TokenSession,
    source: PreTokenSource,
    client_metadata: Mapping[str, str] | None,
) -> AuthenticationResultType:
    """An ID and an access token of a session, as PreTokenGeneration wants them where the pool has
    such a function. The refresh token, if one is due, is the caller's to add.
    """
    services, settings = call.services, client.settings
    groups = token_groups.of(await call.store.groups.of_user(user))
    lifetimes = token_lifetimes.of_client(settings)
    is_revocable = settings.EnableTokenRevocation is not False or rules.rotates(client)
    shared: dict[str, Any] = {
        "issuer": services.issuer(pool),
        "sub": user.sub,
        "username": user.username,
        "client_id": client.id,
        "origin_jti": session.origin_jti if is_revocable else None,
        "event_id": session.id,
        "auth_time": int(session.started_at.timestamp()),
        "now": call.now,
    }
    identity = id_tokens.claims(
        **shared,
        jti=call.ids.token_id(),
        validity=lifetimes.id,
        groups=groups,
        attributes=id_tokens.readable(client, user),
    )
    access = access_tokens.claims(
        **shared,
        jti=call.ids.token_id(),
        validity=lifetimes.access,
        scope=session.scope,
        groups=groups.groups,
        device_key=session.device_key,
    )
    overrides = await token_overrides(
        call,
        pool,
        client,
        source,
        user,
        groups=groups,
        scopes=session.scope.split(),
        client_metadata=client_metadata,
    )
    if overrides is not NO_OVERRIDES:
        identity, access = overriding.apply(identity, access, overrides)
    keys = await services.pool_keys.of(pool.id)
    return AuthenticationResultType(
        AccessToken=keys[KeyUse.ACCESS].sign(access),
        IdToken=keys[KeyUse.ID].sign(identity),
        ExpiresIn=int(lifetimes.access.total_seconds()),
        TokenType="Bearer",
    )
