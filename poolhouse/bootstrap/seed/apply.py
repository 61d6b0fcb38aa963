"""A seed file into the store: what it names is made, or changed to what it says.

Twice is like once: what is as it should be isn't touched. What the file doesn't name stays.
"""

from collections.abc import Awaitable
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from poolhouse.bootstrap.seed.document import BadSeed, ClientSeed, GroupSeed, Seed, Unchangeable
from poolhouse.bootstrap.seed.domains import keep_domain, keep_resource_server
from poolhouse.bootstrap.seed.pools import PoolReconciler
from poolhouse.bootstrap.seed.request_fields import copy_common_fields
from poolhouse.bootstrap.seed.users import UserReconciler
from poolhouse.bootstrap.seed.yaml_positions import Mistake
from poolhouse.bootstrap.system_calls import SystemCalls
from poolhouse.entities.clients import Client
from poolhouse.entities.pools import Pool
from poolhouse.operations import clients as client_operations
from poolhouse.operations import groups as group_operations
from poolhouse.rules.pools import client_settings
from poolhouse.rules.users import groups as group_rules
from poolhouse.services import custom_scopes
from poolhouse.services.context import Services
from poolhouse.store.interface import Conflict
from poolhouse.wire.enums import FeatureType
from poolhouse.wire.errors import ServiceError
from poolhouse.wire.structs import (
    RefreshTokenRotationType,
    UpdateGroupRequest,
    UpdateUserPoolClientRequest,
)


async def apply(services: Services, seed: Seed, now: datetime) -> None:
    """Create and change what the file names, as far as possible. Raises BadSeed at the end."""
    calls = SystemCalls(services, now, "poolhouse dev --seed")
    mistakes: list[Mistake] = []

    async def tried(work: Awaitable[Any], *way: str | int) -> Any:
        try:
            return await work
        except ServiceError as error:
            mistakes.append(Mistake(seed.line(*way), f"{error.code}: {error.text}"))
        except Unchangeable as error:
            mistakes.append(Mistake(seed.line(*way), str(error)))
        except Conflict:
            mistakes.append(
                Mistake(seed.line(*way), "another call changed the same object at the same time")
            )
        return None

    for p, wanted in enumerate(seed.pools):
        pool = await tried(PoolReconciler(calls).keep(wanted), "pools", p)
        if pool is None:
            continue
        for d, domain in enumerate(wanted.domains):
            kept = await tried(keep_domain(calls, pool, domain), "pools", p, "domains", d)
            pool = kept or pool
        # Before the app clients, which may have their scopes.
        for r, server in enumerate(wanted.resource_servers):
            work = keep_resource_server(calls, pool, server)
            await tried(work, "pools", p, "resource_servers", r)
        for c, client in enumerate(wanted.clients):
            await tried(_client(calls, pool, client), "pools", p, "clients", c)
        for g, group in enumerate(wanted.groups):
            await tried(_group(calls, pool, group), "pools", p, "groups", g)
        keeper = UserReconciler(calls, pool)
        for u, user in enumerate(wanted.users):
            await tried(keeper.keep(user), "pools", p, "users", u)
    if mistakes:
        raise BadSeed(seed.file, mistakes)


async def _client(calls: SystemCalls, pool: Pool, wanted: ClientSeed) -> None:
    store = calls.services.store
    client = await store.clients.find(wanted.id)
    if client is None:
        call = calls.of_pool("CreateUserPoolClient", pool, wanted.id)
        await client_operations.create_user_pool_client(call, wanted)
        return
    if client.pool_id != pool.id:
        raise Unchangeable(f"the pool {client.pool_id} has the app client {client.id}")
    has_secret = bool(client.secrets)
    if bool(wanted.ClientSecret or wanted.GenerateSecret) != has_secret:
        raise Unchangeable("an app client that is there can't get or lose its secret")
    if wanted.ClientSecret and all(each.value != wanted.ClientSecret for each in client.secrets):
        raise Unchangeable("`ClientSecret` of an app client that is there can't be changed")
    req = copy_common_fields(
        _without_rotation(wanted, client),
        UpdateUserPoolClientRequest,
        UserPoolId=pool.id,
        ClientId=client.id,
    )
    existing = await custom_scopes.existing(store, pool.id, req.AllowedOAuthScopes or ())
    after = client_settings.update(pool, client, req, calls.now, custom_scopes=existing)
    if after.settings != client.settings:
        call = calls.of_pool("UpdateUserPoolClient", pool)
        await client_operations.update_user_pool_client(call, req)
        await store.configuration.refresh()


def _without_rotation(wanted: ClientSeed, client: Client) -> ClientSeed:
    """Return the client with rotation disabled if the file leaves out what an update would keep."""
    if wanted.RefreshTokenRotation is not None or client.settings.RefreshTokenRotation is None:
        return wanted
    return replace(
        wanted, RefreshTokenRotation=RefreshTokenRotationType(Feature=FeatureType.DISABLED)
    )


async def _group(calls: SystemCalls, pool: Pool, wanted: GroupSeed) -> None:
    key = group_rules.key(pool, wanted.GroupName)
    group = await calls.services.store.groups.find(pool.id, key)
    if group is None:
        await group_operations.create_group(calls.of_pool("CreateGroup", pool), wanted)
        return
    req = copy_common_fields(wanted, UpdateGroupRequest, UserPoolId=pool.id)
    if replace(group_rules.update(group, req, calls.now), modified_at=group.modified_at) != group:
        await group_operations.update_group(calls.of_pool("UpdateGroup", pool), req)
