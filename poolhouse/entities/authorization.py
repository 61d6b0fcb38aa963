"""What an app asks of the authorization endpoint, and the code that it gets for it."""

from datetime import datetime

import msgspec


class AuthorizationRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A checked request of the authorization endpoint. It stays the same until tokens are issued.

    `scopes` are those that are granted, in the order of the request.
    """

    client_id: str
    redirect_uri: str
    response_type: str
    scopes: tuple[str, ...]
    state: str | None = None
    nonce: str | None = None
    code_challenge: str | None = None
    """Base64url of a SHA-256: the method S256 of RFC 7636 is the only one."""
    resource: str | None = None
    acr_values: tuple[str, ...] = ()
    max_age: int | None = None

    def __repr__(self) -> str:
        return f"AuthorizationRequest(client_id={self.client_id!r})"


class AuthorizationCode(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A user's sign-in that an app may exchange for tokens once, within five minutes.

    `session_id` is the token session that the exchange made, which a second use revokes.
    """

    digest: bytes
    pool_id: str
    sub: str
    request: AuthorizationRequest
    auth_time: datetime
    expires_at: datetime
    event_id: str
    proofs: tuple[str, ...] = ()
    level: str | None = None
    browser_session_id: str | None = None
    device_key: str | None = None
    was_temporary: bool = False
    was_by_device: bool = False
    """A remembered browser took the second factor's place."""
    signed_out_at: datetime | None = None
    """The user's last sign-out from everywhere by then: a later one ends the code."""
    session_id: str | None = None
    version: int = 1

    def __repr__(self) -> str:
        return f"AuthorizationCode(pool_id={self.pool_id!r})"


class BrowserSession(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A browser in which a user has signed in at a pool's domain: the SSO session.

    `handle` is what the session operations call it. `digest` is the keyed hash of the cookie's
    secret. `started_at` is the last interactive sign-in, and `renewed_at` when the user chose to go
    on with it.
    """

    id: str
    sub: str
    pool_id: str
    handle: str
    client_id: str | None = None
    """The app client at which the user signed in."""
    digest: bytes
    domain: str
    """The address at which the cookie was set: no other takes it."""
    started_at: datetime
    expires_at: datetime
    proofs: tuple[str, ...] = ()
    password_version: int = 0
    """Which of the user's passwords is among the proofs; 0: none."""
    level: int = 0
    device_key: str | None = None
    source_ip: str | None = None
    user_agent: str | None = None
    renewed_at: datetime | None = None
    revoked: bool = False
    version: int = 1

    def __repr__(self) -> str:
        return f"BrowserSession(id={self.id!r}, sub={self.sub!r})"
