"""`/error`: what a browser shows if no app can be answered (ev:oauth-3.2)."""

from starlette.requests import Request
from starlette.responses import Response

from poolhouse.errors.oauth import InvalidRequest, RedirectMismatch
from poolhouse.pages.hosted_ui.language_choice import texts_for_request
from poolhouse.pages.hosted_ui.own_texts import catalogue_of
from poolhouse.pages.hosted_ui.page_request import cookies_of
from poolhouse.pages.hosted_ui.texts import Texts
from poolhouse.pages.hosted_ui.ui import site_of
from poolhouse.pages.responses import Pages, received
from poolhouse.services.page_changes import PageChanges


class ErrorPage:
    """Answers `GET /error?error=…`, with status 400 as the service does."""

    def __init__(self, pages: Pages, changes: PageChanges) -> None:
        self._pages = pages
        self._changes = changes

    async def endpoint(self, request: Request) -> Response:
        """Show what the code means. Nothing of the query is in the page."""
        pool = site_of(request).pool
        raw, params = received(request), request.query_params
        catalogue = catalogue_of(self._changes, None if pool is None else pool.id)
        texts = texts_for_request(raw, params, cookies_of(raw), catalogue)
        title, text = _shown(texts, params.get("error", ""))
        return self._pages.page(
            "message.html",
            status=400,
            language=texts.code_of_language,
            direction=texts.direction,
            title=title,
            text=text,
            is_good=False,
        )


def _shown(texts: Texts, code: str) -> tuple[str, str]:
    if code == RedirectMismatch.code:
        return texts.redirect_mismatch_title, texts.redirect_mismatch
    if code == InvalidRequest.code:
        return texts.bad_link_title, texts.bad_link
    return texts.failed_title, texts.failed
