"""Style sheets and scripts: their names change with their content, so they are cached for long."""

import re
from importlib.resources import files

import httpx
import pytest
from support.running_server import RunningServer

MOST_BYTES = 20_000
"""Of a page and its style sheet, as they are: what the first view of a page takes."""


def get(server: RunningServer, path: str) -> httpx.Response:
    return httpx.get(server.url + path, headers={"Accept": "text/html"}, trust_env=False)


def assets_of(page: httpx.Response) -> list[str]:
    return re.findall(r'(?:href|src)="(/assets/[^"]*)"', page.text)


def test_asset_is_served_for_a_year_under_a_name_with_its_hash(dev: RunningServer) -> None:
    style, script = assets_of(get(dev, "/inbox"))
    for path, kind in ((style, "text/css"), (script, "text/javascript")):
        assert re.fullmatch(r"/assets/\w+\.[0-9a-f]{16}\.(css|js)", path)
        answer = get(dev, path)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == f"{kind}; charset=utf-8"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    source = (files("poolhouse.pages") / "static" / "poolhouse.css").read_text()
    bare = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
    assert "".join(get(dev, style).text.split()) == "".join(bare.split())


@pytest.mark.parametrize(
    "name", ["poolhouse.css", "poolhouse.0000000000000000.css", "../assets.py", "%2e%2e/x", ""]
)
def test_asset_by_another_name_is_not_found(dev: RunningServer, name: str) -> None:
    assert get(dev, f"/assets/{name}").status_code == 404


def test_serve_has_no_asset_of_dev_mode(strict: RunningServer, dev: RunningServer) -> None:
    style, script = assets_of(get(dev, "/inbox"))
    assert get(strict, style).status_code == 200
    assert get(strict, script).status_code == 404


@pytest.mark.parametrize("path", ["/", "/inbox", "/confirmUser", "/no/such/page"])
def test_first_view_of_a_page_is_small(dev: RunningServer, path: str) -> None:
    page = get(dev, path)
    style = assets_of(page)[0]
    assert style.endswith(".css")
    assert len(page.content) + len(get(dev, style).content) <= MOST_BYTES


def test_style_sheet_names_no_side_that_only_one_direction_has() -> None:
    """Logical properties serve both directions."""
    style = (files("poolhouse.pages") / "static" / "poolhouse.css").read_text()
    sides = r"(?:margin|padding|border|inset)?-?\b(?:left|right)\b|\btop:|\bbottom:|\bfloat\b"
    assert re.findall(sides, style) == []
    assert re.findall(r"@import|url\(|!important", style) == ["!important"]  # of [hidden]
