"""Passkeys of signed-in users.

StartWebAuthnRegistration, CompleteWebAuthnRegistration, ListWebAuthnCredentials,
DeleteWebAuthnCredential.
"""

from poolhouse.errors.passkeys import InvalidCredential
from poolhouse.rules.auth import factor_changes, webauthn
from poolhouse.rules.auth import passkeys as rules
from poolhouse.services.context import SignedInCall
from poolhouse.services.pagination import page_token, position_of
from poolhouse.services.registered_factors import relying_party
from poolhouse.store import passkeys, users
from poolhouse.store.interface import UniqueViolation
from poolhouse.wire.structs import (
    CompleteWebAuthnRegistrationRequest,
    CompleteWebAuthnRegistrationResponse,
    DeleteWebAuthnCredentialRequest,
    DeleteWebAuthnCredentialResponse,
    ListWebAuthnCredentialsRequest,
    ListWebAuthnCredentialsResponse,
    StartWebAuthnRegistrationRequest,
    StartWebAuthnRegistrationResponse,
)


async def start_web_authn_registration(
    call: SignedInCall, req: StartWebAuthnRegistrationRequest
) -> StartWebAuthnRegistrationResponse:
    """Return the options of a new passkey. They replace those of a registration begun before."""
    there = (await call.store.passkeys.page(call.user, None, rules.MOST)).items
    challenge = call.ids.random_bytes(rules.CHALLENGE_BYTES)
    begun = rules.begin(
        call.pool, call.user, call.client, there=len(there), challenge=challenge, now=call.now
    )
    options = rules.creation_options(call.pool, call.user, await _party(call), begun, there)
    await call.commit(passkeys.begin(begun))
    return StartWebAuthnRegistrationResponse(CredentialCreationOptions=options)


async def complete_web_authn_registration(
    call: SignedInCall, req: CompleteWebAuthnRegistrationRequest
) -> CompleteWebAuthnRegistrationResponse:
    """Store the new passkey, and use the registration up, which only a success does.

    An id that another user has registered is refused (WebAuthn, section 7.1, step 26).
    """
    rules.check_enabled(call.pool)
    begun = rules.check_may_finish(
        await call.store.passkeys.registration(call.user), call.client, call.now
    )
    there = (await call.store.passkeys.page(call.user, None, rules.MOST)).items
    made = webauthn.register(
        call.pool, begun, req.Credential, party=await _party(call), there=there, now=call.now
    )
    changed = factor_changes.record(call.user, call.now)
    writes = [passkeys.finish(begun), passkeys.add(made), users.save(changed, call.user)]
    try:
        await call.commit(*writes, passkeys.claim(made))
    except UniqueViolation:
        raise InvalidCredential from None
    return CompleteWebAuthnRegistrationResponse()


async def list_web_authn_credentials(
    call: SignedInCall, req: ListWebAuthnCredentialsRequest
) -> ListWebAuthnCredentialsResponse:
    """Show users a page of their passkeys."""
    parameters = f"ListWebAuthnCredentials/{call.pool.id}/{call.user.sub}"
    page = await call.store.passkeys.page(
        call.user, position_of(call, req.NextToken, parameters), req.MaxResults or rules.MOST
    )
    return ListWebAuthnCredentialsResponse(
        Credentials=[rules.described(passkey) for passkey in page.items],
        NextToken=page_token(call, parameters, page.next),
    )


async def delete_web_authn_credential(
    call: SignedInCall, req: DeleteWebAuthnCredentialRequest
) -> DeleteWebAuthnCredentialResponse:
    """Remove one of the user's own passkeys."""
    passkey = rules.require_passkey(await call.store.passkeys.find(call.user, req.CredentialId))
    await call.commit(passkeys.drop(passkey), passkeys.release(passkey))
    return DeleteWebAuthnCredentialResponse()


async def _party(call: SignedInCall) -> str:
    return await relying_party(call, call.pool)
