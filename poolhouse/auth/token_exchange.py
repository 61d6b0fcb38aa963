"""A token in exchange for another, for the service that comes next (RFC 8693).

GetDerivedToken, and the grant of the token endpoint.
"""

from poolhouse.entities.pool_resources import ResourceServer
from poolhouse.entities.signing_keys import KeyUse
from poolhouse.errors.auth import MissingParameter
from poolhouse.errors.tokens import InvalidExchangedToken
from poolhouse.rules.tokens import access_tokens, client_credentials
from poolhouse.rules.tokens import token_exchange as rules
from poolhouse.rules.tokens.access_tokens import ParsedToken
from poolhouse.services import custom_scopes, token_verification
from poolhouse.services.context import ClientCall
from poolhouse.services.token_issuance import TokenContext, claims_of, sign_jwt
from poolhouse.triggers.pre_token_generation import PreTokenSource
from poolhouse.wire.enums import IssuedTokenTypeIdentifierType as IssuedType
from poolhouse.wire.enums import OAuthTokenTypeType
from poolhouse.wire.structs import GetDerivedTokenRequest, GetDerivedTokenResponse

SUBJECT, ACTOR = "subject", "actor"


async def derive(call: ClientCall, req: GetDerivedTokenRequest) -> GetDerivedTokenResponse:
    """Issue the token that is asked for, for the user of the subject token.

    It belongs to the session that the subject token came from, and ends with it.
    """
    call.audit.step = rules.flow_of(req.ActorToken)
    audience = rules.audience(
        req.Audiences, req.Resources, resource_exists=await _has_resource_server(call, req)
    )
    subject = await _subject(call, req)
    call.audit.target = rules.username_of(subject)
    actor = await _actor(call, req)
    _, user, session = await token_verification.resolve_token_subject(
        call.services, call.pool, subject
    )
    existing = await custom_scopes.of_client(call.store, call.client)
    scopes = rules.granted(call.client, subject, req.Scopes, existing)
    as_identity = req.RequestedTokenType is IssuedType.ID_TOKEN
    if as_identity:
        named = await call.store.clients.find(audience) if audience else None
        rules.check_identity(call.client, subject, named)
    # UNVERIFIED: the source that functions get? These are new tokens of a sign-in long ago.
    source = PreTokenSource.REFRESH_TOKENS
    context = TokenContext(call.pool, call.client, user, session, source, client_metadata=None)
    claims = await claims_of(call, context, scopes)
    payload, validity = (
        (claims.identity, claims.lifetimes.id)
        if as_identity
        else (claims.access, claims.lifetimes.access)
    )
    lifetime = rules.lifetime(validity, subject, call.now)
    # After the function's wishes, so that no function widens or hides what the exchange grants.
    payload = {**payload, "exp": payload["iat"] + int(lifetime.total_seconds())}
    payload |= rules.audience_claims(call.client, audience, as_identity=as_identity)
    if act := rules.actor_claim(actor, subject):
        payload["act"] = act
    keys = await call.services.signing_keys.of(call.pool.id, call.now)
    return GetDerivedTokenResponse(
        IssuedToken=sign_jwt(keys[KeyUse.ID if as_identity else KeyUse.ACCESS], payload),
        IssuedTokenType=IssuedType.ID_TOKEN if as_identity else IssuedType.ACCESS_TOKEN,
        TokenType=OAuthTokenTypeType.N_A if as_identity else OAuthTokenTypeType.BEARER,
        ExpiresIn=int(lifetime.total_seconds()),
        Scopes=None if as_identity else str(payload.get("scope", "")).split(),
    )


async def _has_resource_server(call: ClientCall, req: GetDerivedTokenRequest) -> bool:
    if not req.Resources:
        return False
    server = await call.store.resources.find(ResourceServer, call.pool.id, req.Resources[0])
    return server is not None


async def _subject(call: ClientCall, req: GetDerivedTokenRequest) -> ParsedToken:
    use = rules.use_of(req.SubjectTokenType, req.SubjectTokenProviderName, SUBJECT)
    subject = await _verified(call, req.SubjectToken, use, SUBJECT)
    if client_credentials.is_machines(subject):
        # UNVERIFIED: can a token of no user be exchanged?
        raise InvalidExchangedToken(role=SUBJECT)
    return subject


async def _actor(call: ClientCall, req: GetDerivedTokenRequest) -> ParsedToken | None:
    """Return the actor: an app client by its own token, or a user."""
    rules.check_flow(call.client, rules.flow_of(req.ActorToken))
    if req.ActorToken is None:
        return None
    if req.ActorTokenType is None:
        raise MissingParameter(name="ActorTokenType")
    use = rules.use_of(req.ActorTokenType, req.ActorTokenProviderName, ACTOR)
    actor = await _verified(call, req.ActorToken, use, ACTOR)
    if not client_credentials.is_machines(actor):
        await token_verification.resolve_token_subject(call.services, call.pool, actor)
    elif await call.store.clients.find(str(actor.claims["client_id"])) is None:
        raise InvalidExchangedToken(role=ACTOR)
    return actor


async def _verified(call: ClientCall, token: str, use: KeyUse, role: str) -> ParsedToken:
    """Return a verified token of this pool."""
    try:
        parsed, pool = await token_verification.verify_token(call.services, token, use, call.now)
    except access_tokens.UnacceptableToken:
        raise InvalidExchangedToken(role=role) from None
    if pool.id != call.pool.id:
        raise InvalidExchangedToken(role=role)
    return parsed
