"""Pages that are rendered once and answered often.

Most views of a form differ only in what each response has of its own, such as its nonce. The HTML
around that is the same, and filling it in costs a hundredth of rendering it.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from markupsafe import escape

MOST: Final = 200
"""Pages that are cached. Each has some kilobytes."""


class RenderedPage:
    """A page's HTML, with holes for the values that responses have of their own."""

    def __init__(self, html: str, names: Mapping[str, str]) -> None:
        """Find the holes; `names` has the name of each by the text in its place."""
        marks = "|".join(map(re.escape, names))
        self._parts = [names.get(part, part) for part in re.split(f"({marks})", html)]

    def filled(self, values: Mapping[str, str]) -> str:
        """Return the HTML with these values by their names, escaped as templates escape them."""
        parts = self._parts.copy()
        escaped = {name: str(escape(value)) for name, value in values.items()}
        parts[1::2] = [escaped[name] for name in parts[1::2]]
        return "".join(parts)


class RenderedPages:
    """Rendered pages by everything that they were rendered from."""

    def __init__(self, new_mark: Callable[[], str]) -> None:
        """Cache pages. `new_mark` returns a text that no page contains, and no client can guess."""
        self._new_mark = new_mark
        self._pages: dict[tuple[object, ...], RenderedPage] = {}

    def find(
        self,
        key: tuple[object, ...],
        names: Iterable[str],
        render: Callable[[Mapping[str, str]], str],
    ) -> RenderedPage:
        """Return the page of a key. A new one is rendered with marks as the values of `names`."""
        found = self._pages.get(key)
        if found is None:
            marks = {name: self._new_mark() for name in names}
            html = render(marks)
            found = RenderedPage(html, {mark: name for name, mark in marks.items()})
            if len(self._pages) >= MOST:
                self._pages.clear()
            self._pages[key] = found
        return found
