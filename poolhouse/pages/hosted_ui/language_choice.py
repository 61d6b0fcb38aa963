"""The language of a page: what the app asks for, what the browser has kept, what the user reads."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from starlette.responses import Response

from poolhouse.http.messages import LONGEST_HEADER, HttpRequest
from poolhouse.pages.hosted_ui import cookies
from poolhouse.pages.hosted_ui.own_texts import BUILT_IN, Catalogue, catalogue_of
from poolhouse.pages.hosted_ui.page_request import ClientRequest
from poolhouse.pages.hosted_ui.texts import DEFAULT, Texts

PARAMETER: Final = "lang"

LONGEST_TAG: Final = 35
"""Characters: what RFC 5646 §4.4.1 asks programs to keep."""
_SECONDS: Final = 365 * 24 * 60 * 60
_OTHER_NAMES: Final = {"pt": "pt-BR", "zh": "zh-CN", "iw": "he", "in": "id"}
"""Languages of which only one variety is there, and names from before ISO 639-1:1989."""
_TRADITIONAL: Final = frozenset({"hant", "tw", "hk", "mo"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageMenu:
    """A form that asks for a page again, in another language, with what the app has asked for.

    `languages` are tags, each with the language's own name.
    """

    method: str
    path: str
    languages: tuple[tuple[str, str], ...]
    fields: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of_get(cls, path: str, fields: Mapping[str, str], catalogue: Catalogue) -> Self:
        """Return the menu of a page whose parameters are few."""
        return cls(
            method="get",
            path=path,
            languages=tuple(catalogue.languages.items()),
            fields=tuple(fields.items()),
        )


def menu_of(page: ClientRequest) -> LanguageMenu | None:
    """Return the menu of a page; None for a step that only its form leads to.

    Its form has the query in its address, so that pages can be cached without it.
    """
    if page.received.method == "POST" or not page.looks.has_language_menu:
        return None
    found = catalogue_of(page.call.services.page_changes, page.pool.id)
    path = page.received.path.decode("latin-1")
    return LanguageMenu(method="post", path=path, languages=tuple(found.languages.items()))


def texts_of(page: ClientRequest) -> Texts:
    """Return the texts of a page, in the language that fits its request best."""
    found = catalogue_of(page.call.services.page_changes, page.pool.id)
    return texts_for_request(page.received, page.params, page.cookies, found)


def texts_for_request(
    received: HttpRequest,
    params: Mapping[str, str],
    kept: Mapping[str, str],
    catalogue: Catalogue = BUILT_IN,
) -> Texts:
    """Return the same for a request that names no app client; `kept` are its cookies."""
    # DIFFERS: AWS ignores Accept-Language and answers in English (ev:oauth-9).
    accepted = received.header(b"accept-language") or ""
    return catalogue.texts(
        matching(params.get(PARAMETER, ""), catalogue)
        or matching(kept.get(cookies.LANGUAGE, ""), catalogue)
        or preferred(accepted, catalogue)
        or DEFAULT
    )


def keep_choice(page: ClientRequest, response: Response) -> None:
    """Set the cookie by which later requests need no parameter (ev:domain-1.4)."""
    catalogue = catalogue_of(page.call.services.page_changes, page.pool.id)
    keep_choice_of(page.params, page.cookies, response, page.cookie_path, catalogue)


def keep_choice_of(
    params: Mapping[str, str],
    kept: Mapping[str, str],
    response: Response,
    cookie_path: str,
    catalogue: Catalogue,
) -> None:
    """Set the same cookie after a request that names no app client; `kept` are its cookies."""
    chosen = matching(params.get(PARAMETER, ""), catalogue)
    if chosen is not None and chosen != kept.get(cookies.LANGUAGE):
        cookies.put(response, cookies.LANGUAGE, chosen, cookie_path, _SECONDS)


def matching(tag: str, catalogue: Catalogue = BUILT_IN) -> str | None:
    """Return our language for a tag such as `de-CH`; None if there is none."""
    if not tag:
        return None
    folded = tag.strip().replace("_", "-").lower()
    if len(folded) > LONGEST_TAG:
        return None
    if (exact := catalogue.find(folded)) is not None:
        return exact
    first, *more = folded.split("-")
    if first == "zh" and not _TRADITIONAL.isdisjoint(more):
        return "zh-TW"
    return _OTHER_NAMES.get(first) or catalogue.find(first)


def preferred(header: str, catalogue: Catalogue = BUILT_IN) -> str | None:
    """Return our language that Accept-Language wants most; None if there is none."""
    found = (matching(tag, catalogue) for tag in _by_preference(header))
    return next(filter(None, found), None)


def _by_preference(header: str) -> list[str]:
    """Return the tags of Accept-Language, the most wanted first (RFC 9110 §12.5.4)."""
    weighed = []
    for part in header[:LONGEST_HEADER].split(","):
        tag, _, parameter = part.partition(";")
        name, _, value = parameter.partition("=")
        weight = _weight(value) if name.strip().lower() == "q" else 1.0
        if weight > 0:
            weighed.append((weight, tag))
    weighed.sort(key=lambda each: each[0], reverse=True)
    return [tag for _, tag in weighed]


def _weight(text: str) -> float:
    try:
        return min(float(text.strip()[:5]), 1.0)
    except ValueError:
        return 0.0
