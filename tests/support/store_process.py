"""A process that uses a store, for the tests of several at once: `migrate URL`, `write URL NAME`.

`write` says "ready", waits for a line, then commits notes named NAME 0, NAME 1, … for ever, and
prints the name of each once it is committed.
"""

import asyncio
import itertools
import os
import sys

import structlog

from poolhouse.store.interface import Database
from poolhouse.store.migrate import migrate
from poolhouse.store.store import open_database
from support.store_samples import put

AT_ONCE = 4


async def write(database: Database, name: str) -> None:
    numbers = itertools.count()
    say("ready")
    sys.stdin.readline()

    async def write_on() -> None:
        while True:
            id = f"{name} {next(numbers)}"
            await database.commit([put(id), put(f"{id}, too")])
            say(id)

    await asyncio.gather(*(write_on() for _ in range(AT_ONCE)))


def say(line: str) -> None:
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


# Standard output is for what the tests read.
structlog.configure(logger_factory=structlog.WriteLoggerFactory(file=sys.stderr))


async def main(command: str, url: str, *name: str) -> None:
    database = await open_database(url)
    if command == "migrate":
        await migrate(database)
        say(str(await database.version()))
        await database.close()
    else:
        await write(database, *name)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
