"""Find what a function of `poolhouse` can reach: functions, error classes, marked comments.

The code is read, not run. A name is followed where it is written: through imports, through tables
at the top of a module, to methods of `self` and of parameters whose type is annotated. What an
attribute of anything else means isn't known and isn't followed.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "poolhouse"

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign


@dataclass(frozen=True)
class Place:
    """A definition at the top of a module, or a method of a class there."""

    module: str
    name: str
    """`function`, `Class`, `Class.method` or `CONSTANT`."""


@dataclass
class Module:
    """One source file: its definitions by name, what its imports name, its comments by line."""

    name: str
    tree: ast.Module
    lines: list[str]
    definitions: dict[str, Definition] = field(default_factory=dict)
    imported: dict[str, Place | str] = field(default_factory=dict)
    """A module's name, or a place in one."""
    comments: dict[int, str] = field(default_factory=dict)


@cache
def load(name: str) -> Module | None:
    """Read a module of the package, or return None if there is none of this name."""
    path = ROOT / Path(*name.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    if name.partition(".")[0] != PACKAGE or not path.exists():
        return None
    text = path.read_text("utf-8")
    module = Module(name, ast.parse(text), text.splitlines())
    for node in module.tree.body:
        for defined in _names(node):
            module.definitions[defined] = node  # type: ignore[assignment]
        if isinstance(node, ast.ClassDef):
            for method in node.body:
                if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef):
                    module.definitions[f"{node.name}.{method.name}"] = method
    module.imported = dict(_imports(module.tree))
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            module.comments[token.start[0]] = token.string.lstrip("# ").rstrip()
    return module


def _names(node: ast.stmt) -> list[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return [node.name]
        case ast.Assign():
            return [target.id for target in node.targets if isinstance(target, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
    return []


def _imports(tree: ast.AST) -> Iterator[tuple[str, Place | str]]:
    """Yield what each import of the package binds, imports within functions among them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE):
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                is_module = _is_module(whole)
                yield (
                    alias.asname or alias.name,
                    whole if is_module else Place(node.module or "", alias.name),
                )


@cache
def _is_module(name: str) -> bool:
    path = ROOT / Path(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def reach(*starts: Place) -> list[Place]:
    """Return every place that the starts can reach, themselves first, each once."""
    found: dict[Place, None] = dict.fromkeys(filter(None, map(origin, starts)))
    waiting = list(found)
    while waiting:
        for place in references(waiting.pop(0)):
            if place not in found:
                found[place] = None
                waiting.append(place)
    return list(found)


def origin(place: Place) -> Place | None:
    """Follow imports to where something is defined; None outside the package."""
    module = load(place.module)
    if module is None:
        return None
    if place.name in module.definitions:
        return place
    head, _, rest = place.name.partition(".")
    target = module.imported.get(head)
    if isinstance(target, Place):
        return origin(Place(target.module, f"{target.name}.{rest}" if rest else target.name))
    if isinstance(target, str) and rest:
        return origin(Place(target, rest))
    # A method that a base class has.
    definition = module.definitions.get(head)
    if rest and isinstance(definition, ast.ClassDef):
        for base in definition.bases:
            if found := origin(Place(place.module, f"{_base_name(base)}.{rest}")):
                return found
    return None


def definition_of(place: Place) -> Definition:
    module = load(place.module)
    assert module is not None
    return module.definitions[place.name]


@cache
def references(place: Place) -> tuple[Place, ...]:
    """Return the places that a definition names.

    Classes are followed by method only. Of a class that fulfils an abstract one every method is
    reached: it is made for code that knows the abstract class.
    """
    node = definition_of(place)
    if isinstance(node, ast.ClassDef):
        return tuple(_methods(place)) if _is_abstract(place) else ()
    typed = _typed_parameters(node)
    if "." in place.name:
        typed["self"] = place.name.partition(".")[0]
    found: dict[Place, None] = {}
    for each in ast.walk(node):
        dotted = _dotted(each)
        if dotted is None:
            continue
        head, _, rest = dotted.partition(".")
        if head in typed and rest:
            dotted = f"{typed[head]}.{rest.partition('.')[0]}"
        if target := origin(Place(place.module, dotted)):
            found[target] = None
    found.pop(place, None)
    return tuple(found)


def _is_abstract(place: Place) -> bool:
    """Return whether a class derives from `ABC`, itself or by another class of the package."""
    node = definition_of(place)
    if not isinstance(node, ast.ClassDef):
        return False
    names = [_base_name(base) for base in node.bases]
    bases = filter(None, (origin(Place(place.module, name)) for name in names))
    return "ABC" in names or any(map(_is_abstract, bases))


def _methods(place: Place) -> Iterator[Place]:
    """Yield the methods of a class, and those that it inherits within the package."""
    node = definition_of(place)
    assert isinstance(node, ast.ClassDef)
    for each in node.body:
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Place(place.module, f"{place.name}.{each.name}")
    for base in node.bases:
        if found := origin(Place(place.module, _base_name(base))):
            yield from _methods(found)


def _base_name(base: ast.expr) -> str:
    """Return the name of a base class, without its type parameters."""
    return ast.unparse(base.value if isinstance(base, ast.Subscript) else base)


def _dotted(node: ast.AST) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (inner := _dotted(node.value)):
        return f"{inner}.{node.attr}"
    return None


def _typed_parameters(node: Definition) -> dict[str, str]:
    """Return the first type that each parameter's annotation names."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return {}
    every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    named = {each.arg: _dotted(_first(each.annotation)) for each in every if each.annotation}
    return {name: kind for name, kind in named.items() if kind}


def _first(annotation: ast.expr) -> ast.expr:
    return _first(annotation.left) if isinstance(annotation, ast.BinOp) else annotation


def comments_within(place: Place, node: ast.AST | None = None) -> list[str]:
    """Return the comments of a definition, or of a node in it, in order."""
    module = load(place.module)
    assert module is not None
    node = node or definition_of(place)
    first, last = node.lineno, node.end_lineno or node.lineno  # type: ignore[attr-defined]
    return [text for line, text in sorted(module.comments.items()) if first <= line <= last]


def marked(place: Place, word: str) -> list[str]:
    """Return what stands behind `word:` in the definition's comments and docstring.

    Methods of a class are places of their own.
    """
    module = load(place.module)
    assert module is not None
    node = definition_of(place)
    last = node.end_lineno
    if isinstance(node, ast.ClassDef):
        methods = [
            each for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
        last = methods[0].lineno - 1 if methods else last
    return _marked(module.lines[node.lineno - 1 : last], word)


def marked_in_docstring(module_name: str, word: str) -> list[str]:
    """Return what stands behind `word:` in the docstring of a module."""
    module = load(module_name)
    assert module is not None
    return _marked((ast.get_docstring(module.tree) or "").splitlines(), word)


def _marked(lines: list[str], word: str) -> list[str]:
    """Return each mark up to the end of its comment or paragraph, or to the next mark."""
    found = []
    for number, line in enumerate(lines):
        for part in re.split(rf"(?={word}:)", line)[1:]:
            text = [part.removeprefix(f"{word}:")]
            is_comment = "#" in line.partition(f"{word}:")[0]
            for more in () if '"""' in part else lines[number + 1 :]:
                bare = more.strip()
                if not (bare.startswith("# ") if is_comment else bare):
                    break
                before, mark, _ = re.split(r"(UNVERIFIED:|DIFFERS:|──|\"\"\"|$)", bare, maxsplit=1)
                text.append(before.lstrip("# "))
                if mark:
                    break
            found.append(re.sub(r"\s+", " ", " ".join(text)).replace('"""', "").strip())
    return found
