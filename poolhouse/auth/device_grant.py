"""The device authorization grant: a device asks, a user answers in a browser (RFC 8628).

The device polls with its own code. What it gets is made of the browser session of the user who
allowed it, as a code for an app is.
"""

from typing import Final, NamedTuple

from msgspec.structs import replace

from poolhouse.auth import code_exchange
from poolhouse.crypto.contexts import Context
from poolhouse.entities.authorization import AuthorizationCode, AuthorizationRequest
from poolhouse.entities.device_grants import DeviceGrant
from poolhouse.errors.oauth import (
    AuthorizationPending,
    DeviceCodeExpired,
    DeviceDenied,
    InvalidGrant,
    SlowDown,
)
from poolhouse.rules.oauth import device_grants as rules
from poolhouse.rules.oauth.authorization_requests import CODE
from poolhouse.rules.tokens import user_agents
from poolhouse.services import device_user_codes
from poolhouse.services.browser_sessions import SignedIn
from poolhouse.services.context import Call, ClientCall, Services
from poolhouse.store.interface import Write
from poolhouse.wire.structs import AuthenticationResultType

_LONGEST: Final = 64
"""Characters that are looked at: a device code has 43."""


class DeviceCodes(NamedTuple):
    """The two codes of a new request: the device's own, and the one that it shows."""

    device_code: str
    user_code: str


async def begin(call: ClientCall, scopes: tuple[str, ...]) -> DeviceCodes:
    """Commit a device's request, and return its codes."""
    made = DeviceCodes(call.ids.device_code(), call.ids.user_code())
    grant = DeviceGrant(
        digest=_digest(call.services, made.device_code),
        user_code=device_user_codes.digest_of(call.services, call.pool.id, made.user_code),
        pool_id=call.pool.id,
        client_id=call.client.id,
        scopes=scopes,
        expires_at=call.now + rules.LIFETIME,
        source_ip=call.caller.source_ip,
        user_agent=user_agents.stored(call.caller.user_agent),
    )
    await call.commit(call.store.device_grants.add(grant))
    return made


def request_of(grant: DeviceGrant, state: str | None = None) -> AuthorizationRequest:
    """Return the request of the authorization endpoint that a device's request amounts to."""
    return AuthorizationRequest(
        client_id=grant.client_id,
        redirect_uri=rules.GRANT_TYPE,
        response_type=CODE,
        scopes=grant.scopes,
        state=state,
    )


async def allow(call: Call, grant: DeviceGrant, signed_in: SignedIn) -> None:
    """Commit that the user allows the request: the device gets tokens of this sign-in."""
    session = signed_in.session
    granted = AuthorizationCode(
        digest=grant.digest,
        pool_id=grant.pool_id,
        sub=session.sub,
        request=request_of(grant),
        auth_time=session.started_at,
        expires_at=grant.expires_at,
        event_id=call.ids.event_id(),
        proofs=session.proofs,
        browser_session_id=session.id,
        device_key=session.device_key,
        signed_out_at=signed_in.user.signed_out_at,
    )
    await call.commit(call.store.device_grants.save(replace(grant, granted=granted)))


async def deny(call: Call, grant: DeviceGrant) -> None:
    """Commit that the user denies the request."""
    await call.commit(call.store.device_grants.save(replace(grant, is_denied=True)))


async def exchange(call: ClientCall, device_code: str) -> AuthenticationResultType:
    """Return the tokens of a device code once its user has allowed them. Raises an OAuthError.

    As with codes for apps, a second use revokes the session that the first one made.
    """
    grant = None
    if len(device_code) <= _LONGEST:
        grant = await call.store.device_grants.find(_digest(call.services, device_code))
    if grant is None or grant.pool_id != call.pool.id or grant.client_id != call.client.id:
        raise InvalidGrant().because("no such device code of this app client")
    granted = grant.granted
    if granted is not None and granted.session_id is not None:
        await code_exchange.revoke_first_use(call, granted)
        raise InvalidGrant().because("the device code was used before; its session was revoked")
    if call.now >= grant.expires_at:
        raise DeviceCodeExpired
    if grant.is_denied:
        raise DeviceDenied
    if granted is None:
        is_too_soon = call.services.device_polls.is_too_soon(grant.digest, call.now)
        raise SlowDown if is_too_soon else AuthorizationPending
    if not rules.may_use(call.client):
        raise InvalidGrant().because("the app client may not use the device grant any more")

    def save(used: AuthorizationCode) -> Write:
        return call.store.device_grants.save(replace(grant, granted=used))

    return await code_exchange.issue_once(call, granted, save)


def _digest(services: Services, device_code: str) -> bytes:
    return services.sealer.digest(device_code.encode(), Context.DEVICE_GRANT)
