"""Which tags a pool can have (the tagging guide; users.md §3.4)."""

import pytest

from poolhouse.errors import BadTag
from poolhouse.rules import tags


def test_a_pool_can_have_fifty_tags() -> None:
    tags.check({f"key-{number}": "" for number in range(50)})
    with pytest.raises(BadTag, match="at most 50 tags"):
        tags.check({f"key-{number}": "" for number in range(51)})


@pytest.mark.parametrize("key", ["aws:name", "AWS:name", "Aws:cloudformation:stack-name"])
def test_keys_of_aws_are_refused(key: str) -> None:
    with pytest.raises(BadTag, match="aws: prefixed tag key names"):
        tags.check({key: "value"})


@pytest.mark.parametrize("text", ["Größe 1", "a_b.c:d/e=f+g-h@i", "awsome"])
def test_letters_digits_spaces_and_some_signs_are_allowed(text: str) -> None:
    tags.check({text: text})


@pytest.mark.parametrize("tag", [{"a*": "b"}, {"a": "b;"}, {"a": "<b>"}, {"a\x00": "b"}])
def test_other_signs_are_refused(tag: dict[str, str]) -> None:
    with pytest.raises(BadTag, match="letters, digits"):
        tags.check(tag)
