"""`/error`: what a browser shows if no app can be answered (ev:oauth-3.2)."""

from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from poolhouse.pages.hosted_ui.ui import site_of
from poolhouse.pages.responses import Pages


class _Text(NamedTuple):
    title: str
    text: str


_TEXTS: Final = {
    "redirect_mismatch": _Text(
        "This app isn’t set up for sign-in here",
        "The app asked to return to an address that isn’t registered for it. Tell the people who"
        " run the app: its callback URL must be added to the app client.",
    ),
    "invalid_request": _Text(
        "This sign-in link is incomplete",
        "Go back to the app and start again. If that doesn’t help, tell the people who run it.",
    ),
}
_OTHER: Final = _Text("Something went wrong", "Go back to the app and start again.")


class ErrorPage:
    """Answers `GET /error?error=…`, with status 400 as the service does."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def endpoint(self, request: Request) -> Response:
        """Show what the code means. Nothing of the query is in the page."""
        site_of(request)
        found = _TEXTS.get(request.query_params.get("error", ""), _OTHER)
        return self._pages.page(
            "message.html", status=400, title=found.title, text=found.text, is_good=False
        )
