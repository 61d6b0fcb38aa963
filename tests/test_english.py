"""The rules of plain English that a tool can check (CONTRIBUTING.md)."""

import pytest
from check_english import check_commit, check_files, findings_in


def test_pages_docstrings_and_comments_are_plain_english() -> None:
    assert list(check_files()) == []


@pytest.mark.parametrize(
    "text", ["for who has none", "Nobody knows", "it is good for once", "whoever asks", "shall be"]
)
def test_words_that_are_not_plain_are_found(text: str) -> None:
    assert [found.line for found in findings_in("page.md", 7, text)] == [7]


def test_words_within_code_are_not_looked_at() -> None:
    assert (
        list(findings_in("page.md", 1, "`nobody` and ```\nwhoever\n``` and [x](nobody.md)")) == []
    )


@pytest.mark.parametrize(
    "message",
    [
        "auth: verify the secret hash in the pipeline",
        "store, transfer: import groups\n\nThe old format had none.\n# a comment of git",
    ],
)
def test_commit_message_with_area_is_accepted(message: str) -> None:
    assert list(check_commit(message)) == []


@pytest.mark.parametrize(
    "message",
    [
        "Verify the secret hash",
        "auth: verify the secret hash.",
        "auth: " + "x" * 70,
        "auth: verify\nwithout an empty line",
        "auth: tell whoever asks",
        "",
    ],
)
def test_commit_message_against_the_rules_is_refused(message: str) -> None:
    assert list(check_commit(message)) != []
