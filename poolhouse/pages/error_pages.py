"""Pages for what can't be answered: for browsers as HTML, for programs as JSON, by Accept.

They reveal nothing about the server, and nothing about what has failed in it.
"""

from http import HTTPStatus
from typing import Final, NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from poolhouse.pages.responses import Pages, accepts_html, json_response


class _ErrorText(NamedTuple):
    title: str
    text: str


_TEXTS: Final = {
    403: _ErrorText(
        "Not from here", "This page answers only when this machine opens it by a loopback name."
    ),
    404: _ErrorText(
        "Page not found", "Check the address. If you followed a link, it may be out of date."
    ),
    405: _ErrorText("Not possible here", "This address doesn’t take that kind of request."),
    500: _ErrorText("Something went wrong", "It isn’t your fault. Try again in a moment."),
    503: _ErrorText("Not available right now", "Try again in a moment."),
}
_OTHER: Final = _ErrorText("Request refused", "The request can’t be answered as it was sent.")


class ErrorPages:
    """Makes the response to an error."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def response(self, request: Request, status: int) -> Response:
        """Return a page or JSON for this status."""
        if accepts_html(request):
            found = _TEXTS.get(status, _OTHER)
            page = self._pages.page(
                "message.html", status=status, title=found.title, text=found.text, is_good=False
            )
        else:
            page = json_response({"message": HTTPStatus(status).phrase}, status)
        page.headers["vary"] = "Accept"
        return page

    async def http_error(self, request: Request, error: Exception) -> Response:
        """Answer what a route or the router refuses, e.g. a path that isn't there."""
        assert isinstance(error, HTTPException)
        response = self.response(request, error.status_code)
        for name, value in (error.headers or {}).items():
            response.headers[name] = value
        return response

    async def failure(self, request: Request, _error: Exception) -> Response:
        """Answer an unexpected error, which the server logs when Starlette raises it again."""
        return self.response(request, 500)
