"""Tokens: what a sign-in ends with, and what a refresh token is good for."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from poolhouse.entities.clients import Client
from poolhouse.entities.pools import Pool
from poolhouse.entities.sessions import TokenSession
from poolhouse.entities.signing_keys import KeyUse
from poolhouse.entities.token_overrides import NO_OVERRIDES
from poolhouse.entities.users import User
from poolhouse.keys import SigningKey, Unsealable, base64url
from poolhouse.operations.calls import Call, Services
from poolhouse.operations.triggering_sign_in import token_overrides
from poolhouse.rules import (
    access_tokens,
    authentication_methods,
    id_tokens,
    pool_tiers,
    token_groups,
    token_lifetimes,
)
from poolhouse.rules import sessions as rules
from poolhouse.rules import token_overrides as overriding
from poolhouse.rules.token_lifetimes import TokenLifetimes
from poolhouse.sign_in_errors import InvalidRefreshToken, TokenTooLong
from poolhouse.triggers.pre_token_generation import PreTokenSource
from poolhouse.wire.structs import AuthenticationResultType

_HEADER: Final = "eyJjdHkiOiJKV1QiLCJlbmMiOiJBMjU2R0NNIiwiYWxnIjoiUlNBLU9BRVAifQ"
"""{"cty":"JWT","enc":"A256GCM","alg":"RSA-OAEP"}: what AWS's begin with, and clients may check."""
_NONCE, _TAG = slice(1, 13), slice(-16, None)
_CONTEXT: Final = "refresh token"
_SECRET_BYTES: Final = 16


class RefreshToken(NamedTuple):
    """What a refresh token says to us, and to nobody else."""

    pool_id: str
    sub: str
    session_id: str
    secret: bytes


def new_refresh_token(call: Call, pool_id: str, sub: str, session_id: str) -> tuple[str, bytes]:
    """A token that leads to its session, and the digest by which the session knows it again."""
    fresh = RefreshToken(pool_id, sub, session_id, call.ids.random_bytes(_SECRET_BYTES))
    return _written(call.services, fresh)


def successor(services: Services, token: RefreshToken) -> tuple[str, bytes]:
    """The refresh token that follows this one: always the same, and known to nobody without the
    server's key (`rules/refresh_rotation.py` says why).
    """
    secret = services.sealer.digest("refresh token successor", token.secret)[:_SECRET_BYTES]
    return _written(services, token._replace(secret=secret))


def _written(services: Services, token: RefreshToken) -> tuple[str, bytes]:
    sealed = services.sealer.seal(msgspec.msgpack.encode(token), _CONTEXT)
    parts = (sealed[:1], sealed[_NONCE], sealed[13:-16], sealed[_TAG])
    text = f"{_HEADER}.{b'.'.join(map(base64url, parts)).decode()}"
    return text, digest(services, token.secret)


def open_refresh_token(services: Services, token: str) -> RefreshToken:
    """Raises InvalidRefreshToken for whatever isn't one of ours."""
    header, _, rest = token.partition(".")
    parts = rest.split(".")
    if header != _HEADER or len(parts) != 4 or len(token) > 4096:
        raise InvalidRefreshToken().because("it hasn't the form of a refresh token")
    try:
        sealed = b"".join(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in parts)
        return msgspec.msgpack.decode(services.sealer.unseal(sealed, _CONTEXT), type=RefreshToken)
    except (binascii.Error, ValueError, Unsealable):
        raise InvalidRefreshToken().because("it isn't a refresh token of this server") from None


def digest(services: Services, secret: bytes) -> bytes:
    return services.sealer.digest("refresh token", secret)


class Claims(NamedTuple):
    """What both tokens of a session are to say, and how long they are valid."""

    identity: dict[str, Any]
    access: dict[str, Any]
    lifetimes: TokenLifetimes


async def issue(
    call: Call,
    pool: Pool,
    client: Client,
    user: User,
    session: TokenSession,
    source: PreTokenSource,
    client_metadata: Mapping[str, str] | None,
) -> AuthenticationResultType:
    """An ID and an access token of a session. The refresh token, if one is due, is the caller's to
    add.
    """
    scopes = session.scope.split()
    claims = await claims_of(call, pool, client, user, session, scopes, source, client_metadata)
    keys = await call.services.pool_keys.of(pool.id, call.now)
    return AuthenticationResultType(
        AccessToken=signed(keys[KeyUse.ACCESS], claims.access),
        IdToken=signed(keys[KeyUse.ID], claims.identity),
        ExpiresIn=int(claims.lifetimes.access.total_seconds()),
        TokenType="Bearer",
    )


async def claims_of(
    call: Call,
    pool: Pool,
    client: Client,
    user: User,
    session: TokenSession,
    scopes: Sequence[str],
    source: PreTokenSource,
    client_metadata: Mapping[str, str] | None,
) -> Claims:
    """What a session's tokens say of the user as of now, and as PreTokenGeneration wants them
    where the pool has such a function.
    """
    settings = client.settings
    groups = token_groups.of(await call.store.groups.of_user(user))
    lifetimes = token_lifetimes.of_client(settings)
    is_revocable = settings.EnableTokenRevocation is not False or rules.rotates(client)
    tells_how = pool_tiers.has_step_up(pool.settings)
    shared: dict[str, Any] = {
        "issuer": call.issuer(pool),
        "sub": user.sub,
        "username": user.username,
        "client_id": client.id,
        "origin_jti": session.origin_jti if is_revocable else None,
        "event_id": session.id,
        "auth_time": int(session.started_at.timestamp()),
        "proofs": authentication_methods.amr(session.proofs) if tells_how else (),
        "level": session.level if tells_how else None,
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
        scope=" ".join(scopes),
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
        scopes=scopes,
        client_metadata=client_metadata,
    )
    if overrides is not NO_OVERRIDES:
        identity, access = overriding.apply(identity, access, overrides)
    return Claims(identity, access, lifetimes)


def signed(key: SigningKey, claims: dict[str, Any]) -> str:
    """The token. Refused if it were too long ever to be looked at again."""
    token = key.sign(claims)
    if len(token) > access_tokens.LONGEST:
        raise TokenTooLong(longest=access_tokens.LONGEST)
    return token
