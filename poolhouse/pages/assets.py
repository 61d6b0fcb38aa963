"""Style sheets and scripts: read once, named by a hash of their content, cached for a year."""

import hashlib
import re
from collections.abc import Iterable
from importlib.resources import files
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

PATH: Final = "/assets"
_TYPES: Final = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
_HEADERS: Final = {
    "cache-control": "public, max-age=31536000, immutable",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
}


class Assets:
    """Files of the folders `static` of some packages, by the names that pages link to.

    They stay in memory: a page that reports a failure must not need a free file descriptor.
    """

    def __init__(self, packages: Iterable[str]) -> None:
        self._urls: dict[str, str] = {}
        self._files: dict[str, tuple[bytes, str]] = {}
        for package in packages:
            for file in (files(package) / "static").iterdir():
                if file.name.rpartition(".")[2] in _TYPES:  # no editor's copies
                    self._add(file.name, file.read_bytes())

    def _add(self, name: str, content: bytes) -> None:
        stem, _, suffix = name.rpartition(".")
        if suffix == "css":
            content = _small(content.decode()).encode()
        hashed = f"{stem}.{hashlib.sha256(content).hexdigest()[:16]}.{suffix}"
        self._urls[name] = f"{PATH}/{hashed}"
        self._files[hashed] = content, _TYPES[suffix]

    def url(self, name: str) -> str:
        """Return the path that a page links to; it changes when the file does."""
        return self._urls[name]

    async def endpoint(self, request: Request) -> Response:
        """Return a file, or raise 404: an old name has no content any more."""
        found = self._files.get(request.path_params["name"])
        if found is None:
            raise HTTPException(404)
        content, media_type = found
        return Response(content, media_type=media_type, headers=_HEADERS)


def _small(css: str) -> str:
    """Return our own style sheet without comments and indentation, which no browser needs."""
    bare = re.sub(r"/\*.*?\*/\s*", "", css, flags=re.DOTALL)
    return re.sub(r"(?<=[;{},])\s*\n\s*", "", bare)
