"""An operator's own templates, each with the built-in one behind it.

A template of the folder replaces ours of the same name, also where ours extend or import it. They
are escaped as ours are, and run in a sandbox. If one fails, users get the built-in page, and the
log has the reason.
"""

import traceback
from pathlib import Path
from typing import Any, Final

import jinja2
import structlog
from jinja2.sandbox import ImmutableSandboxedEnvironment

_MOST_FAILURES: Final = 100
"""Different failures that are logged; each is logged once."""

_log = structlog.get_logger()


class OwnTemplates:
    """Finds templates as Jinja's environment does, in the folder first."""

    def __init__(self, built_in: jinja2.Environment, folder: Path, *, reloads: bool) -> None:
        assert built_in.loader is not None
        self._built_in = built_in
        self._own = ImmutableSandboxedEnvironment(
            loader=jinja2.ChoiceLoader([jinja2.FileSystemLoader(folder), built_in.loader]),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            auto_reload=reloads,
            trim_blocks=built_in.trim_blocks,
            lstrip_blocks=built_in.lstrip_blocks,
        )
        # The sandbox has functions of its own, such as a bounded `range`.
        self._own.globals |= {**built_in.globals, **self._own.globals}
        self._failures: set[tuple[str, str]] = set()

    def get_template(self, name: str) -> "_Template":
        """Return a template that can be rendered."""
        return _Template(self, name)

    def render(self, name: str, content: dict[str, Any]) -> str:
        """Return the page of the own template, or of the built-in one if that fails."""
        try:
            return self._own.get_template(name).render(content)
        except Exception as error:
            self._report(name, error)
            return self._built_in.get_template(name).render(content)

    def _report(self, name: str, error: Exception) -> None:
        """Log a failure once. Its sentence is Jinja's, which has names and no values."""
        failed = [
            frame
            for frame in traceback.extract_tb(error.__traceback__)
            if frame.filename.endswith(".html")
        ]
        line = getattr(error, "lineno", None) or (failed[-1].lineno if failed else None)
        where = getattr(error, "filename", None) or (failed[-1].filename if failed else name)
        failure = (where, type(error).__name__)
        if failure in self._failures or len(self._failures) >= _MOST_FAILURES:
            return
        self._failures.add(failure)
        reason = str(error) if isinstance(error, jinja2.TemplateError) else None
        _log.error(
            "own template failed, the built-in page is shown",
            template=where,
            error=type(error).__name__,
            line=line,
            reason=reason,
        )


class _Template:
    def __init__(self, templates: OwnTemplates, name: str) -> None:
        self._templates = templates
        self._name = name

    def render(self, **content: Any) -> str:
        return self._templates.render(self._name, content)
