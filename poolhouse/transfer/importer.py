"""An export into a store: hidden until it is complete, and continued where it was cut short.

Every commit holds whole users, with their names, so an import that was killed has left users who
are complete, in a pool that nothing finds. The next run compares what is there with the file, and
adds what isn't. The pool is shown when the last line has been read a second time. Two imports of
one file may run at once: what the other has brought in the meantime is there, like all that is.
"""

import asyncio
import contextlib
import gc
from collections.abc import Callable, Iterator, Sequence
from typing import Final
from uuid import UUID

from poolhouse.entities.clients import Client
from poolhouse.entities.domains import Domain
from poolhouse.entities.groups import Group
from poolhouse.entities.pool_resources import PoolAsset, PoolResource
from poolhouse.entities.pools import Pool
from poolhouse.entities.signing_keys import PoolKey
from poolhouse.rules.users.usernames import foreign_subs, names_of
from poolhouse.store.bulk import pool_configuration, pool_import
from poolhouse.store.bulk.pool_import import PoolState
from poolhouse.store.bulk.user_records import UserRecord
from poolhouse.store.interface import Inserts, UniqueViolation, VersionConflict, Write
from poolhouse.store.store import Store
from poolhouse.transfer.file_format import ImportRefused
from poolhouse.transfer.reader import Reader, Thing

USERS_AT_ONCE: Final = 250
"""In one commit: as long as a server that runs on the same SQLite file may have to wait."""
COMMITS_AT_ONCE: Final = 8
"""Side by side: PostgreSQL has a connection for each; SQLite makes one transaction of those that
wait, and while the disk keeps it, the next users are read.
"""

Configured = PoolKey | Client | Domain | PoolResource | PoolAsset | Group
_COUNTED: Final = (PoolKey, Client, Domain, PoolResource, PoolAsset, Group, UserRecord)

NumberedUser = tuple[int, UserRecord]


async def load(
    store: Store,
    reader: Reader,
    report: Callable[[str], object] = lambda step: None,
    *,
    records: Sequence[Write] = (),
) -> int:
    """Import what the reader reads. Return how many users were new.

    Importing twice is like importing once. Raises ImportRefused for a file that isn't whole, before
    anything is stored, and for a store that has something else under an id of the file. `report`
    gets the name of each step. `records` are committed with the write that shows the pool, if it
    wasn't there.
    """
    with _without_collector():
        checked = check(reader, report)
        report("loading")
        arrival = await _load_all(store, reader)
    if reader.digest != checked:
        raise ImportRefused("The file was changed while it was read.")
    await arrival.complete(records)
    return arrival.added


def check(reader: Reader, report: Callable[[str], object] = lambda step: None) -> str:
    """Read the whole file and return its digest. Raises ImportRefused if it isn't whole."""
    report("checking the file")
    for _ in reader:
        pass
    return reader.digest


async def _load_all(store: Store, reader: Reader) -> "_Import":
    arrival: _Import | None = None
    waiting: list[NumberedUser] = []
    try:
        for number, thing in reader:
            if isinstance(thing, Pool):
                arrival = await _begin(store, thing)
                continue
            assert arrival is not None  # the reader has the pool first
            if not isinstance(thing, UserRecord):
                await arrival.configure(number, thing)
                continue
            waiting.append((number, thing))
            if len(waiting) == USERS_AT_ONCE:
                await arrival.users(waiting)
                waiting = []
        assert arrival is not None
        await arrival.users(waiting)
    finally:
        # Whatever happened: no task may continue after the caller has the error.
        if arrival is not None:
            await arrival.settle()
    return arrival


@contextlib.contextmanager
def _without_collector() -> Iterator[None]:
    """Switch Python's garbage collector off, which takes a seventh of an import.

    Users and writes come by the million and hold no cycles.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


async def abandon(store: Store, pool_id: str, *records: Write) -> None:
    """Abandon an interrupted import; the server deletes what was imported.

    `records` are committed with it.
    """
    try:
        await store.commit(pool_import.abort_import(pool_id), *records)
    except VersionConflict:
        raise ImportRefused(f"There is no unfinished import of {pool_id}.") from None


async def _begin(store: Store, pool: Pool) -> "_Import":
    """Find out whether the pool is new here, half there, or there."""
    found = await store.bulk.presence(pool.id)
    if found is None:
        with contextlib.suppress(UniqueViolation):  # by another import of the file, perhaps
            await store.commit(pool_import.reserve(pool))
            return _Import(store, pool, hidden=True, begun=False)
        return await _begin(store, pool)
    presence, there = found
    if presence is PoolState.DELETED:
        raise ImportRefused(
            f"The pool {pool.id} was deleted here, and its rows still exist:"
            " wait until a server has deleted them."
        )
    if there != pool and presence is PoolState.ARRIVING:
        raise ImportRefused(
            f"An import of another export of {pool.id} is unfinished: finish it, or abandon it"
            " with --abandon."
        )
    if there != pool:
        raise ImportRefused(f"The store already has a pool {pool.id}, with other content.")
    return _Import(store, pool, hidden=presence is PoolState.ARRIVING, begun=True)


class _Import:
    """A pool on its way in. Where it is there already, nothing is added, only compared.

    `begun` says that some of it may be there: what is, is compared, and not added again.
    """

    def __init__(self, store: Store, pool: Pool, *, hidden: bool, begun: bool) -> None:
        self.added = 0
        self._store = store
        self._pool = pool
        self._hidden = hidden
        self._begun = begun
        self._under_way: set[asyncio.Task[None]] = set()
        self._groups: set[str] = set()
        self._read = dict.fromkeys(_COUNTED, 0)
        self._like_subs = bytearray()
        """Usernames that have the form of another user's sub, 16 bytes each."""

    async def configure(self, number: int, thing: Configured) -> None:
        """Import a key, a client, a domain, a resource, an image or a group."""
        self._read[next(kind for kind in _COUNTED if isinstance(thing, kind))] += 1
        if isinstance(thing, Group):
            self._groups.add(thing.id)
        there = await self._there(thing)
        if there is None:
            # If another import is faster, it is one of the same file, or a conflict.
            with contextlib.suppress(UniqueViolation):
                await self._add([number], [self._addition(thing)])
                return
            there = await self._there(thing)
        if isinstance(there, Domain) and there.pool_id != self._pool.id:
            raise ImportRefused(
                f"Line {number}: the domain {there.name} is taken here, by the pool"
                f" {there.pool_id}. Delete one of the two domains first."
            )
        if there != thing:
            raise self._other_form(number, _named(thing))

    async def users(self, users: Sequence[NumberedUser]) -> None:
        """Import users in a commit of their own; returns once there is room for another commit."""
        self._under_way.add(asyncio.create_task(self._some_users(users)))
        if len(self._under_way) < COMMITS_AT_ONCE:
            await asyncio.sleep(0)  # let it begin
        else:
            await self._wait(asyncio.FIRST_COMPLETED)

    async def settle(self) -> None:
        """Wait for all users to be written; raises the first failure."""
        while self._under_way:
            await self._wait(asyncio.ALL_COMPLETED)

    async def _wait(self, until: str) -> None:
        done, self._under_way = await asyncio.wait(self._under_way, return_when=until)
        if failures := [error for task in done if (error := task.exception())]:
            raise failures[0]

    async def complete(self, records: Sequence[Write]) -> None:
        """Show the pool, if it is what the file says and nothing else."""
        pool_id, read, store = self._pool.id, self._read, self._store
        configuration = store.bulk.configuration
        there = {
            PoolKey: len(await store.pools.keys(pool_id)),
            Client: len((await store.clients.page(pool_id, None, read[Client] + 1)).items),
            Domain: len(await configuration.domains(pool_id)),
            PoolResource: await configuration.count_resources(pool_id, read[PoolResource] + 1),
            PoolAsset: await configuration.count_assets(pool_id, read[PoolAsset] + 1),
            Group: await store.groups.count(pool_id, most=read[Group] + 1),
            UserRecord: await store.users.count(pool_id, most=read[UserRecord] + 1),
        }
        if there != read:
            raise ImportRefused(f"The pool {pool_id} in the store has more than the export has.")
        await self._check_names_of_others()
        if self._hidden:
            try:
                await store.commit(pool_import.publish_pool(pool_id), *records)
            except VersionConflict:
                await self._check_still_open()

    async def _check_names_of_others(self) -> None:
        """Refuse users with another user's sub as a username: requests by it mean that user.

        Only now, when all of them are there: either may come first in the file.
        """
        size = 16 * USERS_AT_ONCE
        for at in range(0, len(self._like_subs), size):
            some = self._like_subs[at : at + size]
            subs = [str(UUID(bytes=bytes(some[n : n + 16]))) for n in range(0, len(some), 16)]
            if found := await self._store.bulk.subs_there(self._pool.id, subs):
                raise ImportRefused(
                    f"A user has the username {found[0]}, which is another user's sub."
                )

    async def _some_users(self, users: Sequence[NumberedUser]) -> None:
        self._read[UserRecord] += len(users)
        for _, whole in users:
            for sub in foreign_subs(self._pool, whole.user):
                self._like_subs += UUID(sub).bytes
        new = await self._missing(users)
        while new:
            try:
                await self._add([number for number, _ in new], self._writes(new))
            except UniqueViolation as taken:
                self._begun = True  # by another import of the file, perhaps
                still = await self._missing(new)
                if len(still) == len(new):
                    raise await self._clash(new, taken) from None
                new = still
            else:
                self.added += len(new)
                return

    async def _missing(self, users: Sequence[NumberedUser]) -> Sequence[NumberedUser]:
        """Return those of the users who aren't there. The others must equal those of the file."""
        there = await self._those_there(users)
        for number, whole in users:
            found = there.get(whole.user.sub)
            if found is not None and found != whole:
                raise self._other_form(number, _named(whole))
        return [(number, whole) for number, whole in users if whole.user.sub not in there]

    async def _those_there(self, users: Sequence[NumberedUser]) -> dict[str, UserRecord]:
        """Read users by sub. A pool that this import has created itself has none."""
        if not self._begun:
            return {}
        subs = [whole.user.sub for _, whole in users]
        return await self._store.bulk.users(self._pool.id, subs)

    def _writes(self, users: Sequence[NumberedUser]) -> list[Inserts]:
        for number, whole in users:
            if not self._groups.issuperset(whole.group_ids):
                raise ImportRefused(f"Line {number} names a group that the export doesn't have.")
        return self._store.bulk.add_users(self._pool, [whole for _, whole in users])

    async def _add(self, numbers: Sequence[int], writes: Sequence[Write | Inserts]) -> None:
        if not self._hidden:
            raise ImportRefused(
                f"The store already has a pool {self._pool.id}, without the content of line"
                f" {numbers[0]}."
            )
        try:
            await self._store.commit(*writes, pool_import.assert_import_open(self._pool.id))
        except VersionConflict:
            await self._check_still_open()
            raise UniqueViolation("pool") from None
        except ValueError:
            raise ImportRefused(
                f"Lines {numbers[0]} to {numbers[-1]} have values that this store can't hold."
            ) from None

    async def _check_still_open(self) -> None:
        """Stop if another import has completed the pool, or the import was aborted."""
        found = await self._store.bulk.presence(self._pool.id)
        if found is None or found[0] is PoolState.DELETED:
            raise ImportRefused(f"The import of {self._pool.id} was abandoned meanwhile.")
        self._hidden = found[0] is PoolState.ARRIVING

    def _addition(self, thing: Configured) -> Write:
        match thing:
            case PoolKey():
                return pool_import.add_key(thing, self._store.pools)
            case Client():
                return pool_import.add_client(thing, self._store.clients)
            case Domain():
                return pool_configuration.add_domain(thing)
            case PoolResource():
                return pool_configuration.add_resource(thing)
            case PoolAsset():
                return pool_configuration.add_asset(thing)
            case Group():
                return pool_import.add_group(thing)

    async def _there(self, thing: Configured) -> Thing | None:
        match thing:
            case PoolKey():
                keys = await self._store.pools.keys(self._pool.id)
                return next((key for key in keys if key.kid == thing.kid), None)
            case Client():
                return await self._store.clients.find(thing.id)
            case Domain():
                return await self._store.bulk.configuration.domain(thing.name)
            case PoolResource():
                return await self._store.bulk.configuration.resource(thing)
            case PoolAsset():
                return await self._store.bulk.configuration.asset(thing)
            case Group():
                return await self._store.groups.find(self._pool.id, thing.key)

    async def _clash(self, users: Sequence[NumberedUser], taken: UniqueViolation) -> ImportRefused:
        """Return which line claims a name that an earlier line, or a user in the store, has."""
        claimed: dict[str, int] = {}
        for number, whole in users:
            for name in names_of(self._pool, whole.user):
                earlier = claimed.setdefault(name.key, number)
                if earlier != number:
                    return ImportRefused(f"Line {number} has the {name.kind} of line {earlier}.")
                if await self._store.users.holder(name) is not None:
                    return ImportRefused(f"Line {number} has a {name.kind} that another user has.")
        return ImportRefused(
            f"Lines {users[0][0]} to {users[-1][0]} have a {taken.kind} that another user has."
        )

    def _other_form(self, number: int, name: str) -> ImportRefused:
        advice = (
            " It may be of another export, whose import was cut short: --abandon gives that up."
            if self._hidden
            else ""
        )
        return ImportRefused(
            f"Line {number}: the {name} is already in the store, with other content.{advice}"
        )


def _named(thing: Thing) -> str:
    match thing:
        case PoolResource():
            return f"{thing.kind} {thing.id}"
        case Group() | Domain() | PoolAsset():
            kind = "image" if isinstance(thing, PoolAsset) else type(thing).__name__.lower()
            return f"{kind} {thing.name}"
        case PoolKey():
            return f"signing key {thing.kid}"
        case Client():
            return f"app client {thing.id}"
        case UserRecord():
            return f"user {thing.user.username}"
        case Pool():
            return f"pool {thing.id}"
