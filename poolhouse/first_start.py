"""What a first start makes: an administrator, and in dev mode a pool that is ready to use."""

import os
import shutil
from dataclasses import replace
from datetime import datetime
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

from poolhouse.clock import Clock
from poolhouse.config import Settings
from poolhouse.entities.audit import AuditRecord
from poolhouse.entities.principals import AccessKey, Principal
from poolhouse.ids import Ids
from poolhouse.operations.calls import AccountCall, AdminCall, Caller, Services
from poolhouse.operations.clients import create_user_pool_client
from poolhouse.operations.user_pools import create_user_pool
from poolhouse.store import principals
from poolhouse.store.contract import Taken
from poolhouse.store.opening import Store
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
DEV_KEY_ID: Final = "AKIAPOOLHOUSEDEV0000"
DEV_SECRET: Final = "poolhouse/dev/secret/access/key/00000000"  # noqa: S105 - dev mode, loopback
CREDENTIALS_FILE: Final = "root-credentials"


def dev_pool_id(settings: Settings) -> str:
    """The ready-made pool's id, always the same, so that examples can be pasted."""
    return f"{settings.region}_Poolhouse"


def stranger(settings: Settings, clock: Clock) -> Principal:
    """Whom dev mode takes the holder of an unknown access key for: an administrator."""
    return Principal(
        arn=f"arn:aws:iam::{settings.account_id}:user/developer",
        policies={"Everything": EVERYTHING},
        created_at=clock.now(),
    )


def handler(settings: Settings) -> str:
    """Where the ready-made pool's function is: a copy in the data directory, to be edited."""
    source = files("poolhouse.starter") / "post_confirmation.py"
    if settings.memory:
        with as_file(source) as path:
            return f"{path}:handler"
    copy = settings.data / "functions" / "post_confirmation.py"
    if not copy.exists():
        copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with as_file(source) as path:
            shutil.copyfile(path, copy)
    return f"{copy.resolve()}:handler"


async def make_dev_pool(services: Services, settings: Settings, now: datetime) -> None:
    """Make the ready-made pool and client, through the operations that any client calls."""
    pool_id = dev_pool_id(settings)
    if await services.store.pools.find(pool_id) is not None:
        return
    call = _call(services, _FixedIds(pool_id), settings, now)
    function = f"arn:aws:lambda:{settings.region}:{settings.account_id}:function:{FUNCTION}"
    request = CreateUserPoolRequest(
        PoolName=POOL_NAME,
        AutoVerifiedAttributes=[VerifiedAttributeType.EMAIL],
        LambdaConfig=LambdaConfigType(PostConfirmation=function),
    )
    try:
        await create_user_pool(call, request)
    except Taken:  # another process was faster
        return
    pool = await services.store.pools.find(pool_id)
    assert pool is not None
    admin = AdminCall(
        call.services, call.caller, principal=call.principal, record=call.record, pool=pool
    )
    await create_user_pool_client(
        admin,
        CreateUserPoolClientRequest(
            UserPoolId=pool_id,
            ClientName="dev",
            ExplicitAuthFlows=[
                ExplicitAuthFlowsType.ALLOW_USER_PASSWORD_AUTH,
                ExplicitAuthFlowsType.ALLOW_USER_SRP_AUTH,
                ExplicitAuthFlowsType.ALLOW_REFRESH_TOKEN_AUTH,
            ],
        ),
    )


async def make_root(store: Store, ids: Ids, settings: Settings, now: datetime) -> Path | None:
    """Make the first administrator of an empty store and write the key to a file.

    The file is written before the store knows the key: a start that is cut short between the two
    leaves a file that the next start replaces. Returns the file, or None if there is an
    administrator already.
    """
    arn = f"arn:aws:iam::{settings.account_id}:root"
    if await store.principals.find(arn) is not None:
        return None
    root = Principal(arn=arn, policies={"Everything": EVERYTHING}, created_at=now)
    key = AccessKey(
        id=ids.access_key_id(), principal_arn=arn, secret=ids.secret_access_key(), created_at=now
    )
    file = settings.data / CREDENTIALS_FILE
    draft = file.with_suffix(f".{os.getpid()}")
    _write_privately(draft, credentials_text(key))
    try:
        await store.commit(principals.add(root), store.principals.add_key(key))
    except Taken:  # another process was faster, and has written the file
        draft.unlink()
        return None
    draft.replace(file)
    return file


def credentials_text(key: AccessKey) -> str:
    """A key as the AWS SDKs read it from a file."""
    lines = [
        "[default]",
        f"aws_access_key_id = {key.id}",
        f"aws_secret_access_key = {key.secret}",
    ]
    if key.session_token is not None:
        lines.append(f"aws_session_token = {key.session_token}")
    return "\n".join(lines) + "\n"


def _write_privately(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


class _FixedIds(Ids):
    """Ids with a pool id and a client id that are always the same."""

    def __init__(self, pool_id: str) -> None:
        super().__init__()
        self._pool_id = pool_id

    def pool_id(self, region: str) -> str:
        return self._pool_id

    def client_id(self) -> str:
        return CLIENT_ID


def _call(services: Services, ids: Ids, settings: Settings, now: datetime) -> AccountCall:
    principal = Principal(
        arn=f"arn:aws:iam::{settings.account_id}:root", policies={}, created_at=now
    )
    request_id = ids.request_id()
    record = AuditRecord(
        at=now,
        request_id=request_id,
        principal=principal.arn,
        access_key_id="",
        action="cognito-idp:CreateUserPool",
        resource="*",
        allowed=True,
        outcome="ok",
        user_agent="poolhouse dev",
    )
    return AccountCall(
        replace(services, ids=ids),
        Caller(request_id=request_id, now=now, source_ip=None, user_agent=None),
        principal=principal,
        record=record,
    )
