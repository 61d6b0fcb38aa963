"""Client ID metadata documents that are put into a server's store without fetching them."""

from datetime import UTC, datetime, timedelta

from poolhouse.app import App
from poolhouse.entities.client_documents import ClientDocument, DocumentContent
from poolhouse.store import client_documents
from support.running_server import RunningServer


def keep_document(server: RunningServer, pool_id: str, policy_id: str, *urls: str) -> None:
    """Cache a document of each URL for a day, as if it had been fetched now."""
    now = datetime.now(UTC)
    kept = [
        ClientDocument(
            pool_id=pool_id,
            policy_id=policy_id,
            url=url,
            content=DocumentContent(client_name="App", redirect_uris=("https://app.example/back",)),
            cached_at=now,
            expires_at=now + timedelta(days=1),
        )
        for url in urls
    ]

    async def store(app: App) -> None:
        await app.services.store.commit(*map(client_documents.put, kept))

    server.run(store)
