"""A pool out of a store, line by line."""

from collections.abc import AsyncIterator, Callable
from typing import Final

import msgspec

from poolhouse.crypto.contexts import Context
from poolhouse.crypto.sealer import Sealer
from poolhouse.entities.clients import Client
from poolhouse.entities.groups import Group
from poolhouse.entities.pool_resources import KINDS, PoolAsset, PoolResource
from poolhouse.entities.pools import Pool
from poolhouse.entities.signing_keys import PoolKey
from poolhouse.store.bulk.pool_import import PoolState
from poolhouse.store.bulk.user_records import UserRecord
from poolhouse.store.store import Store
from poolhouse.transfer.file_format import (
    AssetLine,
    ClientLine,
    Counts,
    Digest,
    DomainLine,
    GroupLine,
    Header,
    ImportRefused,
    KeyLine,
    Line,
    PoolLine,
    ResourceLine,
    Trailer,
    UserLine,
    UserSecrets,
    encode,
    of_trailer,
)

PAGE: Final = 250
"""Users read at once: their statement is short enough that PostgreSQL's client keeps it ready."""
ASSETS_AT_ONCE: Final = 8
"""Images read at once, since each may have a megabyte."""
_pack = msgspec.msgpack.Encoder().encode


async def export_pool(
    store: Store,
    pool: Pool,
    sealing: tuple[Header, Sealer],
    write: Callable[[bytes], object],
    report: Callable[[int], object] = lambda users: None,
) -> Trailer:
    """Write a pool and all that belongs to it. `report` gets the number of users that were written.

    Users come in the order of their subs, a page at a time: a user who changes meanwhile is there
    once, before the change or after it; who is made or deleted meanwhile is there or not. Raises
    Refused if the pool itself was changed or deleted: the export would not be whole.
    """
    export = _Export(sealing, write)
    export.line(PoolLine(pool=pool))
    keys = await store.pools.keys(pool.id)
    for key in sorted(keys, key=lambda key: key.kid):
        export.key(key)
    clients = users = 0
    async for client in _clients(store, pool):
        export.client(client)
        clients += 1
    domains = await store.bulk.configuration.domains(pool.id)
    for domain in domains:
        export.line(DomainLine(domain=domain))
    resources = assets = 0
    async for resource in _resources(store, pool):
        export.line(ResourceLine(of=resource.kind, resource=msgspec.Raw(encode(resource))))
        resources += 1
    async for asset in _assets(store, pool):
        export.line(AssetLine(asset=asset))
        assets += 1
    group_ids = set()
    async for group in _groups(store, pool):
        export.line(GroupLine(group=group))
        group_ids.add(group.id)
    async for page in _users(store, pool):
        for user in page:
            export.user(user, group_ids)
        users += len(page)
        report(users)
    await _check_unchanged(store, pool)
    return export.end(
        Counts.of(
            {
                "signing_keys": len(keys),
                "clients": clients,
                "domains": len(domains),
                "resources": resources,
                "assets": assets,
                "groups": len(group_ids),
                "users": users,
            }
        )
    )


class _Export:
    """The lines so far: writes them, seals what is secret, keeps the digest."""

    def __init__(self, sealing: tuple[Header, Sealer], write: Callable[[bytes], object]) -> None:
        header, self._sealer = sealing
        self._pool_id = header.pool_id
        self._write = write
        self._digest = Digest(header)
        write(encode(header) + b"\n")

    def line(self, line: Line) -> None:
        text = encode(line)
        self._digest.add(text)
        self._write(text + b"\n")

    def key(self, key: PoolKey) -> None:
        sealed = self._seal(key.private_der, "signing_key", key.kid)
        self.line(
            KeyLine(
                kid=key.kid,
                use=key.use,
                created_at=key.created_at,
                retired_at=key.retired_at,
                sealed=sealed,
            )
        )

    def client(self, client: Client) -> None:
        sealed = self._seal(_pack(client.secrets), "client", client.id)
        self.line(ClientLine(client=msgspec.structs.replace(client, secrets=()), sealed=sealed))

    def user(self, whole: UserRecord, group_ids: set[str]) -> None:
        """Write a user, without memberships of groups that are newer than the exported groups."""
        secrets = UserSecrets(
            password=whole.password,
            codes=whole.codes,
            software_token=whole.software_token,
            devices=whole.devices,
        )
        self.line(
            UserLine(
                user=whole.user,
                groups=tuple(each for each in whole.group_ids if each in group_ids),
                passkeys=whole.passkeys,
                sealed=self._seal(_pack(secrets), "user", whole.user.sub),
            )
        )

    def end(self, counts: Counts) -> Trailer:
        digest = self._digest.text()
        sealed = self._sealer.seal(b"", Context.EXPORT, *of_trailer(self._pool_id, counts, digest))
        trailer = Trailer(counts=counts, digest=digest, sealed=sealed)
        self.line(trailer)
        return trailer

    def _seal(self, plain: bytes, kind: str, id: str) -> bytes:
        return self._sealer.seal(plain, Context.EXPORT, self._pool_id, kind, id)


async def _check_unchanged(store: Store, pool: Pool) -> None:
    """Check that the pool has the same schema as at the start of the export, and still exists.

    A new schema's attributes would be unknown to the file. Garbage collection may already have
    removed users of a deleted pool.
    """
    found = await store.bulk.presence(pool.id)
    if found is None or found[0] is not PoolState.THERE:
        raise ImportRefused(f"The pool {pool.id} was deleted while it was exported.")
    if found[1] != pool:
        raise ImportRefused(
            f"The pool {pool.id} was changed while it was exported: export it again."
        )


async def _clients(store: Store, pool: Pool) -> AsyncIterator[Client]:
    after = None
    while True:
        page = await store.clients.page(pool.id, after, PAGE)
        for client in page.items:
            yield client
        if (after := page.next) is None:
            return


async def _resources(store: Store, pool: Pool) -> AsyncIterator[PoolResource]:
    """Read the resources of all kinds, in the order of kind and id."""
    for kind in KINDS.values():
        after = None
        while True:
            page = await store.resources.page(kind, pool.id, after, PAGE)
            for resource in page.items:
                yield resource
            if (after := page.next) is None:
                break


async def _assets(store: Store, pool: Pool) -> AsyncIterator[PoolAsset]:
    after: tuple[str, str] | None = None
    while assets := await store.bulk.configuration.assets(pool.id, after, ASSETS_AT_ONCE):
        for asset in assets:
            yield asset
        after = assets[-1].owner, assets[-1].name


async def _groups(store: Store, pool: Pool) -> AsyncIterator[Group]:
    after = None
    while True:
        page = await store.groups.page(pool.id, after, PAGE)
        for group in page.items:
            yield group
        if (after := page.next) is None:
            return


async def _users(store: Store, pool: Pool) -> AsyncIterator[tuple[UserRecord, ...]]:
    after = None
    while True:
        page = await store.bulk.page(pool.id, after, PAGE)
        yield page.items
        if (after := page.next) is None:
            return
