"""The end of a sign-in at a pool's domain: a browser session, and a code for the app.

Tokens are issued when the app exchanges the code (`auth/code_exchange.py`), or at once for the
implicit grant.
"""

from dataclasses import dataclass
from datetime import timedelta

from msgspec.structs import replace

from poolhouse.auth import browser_devices, code_exchange
from poolhouse.auth.attempt import Attempt, Authorization, AuthResponse, Ending
from poolhouse.entities.auth_session import AuthSession
from poolhouse.entities.authorization import AuthorizationCode, AuthorizationRequest
from poolhouse.entities.clients import Client
from poolhouse.entities.pools import Pool
from poolhouse.rules.auth import acr, devices
from poolhouse.rules.oauth import browser_sessions as rules
from poolhouse.rules.oauth.authorization_requests import CODE
from poolhouse.services import authorization_codes, browser_sessions, triggers
from poolhouse.services.context import Call
from poolhouse.store import authorization_codes as stored_codes
from poolhouse.store import browser_sessions as stored_sessions
from poolhouse.store import devices as stored_devices
from poolhouse.store.interface import Write
from poolhouse.triggers.post_authentication import PostAuthentication
from poolhouse.wire.errors import ServiceError
from poolhouse.wire.structs import AuthenticationResultType


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainSignIn:
    """What a sign-in at a domain is for: the app's request, and the address of the pages.

    Without a request it is for the pages alone: it gives no code and no tokens.
    """

    request: AuthorizationRequest | None
    domain: str
    lifetime: timedelta = rules.LIFETIME

    @property
    def ending(self) -> Ending:
        """Return the function that completes the sign-in, for `Attempt.ending`."""

        async def complete(attempt: Attempt, session: AuthSession) -> AuthResponse:
            return await _complete(attempt, session, self)

        return complete


async def _complete(attempt: Attempt, session: AuthSession, sign_in: DomainSignIn) -> AuthResponse:
    """Commit the sign-in, invoke PostAuthentication, and return the code or the tokens.

    As at the API, the commit comes first: no proof counts twice while a function decides. If the
    function refuses, code and browser session end before any app or browser had them.
    """
    call, user = attempt.call, attempt.user
    remembered = browser_devices.remember(attempt, session)
    new_device, for_browser = remembered or (None, None)
    device = new_device or attempt.device
    browser_session, cookie = browser_sessions.begin(
        call,
        user,
        client_id=attempt.client.id,
        domain=sign_in.domain,
        proofs=session.proofs,
        password_version=session.password_version,
        level=acr.level_of(session.proofs),
        device_key=device.key if device else None,
        lifetime=sign_in.lifetime,
    )
    signed_in = browser_sessions.SignedIn(browser_session, user)
    code: str | None = None
    granted: AuthorizationCode | None = None
    if sign_in.request is not None:
        code, granted = _grant(call, attempt.pool, signed_in, sign_in.request)
        granted = replace(
            granted,
            event_id=session.event_id,
            was_temporary=session.was_temporary,
            was_by_device=session.device_proved,
        )
    writes: list[Write] = [*attempt.writes, stored_sessions.add(browser_session)]
    if attempt.device is not None:
        used = devices.with_use(attempt.device, call.caller.source_ip, call.now)
        writes.append(call.store.devices.save(used))
    if new_device is not None:
        call.audit.step = f"{call.audit.step}, ConfirmDevice"
        writes.append(call.store.devices.add(new_device))
    if granted is not None and code is not None:
        writes.append(call.store.authorization_codes.add(granted))
    await call.commit(*writes)
    result: AuthenticationResultType | None = None
    try:
        tell = PostAuthentication(new_device_used=new_device is not None, client_metadata=None)
        await triggers.invoke_once(call, attempt.subject, tell)
        if granted is not None and code is None:
            result = await code_exchange.issue_at_once(
                call, attempt.pool, attempt.client, user, granted
            )
    except ServiceError:
        await call.store.commit(
            stored_sessions.drop((user.sub, user.pool_id, browser_session.id)),
            *([] if granted is None else [stored_codes.drop(granted.digest)]),
            *([] if new_device is None else [stored_devices.drop(new_device)]),
        )
        raise
    return AuthResponse(
        result=result,
        authorization=Authorization(
            code=code,
            browser_session=browser_session,
            browser_cookie=cookie,
            browser_device=for_browser,
        ),
    )


async def resume(
    call: Call,
    pool: Pool,
    client: Client,
    signed_in: browser_sessions.SignedIn,
    request: AuthorizationRequest,
) -> tuple[str | None, AuthenticationResultType | None]:
    """Return a code, or tokens, for a user who is signed in already in this browser."""
    code, granted = _grant(call, pool, signed_in, request)
    if code is None:
        tokens = await code_exchange.issue_at_once(call, pool, client, signed_in.user, granted)
        return None, tokens
    await call.commit(call.store.authorization_codes.add(granted))
    return code, None


def _grant(
    call: Call,
    pool: Pool,
    signed_in: browser_sessions.SignedIn,
    request: AuthorizationRequest,
) -> tuple[str | None, AuthorizationCode]:
    """Return a new code and what it stands for; no code if tokens are issued at once."""
    browser_session = signed_in.session
    code, digest = authorization_codes.new_code(call)
    granted = AuthorizationCode(
        digest=digest,
        pool_id=pool.id,
        sub=browser_session.sub,
        request=request,
        auth_time=browser_session.started_at,
        expires_at=call.now + authorization_codes.LIFETIME,
        event_id=call.ids.event_id(),
        proofs=browser_session.proofs,
        level=acr.name_of(pool, browser_session.level) if request.acr_values else None,
        browser_session_id=browser_session.id,
        device_key=browser_session.device_key,
        signed_out_at=signed_in.user.signed_out_at,
    )
    return (code if request.response_type == CODE else None), granted
