"""Style sheets and images of customers, at paths that name their content.

A browser runs and loads nothing in an image, whatever its bytes are. The policy forbids all, and
the media type is that of the extension.
"""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from poolhouse.pages.hosted_ui.ui import site_of
from poolhouse.rules.pools import images
from poolhouse.services import branding
from poolhouse.services.branding import FOLDER, StyleSheets
from poolhouse.services.context import Services

_HEADERS: Final = {
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": "sandbox; default-src 'none'",
}
_FOR_EVER: Final = {**_HEADERS, "cache-control": "public, max-age=31536000, immutable"}
_ONCE: Final = {**_HEADERS, "cache-control": "no-store"}


class BrandingFiles:
    """Answers `GET /branding/POOL/KIND/CLIENT/NAME`."""

    def __init__(self, services: Services, sheets: StyleSheets) -> None:
        self._services = services
        self._sheets = sheets

    def route(self) -> Route:
        """Return the route."""
        return Route(f"{FOLDER}{{pool_id}}/{{kind}}/{{client_id}}/{{name}}", self.endpoint)

    async def endpoint(self, request: Request) -> Response:
        """Return a style sheet or an image of a style in use, or raise 404."""
        pool_id, name = request.path_params["pool_id"], request.path_params["name"]
        if not site_of(request).serves(pool_id):
            raise HTTPException(404)
        store = self._services.store
        await store.configuration.refresh()
        stored = await branding.of_path(
            store, pool_id, request.path_params["kind"], request.path_params["client_id"]
        )
        if stored is None:
            raise HTTPException(404)
        if name.endswith(".css"):
            return self._style_sheet(stored, name)
        media_type = images.media_type_of(name)
        content = None
        if media_type is not None and name in branding.image_names(stored):
            content = await store.resources.asset(pool_id, stored.assets_owner, name)
        if content is None:
            raise HTTPException(404)
        return Response(content, media_type=media_type, headers=_FOR_EVER)

    def _style_sheet(self, stored: branding.Stored, name: str) -> Response:
        """Return the present style sheet, also to a page that was rendered before a change."""
        sheet = self._sheets.of(stored)
        headers = _FOR_EVER if sheet.name == name else _ONCE
        return Response(sheet.css, media_type="text/css", headers=headers)
