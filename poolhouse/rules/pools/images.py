"""Images that customers upload for a domain's pages: their form, names and media types.

They are served as they are, by a route that lets no browser run anything in them.
"""

import hashlib
from collections.abc import Mapping
from typing import Final

from poolhouse.wire.enums import AssetExtensionType

MEDIA_TYPES: Final[Mapping[AssetExtensionType, str]] = {
    AssetExtensionType.ICO: "image/x-icon",
    AssetExtensionType.JPEG: "image/jpeg",
    AssetExtensionType.PNG: "image/png",
    AssetExtensionType.SVG: "image/svg+xml",
    AssetExtensionType.WEBP: "image/webp",
}

_BEGINNINGS: Final[Mapping[AssetExtensionType, bytes]] = {
    AssetExtensionType.ICO: b"\x00\x00\x01\x00",
    AssetExtensionType.JPEG: b"\xff\xd8\xff",
    AssetExtensionType.PNG: b"\x89PNG\r\n\x1a\n",
    AssetExtensionType.WEBP: b"RIFF",
}


def has_form_of(extension: AssetExtensionType, content: bytes) -> bool:
    """Return whether the bytes begin as files of this kind do. An SVG must be text with `<svg`."""
    if extension is AssetExtensionType.SVG:
        return b"<svg" in content and b"\x00" not in content
    return content.startswith(_BEGINNINGS[extension])


def name_of(extension: AssetExtensionType, content: bytes) -> str:
    """Return the name of an image: equal bytes have equal names, and a URL never changes."""
    return f"{hashlib.sha256(content).hexdigest()[:32]}.{extension.lower()}"


def media_type_of(name: str) -> str | None:
    """Return the media type by the end of a name; None if it is no image's."""
    kind = name.rpartition(".")[2].upper()
    return MEDIA_TYPES[AssetExtensionType(kind)] if kind in MEDIA_TYPES else None
