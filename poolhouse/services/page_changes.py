"""What an operator changes in the pages of domains: texts by language, and templates.

Both are read when the server starts. `pages/hosted_ui/own_texts.py` makes texts of the tables.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

TextTables = Mapping[str, Mapping[str, Any]]
"""Changed texts, by language and by name."""


class PageChanges(msgspec.Struct, frozen=True, eq=False):
    """The changes of one server. `eq=False`: there is one object, which caches know by itself."""

    texts: TextTables = msgspec.field(default_factory=dict)
    texts_of_pools: Mapping[str, TextTables] = msgspec.field(default_factory=dict)
    templates: Path | None = None
    """The folder of own templates."""
    reloads_templates: bool = False
    """Templates are read again when they change: in dev mode."""
