"""A progress bar for long commands, on terminals only."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import rich.progress


class Progress:
    """A display of the current step, and of how much of it is done."""

    def step(self, what: str, total: int | None = None) -> None:
        """Show that a step begins, and of how many parts if that is known."""

    def at(self, done: int, total: int | None = None) -> None:
        """Show how many parts are done."""


@contextmanager
def progress() -> Iterator[Progress]:
    """Yield a bar on standard error, if that is a terminal."""
    if not sys.stderr.isatty():
        yield Progress()
        return
    import rich.progress as bars  # noqa: PLC0415 - slow to load, and seldom needed
    from rich.console import Console  # noqa: PLC0415

    columns = (
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.TextColumn("{task.completed:,}"),
        bars.TimeElapsedColumn(),
    )
    with bars.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield _Bar(bar)


class _Bar(Progress):
    def __init__(self, bar: "rich.progress.Progress") -> None:
        self._bar = bar
        self._task = bar.add_task("", total=None)

    def step(self, what: str, total: int | None = None) -> None:
        self._bar.reset(self._task, description=what, total=total)

    def at(self, done: int, total: int | None = None) -> None:
        self._bar.update(self._task, completed=done, total=total)
