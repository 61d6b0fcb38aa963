"""The inbox of dev mode: tests take codes from its JSON, people from its page."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from support.delivery_world import NOW, message, open_store

from poolhouse.dev.inbox import InboxPages
from poolhouse.entities.messages import Channel
from poolhouse.store.store import Store

HOSTILE = "</script><script>alert(1)</script>&{####}\u2028"


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    store = await open_store()
    for number in range(60):
        received = replace(
            message(f"m-{number:02}"),
            username=f"user-{number % 3}",
            pool_id=f"eu-west-1_{number % 2}",
            created_at=NOW + timedelta(seconds=number),
        )
        await store.commit(store.messages.receive(received))
    yield store
    await store.close()


async def asked(store: Store, **query: str) -> list[dict[str, Any]]:
    status, _, body = await InboxPages(store).messages(query)
    assert status == 200
    return msgspec.json.decode(body, type=list[dict[str, Any]])


async def ids(store: Store, **query: str) -> list[str]:
    return [each["id"] for each in await asked(store, **query)]


async def test_a_message_is_told_whole(store: Store) -> None:
    assert (await asked(store))[0] == {
        "id": "m-59",
        "sent_at": "2026-01-02T03:05:04Z",
        "channel": "EMAIL",
        "destination": "zoe@barn.example",
        "pool_id": "eu-west-1_1",
        "username": "user-2",
        "trigger_source": "CustomMessage_SignUp",
        "subject": "Your verification code",
        "body": "Your verification code is 012345. ",
        "code": "012345",
    }


async def test_messages_come_newest_first_fifty_of_them(store: Store) -> None:
    assert await ids(store) == [f"m-{number:02}" for number in range(59, 9, -1)]


async def test_messages_are_chosen_by_pool_and_user(store: Store) -> None:
    assert await ids(store, pool="eu-west-1_1", limit="2") == ["m-59", "m-57"]
    assert await ids(store, username="user-0", limit="2") == ["m-57", "m-54"]
    assert await ids(store, pool="eu-west-1_0", username="user-0", limit="2") == ["m-54", "m-48"]
    assert await ids(store, pool="eu-west-1_9") == []
    assert await ids(store, username="user-0' OR '1'='1") == []


async def test_an_empty_box_chooses_everything(store: Store) -> None:
    assert len(await ids(store, pool="", username="", limit="")) == 50


async def test_more_can_be_asked_for(store: Store) -> None:
    assert len(await ids(store, limit="1000")) == 60


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "1.5", "many", "٣", "9" * 5000])
async def test_a_limit_that_is_none_is_refused(store: Store, limit: str) -> None:
    status, _, body = await InboxPages(store).messages({"limit": limit})
    assert status == 400
    assert msgspec.json.decode(body) == {"error": "limit must be a number from 1 to 1000"}


async def test_hostile_texts_arrive_unchanged(store: Store) -> None:
    hostile = replace(message("m-99", Channel.SMS), body=HOSTILE, subject=HOSTILE, username=HOSTILE)
    await store.commit(store.messages.receive(hostile))
    [told] = await asked(store, username=HOSTILE)
    assert (told["body"], told["subject"], told["channel"]) == (HOSTILE, HOSTILE, "SMS")


async def test_codes_are_neither_cached_nor_told_to_other_sites(store: Store) -> None:
    pages = InboxPages(store)
    for _, headers, _ in (
        await pages.page({}),
        await pages.messages({}),
        await pages.messages({"limit": "?"}),
    ):
        found = dict(headers)
        assert found[b"cache-control"] == b"no-store"
        assert found[b"x-content-type-options"] == b"nosniff"
        assert found[b"referrer-policy"] == b"no-referrer"
        assert found[b"cross-origin-resource-policy"] == b"same-origin"
        assert b"frame-ancestors 'none'" in found[b"content-security-policy"]
        assert b"access-control-allow-origin" not in found


async def test_the_page_may_run_its_own_script_alone(store: Store) -> None:
    _, headers, _ = await InboxPages(store).page({})
    policy = dict(
        part.split(" ", 1)
        for part in dict(headers)[b"content-security-policy"].decode().split("; ")
    )
    assert policy["default-src"] == "'none'"
    assert re.fullmatch(r"'sha256-[\w+/]{43}='", policy["script-src"])
    assert re.fullmatch(r"'sha256-[\w+/]{43}=' 'sha256-[\w+/]{43}='", policy["style-src"])
    assert policy["connect-src"] == "'self'"
    assert policy["form-action"] == policy["base-uri"] == "'none'"


class Resources(HTMLParser):
    """What a page would load, and what it would run besides its script elements."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found += [
            (name, value)
            for name, value in attributes
            if name in {"src", "href", "srcset", "action", "data", "poster", "style"}
            or name.startswith("on")
        ]


async def test_the_page_loads_nothing_from_anywhere(store: Store) -> None:
    status, headers, body = await InboxPages(store).page({"pool": "eu-west-1_1"})
    assert status == 200
    assert dict(headers)[b"content-type"] == b"text/html; charset=utf-8"
    page = Resources()
    page.feed(body.decode())
    assert page.found == [("href", "data:,")]
    assert not re.search(rb"https?:|//\w|url\(|@import|innerHTML =|eval", body)


async def test_bodies_are_shown_as_text_where_nothing_runs(store: Store) -> None:
    _, _, body = await InboxPages(store).page({})
    assert b'setAttribute("sandbox", "")' in body
    assert b"textContent = message.body" in body
