"""The language of a page."""

import html
import re
from urllib.parse import urlencode

import pytest
from support.domain_pools import DomainPool

from poolhouse.pages.hosted_ui.language_choice import matching, preferred


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("de", "de"),
        ("de-CH", "de"),
        ("DE_at", "de"),
        ("pt", "pt-BR"),
        ("pt-PT", "pt-BR"),
        ("zh", "zh-CN"),
        ("zh-Hans-SG", "zh-CN"),
        ("zh-Hant", "zh-TW"),
        ("zh-HK", "zh-TW"),
        ("iw", "he"),
        ("in", "id"),
        (" fr ", "fr"),
        ("tlh", None),
        ("", None),
        ("*", None),
        ("../de", None),
        ("de" + "-x" * 20, None),
    ],
)
def test_tag_leads_to_the_language_that_has_texts(tag: str, language: str | None) -> None:
    assert matching(tag) == language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("fr-CH, fr;q=0.9, en;q=0.8", "fr"),
        ("tlh, it;q=0.2, ko;q=0.7", "ko"),
        ("de;q=0, es", "es"),
        ("de;q=0", None),
        ("ja;q=nonsense", None),
        ("ja;level=1", "ja"),
        ("*", None),
        (",;,q=;=", None),
        ("x" * 100_000, None),
    ],
)
def test_accept_language_leads_to_the_most_wanted_language(
    header: str, language: str | None
) -> None:
    assert preferred(header) == language


def test_menu_shows_the_page_in_another_language_with_the_state_of_the_app(
    domain: DomainPool,
) -> None:
    browser = domain.browser()
    page = browser.get(f"{domain.root}/login", **domain.asked(state="a+b/c=", lang="en"))
    _, _, menu = page.text.partition('<details class="languages">')
    action = re.search(r'<form method="post" action="([^"]*)"', menu)
    assert action is not None
    form = {"_csrf": browser.cookies["XSRF-TOKEN"], "lang": "ar"}
    sent = browser.post(html.unescape(action[1]), form)
    assert (sent.status, sent.query["state"], sent.query["lang"]) == (303, "a+b/c=", "ar")
    assert '<html lang="ar" dir="rtl">' in browser.get(sent.location).text
    assert browser.cookies["lang"] == "ar"


def test_menu_is_not_on_a_page_that_only_a_form_leads_to(domain: DomainPool) -> None:
    browser = domain.browser()
    page = browser.get(f"{domain.root}/login", **domain.asked())
    assert 'class="languages"' in page.text
    form = {"_csrf": browser.cookies["XSRF-TOKEN"], "username": "alice", "password": "wrong"}
    refused = browser.post(f"{domain.root}/login?{urlencode(domain.asked())}", form)
    assert refused.status == 400
    assert 'class="languages"' not in refused.text
