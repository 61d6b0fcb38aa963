"""Authenticating administrators by the Signature Version 4 of their requests."""

import re
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

import msgspec

from poolhouse.entities.principals import AccessKey, Principal
from poolhouse.errors.protocol import (
    MissingAuthenticationTokenException,
    ProtocolError,
    SignatureMismatch,
    UnrecognizedClientException,
)
from poolhouse.http.messages import HttpRequest
from poolhouse.rules.aws import sigv4
from poolhouse.rules.aws.signed_hosts import signed_host
from poolhouse.rules.aws.sigv4_verification import check_session_token, verify
from poolhouse.store.store import Store

SERVICE: Final = "cognito-idp"
MOST_KEYS: Final = 4_096
"""Signing keys that are cached, by access key, day and region."""

_is_local_page = re.compile(
    r"https?://(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?", re.IGNORECASE
).fullmatch


_is_key_id = re.compile(r"[!-~]+").fullmatch
"""Matches keys that the store can look up: PostgreSQL refuses NUL, which `%00` means."""


class Administrator(msgspec.Struct, frozen=True, gc=False):
    """An authenticated principal, by an access key, in the region that the signature names."""

    key: AccessKey
    principal: Principal
    region: str


class IamAuthentication:
    """Authenticates administrators by the signatures of their requests."""

    def __init__(
        self,
        store: Store,
        regions: Collection[str] | None,
        public_url: str,
        dev_administrator: Principal | None,
    ) -> None:
        """Accept signatures for `regions`; None: for whatever has the form of a region.

        `public_url` is this server's for its clients. `dev_administrator` is in dev mode the
        principal of well-formed signatures by unknown access keys.
        """
        self._store = store
        self._regions = regions
        self._public_host = urlsplit(public_url).netloc.encode()
        self._signing_keys: dict[tuple[str, str, str], tuple[AccessKey, bytes]] = {}
        self._dev_administrator = dev_administrator

    async def authenticate(self, request: HttpRequest) -> Administrator:
        """Return the administrator who has signed a request.

        Raises AWS's refusals of a signature, in AWS's order.
        """
        signature = sigv4.parse(
            request.method,
            request.path,
            request.query,
            request.headers,
            regions=self._regions,
            service=SERVICE,
            now=request.received_at,
        )
        if signature is None:
            raise MissingAuthenticationTokenException
        if not _is_key_id(signature.access_key_id):
            raise UnrecognizedClientException().because("the access key's id isn't printable ASCII")
        await self._store.configuration.refresh()
        found = await self._store.principals.of_key(signature.access_key_id)
        if found is None:
            if self._dev_administrator is None or _is_from_foreign_page(request):
                raise UnrecognizedClientException().because("the access key is unknown")
            key = _unknown_key(signature.access_key_id, self._dev_administrator)
            return Administrator(key, self._dev_administrator, signature.region)
        key, principal = found
        try:
            if not key.enabled:
                raise UnrecognizedClientException().because("the access key is disabled")
            check_session_token(
                signature.session_token, key.session_token, key.expires_at, request.received_at
            )
            self._verify(signature, self._signing_key(key, signature), request)
        except ProtocolError as error:
            error.access_key_id = key.id
            raise
        return Administrator(key, principal, signature.region)

    def _verify(self, signature: sigv4.Signature, key: bytes, request: HttpRequest) -> None:
        """Verify the signature; if only the host is wrong, the log says which one is right."""
        try:
            verify(signature, key, request.body)
        except SignatureMismatch as mismatch:
            hosts = [self._public_host]
            if forwarded := request.header(b"x-forwarded-host"):
                hosts.append(forwarded.rpartition(",")[2].strip().encode("latin-1"))
            if host := signed_host(signature, key, request.body, hosts):
                mismatch.because(
                    f"the request is signed for the host {host!r}, but came with the Host"
                    f" {request.header(b'host')!r}: let the proxy pass Host on as it came"
                )
            raise

    def _signing_key(self, key: AccessKey, signature: sigv4.Signature) -> bytes:
        """Return the key of a day and region, derived again if any of it or the secret changed."""
        date, region = signature.date, signature.region
        cached = self._signing_keys.get((key.id, date, region))
        if cached is not None and cached[0] is key:
            return cached[1]
        derived = sigv4.signing_key(key.secret, date, region, SERVICE)
        if len(self._signing_keys) >= MOST_KEYS:
            self._signing_keys.clear()
        self._signing_keys[key.id, date, region] = (key, derived)
        return derived


def _is_from_foreign_page(request: HttpRequest) -> bool:
    """Return whether a browser sends this for a page of another machine.

    A page on the Internet can reach a server on the loopback address of its visitor; dev mode must
    not take it for the developer.
    """
    origin = request.header(b"origin")
    return origin is not None and not _is_local_page(origin)


def _unknown_key(key_id: str, principal: Principal) -> AccessKey:
    return AccessKey(
        id=key_id, principal_arn=principal.arn, secret="", created_at=principal.created_at
    )
