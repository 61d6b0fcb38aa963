"""Users' unused recovery codes, as keyed hashes."""

from poolhouse.entities.recovery_codes import RecoveryCode
from poolhouse.entities.users import User
from poolhouse.store.interface import Database, VersionConflict, Write
from poolhouse.store.timestamps import from_milliseconds, to_milliseconds


class RecoveryCodes:
    """Reads of recovery codes, by their primary key or the beginning of it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, user: User, digest: bytes) -> RecoveryCode | None:
        """Return the user's unused code with this digest."""
        rows = await self._database.fetch(
            "SELECT made_at FROM recovery_codes WHERE sub = $1 AND pool_id = $2 AND digest = $3",
            user.sub,
            user.pool_id,
            digest,
        )
        if not rows:
            return None
        return RecoveryCode(
            sub=user.sub,
            pool_id=user.pool_id,
            digest=digest,
            made_at=from_milliseconds(rows[0][0]),
        )

    async def unused(self, user: User) -> int:
        """Return how many codes the user has left. No user has more than a few."""
        rows = await self._database.fetch(
            "SELECT count(*) FROM recovery_codes WHERE sub = $1 AND pool_id = $2",
            user.sub,
            user.pool_id,
        )
        return int(rows[0][0])


def add(code: RecoveryCode) -> Write:
    return Write(
        "INSERT INTO recovery_codes (sub, pool_id, digest, made_at) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT DO NOTHING",
        (code.sub, code.pool_id, code.digest, to_milliseconds(code.made_at)),
        VersionConflict(),
    )


def use(code: RecoveryCode) -> Write:
    """Delete a code. Raises `VersionConflict` if it was used or replaced meanwhile."""
    return Write(
        "DELETE FROM recovery_codes WHERE sub = $1 AND pool_id = $2 AND digest = $3",
        (code.sub, code.pool_id, code.digest),
        VersionConflict(),
    )


def drop(user: User) -> Write:
    """Delete all codes of a user; nothing happens if there are none."""
    return Write(
        "DELETE FROM recovery_codes WHERE sub = $1 AND pool_id = $2", (user.sub, user.pool_id)
    )
