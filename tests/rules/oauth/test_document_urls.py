"""Which URLs may name a client, and which patterns match them."""

import pytest

from poolhouse.rules.oauth import document_urls

GOOD = [
    "https://app.example/client.json",
    "https://app.example:8443/client.json",
    "https://localhost/c",
    "https://a-b.c9.example/~me/a_b/c;v=1/(x)/%C3%A4",
    "https://app.example/folder/",
    "https://app.example/...",
]
BAD = [
    "http://app.example/client.json",
    "HTTPS://app.example/client.json",
    "https://app.example",
    "https://app.example/",
    "https://App.example/client.json",
    "https://app.example:443/client.json",
    "https://app.example:0443/client.json",
    "https://app.example:65536/client.json",
    "https://app.example:/client.json",
    "https://user@app.example/client.json",
    "https://user:password@app.example/client.json",
    "https://app.example/client.json#part",
    "https://app.example/client.json?a=b",
    "https://app.example/a/../client.json",
    "https://app.example/./client.json",
    "https://app.example/a/..",
    "https://app.example/a/.",
    "https://app.example//client.json",
    "https://app.example/a/%2e%2e/client.json",
    "https://app.example/a/%2E%2E/client.json",
    "https://app.example/a%2Fb",
    "https://app.example/a%5Cb",
    "https://app.example/a%252Fb",
    "https://app.example/a%0Ab",
    "https://app.example/a%00",
    "https://app.example\\@evil.example/c",
    "https://app.example/a b",
    "https://app.example/\u00e4",
    "https://\u0430pp.example/c",
    "https://[::1]/client.json",
    "https://-app.example/c",
    "https://app..example/c",
    "https://app.example./c",
    "https://app.example/" + "a" * 240,
    "",
]


@pytest.mark.parametrize("url", GOOD)
def test_document_url_of_one_spelling_is_accepted(url: str) -> None:
    assert document_urls.is_document_url(url)


@pytest.mark.parametrize("url", BAD)
def test_document_url_with_another_spelling_or_part_is_refused(url: str) -> None:
    assert not document_urls.is_document_url(url)


@pytest.mark.parametrize(
    ("pattern", "url", "expected"),
    [
        ("https://app.example/client.json", "https://app.example/client.json", True),
        ("https://app.example/client.json", "https://app.example/client_json", False),
        ("https://app.example/client.json", "https://app.example/client.json2", False),
        ("https://APP.example/c", "https://app.example/c", True),
        ("https://app.example/C", "https://app.example/c", False),
        ("https://*.example/c", "https://app.example/c", True),
        ("https://*.example/c", "https://deep.app.example/c", False),
        ("https://*.example/c", "https://evil.com/.example/c", False),
        ("https://app*.example/c", "https://app-7.example/c", True),
        ("https://app*.example/c", "https://app.evil.example/c", False),
        ("https://app.*/c", "https://app.example/c", True),
        ("https://app.*/c", "https://app.example.evil/c", False),
        ("https://app.example/*", "https://app.example/a/b/c", True),
        ("https://app.example/*", "https://app.example:8443/a", False),
        ("https://app.example:*/a", "https://app.example:8443/a", True),
        ("https://app.example*/a", "https://app.example:8443/a", False),
        ("https://app.example*/a", "https://app.example.evil/a", False),
        ("https://app.example/*/c", "https://app.example/a/b/c", True),
        ("https://app.example/a*c", "https://app.example/ac", False),
        ("https://app.example/" + "*" * 100, "https://app.example/a", True),
        ("https://*/*", "https://app/c", True),
        ("https://app.example", "https://app.example/c", False),
        ("https://app.example/", "https://app.example/c", False),
        ("https://a@app.example/c", "https://app.example/c", False),
        ("https://(a+)+.example/c", "https://aaa.example/c", False),
    ],
)
def test_pattern_matches_within_its_reach(pattern: str, url: str, expected: bool) -> None:
    assert document_urls.is_document_url(url) or not expected
    assert document_urls.matches(pattern, url) is expected


def test_pattern_of_many_wildcards_takes_a_long_url_no_time() -> None:
    """By an expression it takes longer than any caller waits for."""
    url = "https://app.example/" + "a/" * 110
    assert document_urls.matches("https://app.example/" + "*/" * 20, url)
    assert not document_urls.matches("https://app.example/" + "*/" * 20 + "x", url)


@pytest.mark.parametrize(
    "pattern", ["https://app.example", "https://app.example/", "https:///path", "https://a@b/c"]
)
def test_pattern_without_host_or_path_is_none(pattern: str) -> None:
    assert not document_urls.is_pattern(pattern)
