"""Authenticate app clients by SECRET_HASH or by their secret.

The table of `operations/registry.py` names the function that the pipeline calls before an
operation runs.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from poolhouse.entities.clients import Client
from poolhouse.errors.auth import (
    ClientUnauthorized,
    NoSecretExpected,
    SecretHashMissing,
    SecretHashWrong,
    SecretMissing,
    SecretWrong,
)
from poolhouse.errors.oauth import InvalidClient, TooManySecretGuesses
from poolhouse.errors.protocol import RateExceeded
from poolhouse.rules.auth import client_secret, secret_hash
from poolhouse.services import client_secret_guesses
from poolhouse.services.context import ClientCall
from poolhouse.wire.structs import (
    ConfirmForgotPasswordRequest,
    ConfirmSignUpRequest,
    ForgotPasswordRequest,
    GetClientTokenRequest,
    GetDerivedTokenRequest,
    GetTokensFromRefreshTokenRequest,
    ResendConfirmationCodeRequest,
    RevokeTokenRequest,
    SignUpRequest,
)

AuthenticateClient = Callable[[ClientCall, Any], Awaitable[None]]
"""Raises the refusal of a request that doesn't authenticate its app client."""

WithSecretHash = (
    SignUpRequest
    | ConfirmSignUpRequest
    | ResendConfirmationCodeRequest
    | ForgotPasswordRequest
    | ConfirmForgotPasswordRequest
)


async def by_secret_hash(call: ClientCall, req: WithSecretHash) -> None:
    """Verify SecretHash, which is made of the username that the request names."""
    verify_secret_hash(call.client, req.SecretHash, req.Username)


async def by_client_secret(call: ClientCall, req: GetTokensFromRefreshTokenRequest) -> None:
    """Verify ClientSecret."""
    await _verify_secret(call, req.ClientSecret)


async def by_secret(call: ClientCall, req: GetClientTokenRequest) -> None:
    """Verify Secret."""
    await _verify_secret(call, req.Secret)


async def by_client_secret_for_revocation(call: ClientCall, req: RevokeTokenRequest) -> None:
    """Verify ClientSecret, with the one error that the model lists for it."""
    try:
        await _verify_secret(call, req.ClientSecret)
    except (SecretMissing, SecretWrong):
        raise ClientUnauthorized from None


async def by_signature_or_client_secret(call: ClientCall, req: GetDerivedTokenRequest) -> None:
    """Verify ClientSecret, unless an administrator has signed the request."""
    if call.principal is None:
        await _verify_secret(call, req.ClientSecret)


async def _verify_secret(call: ClientCall, given: str | None) -> None:
    """Verify a secret, counted as at a domain's token endpoint: both share the count."""
    client_secret.check_given(call.client, given)
    if given:
        try:
            await client_secret_guesses.verify(
                call.services,
                call.caller,
                call.client,
                client_id=call.client.id,
                pool_id=call.pool.id,
                readings=(given,),
            )
        except InvalidClient:
            raise SecretWrong(client_id=call.client.id) from None
        except TooManySecretGuesses as error:
            raise RateExceeded().because(error.reason or "") from None


def verify_secret_hash(client: Client, given: str | None, *names: str) -> None:
    """Verify a hash that the client may have made of any of these names.

    Raises one of three errors: it is missing, wrong, or sent to a client without a secret.
    """
    if not client.secrets:
        if given:
            raise NoSecretExpected(client_id=client.id)
        return
    if not given:
        raise SecretHashMissing(client_id=client.id)
    secrets = [secret.value for secret in client.secrets]
    # Not any(): the time must not show which of them matched.
    matches = [secret_hash.matches(secrets, name, client.id, given) for name in names]
    if True not in matches:
        raise SecretHashWrong(client_id=client.id).because(
            "it isn't Base64 of HMAC-SHA256 of the username and the client id under the secret"
        )
