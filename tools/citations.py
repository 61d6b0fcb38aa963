"""Turn citations in texts of the code into links to docs/evidence/."""

import re
from functools import cache
from pathlib import Path

EVIDENCE = Path(__file__).resolve().parent.parent / "docs" / "evidence"
SECTION = r"\bev:(?P<page>[a-z][a-z0-9-]*?)-(?P<section>\d+(?:\.\d+)*)"
NAMED = r"\bev:(?P<source>[a-z][a-z0-9]*(?:-[a-z0-9]+)*)"
GUIDE = r"\b(?P<guide>dg(?:23)?:[A-Za-z][\w-]*)"
THREAD = r"(?<![\w/.#:-])(?P<thread>(?:[A-Za-z0-9_.-]+/)?[A-Za-z][A-Za-z0-9_.-]*#\d+)\b"
CITATION = re.compile(f"{SECTION}|{NAMED}|{GUIDE}|{THREAD}")


def linked(text: str, folder: str) -> str:
    """Return the text with a link in place of each citation; `folder` leads to docs/evidence/."""

    def link(found: re.Match[str]) -> str:
        key = found[0]
        if found["page"] and (EVIDENCE / f"{found['page']}.md").exists():
            return f"[{key}]({folder}{found['page']}.md#{found['section']})"
        for page in ("issues", "sources"):
            if anchor := anchors(page).get(key.removeprefix("ev:")):
                return f"[{key}]({folder}{page}.md#{anchor})"
        return key

    return CITATION.sub(link, text)


@cache
def anchors(page: str) -> dict[str, str]:
    """Return the anchor of each row of a page, by the row's key."""
    rows = re.findall(r'<a id="([^"]+)"></a>`([^`]+)`', (EVIDENCE / f"{page}.md").read_text())
    return {key: anchor for anchor, key in rows}
