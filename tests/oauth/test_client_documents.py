"""Apps whose client_id is the URL of a metadata document: fetched, checked, cached, bounded."""

import asyncio
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from support.document_server import DocumentServer, replying
from support.running_server import RunningServer
from support.served_pools import PoolForTest

from poolhouse.app import App
from poolhouse.entities.clients import Client
from poolhouse.services import client_documents, document_fetches
from poolhouse.store.garbage_collection import GarbageCollector

BACK = "https://notes.example/back"


class PolicyOfPool:
    """A pool with a policy, and what the server makes of URLs there."""

    def __init__(self, server: RunningServer, **members: Any) -> None:
        self.server = server
        self.pool = PoolForTest(
            server.client(),
            client={
                "AllowedOAuthFlowsUserPoolClient": True,
                "AllowedOAuthFlows": ["code"],
                "AllowedOAuthScopes": ["openid", "email"],
                "CallbackURLs": ["https://own.example/back"],
            },
        )
        given = {"URLPatterns": ["https://127.0.0.1:*/*", "https://localhost:*/*"], **members}
        made = self.pool.cognito.create_cimd_policy(
            UserPoolId=self.pool.id, ClientId=self.pool.client_id, PolicyName="p", **given
        )
        self.id: str = made["CIMDPolicy"]["CIMDPolicyId"]
        self.named = {"UserPoolId": self.pool.id, "CIMDPolicyId": self.id}

    def client_of(self, url: str, *, after: timedelta = timedelta()) -> Client | None:
        async def found(app: App) -> Client | None:
            await app.services.store.configuration.refresh()
            pool = await app.services.store.pools.find(self.pool.id)
            assert pool is not None
            now = datetime.now(UTC) + after
            return await client_documents.client_of(app.services, pool, url, now)

        return self.server.run(found)

    def urls(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = self.pool.cognito.list_client_metadata_urls(**self.named)[
            "ClientMetadataURLs"
        ]
        return listed


@pytest.fixture
def policy(allowing: RunningServer) -> PolicyOfPool:
    return PolicyOfPool(allowing)


def test_document_makes_a_public_client_with_its_redirects(
    documents: DocumentServer, policy: PolicyOfPool
) -> None:
    url = documents.publish("/good.json")
    client = policy.client_of(url)
    assert client is not None
    assert (client.id, client.name, client.secrets) == (url, "Field notes (127.0.0.1)", ())
    assert client.settings.CallbackURLs == [BACK]
    assert client.settings.AllowedOAuthScopes == ["openid", "email"]
    (listed,) = policy.urls()
    assert listed["URL"] == url
    assert listed["ExpirationDate"] - listed["CachedDate"] == timedelta(days=1)


def test_document_is_cached_until_it_expires(
    documents: DocumentServer, policy: PolicyOfPool
) -> None:
    url = documents.publish("/cached.json")
    for _ in range(3):
        assert policy.client_of(url)
    assert documents.asked["/cached.json"] == 1
    assert policy.client_of(url, after=timedelta(hours=25))
    assert documents.asked["/cached.json"] == 2


def test_document_max_age_is_its_time_in_the_cache(
    documents: DocumentServer, policy: PolicyOfPool
) -> None:
    """dg:cognito-user-pools-client-id-metadata."""
    url = documents.publish("/aged.json", headers={"Cache-Control": "public, max-age=172800"})
    assert policy.client_of(url)
    (listed,) = policy.urls()
    assert listed["ExpirationDate"] - listed["CachedDate"] == timedelta(days=2)


def test_document_refresh_fetches_and_invalidation_drops(
    documents: DocumentServer, policy: PolicyOfPool
) -> None:
    url = documents.publish("/state.json")
    assert policy.client_of(url)
    documents.publish("/state.json", redirect_uris=["https://new.example/back"])
    named = {**policy.named, "URL": url}
    policy.pool.cognito.update_client_metadata_url_state(**named, Action="REFRESH")
    client = policy.client_of(url)
    assert client is not None
    assert client.settings.CallbackURLs == ["https://new.example/back"]
    assert documents.asked["/state.json"] == 2
    policy.pool.cognito.update_client_metadata_url_state(**named, Action="INVALIDATE")
    assert policy.urls() == [{"URL": url}]
    assert policy.client_of(url)
    assert documents.asked["/state.json"] == 3


def test_document_of_many_requests_at_once_is_fetched_once(
    documents: DocumentServer, policy: PolicyOfPool
) -> None:
    url = documents.publish("/once.json")

    async def all_at_once(app: App) -> list[Client | None]:
        await app.services.store.configuration.refresh()
        pool = await app.services.store.pools.find(policy.pool.id)
        assert pool is not None
        now = datetime.now(UTC)
        calls = [client_documents.client_of(app.services, pool, url, now) for _ in range(50)]
        return list(await asyncio.gather(*calls))

    assert all(policy.server.run(all_at_once))
    assert documents.asked["/once.json"] == 1


def redirects(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(302)
    handler.send_header("Location", "/target.json")
    handler.end_headers()


def streams_without_end(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b" " * 4_096)
    except OSError:  # the client has read enough
        handler.close_connection = True


def promises_more(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"{")


def compresses(handler: BaseHTTPRequestHandler) -> None:
    replying(b"\x1f\x8b" + b"\0" * 60, headers={"Content-Encoding": "gzip"})(handler)


HOSTILE = {
    "redirect": redirects,
    "stream": streams_without_end,
    "short": promises_more,
    "gzip": compresses,
    "huge": replying(b" " * 20_000 + b"{}"),
    "html": replying(b"{}", "text/html"),
    "not-found": replying(b"{}", status=404),
    "partial": replying(b"{}", status=206),
    "deep": replying(b'{"x":' + b"[" * 8_000),
    "text": replying(b"no json"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_document_that_is_hostile_makes_no_client_and_is_asked_once(
    documents: DocumentServer, policy: PolicyOfPool, kind: str
) -> None:
    """The failure is remembered, so that a caller can't make the server ask again and again."""
    path = f"/{kind}.json"
    documents.pages[path] = HOSTILE[kind]
    documents.publish("/target.json", client_id=documents.url + path)
    for _ in range(3):
        assert policy.client_of(documents.url + path) is None
    assert documents.asked[path] == 1
    assert documents.asked["/target.json"] == 0
    assert policy.urls() == []


@pytest.mark.parametrize(
    "lie",
    [
        {"client_id": "https://other.example/client.json"},
        {"client_secret": "secret"},
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"redirect_uris": ["javascript:alert(1)"]},
        {"redirect_uris": []},
    ],
)
def test_document_that_lies_makes_no_client(
    documents: DocumentServer, policy: PolicyOfPool, lie: dict[str, Any]
) -> None:
    assert policy.client_of(documents.publish("/lie.json", **lie)) is None
    assert policy.urls() == []


def test_document_that_fails_a_refresh_stays_cached(
    documents: DocumentServer, policy: PolicyOfPool
) -> None:
    url = documents.publish("/fails.json")
    assert policy.client_of(url)
    documents.pages["/fails.json"] = replying(b"", status=503)
    with pytest.raises(policy.pool.cognito.exceptions.InvalidParameterException):
        policy.pool.cognito.update_client_metadata_url_state(
            **policy.named, URL=url, Action="REFRESH"
        )
    assert policy.client_of(url)


def test_document_of_an_untrusted_certificate_makes_no_client(
    documents: DocumentServer, policy: PolicyOfPool
) -> None:
    """The certificate is for 127.0.0.1, and the name of the URL is what counts."""
    url = documents.url.replace("127.0.0.1", "localhost") + "/named.json"
    documents.publish("/named.json", client_id=url)
    assert policy.client_of(url) is None
    assert documents.asked["/named.json"] == 0


def test_document_url_outside_of_the_patterns_is_never_fetched(
    documents: DocumentServer, allowing: RunningServer
) -> None:
    policy = PolicyOfPool(allowing, URLPatterns=["https://127.0.0.1:*/apps/*"])
    assert policy.client_of(documents.publish("/elsewhere.json")) is None
    assert documents.asked["/elsewhere.json"] == 0


def test_document_client_ends_with_its_policy_and_its_app_client(
    documents: DocumentServer, policy: PolicyOfPool
) -> None:
    url = documents.publish("/ends.json")
    assert policy.client_of(url)
    policy.pool.cognito.delete_user_pool_client(
        UserPoolId=policy.pool.id, ClientId=policy.pool.client_id
    )
    assert policy.client_of(url) is None


def test_document_client_ends_in_a_pool_of_the_plan_lite(
    documents: DocumentServer, policy: PolicyOfPool
) -> None:
    url = documents.publish("/lite.json")
    assert policy.client_of(url)
    policy.pool.cognito.update_user_pool(UserPoolId=policy.pool.id, UserPoolTier="LITE")
    assert policy.client_of(url) is None


def test_document_fetches_of_a_policy_are_bounded_by_the_minute(
    documents: DocumentServer, policy: PolicyOfPool
) -> None:
    asked = [
        policy.client_of(documents.publish(f"/many/{n}.json"))
        for n in range(document_fetches.A_MINUTE + 5)
    ]
    assert sum(client is not None for client in asked) == document_fetches.A_MINUTE
    assert asked[-5:] == [None] * 5


def test_document_fetches_at_once_are_bounded(
    documents: DocumentServer, policy: PolicyOfPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document_fetches, "MOST_AT_ONCE", 2)
    asked = [documents.publish(f"/at-once/{n}.json") for n in range(6)]

    async def all_at_once(app: App) -> list[Client | None]:
        await app.services.store.configuration.refresh()
        pool = await app.services.store.pools.find(policy.pool.id)
        assert pool is not None
        now = datetime.now(UTC)
        calls = [client_documents.client_of(app.services, pool, url, now) for url in asked]
        return list(await asyncio.gather(*calls))

    assert sum(client is not None for client in policy.server.run(all_at_once)) == 2


def test_documents_of_a_policy_are_bounded(
    documents: DocumentServer, policy: PolicyOfPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_documents, "MOST_OF_POLICY", 3)
    for n in range(5):
        assert policy.client_of(documents.publish(f"/few/{n}.json"))
    assert len(policy.urls()) == 3
    assert documents.url + "/few/4.json" in {each["URL"] for each in policy.urls()}


def test_document_that_has_expired_is_collected(
    documents: DocumentServer, policy: PolicyOfPool
) -> None:
    assert policy.client_of(documents.publish("/old.json"))

    async def collect(app: App) -> None:
        later = datetime.now(UTC) + timedelta(days=2)
        await GarbageCollector(app.services.store, lambda: later).collect()

    policy.server.run(collect)
    assert policy.urls() == []


def test_document_inside_is_never_fetched_by_default(
    documents: DocumentServer, server: RunningServer
) -> None:
    policy = PolicyOfPool(server)
    url = documents.publish("/inside.json")
    assert policy.client_of(url) is None
    assert documents.asked["/inside.json"] == 0
