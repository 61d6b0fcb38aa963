"""Valid tags of a pool (the tagging guide; ev:users-3.4)."""

from datetime import UTC, datetime

import pytest

from poolhouse.entities.pools import Pool
from poolhouse.errors.pools import BadTag
from poolhouse.errors.protocol import InvalidParameter
from poolhouse.rules.pools import tags
from poolhouse.wire.structs import UserPoolType


def test_tags_beyond_fifty_are_refused() -> None:
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
def test_tags_with_other_characters_are_refused(tag: dict[str, str]) -> None:
    with pytest.raises(BadTag, match="letters, digits"):
        tags.check(tag)


def a_pool(**members: str) -> Pool:
    now = datetime(2026, 3, 3, tzinfo=UTC)
    settings = UserPoolType(Name="home", UserPoolTags=members)
    return Pool(id="us-east-1_P", settings=settings, attributes=(), created_at=now, modified_at=now)


def test_tags_are_added_to_those_there_are() -> None:
    assert tags.tag(a_pool(a="1", b="2"), {"b": "3", "c": ""}) == a_pool(a="1", b="3", c="")


def test_tags_are_removed_and_unknown_keys_ignored() -> None:
    assert tags.untag(a_pool(a="1", b="2"), ["b", "c"]) == a_pool(a="1")


@pytest.mark.parametrize("tag", [{"aws:name": ""}, {"a*": ""}, {"another": ""}])
def test_tag_resource_refuses_the_same_tags_with_an_error_of_its_own(tag: dict[str, str]) -> None:
    """The model has no UserPoolTaggingException for it."""
    full = a_pool(**{f"key-{number}": "" for number in range(50)})
    with pytest.raises(InvalidParameter):
        tags.tag(full, tag)
    assert tags.tag(full, {"key-0": "changed"}).tags["key-0"] == "changed"
