"""YAML with the line of everything in it.

Every scalar is read as the text that it is; what a text means is for the member that it is given
to. So `yes` is the name of a user or of a group, and 2000-01-01 a birthdate.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml


@dataclass(frozen=True)
class Located:
    """A text, a list or a mapping, and the line that it, or its name, stands in."""

    line: int
    value: "str | list[Located] | dict[str, Located]"

    def plain(self) -> Any:
        """Return the same without the lines."""
        if isinstance(self.value, list):
            return [item.plain() for item in self.value]
        if isinstance(self.value, dict):
            return {name: item.plain() for name, item in self.value.items()}
        return self.value


@dataclass(frozen=True, order=True)
class Mistake:
    """A mistake in a line."""

    line: int
    text: str


class NotYaml(Exception):
    """The file can't be read as YAML."""

    def __init__(self, mistake: Mistake) -> None:
        super().__init__(mistake.text)
        self.mistake = mistake


def parse(text: str) -> tuple[Located, list[Mistake]]:
    """Return the one document of a text, and which names it gives twice. Raises NotYaml."""
    try:
        # Anchors and aliases would be a second way to say things, and may go round in circles.
        for event in yaml.parse(text, yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                line = event.start_mark.line + 1
                raise NotYaml(Mistake(line, "aliases can't be used here"))
        node = yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise NotYaml(Mistake(mark.line + 1 if mark else 1, f"{error.problem}")) from None
    except (yaml.YAMLError, RecursionError):
        raise NotYaml(Mistake(1, "the file can't be read as YAML")) from None
    if node is None:
        return Located(1, {}), []
    mistakes: list[Mistake] = []
    return _located(node, node.start_mark.line + 1, mistakes), mistakes


def _located(node: yaml.Node, line: int, mistakes: list[Mistake]) -> Located:
    if isinstance(node, yaml.MappingNode):
        return Located(line, dict(_members(node, mistakes)))
    if isinstance(node, yaml.SequenceNode):
        items = [_located(item, item.start_mark.line + 1, mistakes) for item in node.value]
        return Located(line, items)
    return Located(line, str(node.value))


def _members(node: yaml.MappingNode, mistakes: list[Mistake]) -> Iterator[tuple[str, Located]]:
    seen = set()
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            mistakes.append(Mistake(line, "a name must be a text"))
            continue
        if key.value in seen:
            mistakes.append(Mistake(line, f"`{key.value}` is repeated"))
        seen.add(key.value)
        yield key.value, _located(value, line, mistakes)
