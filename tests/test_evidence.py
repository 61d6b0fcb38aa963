"""Every citation in code, tests and docs resolves (docs/evidence/README.md)."""

import ast
import os
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

import pytest

ROOT: Final = Path(__file__).resolve().parent.parent
EVIDENCE: Final = ROOT / "docs" / "evidence"
PAGES: Final = ("users", "auth", "triggers", "oauth", "domain", "iam-sigv4")
"""Pages of facts. Longer names come first where one begins with another."""

SUFFIXES: Final = frozenset({".py", ".md", ".mjs", ".ts", ".yaml", ".toml"})
NOT_OURS: Final = frozenset({"node_modules", "wire", "__pycache__", "results"})
"""Other people's packages, generated code, and folders without source."""

SECTION: Final = re.compile(rf"({'|'.join(PAGES)})-(\d+(?:\.\d+)*)")
CITED: Final = re.compile(r"ev:([a-z0-9]+(?:[.-][a-z0-9]+)*)|(dg(?:23)?:[A-Za-z][\w-]*)|#\d+\b")
"""It begins with few letters, so that it is quick; what stands before a match is looked at then."""

BEFORE_NUMBER: Final = re.compile(r"[\w./:#-]*$")
THREAD: Final = re.compile(r"(?:[\w.-]+/)?[A-Za-z][\w.-]*")
USER_AGENT: Final = re.compile(r"(?:md|os|lang|ua|exec-env|cfg)/")
OLD_FORM: Final = re.compile(rf"\b(?:{'|'.join(PAGES)})\.md,? ?§")
TAGS: Final = re.compile(r"(?:documented|observed|inferred)(?:, (?:observed|inferred))*")
EXEMPT: Final = re.compile(r"Open questions|Still unknown")
"""Sections that ask, instead of stating facts."""


class Text(NamedTuple):
    """A file of this repository that may cite."""

    name: str
    text: str


def _names() -> Iterator[Path]:
    yield from ROOT.glob("*.md")
    for folder in ("poolhouse", "tests", "bench", "tools", "examples", "docs"):
        for at, below, files in os.walk(ROOT / folder):
            below[:] = [name for name in below if name not in NOT_OURS]
            yield from (Path(at, name) for name in files)


@cache
def texts() -> tuple[Text, ...]:
    """Return every file that may cite, but this one and the pages of evidence themselves."""
    return tuple(
        Text(path.relative_to(ROOT).as_posix(), path.read_text())
        for path in sorted(_names())
        if path.suffix in SUFFIXES and path != Path(__file__) and EVIDENCE not in path.parents
    )


@cache
def page(name: str) -> str:
    return (EVIDENCE / f"{name}.md").read_text()


@cache
def anchors(name: str) -> frozenset[str]:
    return frozenset(re.findall(r'<a id="([^"]+)"></a>', page(name)))


@cache
def rows(name: str) -> dict[str, str]:
    """Return the table rows of issues.md or sources.md by their key."""
    found = re.findall(r'^(\| <a id="[^"]+"></a>`([^`]+)` \|.*)$', page(name), re.MULTILINE)
    return {key: row for row, key in found}


def citations(text: str) -> Iterator[str]:
    """Yield the keys that `text` cites, such as `ev:auth-9.1`, `dg:quotas`, `amplify-js#3066`."""
    for found in CITED.finditer(text):
        start = found.start()
        if not found[0].startswith("#"):
            if not text[max(0, start - 1) : start].isalnum():
                yield found[0]
        elif before := BEFORE_NUMBER.search(text[max(0, start - 80) : start]):
            name = before[0]
            is_file = name.endswith(".md")
            if THREAD.fullmatch(name) and not is_file and not USER_AGENT.match(name):
                yield name + found[0]


def resolves(key: str) -> bool:
    if "#" in key:
        return key in rows("issues")
    if not key.startswith("ev:"):
        return key in rows("sources")
    section = SECTION.fullmatch(key.removeprefix("ev:"))
    if section is None:
        return key.removeprefix("ev:") in rows("sources")
    return section[2] in anchors(section[1])


def unresolved(text: str) -> list[str]:
    """Return the citations of `text` that name nothing in docs/evidence."""
    return [key for key in citations(text) if not resolves(key)] + OLD_FORM.findall(text)


def untagged(text: str) -> list[str]:
    """Return the facts of a page that don't end with their tag."""
    found, is_code, is_exempt, has_begun = [], False, False, False
    lines = text.split("\n")
    for line, after in pairwise([*lines, ""]):
        if line.startswith("```"):
            is_code = not is_code
        elif line.startswith("#"):
            is_exempt, has_begun = bool(EXEMPT.search(line)), has_begun or line.startswith("## ")
        elif is_code or is_exempt or not has_begun or not line or line.startswith(("<a ", "> ")):
            continue
        elif line.startswith("|"):
            is_heading = after.startswith("|--") or line.startswith("|--")
            if not is_heading and not TAGS.fullmatch(line.rstrip("| ").rsplit("| ", 1)[-1]):
                found.append(line)
        elif not re.match(r"\[[^\]]+\]: ", line) and not after.startswith("  "):
            tag = re.search(r" \[([a-z, ]+)\]$", line)
            if tag is None or not TAGS.fullmatch(tag[1]):
                found.append(line)
    return found


def test_citation_in_code_tests_and_docs_resolves() -> None:
    broken = {name: found for name, text in texts() if (found := unresolved(text))}
    assert broken == {}


@pytest.mark.parametrize("name", [*PAGES, "README"])
def test_citation_in_a_page_of_evidence_resolves(name: str) -> None:
    assert unresolved(page(name)) == []
    defined = dict(re.findall(r"^\[([^\]]+)\]: (\S+)$", page(name), re.MULTILINE))
    used = set(re.findall(r"\[([\w./:-]+(?:#\d+)?)\](?![(:])", page(name)))
    assert {key for key in used if key.startswith("dg") or "#" in key} <= defined.keys()
    for key, target in defined.items():
        at, _, anchor = target.partition(".md#")
        assert target.startswith("https://") or anchor in anchors(at), key


@pytest.mark.parametrize("name", PAGES)
def test_link_between_pages_of_evidence_resolves(name: str) -> None:
    for at, anchor in re.findall(r"\]\(([\w-]+)\.md(?:#([\d.]+))?\)", page(name)):
        assert (EVIDENCE / f"{at}.md").is_file()
        assert not anchor or anchor in anchors(at), f"{at}.md#{anchor}"
    assert set(re.findall(r"\]\(#([\d.]+)\)", page(name))) <= anchors(name)


@pytest.mark.parametrize("name", PAGES)
def test_fact_without_a_tag_is_refused(name: str) -> None:
    assert untagged(page(name)) == []


def test_thread_that_is_cited_nowhere_is_refused() -> None:
    everything = [text for _, text in texts()] + [page(name) for name in PAGES]
    cited = {key for text in everything for key in citations(text)}
    assert rows("issues").keys() - cited == set(), "cite it, or take the row out"


def test_thread_has_its_address() -> None:
    for key, row in rows("issues").items():
        repository, number = key.split("#")
        address = re.search(r"\(https://github\.com/([\w.-]+/[\w.-]+)/issues/(\d+)\)", row)
        if address is None:
            assert "owner not found" in row, key
        else:
            assert address[2] == number, key
            assert address[1] == repository or address[1].endswith(f"/{repository}"), key


def test_sentence_of_an_error_cites_its_source() -> None:
    """Sentences that the raising rule gives have their source there."""
    bare = []
    for file in sorted((ROOT / "poolhouse" / "errors").glob("*.py")):
        lines = file.read_text().split("\n")
        for node in ast.parse("\n".join(lines)).body:
            source = "\n".join(lines[node.lineno - 1 : node.end_lineno])
            sentence = re.search(r"^    message = (.+)$", source, re.MULTILINE)
            if not isinstance(node, ast.ClassDef) or sentence is None:
                continue
            is_given_by_the_rule = re.fullmatch(r'"\{\w+\}"', sentence[1].partition("  #")[0])
            is_ours = re.search(r"UNVERIFIED|DIFFERS|Ours:|Poolhouse", source)
            if not (is_given_by_the_rule or is_ours or any(citations(source))):
                bare.append(f"{file.name}: {node.name}")
    assert bare == []


@pytest.mark.parametrize(
    "text",
    [
        "ev:users-99.1",
        "ev:no-such-source",
        "dg:no-such-page",
        "amplify-js#1",
        "(identity-js#288)",
        "users.md §6.4",
    ],
)
def test_broken_citation_is_noticed(text: str) -> None:
    assert unresolved(text) != []


def test_untagged_fact_is_noticed() -> None:
    lines = ["## 1. X", "- a fact", "", "| A | Evidence |", "|---|---|", "| b | certain |"]
    assert untagged("\n".join(lines)) == ["- a fact", "| b | certain |"]
