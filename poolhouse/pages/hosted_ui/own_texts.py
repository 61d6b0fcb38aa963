"""An operator's own texts: they replace the built-in ones by language and name, or add a language.

The file has a table for each language, and `[pools.POOL_ID.LANGUAGE]` for one pool alone:

    [en]
    sign_in_title = "Welcome back"

    [nl]
    name_of_language = "Nederlands"
    sign_in = "Inloggen"

What an added language lacks is in English.
"""

import re
import string
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import msgspec

from poolhouse.pages.hosted_ui.texts import DEFAULT, LANGUAGES, Texts, texts_for
from poolhouse.services.page_changes import PageChanges, TextTables

POOLS: Final = "pools"
"""The table of pools' own texts; all others are languages."""
NAME: Final = "name_of_language"
DIRECTION: Final = "direction"

_TAG: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_POOL_ID: Final = re.compile(r"[\w-]+_[0-9a-zA-Z]+", re.ASCII)
_DIRECTIONS: Final = ("ltr", "rtl")
_COMPUTED: Final = frozenset({"code_of_language", DIRECTION})
_TABLES: Final = ("attributes", "errors", "password_rules")
_NAMES: Final = frozenset(Texts.__struct_fields__) - _COMPUTED - set(_TABLES)
_TRANSLATED: Final = "de"
"""A language that has all sentences of errors, of which the English ones are the service's."""


class Catalogue:
    """The languages of a pool's pages, and the texts of each."""

    def __init__(self, changes: TextTables) -> None:
        self._changes = changes
        self.languages: Mapping[str, str] = LANGUAGES | {
            tag: str(table.get(NAME, LANGUAGES.get(tag, tag))) for tag, table in changes.items()
        }
        """Languages by their tags, each by its own name."""
        self._folded = {tag.lower(): tag for tag in self.languages}
        self._made: dict[str, Texts] = {}

    def find(self, folded: str) -> str | None:
        """Return the language of a tag in lower case."""
        return self._folded.get(folded)

    def texts(self, language: str) -> Texts:
        """Return the texts of a language. They are the same object each time."""
        found = self._made.get(language)
        if found is None:
            found = self._made[language] = self._make(language)
        return found

    def _make(self, language: str) -> Texts:
        built_in = texts_for(language if language in LANGUAGES else DEFAULT)
        changes = self._changes.get(language)
        if changes is None:
            return built_in
        values = msgspec.structs.asdict(built_in)
        for name, value in changes.items():
            if name in _TABLES:
                values[name] = values[name] | value
            elif name != NAME:
                values[name] = value
        return Texts(**{**values, "code_of_language": language})


BUILT_IN: Final = Catalogue({})


def catalogue_of(changes: PageChanges, pool_id: str | None) -> Catalogue:
    """Return the catalogue of a pool's pages; of no pool, that of the server."""
    if not changes.texts and not changes.texts_of_pools:
        return BUILT_IN
    return _catalogue(changes, pool_id if pool_id in changes.texts_of_pools else None)


@cache
def _catalogue(changes: PageChanges, pool_id: str | None) -> Catalogue:
    own = changes.texts_of_pools[pool_id] if pool_id is not None else {}
    merged: dict[str, dict[str, Any]] = {tag: dict(table) for tag, table in changes.texts.items()}
    for tag, table in own.items():
        there = merged.setdefault(tag, {})
        for name, value in table.items():
            there[name] = {**there.get(name, {}), **value} if name in _TABLES else value
    return Catalogue(merged)


def mistakes(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong in a file of texts: each key by its place."""
    pools = document.get(POOLS, {})
    yield from _of_languages({k: v for k, v in document.items() if k != POOLS}, "")
    if not isinstance(pools, dict):
        yield "`pools` must be a table of pools"
        return
    for pool_id, tables in pools.items():
        if not _POOL_ID.fullmatch(pool_id) or not isinstance(tables, dict):
            yield f"`pools.{pool_id}` must be a table by the id of a pool"
        else:
            yield from _of_languages(tables, f"pools.{pool_id}.")


def _of_languages(tables: Mapping[str, Any], place: str) -> Iterator[str]:
    for tag, table in tables.items():
        if not _TAG.fullmatch(tag) or not isinstance(table, dict):
            yield f"`{place}{tag}` must be a table by the tag of a language, such as [nl]"
        elif tag not in LANGUAGES and BUILT_IN.find(tag.lower()) is not None:
            yield f"`{place}{tag}` must be written {BUILT_IN.find(tag.lower())}"
        else:
            yield from _of_texts(table, f"{place}{tag}.")


def _of_texts(table: Mapping[str, Any], place: str) -> Iterator[str]:
    english, translated = texts_for(DEFAULT), texts_for(_TRANSLATED)
    for name, value in table.items():
        where = f"{place}{name}"
        if name == DIRECTION:
            if value not in _DIRECTIONS:
                yield f"`{where}` must be ltr or rtl"
        elif name == NAME:
            yield from _of_text(value, where, set())
        elif name in _NAMES:
            yield from _of_text(value, where, _holes(getattr(english, name)) or set())
        elif name in _TABLES:
            known = getattr(translated if name != "attributes" else english, name)
            yield from _of_table(value, where, known)
        else:
            yield f"`{where}` is no text of the pages"


def _of_table(value: Any, where: str, known: Mapping[str, str]) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"`{where}` must be a table of texts"
        return
    for name, text in value.items():
        is_custom = where.endswith(".attributes") and name.startswith("custom:")
        if name in known or is_custom:
            yield from _of_text(text, f"{where}.{name}", _holes(known.get(name, "")) or set())
        else:
            yield f"`{where}.{name}` is no text of the pages"


def _of_text(value: Any, where: str, allowed: set[str]) -> Iterator[str]:
    """Yield what is wrong with a text: another hole than ours would fail when a page is made."""
    if not isinstance(value, str) or not value.strip():
        yield f"`{where}` must be a text"
        return
    holes = _holes(value)
    if holes is None:
        yield f"`{where}` has a brace that belongs to no hole; write {{{{ or }}}} for one"
    elif excess := holes - allowed:
        shown = ", ".join(f"{{{name}}}" for name in sorted(excess))
        there = ", ".join(f"{{{name}}}" for name in sorted(allowed)) or "none"
        yield f"`{where}` has {shown}, but its holes are: {there}"


def _holes(text: str) -> set[str] | None:
    """Return the names of a text's holes; None if it can't be filled.

    Only plain names are holes: `str.format` would reach into the values by others.
    """
    found = set()
    try:
        for _, name, spec, conversion in string.Formatter().parse(text):
            if name is not None:
                if spec or conversion:
                    return None
                found.add(name)
    except ValueError:
        return None
    return found
