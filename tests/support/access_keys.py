"""Principals and access keys, put into a running server's store."""

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from poolhouse.app import App
from poolhouse.bootstrap.first_start import EVERYTHING
from poolhouse.entities.principals import AccessKey, Principal
from poolhouse.store import principals
from support.running_server import RunningServer

_numbers = itertools.count(1)
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


def add_key(
    server: RunningServer,
    policies: Mapping[str, str] | None = None,
    *,
    arn: str | None = None,
    tags: dict[str, str] | None = None,
    **fields: Any,
) -> tuple[str, str]:
    """A new principal with a new key; returns the key's id and secret. `fields` are the key's."""
    number = next(_numbers)
    arn = arn or f"arn:aws:iam::{server.settings.account_id}:user/tester-{number}"
    allowed = {"All": EVERYTHING} if policies is None else dict(policies)
    principal = Principal(arn=arn, policies=allowed, tags=tags or {}, created_at=BEGINNING)
    key = AccessKey(
        id=f"AKIATESTER{number:010}",
        principal_arn=arn,
        secret=f"secret/of/tester/{number:010}/abcdefghijklm",
        created_at=BEGINNING,
        **fields,
    )

    async def add(app: App) -> None:
        store = app.services.store
        await store.commit(principals.add(principal), store.principals.add_key(key))

    server.run(add)
    return key.id, key.secret


def change_key(server: RunningServer, key_id: str, **fields: Any) -> None:
    """Change a key as an operator's command does: by a commit, not in the server's memory."""

    async def change(app: App) -> None:
        store = app.services.store
        found = await store.principals.of_key(key_id)
        assert found is not None
        await store.commit(store.principals.save_key(msgspec.structs.replace(found[0], **fields)))

    server.run(change)


def change_policies(server: RunningServer, key_id: str, policies: Mapping[str, str]) -> None:
    async def change(app: App) -> None:
        store = app.services.store
        found = await store.principals.of_key(key_id)
        assert found is not None
        changed = msgspec.structs.replace(found[1], policies=dict(policies))
        await store.commit(principals.save(changed))

    server.run(change)
