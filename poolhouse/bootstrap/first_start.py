"""Create what a first start needs: an administrator, and in dev mode a starter pool."""

import contextlib
import os
import shutil
import tempfile
from datetime import datetime
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

from poolhouse.audit.operators import recorded
from poolhouse.bootstrap.dev_domain import OAUTH, make_dev_domain
from poolhouse.bootstrap.system_calls import SystemCalls
from poolhouse.clock import Clock
from poolhouse.config.settings import Settings
from poolhouse.entities.pools import Pool
from poolhouse.entities.principals import AccessKey, Principal
from poolhouse.ids import Ids
from poolhouse.operations.clients import create_user_pool_client
from poolhouse.operations.user_pools import create_user_pool
from poolhouse.services.context import AccountCall, AdminCall, Services
from poolhouse.store import principals
from poolhouse.store.interface import UniqueViolation, VersionConflict
from poolhouse.store.store import Store
from poolhouse.wire.enums import ExplicitAuthFlowsType, VerifiedAttributeType
from poolhouse.wire.structs import (
    CreateUserPoolClientRequest,
    CreateUserPoolRequest,
    LambdaConfigType,
)

EVERYTHING: Final = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
)
POOL_NAME: Final = "poolhouse"
CLIENT_ID: Final = "poolhousedevclient00000000"
FUNCTION: Final = "post-confirmation"
ACCESS_KEY_ID: Final = "AKIAPOOLHOUSEDEV0000"
SECRET_ACCESS_KEY: Final = "any-secret-is-taken-in-dev-mode"  # noqa: S105 - dev mode takes any key
"""A key for examples and for functions: dev mode takes any that it doesn't know."""

CREDENTIALS_FILE: Final = "root-credentials"


class AnotherRegion(Exception):
    """The ready-made pool of this store was made for another region."""

    def __init__(self, pool_id: str) -> None:
        super().__init__(
            f"The starter pool of this store is {pool_id}: give --region"
            f" {pool_id.partition('_')[0]}, or another --data."
        )


def dev_pool_id(settings: Settings) -> str:
    """Return the ready-made pool's id, always the same, so that examples can be pasted."""
    return f"{settings.home_region}_Poolhouse"


def dev_administrator(settings: Settings, clock: Clock) -> Principal:
    """Return the administrator that dev mode assumes for an unknown access key."""
    return Principal(
        arn=f"arn:aws:iam::{settings.account_id}:user/developer",
        policies={"Everything": EVERYTHING},
        created_at=clock.now(),
    )


def handler(settings: Settings) -> str:
    """Return the path of the starter pool's function: as set, or in the data directory."""
    for name in names_of_function(settings):
        if place := settings.triggers.get(name):
            return place
    source = files("poolhouse.bootstrap.starter") / "post_confirmation.py"
    if settings.memory:
        with as_file(source) as path:
            return f"{path}:handler"
    copy = settings.data / "functions" / "post_confirmation.py"
    if not copy.exists():
        copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with as_file(source) as path:
            shutil.copyfile(path, copy)
    return f"{copy.resolve()}:handler"


def names_of_function(settings: Settings) -> tuple[str, str]:
    """Return the names by which settings give the starter pool's function, the stronger first."""
    return _function_arn(settings), FUNCTION


def _function_arn(settings: Settings) -> str:
    return f"arn:aws:lambda:{settings.home_region}:{settings.account_id}:function:{FUNCTION}"


async def make_dev_pool(services: Services, settings: Settings, now: datetime) -> None:
    """Make the ready-made pool, client and domain, by the operations that any client calls.

    Each of them where it is missing: another process may be making them too, a start may have been
    cut short, and developers delete things. Raises AnotherRegion.
    """
    pool_id = dev_pool_id(settings)
    store = services.store
    calls = SystemCalls(services, now, "poolhouse dev")
    client = await store.clients.find(CLIENT_ID)
    if client is not None and client.pool_id != pool_id:
        raise AnotherRegion(client.pool_id)
    if await store.pools.find(pool_id) is None:
        with contextlib.suppress(UniqueViolation):  # another process was faster
            await _make_pool(calls.of_account("CreateUserPool", pool_id), settings)
    pool = await store.pools.find(pool_id)
    if client is None and pool is not None:
        with contextlib.suppress(VersionConflict):  # likewise
            await _make_client(calls.of_pool("CreateUserPoolClient", pool, CLIENT_ID), pool)
    if pool is not None:
        await make_dev_domain(calls, pool, client)


async def _make_pool(call: AccountCall, settings: Settings) -> None:
    request = CreateUserPoolRequest(
        PoolName=POOL_NAME,
        AutoVerifiedAttributes=[VerifiedAttributeType.EMAIL],
        LambdaConfig=LambdaConfigType(PostConfirmation=_function_arn(settings)),
    )
    await create_user_pool(call, request)


async def _make_client(call: AdminCall, pool: Pool) -> None:
    request = CreateUserPoolClientRequest(
        UserPoolId=pool.id,
        ClientName="dev",
        ExplicitAuthFlows=[
            ExplicitAuthFlowsType.ALLOW_USER_PASSWORD_AUTH,
            ExplicitAuthFlowsType.ALLOW_USER_SRP_AUTH,
            ExplicitAuthFlowsType.ALLOW_USER_AUTH,
            ExplicitAuthFlowsType.ALLOW_CUSTOM_AUTH,
            ExplicitAuthFlowsType.ALLOW_ADMIN_USER_PASSWORD_AUTH,
            ExplicitAuthFlowsType.ALLOW_REFRESH_TOKEN_AUTH,
        ],
        **OAUTH,
    )
    await create_user_pool_client(call, request)


async def make_root(store: Store, ids: Ids, settings: Settings, now: datetime) -> Path | None:
    """Make the first administrator of an empty store and write the key to a file.

    The key is on the disk, in a draft, before the store knows it: a start that is cut short in
    between leaves a key that nothing knows, and one that is cut short afterwards leaves a draft
    that the next start makes the file. Returns the file if this start has made it.
    """
    arn = f"arn:aws:iam::{settings.account_id}:root"
    file = settings.data / CREDENTIALS_FILE
    if await store.principals.find(arn) is not None:
        return None if file.exists() else await _saved_draft(store, file)
    root = Principal(arn=arn, policies={"Everything": EVERYTHING}, created_at=now)
    key = AccessKey(
        id=ids.access_key_id(), principal_arn=arn, secret=ids.secret_access_key(), created_at=now
    )
    draft = _write_draft(file, credentials_text(key))
    try:
        record = recorded("CreateAccessKey", arn, target=key.id)
        await store.commit(principals.add(root), store.principals.add_key(key), record)
    except UniqueViolation:  # another process was faster, and writes the file
        draft.unlink()
        return None
    with contextlib.suppress(FileNotFoundError):  # another start has taken it for a left one
        draft.replace(file)
    return file


async def _saved_draft(store: Store, file: Path) -> Path | None:
    """Return the draft whose key the store knows, made the file."""
    for draft in file.parent.glob(f".{file.name}.*"):
        key_id = draft.read_text().partition("aws_access_key_id = ")[2].partition("\n")[0]
        if await store.principals.of_key(key_id) is not None:
            with contextlib.suppress(
                FileNotFoundError
            ):  # the process that wrote it has gone on meanwhile
                draft.replace(file)
                return file
    return None


def credentials_text(key: AccessKey) -> str:
    """Return a key as the AWS SDKs read it from a file."""
    lines = [
        "[default]",
        f"aws_access_key_id = {key.id}",
        f"aws_secret_access_key = {key.secret}",
    ]
    if key.session_token is not None:
        lines.append(f"aws_session_token = {key.session_token}")
    return "\n".join(lines) + "\n"


def _write_draft(file: Path, text: str) -> Path:
    """Return a new file beside this one, which its owner alone reads; it has reached the disk."""
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    with os.fdopen(descriptor, "w") as draft:
        draft.write(text)
        draft.flush()
        os.fsync(draft.fileno())
    return Path(name)
