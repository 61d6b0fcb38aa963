"""Terms of use and privacy policy of an app client: links by language (ev:oauth-10)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from msgspec.structs import replace

from poolhouse.entities.pool_resources import Terms
from poolhouse.errors.branding import TermsExist, TermsLinkRefused, TermsNotFound
from poolhouse.wire.structs import (
    CreateTermsRequest,
    TermsDescriptionType,
    TermsType,
    UpdateTermsRequest,
)

LARGEST_PAGE: Final = 60

_DEFAULT: Final = "cognito:default"
_KEYS: Final[Mapping[str, str]] = {
    "de": "cognito:german",
    "en": "cognito:english",
    "es": "cognito:spanish",
    "fr": "cognito:french",
    "id": "cognito:bahasa-indonesia",
    "it": "cognito:italian",
    "ja": "cognito:japanese",
    "ko": "cognito:korean",
    "nl": "cognito:dutch",
    "pt-BR": "cognito:portuguese-brazil",
    "zh-CN": "cognito:chinese-simplified",
    "zh-TW": "cognito:chinese-traditional",
}
"""Keys of links by the language of a page."""


class TermsLinks(NamedTuple):
    """The links that a page shows."""

    terms_of_use: str
    privacy_policy: str


def key(client_id: str, name: str) -> str:
    """Return what is unique in a pool: one document of each name an app client."""
    return f"{client_id}/{name}"


def create(
    req: CreateTermsRequest, *, terms_id: str, present: Terms | None, now: datetime
) -> Terms:
    """Return the terms that CreateTerms makes, where `present` are those of the same name."""
    links = _checked(req.Links or {})
    if present is not None:
        raise TermsExist(name=req.TermsName, client_id=req.ClientId)
    return Terms(
        terms_id=terms_id,
        pool_id=req.UserPoolId,
        client_id=req.ClientId,
        name=req.TermsName,
        source=req.TermsSource,
        enforcement=req.Enforcement,
        links=links,
        created_at=now,
        modified_at=now,
    )


def update(terms: Terms, req: UpdateTermsRequest, *, present: Terms | None, now: datetime) -> Terms:
    """Return the terms after UpdateTerms; what the request leaves out stays.

    `present` are the app client's terms of the name in the request. UNVERIFIED: are the links
    replaced as a whole, as here?
    """
    if present is not None and present.terms_id != terms.terms_id:
        raise TermsExist(name=present.name, client_id=terms.client_id)
    return replace(
        terms,
        name=req.TermsName or terms.name,
        source=req.TermsSource or terms.source,
        enforcement=req.Enforcement or terms.enforcement,
        links=terms.links if req.Links is None else _checked(req.Links),
        modified_at=now,
    )


def require_terms(terms: Terms | None) -> Terms:
    if terms is None:
        raise TermsNotFound
    return terms


def links_in(
    language: str, terms_of_use: Terms | None, privacy_policy: Terms | None
) -> TermsLinks | None:
    """Return the links for a page in this language, or else those of the default.

    None if one of the two documents is missing: then a page shows neither (ev:model).
    """
    of_use, of_privacy = (
        document and (document.links.get(_KEYS.get(language, "")) or document.links.get(_DEFAULT))
        for document in (terms_of_use, privacy_policy)
    )
    return TermsLinks(of_use, of_privacy) if of_use and of_privacy else None


def described(terms: Terms) -> TermsType:
    """Return terms as answers show them."""
    return TermsType(
        TermsId=terms.terms_id,
        UserPoolId=terms.pool_id,
        ClientId=terms.client_id,
        TermsName=terms.name,
        TermsSource=terms.source,
        Enforcement=terms.enforcement,
        Links=terms.links,
        CreationDate=terms.created_at.timestamp(),
        LastModifiedDate=terms.modified_at.timestamp(),
    )


def listed(terms: Terms) -> TermsDescriptionType:
    """Return terms as ListTerms shows them: without links and source."""
    return TermsDescriptionType(
        TermsId=terms.terms_id,
        TermsName=terms.name,
        Enforcement=terms.enforcement,
        CreationDate=terms.created_at.timestamp(),
        LastModifiedDate=terms.modified_at.timestamp(),
    )


def _checked(links: Mapping[str, str]) -> dict[str, str]:
    """Return the links. Raises TermsLinkRefused for what a page can't link to."""
    for link in links.values():
        if not _is_web_url(link):
            raise TermsLinkRefused
    return dict(links)


def _is_web_url(link: str) -> bool:
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
