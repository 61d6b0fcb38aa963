"""Access tokens as a sign-in would give them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from running import RunningServer

from poolhouse.app import App
from poolhouse.entities.signing_keys import KeyUse
from poolhouse.rules import access_tokens


def token_of(server: RunningServer, pool: Any, username: str = "alice", **changes: Any) -> str:
    """A user's access token, signed by the pool's own key.

    `changes` replaces claims; `issued_before` makes it older; `use` takes another key of the pool;
    `client_id` another of its app clients.
    """
    user = pool.user(username)
    use = changes.pop("use", KeyUse.ACCESS)
    now = datetime.now(UTC) - changes.pop("issued_before", timedelta())

    async def sign(app: App) -> str:
        key = (await app.services.pool_keys.of(pool.id))[use]
        stored = await app.services.store.pools.find(pool.id)
        assert stored is not None
        claims = access_tokens.claims(
            issuer=app.services.issuer(stored),
            sub=user["attributes"]["sub"],
            username=user["Username"],
            client_id=pool.client_id,
            jti=app.services.ids.token_id(),
            origin_jti=app.services.ids.token_id(),
            event_id=app.services.ids.event_id(),
            auth_time=int(now.timestamp()),
            validity=timedelta(hours=1),
            now=now,
        )
        return key.sign({**claims, **changes})

    token: str = server.run(sign)
    return token
