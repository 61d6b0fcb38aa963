"""Properties of every page: escaping, its own policy, and no missing value."""

import itertools
import re
from functools import partial
from pathlib import Path
from typing import Any

import jinja2
import pytest

from poolhouse.http.security_headers import FormTarget, page_policy
from poolhouse.pages.assets import Assets
from poolhouse.pages.hosted_ui.texts import texts_for
from poolhouse.pages.hosted_ui.user_names import NameField
from poolhouse.pages.looks import Looks, Picture
from poolhouse.pages.responses import Pages

PACKAGES = ("poolhouse.pages", "poolhouse.dev")
HOSTILE = "</h1><script>alert(1)</script>\"'&"


@pytest.fixture
def pages() -> Pages:
    nonces = iter(["first", "second"])
    return Pages(PACKAGES, Assets(PACKAGES), lambda: next(nonces))


def sign_in_content(language: str = "en", **changed: Any) -> dict[str, Any]:
    texts = texts_for(language)
    content = {
        "language": language,
        "direction": texts.direction,
        "texts": texts,
        "root": "/domains/a&b",
        "app": HOSTILE,
        "title": texts.sign_in_title,
        "shown": None,
        "username": "",
        "name_field": NameField(texts.email, "email"),
        "name_first": False,
        "autofills": False,
        "signs_up": True,
    }
    return content | changed


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"language": "ar"},
        {"app": "other"},
        {"signs_up": False},
        {"name_first": True},
        {"looks": Looks(style_sheet="/branding/a.css", logo=Picture("/branding/a.png"))},
    ],
)
def test_cached_page_has_the_bytes_and_headers_of_a_rendered_one(changed: dict[str, Any]) -> None:
    """Each response has values of its own, and other content isn't answered from the cache."""
    nonces = itertools.count()
    cached = Pages(PACKAGES, Assets(PACKAGES), lambda: f"nonce-{next(nonces)}")
    forms: dict[str, Any] = {"forms": FormTarget.ANYWHERE}
    cached.cached_page("sign_in.html", {"csrf": "", "query": ""}, **sign_in_content(), **forms)
    for csrf, query in (("one", "state=1&scope=openid"), (HOSTILE, HOSTILE), ("nonce", "csrf")):
        own: dict[str, Any] = {"csrf": csrf, "query": query}
        found = cached.cached_page("sign_in.html", own, **sign_in_content(**changed), **forms)
        nonce = re.search(r"style-src 'nonce-([^']*)'", found.headers["content-security-policy"])
        assert nonce is not None
        fresh = Pages(PACKAGES, Assets(PACKAGES), partial(str, nonce[1]))
        rendered = fresh.page("sign_in.html", **own, **sign_in_content(**changed), **forms)
        assert bytes(found.body) == bytes(rendered.body)
        assert found.raw_headers == rendered.raw_headers


def policy(forms: FormTarget) -> str:
    _, value = page_policy("n", forms=forms)
    return value.decode()


def test_page_escapes_its_values(pages: Pages) -> None:
    page = bytes(pages.page("message.html", title=HOSTILE, text=HOSTILE, is_good=True).body)
    assert b"alert(1)" in page
    assert b"<script" not in page
    assert b"&#34;&#39;&amp;" in page


def test_page_without_a_value_that_its_template_uses_fails(pages: Pages) -> None:
    with pytest.raises(jinja2.UndefinedError, match="is_good"):
        pages.page("message.html", title="a", text="b")


def test_page_has_its_own_nonce(pages: Pages) -> None:
    for nonce in ("first", "second"):
        response = pages.page("message.html", title="a", text="b", is_good=True)
        assert f"style-src 'nonce-{nonce}';" in response.headers["content-security-policy"]
        assert f'nonce="{nonce}"'.encode() in response.body


def test_page_in_another_language_has_its_direction(pages: Pages) -> None:
    response = pages.page(
        "message.html", language="ar", direction="rtl", title="a", text="b", is_good=True
    )
    assert b'<html lang="ar" dir="rtl">' in response.body


@pytest.mark.parametrize(
    ("forms", "directive"),
    [(FormTarget.NOWHERE, "form-action 'none'; "), (FormTarget.HERE, "form-action 'self'; ")],
)
def test_page_policy_has_the_form_targets(forms: FormTarget, directive: str) -> None:
    assert directive in policy(forms)


def test_policy_of_a_form_that_redirects_to_an_app_names_no_target() -> None:
    """ev:domain-1.7: Chromium applies the directive to every redirect that follows."""
    assert "form-action" not in policy(FormTarget.ANYWHERE)


def test_templates_have_no_style_script_or_handler_of_their_own() -> None:
    """The policy would refuse them, in the browser and not here."""
    root = Path(__file__).resolve().parents[2] / "poolhouse"
    templates = sorted(root.rglob("templates/*.html"))
    assert len(templates) >= 6
    for template in templates:
        text = template.read_text()
        for unwanted in ("<style", "style=", "javascript:", " onclick", " onload", "| safe"):
            assert unwanted not in text, template
        assert text.count("<script") == text.count("<script src=")
