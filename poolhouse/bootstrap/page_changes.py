"""Read what an operator changes in the pages of domains: the file of texts, and the templates."""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from poolhouse.config.settings import BadSettings, Settings
from poolhouse.services.page_changes import PageChanges

_POOLS: Final = "pools"


def page_changes(settings: Settings) -> PageChanges:
    """Return the changes. Raises BadSettings.

    A worker that is replaced later may find another file than the one that the start has checked.
    """
    if found := list(mistakes(settings, {"page_templates": "the setting"})):
        raise BadSettings(found)
    document = _texts(settings) if settings.page_texts is not None else {}
    return PageChanges(
        texts={name: table for name, table in document.items() if name != _POOLS},
        texts_of_pools=document.get(_POOLS, {}),
        templates=settings.page_templates,
        reloads_templates=settings.dev,
    )


def mistakes(settings: Settings, origins: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for each mistake, so that a server with one doesn't start."""
    folder, file = settings.page_templates, settings.page_texts
    if folder is not None and not folder.is_dir():
        source = origins["page_templates"]
        yield f"`page_templates` must be a folder, but {source} has {str(folder)!r}."
    if file is None:
        return
    try:
        document = _texts(settings)
    except OSError as error:
        yield f"`page_texts`: {file} can't be read: {error.strerror}."
    except ValueError as error:
        yield f"`page_texts`: {file} is not TOML: {error}."
    else:
        from poolhouse.pages.hosted_ui import own_texts  # noqa: PLC0415 - only if needed

        yield from (f"`page_texts`: in {file} {each}." for each in own_texts.mistakes(document))


def _texts(settings: Settings) -> dict[str, Any]:
    assert settings.page_texts is not None
    return tomllib.loads(settings.page_texts.read_text(encoding="utf-8"))
