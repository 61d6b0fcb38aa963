"""`/oauth2/userInfo`: what an app may read of the user of its access token (ev:oauth-5)."""

from collections.abc import Mapping
from typing import Any, Final

from poolhouse.entities.signing_keys import KeyUse
from poolhouse.entities.users import User
from poolhouse.errors.oauth import (
    AccessTokenUnusable,
    BadUserInfoRequest,
    InvalidRequest,
    OpenIdScopeMissing,
)
from poolhouse.http.messages import HttpRequest, HttpResponse
from poolhouse.oauth import bearer_tokens, forms, responses
from poolhouse.oauth.endpoints import EndpointCall
from poolhouse.rules.oauth import user_claims
from poolhouse.rules.tokens import access_tokens, id_tokens
from poolhouse.rules.users.attributes import may_read
from poolhouse.services import token_verification
from poolhouse.services.context import UserCall
from poolhouse.wire.errors import NotAuthorizedException, UserNotFoundException

_TOKEN: Final = "access_token"  # noqa: S105 - a name


async def user_info(call: EndpointCall) -> HttpResponse:
    """Return the claims of a user whose access token has the scope `openid`.

    Values are strings, also that of `email_verified` (ev:oauth-5).

    DIFFERS: with the setting `standard_user_info` they have the types of OpenID Connect Core §5.1,
    as in ID tokens.
    """
    user_call = await _authenticated(call)
    scopes = str(user_call.token.claims.get("scope", "")).split()
    user = user_call.user
    readable = {
        name: value for name, value in user.attributes.items() if may_read(user_call.client, name)
    }
    claims = user_claims.opened(readable, scopes)
    if call.services.extras.standard_user_info:
        typed = {name: id_tokens.as_claim(name, value) for name, value in claims.items()}
        return _answer(user, typed)
    return _answer(user, claims)


def _answer(user: User, claims: Mapping[str, Any]) -> HttpResponse:
    return responses.json_response({"sub": user.sub, **claims, "username": user.username})


async def _authenticated(call: EndpointCall) -> UserCall:
    """Return the call of the token's user. Raises an OAuthError."""
    token = _token(call.request)
    try:
        parsed, pool = await token_verification.verify_token(
            call.services, token, KeyUse.ACCESS, call.caller.now
        )
    except access_tokens.MalformedToken as error:
        raise BadUserInfoRequest().because(str(error)) from None
    except access_tokens.UnacceptableToken as error:
        raise AccessTokenUnusable().because(str(error)) from None
    if not call.site.serves(pool.id):
        raise AccessTokenUnusable().because("it is of another pool than the domain's")
    try:
        subject = await token_verification.resolve_token_subject(call.services, pool, parsed)
    except (NotAuthorizedException, UserNotFoundException) as error:
        raise AccessTokenUnusable().because(error.reason or error.text) from None
    call.call = UserCall(call.services, call.caller, pool=pool, token=parsed, **subject._asdict())
    try:
        access_tokens.check_scope(parsed, user_claims.OPENID)
    except access_tokens.MissingScope:
        raise OpenIdScopeMissing from None
    return call.call


def _token(request: HttpRequest) -> str:
    """Return the bearer token of the header, or else of a POST's form. Raises BadUserInfoRequest.

    DIFFERS: AWS documents the header alone. OpenID Connect Core §5.3.1 has the form too.
    """
    header = request.header(b"authorization")
    if header is None and request.method == "POST":
        try:
            return forms.required(forms.read(request), _TOKEN)
        except InvalidRequest as error:
            raise BadUserInfoRequest().because(error.reason or "") from None
    token = bearer_tokens.of_header(header)
    if token is None:
        raise BadUserInfoRequest().because("no bearer token")
    return token
