"""Users' authenticator apps: at most one each. The secrets are kept sealed."""

import msgspec
from msgspec.structs import replace

from poolhouse.crypto.contexts import Context
from poolhouse.entities.software_tokens import SoftwareToken
from poolhouse.entities.users import User
from poolhouse.store.interface import Database, Sealer, VersionConflict, Write

_decode = msgspec.msgpack.Decoder(SoftwareToken).decode
_encode = msgspec.msgpack.Encoder().encode


class SoftwareTokens:
    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def find(self, user: User) -> SoftwareToken | None:
        """Return what the user shares with an app, or is about to."""
        rows = await self._database.fetch(
            "SELECT version, sealed FROM software_tokens WHERE sub = $1 AND pool_id = $2",
            user.sub,
            user.pool_id,
        )
        if not rows:
            return None
        plain = self._sealer.unseal(rows[0][1], Context.SOFTWARE_TOKEN, user.pool_id, user.sub)
        return replace(_decode(plain), version=rows[0][0])

    def save(self, token: SoftwareToken) -> Write:
        """Replace the version of a token that this one was made from.

        Raises `VersionConflict` if that isn't stored any more. So one of two concurrent uses of a
        code is refused.
        """
        owner = (token.pool_id, token.sub)
        sealed = self._sealer.seal(_encode(token), Context.SOFTWARE_TOKEN, *owner)
        values = (token.version + 1, sealed, token.sub, token.pool_id)
        if token.version == 0:
            return Write(
                "INSERT INTO software_tokens (version, sealed, sub, pool_id)"
                " VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
                values,
                VersionConflict(),
            )
        return Write(
            "UPDATE software_tokens SET version = $1, sealed = $2"
            " WHERE sub = $3 AND pool_id = $4 AND version = $5",
            (*values, token.version),
            VersionConflict(),
        )


def drop(user: User) -> Write:
    """Forget what the user shares with an app; nothing happens if that is nothing."""
    return Write(
        "DELETE FROM software_tokens WHERE sub = $1 AND pool_id = $2", (user.sub, user.pool_id)
    )
