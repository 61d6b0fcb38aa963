"""`/oauth2/revoke`: end the session of a refresh token (RFC 7009, ev:oauth-5)."""

from poolhouse.auth import revocation
from poolhouse.errors.auth import ClientUnauthorized
from poolhouse.errors.oauth import (
    InvalidClient,
    InvalidClientAtRevocation,
    InvalidRequest,
    UnsupportedTokenType,
)
from poolhouse.errors.tokens import NotARefreshToken, RevocationOff
from poolhouse.http.messages import HttpResponse
from poolhouse.oauth import client_authentication, forms, responses
from poolhouse.oauth.endpoints import EndpointCall
from poolhouse.oauth.refusals import as_oauth
from poolhouse.services.retry import until_committed
from poolhouse.wire.errors import ServiceError


async def revoke(call: EndpointCall) -> HttpResponse:
    """Revoke a refresh token and all tokens of its session.

    Unknown tokens and those that were revoked before are answered alike.
    """
    form = forms.read(call.request)
    try:
        client_call = await client_authentication.authenticate(call, form)
    except InvalidClient as error:
        raise InvalidClientAtRevocation().because(error.reason or "") from None
    token = forms.required(form, "token")
    try:
        await until_committed(client_call, lambda: revocation.revoke(client_call, token))
    except NotARefreshToken:
        raise UnsupportedTokenType from None
    except RevocationOff:
        raise InvalidRequest().because("EnableTokenRevocation is off") from None
    except ClientUnauthorized:
        # UNVERIFIED: what is answered for another client's refresh token.
        raise InvalidClientAtRevocation().because("it is another app client's token") from None
    except ServiceError as error:
        raise as_oauth(error, InvalidRequest) from error
    return responses.empty_response()
