"""Authenticate the app client of a request to an endpoint for programs (ev:oauth-4, ev:domain-1.5).

By Basic or by the form. Clients disagree on the encoding of Basic: some send id and secret as they
are, others percent-encode both. So each part is read as it is first, and then decoded.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import unquote

from poolhouse.entities.clients import Client
from poolhouse.errors.oauth import InvalidClient, InvalidRequest
from poolhouse.oauth import forms
from poolhouse.oauth.endpoints import EndpointCall
from poolhouse.rules.oauth import client_ids, document_urls
from poolhouse.services import client_documents, client_secret_guesses
from poolhouse.services.context import ClientCall

_BASIC: Final = "basic "


class _Credentials(NamedTuple):
    """An app client's id and secret, each in all its readings; without a secret none."""

    ids: tuple[str, ...]
    secrets: tuple[str, ...]


async def authenticate(call: EndpointCall, form: Mapping[str, str]) -> ClientCall:
    """Return the call of the app client. Raises an OAuthError.

    Clients without a secret only name themselves.
    """
    given = _given(call.request.header(b"authorization"), form)
    client = await _find(call, given.ids)
    found = None
    if client is not None:
        pool = await call.services.store.pools.find(client.pool_id)
        if pool is not None and call.site.serves(pool.id):
            found = ClientCall(call.services, call.caller, pool=pool, client=client)
    if found is not None:
        # A refusal names the client too.
        call.call = found
    if given.secrets:
        await client_secret_guesses.verify(
            call.services,
            call.caller,
            None if found is None else found.client,
            client_id=given.ids[-1],
            pool_id="" if call.site.pool is None else call.site.pool.id,
            readings=given.secrets,
        )
    elif found is not None and found.client.secrets:
        raise InvalidClient().because("no secret")
    if found is None:
        raise InvalidClient().because("no such client")
    return found


async def _find(call: EndpointCall, ids: tuple[str, ...]) -> Client | None:
    """Return the app client of one of the ids, or the one that the URL of a document names."""
    for client_id in ids:
        if call.site.pool is not None and document_urls.looks_like_url(client_id):
            client = await client_documents.client_of(
                call.services, call.site.pool, client_id, call.caller.now
            )
            if client is not None:
                return client
        elif client_ids.may_be_id(client_id):
            client = await call.services.store.clients.find(client_id)
            if client is not None:
                return client
    return None


def _given(authorization: str | None, form: Mapping[str, str]) -> _Credentials:
    """Return the client's credentials. Header and form must agree.

    UNVERIFIED: the error if they don't, and that of another scheme than Basic.
    """
    client_id, secret = form.get("client_id"), form.get("client_secret")
    if authorization is None:
        ids = (forms.required(form, "client_id"),)
        return _Credentials(ids, () if secret is None else (secret,))
    basic = _basic(authorization)
    if client_id is not None and client_id not in basic.ids:
        raise InvalidRequest().because("the header and the form name two app clients")
    if secret is not None and basic.secrets and secret not in basic.secrets:
        raise InvalidRequest().because("the header and the form have two secrets")
    if secret is not None and not basic.secrets:
        return basic._replace(secrets=(secret,))
    return basic


def _basic(authorization: str) -> _Credentials:
    if authorization[: len(_BASIC)].lower() != _BASIC:
        raise InvalidClient().because("another scheme than Basic")
    try:
        encoded = authorization[len(_BASIC) :].strip()
        plain = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, ValueError):
        raise InvalidClient().because("Basic without Base64 of UTF-8") from None
    client_id, colon, secret = plain.partition(":")
    if not colon or not client_id:
        raise InvalidClient().because("Basic without an app client's id")
    return _Credentials(_readings(client_id), _readings(secret) if secret else ())


def _readings(part: str) -> tuple[str, ...]:
    """Return a part as it is, then percent-decoded. A `+` stays: no id and no secret has blanks."""
    return tuple(dict.fromkeys((part, unquote(part))))
