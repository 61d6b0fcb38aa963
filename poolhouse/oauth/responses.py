"""Responses of the endpoints for programs: JSON, errors, and CORS for pages of other origins."""

from typing import Any, Final

import msgspec

from poolhouse.errors.oauth import OAuthError
from poolhouse.http.messages import Headers, HttpRequest, HttpResponse

NOT_CACHED: Final[Headers] = [
    (b"cache-control", b"no-cache, no-store, max-age=0, must-revalidate"),
    (b"pragma", b"no-cache"),
    (b"expires", b"0"),
    (b"x-content-type-options", b"nosniff"),
]
CORS: Final = (b"access-control-allow-origin", b"*")
"""Of the token, revocation and userInfo endpoints (ev:oauth-12)."""

_JSON: Final[Headers] = [(b"content-type", b"application/json;charset=UTF-8"), *NOT_CACHED, CORS]


def json_response(content: Any, status: int = 200) -> HttpResponse:
    """Return a JSON response for a program of any origin."""
    return HttpResponse(status, list(_JSON), msgspec.json.encode(content))


def empty_response(status: int = 200) -> HttpResponse:
    """Return a response without a body."""
    return HttpResponse(status, [*NOT_CACHED, CORS], b"")


def refusal(error: OAuthError) -> HttpResponse:
    """Return an error as RFC 6749 §5.2 has it. `error_description` is absent if AWS sends none."""
    content = {"error": error.code}
    if error.description is not None:
        content["error_description"] = error.description
    response = json_response(content, error.status)
    if error.at_bearer:
        challenge = f'Bearer error="{error.code}", error_description="{error.description}"'
        response.headers.append((b"www-authenticate", challenge.encode()))
    return response


def preflight(request: HttpRequest, methods: bytes) -> HttpResponse:
    """Return the response to a preflight request of CORS (ev:domain-1.5)."""
    asked = request.header(b"access-control-request-headers")
    allowed = asked.encode("latin-1") if asked else b"authorization, content-type"
    headers: Headers = [
        CORS,
        (b"access-control-allow-methods", methods),
        (b"access-control-allow-headers", allowed),
        (b"access-control-max-age", b"86400"),
    ]
    return HttpResponse(200, headers, b"")
