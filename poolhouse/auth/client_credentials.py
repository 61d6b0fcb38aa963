"""Access tokens for app clients themselves: GetClientToken, and the client credentials grant."""

from collections.abc import Mapping, Sequence

from poolhouse.entities.signing_keys import KeyUse
from poolhouse.entities.token_overrides import NO_OVERRIDES, GroupOverride
from poolhouse.errors.tokens import FunctionRefusedClient
from poolhouse.rules.tokens import claim_overrides as overriding
from poolhouse.rules.tokens import client_credentials, lifetimes
from poolhouse.services.context import ClientCall
from poolhouse.services.token_issuance import sign_jwt
from poolhouse.services.triggers import TriggerSubject, invoke_once
from poolhouse.triggers.pre_token_generation import (
    MACHINE_USERNAME,
    PreTokenGeneration,
    PreTokenSource,
    version_of,
)
from poolhouse.wire.errors import (
    InvalidLambdaResponseException,
    UnexpectedLambdaException,
    UserLambdaValidationException,
)
from poolhouse.wire.structs import ClientAuthenticationResultType


async def issue(
    call: ClientCall, scopes: Sequence[str], client_metadata: Mapping[str, str] | None
) -> ClientAuthenticationResultType:
    """Return a token with these scopes, after a PreTokenGeneration function of version 3."""
    lifetime = lifetimes.of_client(call.client.settings).access
    claims = client_credentials.claims(
        issuer=call.issuer(call.pool),
        client_id=call.client.id,
        jti=call.ids.token_id(),
        scopes=scopes,
        validity=lifetime,
        now=call.now,
    )
    key = await call.services.signing_keys.of_use(call.pool.id, KeyUse.ACCESS, call.now)
    try:
        ask = PreTokenGeneration(
            source=PreTokenSource.CLIENT_CREDENTIALS,
            speaks=version_of(call.pool.triggers),
            groups=GroupOverride(),
            scopes=scopes,
            client_metadata=client_metadata,
        )
        machine = TriggerSubject(
            pool=call.pool, username=MACHINE_USERNAME, client_id=call.client.id
        )
        overrides = await invoke_once(call, machine, ask)
        if overrides is not NO_OVERRIDES:
            _, claims = overriding.apply({}, claims, overrides)
        token = sign_jwt(key, claims)
    except (
        UserLambdaValidationException,
        UnexpectedLambdaException,
        InvalidLambdaResponseException,
    ) as error:
        raise FunctionRefusedClient(text=error.text) from None
    return ClientAuthenticationResultType(
        AccessToken=token, ExpiresIn=int(lifetime.total_seconds()), TokenType="Bearer"
    )
