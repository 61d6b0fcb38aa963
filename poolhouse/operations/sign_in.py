"""Sign-in.

InitiateAuth, AdminInitiateAuth, RespondToAuthChallenge, AdminRespondToAuthChallenge.
"""

from collections.abc import Mapping
from typing import TypeVar

from poolhouse.auth.attempt import Attempt, AuthResponse
from poolhouse.entities.clients import Client
from poolhouse.operations.clients import named_client
from poolhouse.services.context import AdminCall, ClientCall
from poolhouse.wire.enums import AuthFlowType, ChallengeNameType
from poolhouse.wire.structs import (
    AdminInitiateAuthRequest,
    AdminInitiateAuthResponse,
    AdminRespondToAuthChallengeRequest,
    AdminRespondToAuthChallengeResponse,
    InitiateAuthRequest,
    InitiateAuthResponse,
    RespondToAuthChallengeRequest,
    RespondToAuthChallengeResponse,
)

# The engine loads every flow and challenge: the first sign-in waits for them, not the start.
# ruff: noqa: PLC0415

Request = (
    InitiateAuthRequest
    | AdminInitiateAuthRequest
    | RespondToAuthChallengeRequest
    | AdminRespondToAuthChallengeRequest
)


async def initiate_auth(call: ClientCall, req: InitiateAuthRequest) -> InitiateAuthResponse:
    """Begin to sign in, or refresh tokens."""
    attempt = _attempt(call, call.client, req, req.AuthParameters, is_start=True)
    return _answer(InitiateAuthResponse, await _started(attempt, req.AuthFlow))


async def admin_initiate_auth(
    call: AdminCall, req: AdminInitiateAuthRequest
) -> AdminInitiateAuthResponse:
    """Start a sign-in for a server that signs its users in with its own credentials."""
    client = await named_client(call, req.ClientId)
    attempt = _attempt(call, client, req, req.AuthParameters, is_start=True)
    return _answer(AdminInitiateAuthResponse, await _started(attempt, req.AuthFlow))


async def respond_to_auth_challenge(
    call: ClientCall, req: RespondToAuthChallengeRequest
) -> RespondToAuthChallengeResponse:
    """Respond to a challenge of a sign-in."""
    attempt = _attempt(call, call.client, req, req.ChallengeResponses, is_start=False)
    return _answer(RespondToAuthChallengeResponse, await _responded(attempt, req.ChallengeName))


async def admin_respond_to_auth_challenge(
    call: AdminCall, req: AdminRespondToAuthChallengeRequest
) -> AdminRespondToAuthChallengeResponse:
    """Continue a sign-in that a server started."""
    client = await named_client(call, req.ClientId)
    attempt = _attempt(call, client, req, req.ChallengeResponses, is_start=False)
    return _answer(
        AdminRespondToAuthChallengeResponse, await _responded(attempt, req.ChallengeName)
    )


def _attempt(
    call: ClientCall | AdminCall,
    client: Client,
    req: Request,
    given: Mapping[str, str] | None,
    *,
    is_start: bool,
) -> Attempt:
    return Attempt(
        call=call,
        pool=call.pool,
        client=client,
        by_admin=isinstance(call, AdminCall),
        is_start=is_start,
        given=given or {},
        client_metadata=req.ClientMetadata,
        session=req.Session,
    )


async def _started(attempt: Attempt, flow: AuthFlowType) -> AuthResponse:
    from poolhouse.auth import engine

    return await engine.start(attempt, flow)


async def _responded(attempt: Attempt, challenge: ChallengeNameType) -> AuthResponse:
    from poolhouse.auth import engine

    return await engine.respond(attempt, challenge)


Answer = TypeVar(
    "Answer",
    InitiateAuthResponse,
    AdminInitiateAuthResponse,
    RespondToAuthChallengeResponse,
    AdminRespondToAuthChallengeResponse,
)


def _answer(shape: type[Answer], outcome: AuthResponse) -> Answer:
    """Return the response of one of the four operations, which have the same members."""
    return shape(
        ChallengeName=outcome.challenge,
        Session=outcome.session,
        ChallengeParameters=dict(outcome.parameters),
        AuthenticationResult=outcome.result,
        AvailableChallenges=outcome.available,
    )
