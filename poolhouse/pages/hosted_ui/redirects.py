"""Responses that lead the browser back to the app, or to another page of the domain."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode, urlsplit

from starlette.responses import Response

from poolhouse.errors.oauth import Destination, OAuthError
from poolhouse.rules.oauth.authorization_requests import TOKEN

_HEADERS: Final = {
    "cache-control": "no-cache, no-store, max-age=0, must-revalidate",
    "pragma": "no-cache",
    "expires": "0",
    "referrer-policy": "no-referrer",
}


def redirect(url: str, status: int = 302) -> Response:
    """Return a redirect that no cache keeps."""
    return Response(status_code=status, headers={**_HEADERS, "location": url})


def to_app(uri: str, parameters: Mapping[str, str], response_type: str) -> Response:
    """Return a redirect to a registered URI, with the parameters in its query or fragment.

    The implicit grant has them in the fragment, which browsers send to no server.
    """
    encoded = urlencode(parameters)
    if response_type == TOKEN:
        return redirect(f"{uri}#{encoded}")
    separator = "&" if urlsplit(uri).query else "?"
    return redirect(f"{uri}{separator}{encoded}")


def error_to_app(destination: Destination, error: OAuthError) -> Response:
    """Return an error to the app, its keys in the service's order (ev:oauth-3.1)."""
    parameters: dict[str, str] = {}
    if error.description is not None:
        parameters["error_description"] = error.description
    if destination.state is not None:
        parameters["state"] = destination.state
    parameters["error"] = error.code
    return to_app(destination.redirect_uri, parameters, destination.response_type)
