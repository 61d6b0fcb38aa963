"""Which language a page speaks."""

import pytest

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
