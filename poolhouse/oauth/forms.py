"""Read the form of a request to an endpoint for programs."""

from collections.abc import Mapping
from typing import Final

from poolhouse.errors.oauth import InvalidRequest
from poolhouse.http import parameters
from poolhouse.http.messages import HttpRequest

FORM: Final = "application/x-www-form-urlencoded"
MOST_FIELDS: Final = 64
"""Parameters of a form that are looked at; the longest good one has a dozen."""


def read(request: HttpRequest) -> Mapping[str, str]:
    """Return the parameters of the body. Raises InvalidRequest.

    The query isn't read. A parameter without a value counts as absent, and none may be sent twice
    (RFC 6749 §3.2).
    """
    media_type = (request.header(b"content-type") or "").partition(";")[0].strip().lower()
    if media_type != FORM:
        raise InvalidRequest().because("the body is no form")
    try:
        fields = parameters.parse(request.body, MOST_FIELDS)
    except parameters.UnreadableParameters as error:
        raise InvalidRequest().because(str(error)) from None
    form = dict(fields)
    if len(form) < len(fields):
        raise InvalidRequest().because("a parameter was sent twice")
    return {name: value for name, value in form.items() if value}


def required(form: Mapping[str, str], name: str) -> str:
    """Return a parameter. Raises InvalidRequest if it is absent."""
    value = form.get(name)
    if value is None:
        raise InvalidRequest().because(f"no {name}")
    return value
