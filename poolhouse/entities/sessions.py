"""A session: what one sign-in has given, a family of tokens that live and end together."""

from datetime import datetime

import msgspec


class TokenSession(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything that tokens of one sign-in have in common.

    `id` is the tokens' claim `event_id`. Of refresh tokens only keyed hashes are kept: `refresh` of
    the valid one, `former` of the one before it, which stays valid for a moment after it was
    replaced at `rotated_at`. The session ends with its refresh token, at `expires_at`.

    `handle` is what ListUserSessions calls it. `proofs` are the tokens' claim `amr`: how the user
    has shown who they are; `level` is their claim `acr`, by the name that it had then.

    Sessions of a pool's domain (`at_domain`) have an ID token only with the scope `openid`. Their
    `resource` is the audience of access tokens, and `parent` is their browser session.
    """

    id: str
    sub: str
    pool_id: str
    client_id: str
    handle: str
    origin_jti: str
    started_at: datetime
    active_at: datetime
    expires_at: datetime
    refresh: bytes
    former: bytes = b""
    rotated_at: datetime | None = None
    revoked: bool = False
    by_admin: bool = False
    device_key: str | None = None
    proofs: tuple[str, ...] = ()
    level: str | None = None
    scope: str = ""
    source_ip: str | None = None
    user_agent: str | None = None
    parent: str | None = None
    at_domain: bool = False
    resource: str | None = None
    version: int = 1

    def __repr__(self) -> str:
        return f"TokenSession(id={self.id!r}, sub={self.sub!r})"
