"""Redirect URIs that apps name themselves."""

import pytest

from poolhouse.rules.oauth import redirect_uris


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example/back",
        "https://app.example:8443/back?a=b",
        "http://localhost/back",
        "http://127.0.0.1:3000/back",
        "http://[::1]:3000/back",
        "com.example.app:/back",
        "cursor://anysphere.cursor-retrieval/oauth/callback",
    ],
)
def test_redirect_uri_of_an_app_is_accepted(uri: str) -> None:
    assert redirect_uris.refused([uri]) is None


@pytest.mark.parametrize(
    "uri",
    [
        "urn:ietf:params:oauth:grant-type:device_code",
        "http://app.example/back",
        "http://localhost.evil.example/back",
        "https://app.example/back#part",
        "https://user@app.example/back",
        "https:///back",
        "https:back",
        "javascript:alert(1)",
        "data:text/html,hello",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:https://app.example/1",
        "view-source:https://app.example",
        "JavaScript:alert(1)",
        " https://app.example/back",
        "https://app.example/back\n",
        "https://app.example/b ack",
        "https://app.example/<script>",
        "https://[::1/back",
        "https://app.example:port/back",
        "/back",
        "",
        "https://app.example/" + "a" * 1_024,
    ],
)
def test_redirect_uri_that_is_unsafe_or_malformed_is_refused(uri: str) -> None:
    assert redirect_uris.refused(["https://app.example/back", uri]) is not None


def test_redirect_uris_none_or_too_many_are_refused() -> None:
    many = [f"https://app.example/{n}" for n in range(101)]
    assert redirect_uris.refused([]) is not None
    assert redirect_uris.refused(many[:100]) is None
    assert redirect_uris.refused(many) is not None
