"""Client ID metadata documents: read one, check it, and make the client that it describes.

Sources: draft-ietf-oauth-client-id-metadata-document, RFC 7591, and the developer guide
(dg:cognito-user-pools-client-id-metadata): public clients only, no client credentials, and a grant
type needs both the document and the policy's app client.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from poolhouse.entities.client_documents import ClientDocument, DocumentContent
from poolhouse.entities.clients import Client
from poolhouse.entities.pool_resources import ClientDocumentPolicy
from poolhouse.rules.oauth import document_urls, redirect_uris
from poolhouse.rules.tokens.sessions import rotates
from poolhouse.wire.enums import ExplicitAuthFlowsType, FeatureType, OAuthFlowType

LARGEST: Final = 16_384
"""Bytes of a document. The draft recommends a bound of 5 KB."""
SHORTEST_CACHE, LONGEST_CACHE = 86_400, 31_556_952
"""Seconds that a document is cached, at least and at most, by the API's model."""

_CODE, _IMPLICIT, _REFRESH = "authorization_code", "implicit", "refresh_token"
_GRANT_OF_FLOW: Final = {OAuthFlowType.CODE: _CODE, OAuthFlowType.IMPLICIT: _IMPLICIT}
_LONGEST_NAME: Final = 128
_MAX_AGE: Final = re.compile(r'(?:^|[\s,])max-age="?([0-9]{1,10})"?(?=$|[\s,])', re.IGNORECASE)
_JSON_TYPE: Final = re.compile(r"application/(?:[a-z0-9.+-]+\+)?json(?:\s*;.*)?", re.IGNORECASE)
_SECRETS: Final = ("client_secret", "client_secret_expires_at")


class UnusableDocument(ValueError):
    """What the URL returned isn't a document that makes a client."""


class _Document(msgspec.Struct, frozen=True):
    """The members that are read; all others are ignored, as RFC 7591 demands."""

    client_id: str
    redirect_uris: list[str]
    client_name: str | None = None
    token_endpoint_auth_method: str | None = None
    grant_types: list[str] | None = None
    response_types: list[str] | None = None
    client_secret: Any = None
    client_secret_expires_at: Any = None


_decode = msgspec.json.Decoder(_Document).decode


def read(url: str, content_type: str, body: bytes) -> DocumentContent:
    """Return the checked content of a document that was fetched. Raises UnusableDocument."""
    if not _JSON_TYPE.fullmatch(content_type.strip()):
        raise UnusableDocument("it isn't JSON by its content type")
    if len(body) > LARGEST:
        raise UnusableDocument(f"it has more than {LARGEST} bytes")
    try:
        document = _decode(body)
    # Deeply nested JSON ends in RecursionError.
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise UnusableDocument("it isn't JSON of the form of RFC 7591") from None
    if document.client_id != url:
        raise UnusableDocument("its client_id isn't its URL")
    if any(getattr(document, name) is not None for name in _SECRETS):
        raise UnusableDocument("it has a secret")
    # UNVERIFIED: an absent method counts as `none`, since no other is possible.
    if document.token_endpoint_auth_method not in (None, "none"):
        raise UnusableDocument("its token_endpoint_auth_method isn't none")
    grants = tuple(dict.fromkeys(document.grant_types or (_CODE,)))
    if not {_CODE, _IMPLICIT} & set(grants):
        raise UnusableDocument("it has no grant type of a sign-in")
    if document.response_types is not None and not {"code", "token"} & set(document.response_types):
        raise UnusableDocument("it has no response type of a sign-in")
    reason = redirect_uris.refused(document.redirect_uris)
    if reason is not None:
        raise UnusableDocument(reason)
    return DocumentContent(
        client_name=_name(document.client_name),
        redirect_uris=tuple(dict.fromkeys(document.redirect_uris)),
        grant_types=tuple(g for g in grants if g in (_CODE, _IMPLICIT, _REFRESH)),
    )


def cached(
    policy: ClientDocumentPolicy,
    url: str,
    content: DocumentContent,
    cache_control: str,
    now: datetime,
) -> ClientDocument:
    """Return a document as it is cached.

    `max-age` counts instead of the policy's duration, if it is within the bounds of one
    (dg:cognito-user-pools-client-id-metadata).
    """
    seconds = policy.cache_seconds
    named = _MAX_AGE.search(cache_control)
    if named is not None and SHORTEST_CACHE <= int(named[1]) <= LONGEST_CACHE:
        seconds = int(named[1])
    return ClientDocument(
        pool_id=policy.pool_id,
        policy_id=policy.policy_id,
        url=url,
        content=content,
        cached_at=now,
        expires_at=now + timedelta(seconds=seconds),
    )


def client(app: Client, url: str, content: DocumentContent | None) -> Client:
    """Return the client that a URL names: the policy's app client, with what is the URL's own.

    It is public, whatever `app` is. Without `content` it can't begin a sign-in; tokens that it has
    are still its own. People see the host beside the name, which the app chooses freely.
    """
    settings, content = app.settings, content or DocumentContent(redirect_uris=())
    host = urlsplit(url).hostname or ""
    changes: dict[str, Any] = {}
    if _REFRESH not in content.grant_types:
        changes["ExplicitAuthFlows"] = _without_refresh(settings.ExplicitAuthFlows)
        if rotates(app) and settings.RefreshTokenRotation is not None:
            rotation = replace(settings.RefreshTokenRotation, Feature=FeatureType.DISABLED)
            changes["RefreshTokenRotation"] = rotation
    return replace(
        app,
        id=url,
        secrets=(),
        settings=replace(
            settings,
            ClientName=f"{content.client_name} ({host})" if content.client_name else host,
            CallbackURLs=list(content.redirect_uris),
            DefaultRedirectURI=None,
            AllowedOAuthFlows=[
                flow
                for flow in settings.AllowedOAuthFlows or ()
                if _GRANT_OF_FLOW.get(flow) in content.grant_types
            ],
            EnablePropagateAdditionalUserContextData=False,
            **changes,
        ),
    )


def may_refresh(client: Client) -> bool:
    """Return whether a client may use refresh tokens: of a document's clients, not all may."""
    flows = client.settings.ExplicitAuthFlows
    return (
        not document_urls.looks_like_url(client.id)
        or not flows
        or ExplicitAuthFlowsType.ALLOW_REFRESH_TOKEN_AUTH in flows
        or rotates(client)
    )


def _without_refresh(
    flows: Sequence[ExplicitAuthFlowsType] | None,
) -> list[ExplicitAuthFlowsType]:
    """Return the flows but for refresh tokens; never none, since that means the default ones."""
    kept: list[ExplicitAuthFlowsType] = [
        flow
        for flow in flows or (ExplicitAuthFlowsType.ALLOW_USER_SRP_AUTH,)
        if flow.startswith("ALLOW_") and flow is not ExplicitAuthFlowsType.ALLOW_REFRESH_TOKEN_AUTH
    ]
    return kept or [ExplicitAuthFlowsType.ALLOW_CUSTOM_AUTH]


def _name(given: str | None) -> str | None:
    """Return a name that pages can show: one line, and not a long one."""
    shown = " ".join("".join(c if c.isprintable() else " " for c in given or "").split())
    return shown[:_LONGEST_NAME] or None
