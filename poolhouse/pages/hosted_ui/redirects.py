"""Responses that lead the browser back to the app, or to another page of the domain."""

import string
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, quote_plus, urlencode

from starlette.responses import Response

from poolhouse.errors.oauth import Destination, OAuthError
from poolhouse.rules.oauth.authorization_requests import CODE, TOKEN

_HEADERS: Final = {
    "cache-control": "no-cache, no-store, max-age=0, must-revalidate",
    "pragma": "no-cache",
    "expires": "0",
    "referrer-policy": "no-referrer",
}


def redirect(url: str, status: int = 302) -> Response:
    """Return a redirect that no cache keeps.

    Registered URIs may have letters of any script, which a header can't hold (RFC 3987 §3.1).
    """
    location = quote(url, safe=string.punctuation)
    return Response(status_code=status, headers={**_HEADERS, "location": location})


def to_app(uri: str, parameters: Mapping[str, str], response_type: str = CODE) -> Response:
    """Return a redirect to a registered URI, with the parameters in its query or fragment.

    The implicit grant has them in the fragment, which browsers send to no server.
    """
    if not parameters:
        return redirect(uri)
    encoded = "&".join(f"{name}={_encoded(name, value)}" for name, value in parameters.items())
    if response_type == TOKEN:
        return redirect(f"{uri}#{encoded}")
    separator = "?"
    if "?" in uri:
        separator = "" if uri.endswith(("?", "&")) else "&"
    return redirect(f"{uri}{separator}{encoded}")


def to_device(root_path: str, user_code: str | None) -> Response:
    """Return the redirect to the page of devices, after a sign-in for it."""
    query = "" if user_code is None else f"?{urlencode({'user_code': user_code})}"
    return redirect(f"{root_path}/device{query}", status=303)


def _encoded(name: str, value: str) -> str:
    """Encode a value once. Blanks are `+` in the service's sentences, which apps compare.

    The app's own state has no `+` that it didn't send: not every app reads that as a blank.
    """
    return quote(value, safe="") if name == "state" else quote_plus(value)


def error_to_app(destination: Destination, error: OAuthError) -> Response:
    """Return an error to the app, its keys in the service's order (ev:oauth-3.1)."""
    parameters: dict[str, str] = {}
    if error.description is not None:
        parameters["error_description"] = error.description
    if destination.state is not None:
        parameters["state"] = destination.state
    parameters["error"] = error.code
    return to_app(destination.redirect_uri, parameters, destination.response_type)
