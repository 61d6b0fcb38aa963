"""Access tokens as a sign-in would give them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from poolhouse.app import App
from poolhouse.entities.sessions import TokenSession
from poolhouse.entities.signing_keys import KeyUse
from poolhouse.rules.tokens import access_tokens
from poolhouse.store import sessions
from support.running_server import RunningServer
from support.served_pools import PoolForTest


def token_of(
    server: RunningServer, pool: PoolForTest, username: str = "alice", **changes: Any
) -> str:
    """A user's access token, signed by the pool's own key, and a session that it belongs to.

    `changes` replaces claims; `issued_before` makes it older; `use` takes another key of the pool;
    `client_id` another of its app clients.
    """
    user = pool.user(username)
    use = changes.pop("use", KeyUse.ACCESS)
    now = datetime.now(UTC) - changes.pop("issued_before", timedelta())

    async def sign(app: App) -> str:
        key = (await app.services.signing_keys.of(pool.id, datetime.now(UTC)))[use]
        stored = await app.services.store.pools.find(pool.id)
        assert stored is not None
        session = TokenSession(
            id=app.services.ids.event_id(),
            sub=user["attributes"]["sub"],
            pool_id=pool.id,
            client_id=pool.client_id,
            handle=app.services.ids.auth_session_id("tkn"),
            origin_jti=app.services.ids.token_id(),
            started_at=now,
            active_at=now,
            expires_at=now + timedelta(days=30),
            refresh=b"",
        )
        await app.services.store.commit(sessions.add(session))
        claims = access_tokens.claims(
            issuer=app.services.issuer(stored),
            sub=user["attributes"]["sub"],
            username=user["Username"],
            client_id=pool.client_id,
            jti=app.services.ids.token_id(),
            origin_jti=session.origin_jti,
            event_id=session.id,
            auth_time=int(now.timestamp()),
            validity=timedelta(hours=1),
            now=now,
        )
        return key.sign({**claims, **changes})

    token: str = server.run(sign)
    return token
