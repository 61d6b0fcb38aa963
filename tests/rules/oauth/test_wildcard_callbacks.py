"""Callback URLs with a wildcard, if the setting `wildcard_callbacks` is on."""

import pytest

from poolhouse.errors.oauth import RedirectMismatch
from poolhouse.rules.oauth import authorization_requests as rules
from rules.oauth.test_authorization_requests import client, params

WILD = "https://*.preview.example.com/callback"


@pytest.mark.parametrize("label", ["a", "pr-17", "a" * 63, "0"])
def test_wildcard_callback_stands_for_one_label(label: str) -> None:
    given = params(redirect_uri=f"https://{label}.preview.example.com/callback")
    one = client(CallbackURLs=[WILD])
    assert rules.redirect_uri(one, given, with_wildcards=True) == given["redirect_uri"]
    with pytest.raises(RedirectMismatch):
        rules.redirect_uri(one, given)


@pytest.mark.parametrize(
    "uri",
    [
        "https://preview.example.com/callback",
        "https://.preview.example.com/callback",
        "https://a.b.preview.example.com/callback",
        "https://A.preview.example.com/callback",
        "https://-a.preview.example.com/callback",
        "https://a-.preview.example.com/callback",
        f"https://{'a' * 64}.preview.example.com/callback",
        "http://a.preview.example.com/callback",
        "https://a.preview.example.com:443/callback",
        "https://a.preview.example.com/callback/",
        "https://a.preview.example.com/callback?x",
        "https://a.preview.example.com/callback#x",
        "https://evil.example/.preview.example.com/callback",
        "https://evil.example#.preview.example.com/callback",
        "https://evil.example?.preview.example.com/callback",
        "https://evil.example\\.preview.example.com/callback",
        "https://evil@a.preview.example.com/callback",
        "https://evil.example%2f.preview.example.com/callback",
        "https://evil.example%00.preview.example.com/callback",
        "https://a\n.preview.example.com/callback",
        "https://\u0430.preview.example.com/callback",
        "https://a.preview.example.com.evil.example/callback",
        "a.preview.example.com/callback",
        "https://https://a.preview.example.com/callback",
    ],
)
def test_wildcard_callback_stands_for_nothing_else(uri: str) -> None:
    one = client(CallbackURLs=[WILD])
    with pytest.raises(RedirectMismatch):
        rules.redirect_uri(one, params(redirect_uri=uri), with_wildcards=True)


@pytest.mark.parametrize(
    ("registered", "given"),
    [
        ("https://*-my-team.vercel.app/x", "https://app-git-main-my-team.vercel.app/x"),
        ("https://app-*.example.com/", "https://app-7.example.com/"),
        ("https://app-*-my-team.vercel.app", "https://app-7-my-team.vercel.app"),
        ("https://*.my-project.pages.dev/", "https://b1.my-project.pages.dev/"),
        ("https://*.example.co.uk/", "https://b1.example.co.uk/"),
    ],
)
def test_wildcard_callback_stands_for_a_part_of_the_label(registered: str, given: str) -> None:
    one = client(CallbackURLs=[registered])
    assert rules.redirect_uri(one, params(redirect_uri=given), with_wildcards=True) == given


@pytest.mark.parametrize(
    ("registered", "given"),
    [
        ("https://*-my-team.vercel.app/", "https://-my-team.vercel.app/"),
        ("https://*-my-team.vercel.app/", "https://evil.vercel.app/"),
        ("https://*-my-team.vercel.app/", "https://x-my-team.evil.vercel.app/"),
        ("https://ab*ba.example.com/", "https://aba.example.com/"),
        # Other people's names at a shared host, or below a registry.
        ("https://*.vercel.app/", "https://evil.vercel.app/"),
        ("https://*-a.netlify.app/", "https://evil-a.netlify.app/"),
        ("https://*.github.io/", "https://evil.github.io/"),
        ("https://*.co.uk/", "https://evil.co.uk/"),
    ],
)
def test_wildcard_callback_is_not_another_customers_host(registered: str, given: str) -> None:
    one = client(CallbackURLs=[registered])
    with pytest.raises(RedirectMismatch):
        rules.redirect_uri(one, params(redirect_uri=given), with_wildcards=True)


@pytest.mark.parametrize(
    "registered",
    ["https://*.com/", "https://*", "https://*.", "https://*.*.example.com/", "http://*.example.com/",
     "https://*.example.com@evil.example/", "https://*.localhost/"],
)  # fmt: skip
def test_wildcard_callback_of_another_form_stands_for_itself_only(registered: str) -> None:
    one = client(CallbackURLs=[registered])
    assert rules.redirect_uri(one, params(redirect_uri=registered), with_wildcards=True)
    with pytest.raises(RedirectMismatch):
        given = params(redirect_uri=registered.replace("*", "a"))
        rules.redirect_uri(one, given, with_wildcards=True)
