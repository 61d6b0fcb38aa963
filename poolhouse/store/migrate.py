"""Migrate a store's schema to the version of this program."""

from importlib.resources import files

import structlog

from poolhouse.store.interface import Database, Write

_log = structlog.get_logger()


class NewerStore(Exception):
    """The store was written by a newer Poolhouse, whose tables this one doesn't know."""


TOUCH = Write("UPDATE schema_version SET version = version WHERE version = 1", ())
"""A write that changes nothing."""


async def migrate(database: Database) -> None:
    """Migrate the tables to the newest version. Several workers may; each step happens once."""
    steps = migrations()
    found = await database.version()
    if found > len(steps):
        raise NewerStore(
            f"The store is at version {found}, but this Poolhouse knows versions up to"
            f" {len(steps)}. Start a newer Poolhouse, or restore a backup."
        )
    applied = [
        version
        for version, script in enumerate(steps, 1)
        if version > found and await database.apply(script, version)
    ]
    if found and applied:
        _log.warning("the store was migrated", was=found, version=applied[-1])


def migrations() -> list[list[str]]:
    """Return every migration's statements, in order. Migrations only go forward."""
    folder = files("poolhouse.store") / "migrations"
    scripts = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    return [_statements(script.read_text()) for script in scripts]


def _statements(script: str) -> list[str]:
    code = "\n".join(line for line in script.splitlines() if not line.startswith("--"))
    return [statement.strip() for statement in code.split(";") if statement.strip()]
