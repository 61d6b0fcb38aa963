"""A client ID metadata document that was fetched: what an app says of itself at its own URL."""

from datetime import datetime

import msgspec


class DocumentContent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The members of a document that count. `grant_types` are those of RFC 7591."""

    client_name: str | None = None
    redirect_uris: tuple[str, ...]
    grant_types: tuple[str, ...] = ("authorization_code",)


class ClientDocument(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A URL that named a client under a policy, and the document that is cached of it.

    `content` and `cached_at` are None after an administrator has invalidated the document.
    """

    pool_id: str
    policy_id: str
    url: str
    content: DocumentContent | None = None
    cached_at: datetime | None = None
    expires_at: datetime
    version: int = 1
