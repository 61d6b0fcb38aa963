"""`/error`: what a browser shows if no app can be answered (ev:oauth-3.2)."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from poolhouse.errors.oauth import (
    InvalidRequest,
    OAuthNotEnabled,
    RedirectMismatch,
    ServerFailure,
    ShownOnPage,
)
from poolhouse.oauth.sites import Site
from poolhouse.pages.hosted_ui import language_choice, looks
from poolhouse.pages.hosted_ui.own_texts import catalogue_of
from poolhouse.pages.hosted_ui.page_request import ClientRequest, cookies_of, load_client
from poolhouse.pages.hosted_ui.texts import Texts
from poolhouse.pages.hosted_ui.ui import site_of
from poolhouse.pages.looks import BUILT_IN
from poolhouse.pages.responses import Pages, received
from poolhouse.rules.oauth import authorization_requests
from poolhouse.services.branding import StyleSheets
from poolhouse.services.context import Services

_CODES: Final = frozenset({RedirectMismatch.code, InvalidRequest.code, ServerFailure.code})


class ErrorPage:
    """Answers `GET /error?error=…`, with status 400 as the service does."""

    def __init__(self, services: Services, pages: Pages, sheets: StyleSheets) -> None:
        self._services = services
        self._pages = pages
        self._sheets = sheets

    async def endpoint(self, request: Request) -> Response:
        """Show what the code means, in the looks of the app client if there is one of that id.

        Of the query only known codes and ids are in the page.
        """
        site = site_of(request)
        raw, params = received(request), request.query_params
        catalogue = catalogue_of(self._services.page_changes, site.pool.id if site.pool else None)
        texts = language_choice.texts_for_request(raw, params, cookies_of(raw), catalogue)
        found = await _client_request(self._services, request, site)
        of_client = await looks.of_page(found, self._sheets) if found else BUILT_IN
        code = params.get("error", "")
        title, text = _shown(texts, code, found)
        shown = {"error": code} if code in _CODES else {}
        known = shown | ({"client_id": found.client.id} if found else {})
        menu = language_choice.LanguageMenu.of_get(f"{site.root_path}/error", known, catalogue)
        return self._pages.page(
            "message.html",
            status=400,
            language=texts.code_of_language,
            direction=texts.direction,
            looks=of_client,
            languages=menu if of_client.has_language_menu else None,
            texts=texts,
            title=title,
            text=text,
            detail=" · ".join([*([found.client.name] if found else []), *shown.values()]),
            error_title=texts.error_title,
            is_good=False,
        )


async def _client_request(services: Services, request: Request, site: Site) -> ClientRequest | None:
    """Return the request of the app client that the query names; None if it names none."""
    try:
        return await load_client(services, request, site)
    except ShownOnPage:
        return None


def _shown(texts: Texts, code: str, found: ClientRequest | None) -> tuple[str, str]:
    """Return the title and text of a code. What an app client lacks is read off the client."""
    if code == RedirectMismatch.code:
        return texts.redirect_mismatch_title, texts.redirect_mismatch
    if (
        code == OAuthNotEnabled.code
        and found
        and not authorization_requests.has_flows(found.client)
    ):
        return texts.oauth_not_enabled_title, texts.oauth_not_enabled
    if code == InvalidRequest.code:
        return texts.bad_link_title, texts.bad_link
    return texts.failed_title, texts.failed
