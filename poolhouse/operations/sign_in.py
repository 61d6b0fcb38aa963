"""Signing in: InitiateAuth, AdminInitiateAuth, RespondToAuthChallenge,
AdminRespondToAuthChallenge."""

from typing import TypeVar

from poolhouse.entities.clients import Client
from poolhouse.errors import ClientNotFound
from poolhouse.flows import engine
from poolhouse.flows.attempts import Attempt, Outcome
from poolhouse.operations.calls import AdminCall, ClientCall
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


async def initiate_auth(call: ClientCall, req: InitiateAuthRequest) -> InitiateAuthResponse:
    """Begin to sign in, or refresh tokens."""
    attempt = Attempt(
        call=call,
        pool=call.pool,
        client=call.client,
        by_admin=False,
        is_start=True,
        given=req.AuthParameters or {},
        client_metadata=req.ClientMetadata,
        session=req.Session,
    )
    return _answer(InitiateAuthResponse, await engine.start(attempt, req.AuthFlow))


async def admin_initiate_auth(
    call: AdminCall, req: AdminInitiateAuthRequest
) -> AdminInitiateAuthResponse:
    """The same for a server that signs its users in with credentials of its own."""
    attempt = Attempt(
        call=call,
        pool=call.pool,
        client=await _client(call, req.ClientId),
        by_admin=True,
        is_start=True,
        given=req.AuthParameters or {},
        client_metadata=req.ClientMetadata,
        session=req.Session,
    )
    return _answer(AdminInitiateAuthResponse, await engine.start(attempt, req.AuthFlow))


async def respond_to_auth_challenge(
    call: ClientCall, req: RespondToAuthChallengeRequest
) -> RespondToAuthChallengeResponse:
    """Answer a challenge of a sign-in under way."""
    attempt = Attempt(
        call=call,
        pool=call.pool,
        client=call.client,
        by_admin=False,
        is_start=False,
        given=req.ChallengeResponses or {},
        client_metadata=req.ClientMetadata,
        session=req.Session,
    )
    return _answer(RespondToAuthChallengeResponse, await engine.respond(attempt, req.ChallengeName))


async def admin_respond_to_auth_challenge(
    call: AdminCall, req: AdminRespondToAuthChallengeRequest
) -> AdminRespondToAuthChallengeResponse:
    """The same for a sign-in that a server began."""
    attempt = Attempt(
        call=call,
        pool=call.pool,
        client=await _client(call, req.ClientId),
        by_admin=True,
        is_start=False,
        given=req.ChallengeResponses or {},
        client_metadata=req.ClientMetadata,
        session=req.Session,
    )
    return _answer(
        AdminRespondToAuthChallengeResponse, await engine.respond(attempt, req.ChallengeName)
    )


async def _client(call: AdminCall, client_id: str) -> Client:
    client = await call.store.clients.find(client_id)
    if client is None or client.pool_id != call.pool.id:
        raise ClientNotFound(client_id=client_id)
    return client


Answer = TypeVar(
    "Answer",
    InitiateAuthResponse,
    AdminInitiateAuthResponse,
    RespondToAuthChallengeResponse,
    AdminRespondToAuthChallengeResponse,
)


def _answer(shape: type[Answer], outcome: Outcome) -> Answer:
    """The four answers have the same members."""
    return shape(
        ChallengeName=outcome.challenge,
        Session=outcome.session,
        ChallengeParameters=dict(outcome.parameters),
        AuthenticationResult=outcome.result,
        AvailableChallenges=outcome.available,
    )
