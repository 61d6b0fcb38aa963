"""The CSS of classic pages: only rules for the pages' own classes, with properties of looks.

tinycss2 parses it. What is served is written again from what was parsed.
"""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from poolhouse.errors.branding import CssRefused

if TYPE_CHECKING:
    from tinycss2.ast import Declaration, QualifiedRule

LONGEST: Final = 3_072
"""Bytes (ev:oauth-10). The API model allows 131,072 characters."""

_PLAIN: Final = frozenset(
    f"{name}-customizable"
    for name in (
        *("background", "banner", "errorMessage", "idpButton", "idpDescription", "inputField"),
        *("label", "legalText", "logo", "passwordCheck-valid", "passwordCheck-notValid"),
        *("redirect", "socialButton", "submitButton", "textDescription"),
    )
)
_STATES: Final = frozenset(
    {
        ("idpButton-customizable", "hover"),
        ("inputField-customizable", "focus"),
        ("socialButton-customizable", "hover"),
        ("submitButton-customizable", "hover"),
    }
)

_PROPERTIES: Final = frozenset(
    {
        *("align-items", "align-self", "box-shadow", "box-sizing", "color", "content", "cursor"),
        *("direction", "display", "filter", "float", "height", "justify-content", "line-height"),
        *("letter-spacing", "max-height", "max-width", "min-height", "min-width", "opacity"),
        *("outline", "outline-color", "outline-offset", "outline-style", "outline-width"),
        *("overflow", "text-align", "text-decoration", "text-indent", "text-shadow"),
        *("text-transform", "transition", "vertical-align", "visibility", "white-space", "width"),
        *("word-break", "word-spacing", "word-wrap", "overflow-wrap", "gap"),
    }
)
_FAMILIES: Final = ("background", "border", "font", "margin", "padding", "text-decoration")
"""Properties with these names, and those that begin so with a hyphen behind it."""
_NAME: Final = re.compile(r"[a-z-]+")
_FUNCTIONS: Final = frozenset(
    {
        *("rgb", "rgba", "hsl", "hsla", "hwb", "calc", "min", "max", "clamp", "linear-gradient"),
        *("radial-gradient", "repeating-linear-gradient", "cubic-bezier", "brightness", "contrast"),
    }
)
"""Functions that fetch nothing."""


def check(css: str) -> None:
    """Raise CssRefused for CSS that a classic page may not have (ev:oauth-10).

    DIFFERS: AWS's list of properties isn't known. Here it is one of looks, without `position`.
    """
    if len(css.encode()) > LONGEST:
        raise CssRefused(text=f"It has more than {LONGEST} bytes.")
    for _ in _rules(css):
        pass


def served(css: str) -> str:
    """Return the CSS that a page gets: what `check` accepts, written again.

    `:root` makes each selector weigh more than those of the page's own style sheet.
    """
    return "\n".join(
        f"{', '.join(f':root {each}' for each in selectors)} {{ {body} }}"
        for selectors, body in _rules(css)
    )


def _rules(css: str) -> Iterator[tuple[list[str], str]]:
    """Yield each rule's selectors and declarations. Raises CssRefused."""
    # Loaded when it is needed first.
    import tinycss2  # noqa: PLC0415

    for node in tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True):
        if node.type == "at-rule":
            raise CssRefused(text=f"@{_cut(node.at_keyword)} is not allowed.")
        if node.type != "qualified-rule":
            raise CssRefused(text=f"It can't be read at line {node.source_line}.")
        yield _selectors(node), _body(node)


def _selectors(rule: "QualifiedRule") -> list[str]:
    tokens = [token for token in rule.prelude if token.type not in {"whitespace", "comment"}]
    groups: list[list[Any]] = [[]]
    for each in tokens:
        if each == ",":
            groups.append([])
        else:
            groups[-1].append(each)
    return list(map(_selector, groups))


def _selector(tokens: list[Any]) -> str:
    """Return `.NAME` or `.NAME:STATE`, if the class is one of the pages'."""
    match [(token.type, getattr(token, "value", "")) for token in tokens]:
        case [("literal", "."), ("ident", name)] if name in _PLAIN:
            return f".{name}"
        case [("literal", "."), ("ident", name), ("literal", ":"), ("ident", state)] if (
            name,
            state,
        ) in _STATES:
            return f".{name}:{state}"
    text = "".join(token.serialize() for token in tokens)
    raise CssRefused(text=f"The selector {_cut(text)} is not allowed.")


def _body(rule: "QualifiedRule") -> str:
    import tinycss2  # noqa: PLC0415

    parsed = tinycss2.parse_blocks_contents(rule.content, skip_comments=True, skip_whitespace=True)
    return " ".join(map(_declaration, parsed))


def _declaration(node: "Declaration") -> str:
    if node.type != "declaration":
        raise CssRefused(text=f"It can't be read at line {node.source_line}.")
    name = node.lower_name
    # A name may have escaped braces, which would be served as they are.
    if not _NAME.fullmatch(name):
        raise CssRefused(text=f"The property {_cut(node.name)} is not allowed.")
    if name not in _PROPERTIES and not any(
        name == family or name.startswith(f"{family}-") for family in _FAMILIES
    ):
        raise CssRefused(text=f"The property {_cut(name)} is not allowed.")
    for token in _all_tokens(node.value):
        if token.type in {"url", "error", "{} block"} or (
            token.type == "function" and token.lower_name not in _FUNCTIONS
        ):
            raise CssRefused(text=f"The value of {name} is not allowed.")
    value = "".join(token.serialize() for token in node.value).strip()
    return f"{name}: {value}{' !important' if node.important else ''};"


def _all_tokens(tokens: Iterable[Any]) -> Iterator[Any]:
    """Yield tokens, and those within functions and brackets."""
    for token in tokens:
        yield token
        for inner in ("arguments", "content"):
            yield from _all_tokens(getattr(token, inner, ()))


def _cut(text: str) -> str:
    return text[:64]
