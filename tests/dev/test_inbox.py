"""The inbox of dev mode: tests take codes from its JSON, people from its page."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response
from support.delivery_world import NOW, message, open_store

from poolhouse.dev.inbox import InboxPages
from poolhouse.entities.messages import Channel
from poolhouse.pages.assets import Assets
from poolhouse.pages.responses import Pages
from poolhouse.store.store import Store

PACKAGES = ("poolhouse.pages", "poolhouse.dev")

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


async def at_once() -> None:
    """Nothing is queued."""


def inbox(store: Store) -> InboxPages:
    return InboxPages(store, Pages(PACKAGES, Assets(PACKAGES), lambda: "a-nonce"), at_once)


def asking(**query: str) -> Request:
    query_string = urlencode(query).encode()
    return Request({"type": "http", "method": "GET", "headers": [], "query_string": query_string})


async def asked(store: Store, **query: str) -> list[dict[str, Any]]:
    response = await inbox(store).messages(asking(**query))
    assert response.status_code == 200
    return msgspec.json.decode(response.body, type=list[dict[str, Any]])


async def shown(store: Store, **query: str) -> str:
    response = await inbox(store).page(asking(**query))
    assert response.status_code == 200
    return bytes(response.body).decode()


async def ids(store: Store, **query: str) -> list[str]:
    return [each["id"] for each in await asked(store, **query)]


async def test_inbox_message_has_every_member(store: Store) -> None:
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
        "confirmation_link": None,
    }


async def test_messages_with_a_confirmation_link_have_it_for_programs(store: Store) -> None:
    url = "https://id.example.com/confirmUser?client_id=c&user_name=zoe&confirmation_code=012345"
    body = f'<a href="{url.replace("&", "&amp;")}">Verify</a>'
    for number, channel in ((1, Channel.EMAIL), (2, Channel.SMS)):
        sent = replace(message(f"n-{number}"), body=body, channel=channel)
        await store.commit(store.messages.receive(sent))
    by_sms, by_email, *_ = await asked(store)
    assert by_email["confirmation_link"] == url
    assert by_sms["confirmation_link"] is None


async def test_messages_come_newest_first_fifty_of_them(store: Store) -> None:
    assert await ids(store) == [f"m-{number:02}" for number in range(59, 9, -1)]


async def test_messages_are_chosen_by_pool_and_user(store: Store) -> None:
    assert await ids(store, pool="eu-west-1_1", limit="2") == ["m-59", "m-57"]
    assert await ids(store, username="user-0", limit="2") == ["m-57", "m-54"]
    assert await ids(store, pool="eu-west-1_0", username="user-0", limit="2") == ["m-54", "m-48"]
    assert await ids(store, pool="eu-west-1_9") == []
    assert await ids(store, username="user-0' OR '1'='1") == []


async def test_inbox_empty_parameters_do_not_filter(store: Store) -> None:
    assert len(await ids(store, pool="", username="", limit="")) == 50


async def test_inbox_limit_may_exceed_the_default(store: Store) -> None:
    assert len(await ids(store, limit="1000")) == 60


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "1.5", "many", "٣", "9" * 5000])
async def test_inbox_invalid_limit_is_refused(store: Store, limit: str) -> None:
    response = await inbox(store).messages(asking(limit=limit))
    assert response.status_code == 400
    assert msgspec.json.decode(response.body) == {"error": "limit must be a number from 1 to 1000"}


async def test_inbox_message_with_hostile_text_is_unchanged(store: Store) -> None:
    hostile = replace(message("m-99", Channel.SMS), body=HOSTILE, subject=HOSTILE, username=HOSTILE)
    await store.commit(store.messages.receive(hostile))
    [shown] = await asked(store, username=HOSTILE)
    assert (shown["body"], shown["subject"], shown["channel"]) == (HOSTILE, HOSTILE, "SMS")


async def test_inbox_codes_are_not_cached_or_shared_across_origins(store: Store) -> None:
    pages = inbox(store)
    for response in (
        await pages.page(asking()),
        await pages.messages(asking()),
        await pages.messages(asking(limit="?")),
    ):
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"
        assert response.headers["cross-origin-resource-policy"] == "same-origin"
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
        assert "access-control-allow-origin" not in response.headers


def policy(response: Response) -> dict[str, str]:
    directives = response.headers["content-security-policy"].split("; ")
    return dict(directive.split(" ", 1) for directive in directives)


async def test_inbox_page_policy_allows_own_style_and_script_alone(store: Store) -> None:
    assert policy(await inbox(store).page(asking())) == {
        "default-src": "'none'",
        "style-src": "'nonce-a-nonce'",
        "script-src": "'nonce-a-nonce'",
        "connect-src": "'self'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }


class Resources(HTMLParser):
    """What a page would load or lead to, and what it would run besides its script elements."""

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


async def test_inbox_page_loads_nothing_from_elsewhere(store: Store) -> None:
    page = Resources()
    page.feed(await shown(store, pool="eu-west-1_1"))
    own = re.compile(r"data:,|#content|/|/inbox|/assets/(poolhouse|dev)\.[0-9a-f]{16}\.(css|js)")
    assert page.found
    assert [found for found in page.found if not own.fullmatch(found[1] or "")] == []


def subjects(page: str) -> list[str]:
    return re.findall("<h2>(.*)</h2>", page)


async def test_inbox_page_without_script_shows_messages_newest_first(store: Store) -> None:
    newest = replace(message("m-99"), subject="The newest", code="987654")
    await store.commit(store.messages.receive(newest))
    page = await shown(store)
    assert len(subjects(page)) == 61
    assert subjects(page)[0] == "The newest"
    assert ">987654</span>" in page
    assert "61 messages" in page


async def test_inbox_page_with_pool_and_search_shows_what_matches(store: Store) -> None:
    assert len(subjects(await shown(store, pool="eu-west-1_1"))) == 30
    assert len(subjects(await shown(store, search="SER-0"))) == 20
    assert len(subjects(await shown(store, search="@BARN.example"))) == 60
    assert len(subjects(await shown(store, pool="eu-west-1_0", search="user-0"))) == 10
    nothing = await shown(store, search="<nobody>")
    assert "No message matches." in nothing
    assert 'value="&lt;nobody&gt;"' in nothing
    assert "0 messages" in nothing


async def test_inbox_page_with_hostile_texts_escapes_them(store: Store) -> None:
    hostile = replace(message("m-99", Channel.SMS), body=HOSTILE, subject=HOSTILE, username=HOSTILE)
    await store.commit(store.messages.receive(hostile))
    page = await shown(store, pool=HOSTILE, search=HOSTILE)
    page += await shown(store)
    assert "alert(1)" in page
    assert "<script>" not in page


@pytest.mark.parametrize(
    ("body", "link"),
    [
        ('<a href="http://h:9/confirmUser?a=1&amp;b=2">x</a>', "http://h:9/confirmUser?a=1&b=2"),
        ("<a class=x href='https://h/confirmUser?a'>x</a>", "https://h/confirmUser?a"),
        ('<a href="https://h/other?a">x</a>', None),
        ('<a href="javascript:alert(1)//https://h/confirmUser?a">x</a>', None),
        ("https://h/confirmUser?a", None),
    ],
)
async def test_inbox_page_of_mail_with_link_shows_it(
    store: Store, body: str, link: str | None
) -> None:
    await store.commit(store.messages.receive(replace(message("m-99"), body=body)))
    page = Resources()
    page.feed(await shown(store))
    links = [value for name, value in page.found if name == "href" and "confirmUser" in str(value)]
    assert links == ([] if link is None else [link])
