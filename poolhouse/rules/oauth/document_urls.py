"""URLs of client ID metadata documents, and the patterns by which a policy admits them.

The draft of the IETF demands `https`, a path, no dot segments, no fragment and no user information
(draft-ietf-oauth-client-id-metadata-document). Here a URL has one spelling only: a lower-case host,
no port 443, no query, no escaped slash or dot. So no two client ids are one document.
"""

import re
from functools import lru_cache
from typing import Final

SCHEME: Final = "https://"
LONGEST: Final = 256
"""Characters of a URL, by the API's model."""
HTTPS_PORT: Final = 443

_LABEL: Final = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_URL: Final = re.compile(
    rf"https://(?P<host>{_LABEL}(?:\.{_LABEL})*)(?::(?P<port>[1-9][0-9]{{0,4}}))?"
    r"(?P<path>/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-F]{2})+)"
)
_ESCAPED: Final = re.compile(r"%(?:2E|2F|5C|25|0[0-9A-F]|1[0-9A-F]|7F)")
"""Escapes of dots, slashes and control characters, which some servers undo."""


def looks_like_url(client_id: str) -> bool:
    """Return whether a `client_id` is meant to be a document's URL."""
    return client_id.startswith(SCHEME)


def is_document_url(text: str) -> bool:
    """Return whether a document may be at this URL."""
    found = _URL.fullmatch(text) if len(text) <= LONGEST else None
    if found is None or _ESCAPED.search(found["path"]):
        return False
    if found["port"] is not None and not HTTPS_PORT != int(found["port"]) < 65_536:
        return False
    return not {".", "..", ""} & set(found["path"].split("/")[1:-1]) and not found["path"].endswith(
        ("/.", "/..")
    )


def host_and_port(url: str) -> tuple[str, int]:
    """Return where to connect for a URL that `is_document_url` has accepted."""
    found = _URL.fullmatch(url)
    assert found is not None
    return found["host"], int(found["port"] or HTTPS_PORT)


def is_pattern(pattern: str) -> bool:
    """Return whether a pattern of a policy can match any URL: it needs a host and a path."""
    return _parts(pattern) is not None


def matches(pattern: str, url: str) -> bool:
    """Return whether a policy's pattern matches a URL that `is_document_url` has accepted.

    `*` stands for one or more characters. In the host it stays within one label, so that no pattern
    reaches a host deeper than it shows. In the path it may cross slashes.
    UNVERIFIED: how far does the service's wildcard reach?
    """
    return bool((compiled := _compiled(pattern)) and compiled.fullmatch(url))


@lru_cache(maxsize=1_024)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    parts = _parts(pattern)
    if parts is None:
        return None
    host, path = parts
    return re.compile(
        re.escape(SCHEME) + _with_wildcard(host, "[a-z0-9-]+") + _with_wildcard(path, ".+")
    )


def _parts(pattern: str) -> tuple[str, str] | None:
    """Return a pattern's host, with its port, and its path."""
    host, slash, path = pattern.removeprefix(SCHEME).partition("/")
    is_whole = pattern.startswith(SCHEME) and host and slash and path
    return (host.lower(), f"/{path}") if is_whole and "@" not in host else None


def _with_wildcard(text: str, wildcard: str) -> str:
    """Return the expression of a part. Neighbouring wildcards are one, so that none is slow."""
    return wildcard.join(re.escape(part) for part in re.sub(r"\*+", "*", text).split("*"))
