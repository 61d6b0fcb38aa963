"""URLs of client ID metadata documents, and the patterns by which a policy admits them.

The draft of the IETF demands `https`, a path, no dot segments, no fragment and no user information
(draft-ietf-oauth-client-id-metadata-document). Here a URL has one spelling only: a lower-case host,
no port 443, no query, no escaped slash or dot. So no two client ids are one document.
"""

import re
from typing import Final

SCHEME: Final = "https://"
LONGEST: Final = 256
"""Characters of a URL, by the API's model."""
HTTPS_PORT: Final = 443

_LABEL: Final = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_URL: Final = re.compile(
    rf"https://{_LABEL}(?:\.{_LABEL})*(?::(?P<port>[1-9][0-9]{{0,4}}))?"
    r"(?P<path>/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-F]{2})+)"
)
_SEPARATOR: Final = re.compile("([.:])")
_WILDCARDS: Final = re.compile(r"\*+")
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


def is_pattern(pattern: str) -> bool:
    """Return whether a pattern of a policy can match any URL: it needs a host and a path."""
    return _parts(pattern) is not None


def matches(pattern: str, url: str) -> bool:
    """Return whether a policy's pattern matches a URL that `is_document_url` has accepted.

    `*` stands for one or more characters. In the host it stays within one label, so that no pattern
    reaches a host deeper than it shows. In the path it may cross slashes.
    UNVERIFIED: how far does the service's wildcard reach?
    """
    # Not by an expression: with some wildcards a long URL would take it hours.
    parts, of_url = _parts(pattern), _parts(url)
    if parts is None or of_url is None:
        return False
    (host, path), (url_host, url_path) = parts, of_url
    labels, url_labels = _SEPARATOR.split(host), _SEPARATOR.split(url_host)
    return (
        len(labels) == len(url_labels)
        and all(map(_fits, labels, url_labels))
        and _fits(path, url_path)
    )


def _parts(pattern: str) -> tuple[str, str] | None:
    """Return a pattern's host, with its port, and its path."""
    host, slash, path = pattern.removeprefix(SCHEME).partition("/")
    is_whole = pattern.startswith(SCHEME) and host and slash and path
    return (host.lower(), f"/{path}") if is_whole and "@" not in host else None


def _fits(pattern: str, text: str) -> bool:
    """Return whether a text is what a pattern shows, with one or more characters for each `*`.

    Each part is looked for as far to the left as it can be, which leaves the others most room.
    """
    first, *others = _WILDCARDS.split(pattern)
    if not others:
        return text == pattern
    *middle, last = others
    if not text.startswith(first):
        return False
    place = len(first)
    for part in middle:
        found = text.find(part, place + 1)
        if found < 0:
            return False
        place = found + len(part)
    return text.endswith(last) and place < len(text) - len(last)
