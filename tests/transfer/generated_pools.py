"""Pools with everything in them, generated; and what it takes to keep and to export one."""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
from hypothesis import strategies as st
from support.store_samples import NOW, a_client, a_password, a_pool, a_sealer, a_user
from transfer.generated_configuration import (
    a_generated_client,
    a_generated_key,
    configuration,
    moments,
    names,
    secrets,
    texts,
    versions,
)

from poolhouse.entities.clients import Client
from poolhouse.entities.codes import Code, Purpose
from poolhouse.entities.devices import Device
from poolhouse.entities.domains import Domain
from poolhouse.entities.groups import Group
from poolhouse.entities.mfa import MfaSettings
from poolhouse.entities.passkeys import Passkey
from poolhouse.entities.pool_resources import KINDS, PoolAsset, PoolResource
from poolhouse.entities.pools import Pool
from poolhouse.entities.signing_keys import KeyUse, PoolKey
from poolhouse.entities.software_tokens import SoftwareToken
from poolhouse.entities.users import FormerPassword, PasswordCredential, User, UserStatus
from poolhouse.rules.users.schema import STANDARD
from poolhouse.store import domains, groups, pool_resources, pools
from poolhouse.store.bulk.user_records import UserRecord
from poolhouse.store.migrate import migrate
from poolhouse.store.store import Store, open_database
from poolhouse.transfer import exporter, passphrases
from poolhouse.transfer.file_format import Kdf
from poolhouse.transfer.reader import Reader, read_header
from poolhouse.wire.enums import AliasAttributeType
from poolhouse.wire.structs import (
    EmailMfaConfigType,
    UsernameConfigurationType,
    UserPoolType,
    WebAuthnConfigurationType,
)

POOL = "eu-central-1_Generated"
PASSPHRASE = "correct horse battery staple"
QUICK = Kdf(n=2)
"""Costs of a passphrase that protects nothing but a test."""


@dataclass(frozen=True)
class Contents:
    """All that belongs to a pool."""

    pool: Pool
    keys: tuple[PoolKey, ...]
    clients: tuple[Client, ...]
    groups: tuple[Group, ...]
    users: tuple[UserRecord, ...]
    domains: tuple[Domain, ...] = ()
    resources: tuple[PoolResource, ...] = ()
    assets: tuple[PoolAsset, ...] = ()


@st.composite
def whole(draw: st.DrawFn) -> Contents:
    pool = draw(_pools())
    made = tuple(_group(draw, pool, n) for n in range(draw(st.integers(0, 3))))
    usernames = draw(st.lists(texts.filter(bool), max_size=6, unique_by=str.lower))
    return Contents(
        pool,
        tuple(a_generated_key(draw, pool, n, use) for n, use in enumerate(KeyUse)),
        tuple(a_generated_client(draw, pool, n) for n in range(draw(st.integers(0, 3)))),
        made,
        tuple(_user(draw, pool, n, name, made) for n, name in enumerate(usernames)),
        **draw(configuration(pool)),
    )


@st.composite
def _pools(draw: st.DrawFn) -> Pool:
    aliases = draw(st.lists(st.sampled_from(AliasAttributeType), unique=True))
    case = draw(st.none() | st.booleans())
    return Pool(
        id=POOL,
        settings=UserPoolType(
            Name=draw(names),
            AliasAttributes=aliases or None,
            UsernameConfiguration=None
            if case is None
            else UsernameConfigurationType(CaseSensitive=case),
            UserPoolTags=draw(st.dictionaries(names, names, max_size=2)),
        ),
        attributes=STANDARD,
        created_at=draw(moments),
        modified_at=draw(moments),
        version=draw(versions),
        sms_mfa=draw(st.none() | st.booleans()),
        email_mfa=draw(st.none() | st.builds(EmailMfaConfigType, Subject=st.just("Your code"))),
        software_token_mfa=draw(st.booleans()),
        webauthn=draw(st.none() | st.builds(WebAuthnConfigurationType, RelyingPartyId=names)),
        tracks_sessions=draw(st.booleans()),
        most_sessions=draw(st.integers(1, 100)),
    )


def _group(draw: st.DrawFn, pool: Pool, n: int) -> Group:
    name = f"{n}{draw(texts)}"
    return Group(
        id=f"group {n}",
        pool_id=pool.id,
        key=name.lower(),
        name=name,
        description=draw(st.none() | texts),
        precedence=draw(st.none() | st.integers(0, 9)),
        created_at=draw(moments),
        modified_at=draw(moments),
        version=draw(versions),
    )


def _user(draw: st.DrawFn, pool: Pool, n: int, name: str, made: Iterable[Group]) -> UserRecord:
    sub = f"{n:08}-0000-4000-8000-000000000000"
    user = User(
        sub=sub,
        pool_id=pool.id,
        username=draw(st.sampled_from([name, name, sub])),
        status=draw(st.sampled_from(UserStatus)),
        enabled=draw(st.booleans()),
        attributes=draw(_attributes(n)),
        created_at=draw(moments),
        modified_at=draw(moments),
        version=draw(versions),
        mfa=draw(_mfa),
        signed_out_at=draw(st.none() | moments),
    )
    purposes = draw(st.lists(st.sampled_from(Purpose), unique=True))
    return UserRecord(
        user=user,
        password=draw(st.none() | _passwords(user)),
        codes=tuple(draw(_codes(user, purpose)) for purpose in sorted(purposes)),
        group_ids=tuple(group.id for group in made if draw(st.booleans())),
        software_token=draw(st.none() | _software_tokens(user)),
        devices=tuple(draw(_devices(user, k)) for k in range(draw(st.integers(0, 2)))),
        passkeys=tuple(draw(_passkeys(user, k)) for k in range(draw(st.integers(0, 2)))),
    )


_mfa = st.just(MfaSettings()) | st.builds(
    MfaSettings,
    sms=st.booleans(),
    email=st.booleans(),
    software_token=st.booleans(),
    passkey=st.booleans(),
    preferred=st.none() | st.sampled_from(["SMS_MFA", "SOFTWARE_TOKEN_MFA"]),
)


def _attributes(n: int) -> st.SearchStrategy[dict[str, str]]:
    """With contacts that no other user has."""
    flags = st.sampled_from(["true", "false"])
    some: dict[str, st.SearchStrategy[str]] = {
        "email": st.just(f"User{n}@example.com"),
        "email_verified": flags,
        "phone_number": st.just(f"+4930{n}"),
        "phone_number_verified": flags,
        "preferred_username": texts.map(lambda text: f"{n}{text}"),
        "custom:note": texts,
        "name": texts,
    }
    return st.fixed_dictionaries({}, optional=some)


def _passwords(user: User) -> st.SearchStrategy[PasswordCredential]:
    return st.builds(
        PasswordCredential,
        sub=st.just(user.sub),
        pool_id=st.just(user.pool_id),
        salt=secrets,
        verifier=secrets,
        set_at=moments,
        expires_at=st.none() | moments,
        former=st.lists(st.builds(FormerPassword, secrets, secrets), max_size=3).map(tuple),
        version=versions,
    )


def _codes(user: User, purpose: Purpose) -> st.SearchStrategy[Code]:
    return st.builds(
        Code,
        sub=st.just(user.sub),
        pool_id=st.just(user.pool_id),
        purpose=st.just(purpose),
        digest=secrets,
        attribute=st.sampled_from(["email", "phone_number"]),
        pending=st.none() | texts,
        created_at=moments,
        expires_at=moments,
    )


def _software_tokens(user: User) -> st.SearchStrategy[SoftwareToken]:
    return st.builds(
        SoftwareToken,
        sub=st.just(user.sub),
        pool_id=st.just(user.pool_id),
        secret=st.just(b"") | secrets,
        pending=st.just(b"") | secrets,
        last_step=st.integers(0, 10**10),
        device_name=st.none() | texts,
        version=versions,
    )


def _devices(user: User, n: int) -> st.SearchStrategy[Device]:
    return st.builds(
        Device,
        key=st.just(f"eu-central-1_device-{n}"),
        sub=st.just(user.sub),
        pool_id=st.just(user.pool_id),
        group_key=names,
        salt=secrets,
        verifier=secrets,
        remembered=st.booleans(),
        name=st.none() | texts,
        last_ip=st.none() | st.just("192.0.2.7"),
        created_at=moments,
        modified_at=moments,
        authenticated_at=moments,
        version=versions,
    )


def _passkeys(user: User, n: int) -> st.SearchStrategy[Passkey]:
    return st.builds(
        Passkey,
        id=st.just(f"passkey-{n}-of-{user.sub}"),
        sub=st.just(user.sub),
        pool_id=st.just(user.pool_id),
        public_key=secrets,
        sign_count=st.integers(0, 2**32 - 1),
        relying_party=names,
        attachment=st.none() | st.sampled_from(["platform", "cross-platform"]),
        transports=st.lists(st.sampled_from(["internal", "usb"]), unique=True).map(tuple),
        created_at=moments,
        version=versions,
    )


def a_pool_of(users: int) -> Contents:
    """A pool whose users have a name, an alias and a password each, and share a group.

    The first one has something of everything else, too.
    """
    settings = UserPoolType(Name="home", AliasAttributes=[AliasAttributeType.EMAIL])
    pool = msgspec.structs.replace(a_pool(POOL), settings=settings, attributes=STANDARD)
    group = Group(
        id="everybody", pool_id=POOL, key="all", name="all", created_at=NOW, modified_at=NOW
    )
    made = []
    for n in range(users):
        attributes = {"email": f"user{n}@example.com", "email_verified": "true"}
        sub = f"{n:08}-0000-4000-8000-000000000000"
        user = a_user(sub, pool_id=POOL, username=f"user{n}", attributes=attributes)
        made.append(UserRecord(user=user, password=a_password(user), group_ids=(group.id,)))
    made[:1] = [msgspec.structs.replace(one, **everything_of(one.user)) for one in made[:1]]
    client = a_client(pool_id=POOL)
    key = PoolKey(
        kid="key",
        pool_id=POOL,
        use=KeyUse.ID,
        private_der=b"a private key",
        created_at=NOW,
        retired_at=NOW + timedelta(days=1),
    )
    return Contents(pool, (key,), (client,), (group,), tuple(made))


def everything_of(user: User) -> dict[str, Any]:
    """What a user signs in with besides a password."""
    owner: dict[str, Any] = {"sub": user.sub, "pool_id": user.pool_id}
    device = Device(
        key="eu-central-1_device",
        **owner,
        group_key="-Group",
        salt=b"a device's salt!",
        verifier=b"a verifier of a device's secret",
        created_at=NOW,
        modified_at=NOW,
        authenticated_at=NOW,
    )
    passkey = Passkey(
        id="a-passkey",
        **owner,
        public_key=b"a public key",
        sign_count=7,
        relying_party="home.example",
        created_at=NOW,
    )
    token = SoftwareToken(
        **owner, secret=b"an app's secret.", pending=b"an app's next one", version=3
    )
    return {"software_token": token, "devices": (device,), "passkeys": (passkey,)}


async def open_store(url: str) -> Store:
    """A store with a data key of its own."""
    database = await open_database(url)
    await migrate(database)
    return Store(database, a_sealer())


async def keep(store: Store, contents: Contents) -> None:
    """Put all of it into a store, as it would be after a life there."""
    await store.commit(pools.add(contents.pool))
    for key in contents.keys:
        await store.commit(store.pools.add_key(key))
    for client in contents.clients:
        await store.commit(store.clients.add(client))
    for group in contents.groups:
        await store.commit(groups.add(group))
    for domain in contents.domains:
        await store.commit(domains.add(domain))
    for resource in contents.resources:
        await store.commit(pool_resources.add(resource))
    for asset in contents.assets:
        image = (asset.pool_id, asset.owner, asset.name, asset.content)
        await store.commit(pool_resources.put_asset(*image))
    for user in contents.users:
        await store.commit(*store.bulk.add_users(contents.pool, [user]))


async def kept(store: Store, pool_id: str = POOL) -> Contents:
    """All that a store has of a pool, read by what the operations read it with."""
    pool = await store.pools.find(pool_id)
    assert pool is not None
    every_group = await store.groups.page(pool_id, None, 100)
    every_user = await store.users.page(pool_id, None, 10_000)
    return Contents(
        pool,
        tuple(sorted(await store.pools.keys(pool_id), key=lambda key: key.kid)),
        (await store.clients.page(pool_id, None, 100)).items,
        every_group.items,
        tuple([await _whole(store, user) for user in every_user.items]),
        domains=tuple(
            sorted(await store.domains.of_pool(pool_id), key=lambda domain: domain.is_custom)
        ),
        resources=tuple(
            [
                each
                for kind in KINDS.values()
                for each in (await store.resources.page(kind, pool_id, None, 100)).items
            ]
        ),
        assets=await store.bulk.configuration.assets(pool_id, None, 100),
    )


async def _whole(store: Store, user: User) -> UserRecord:
    codes = [await store.codes.find(user, purpose) for purpose in sorted(Purpose)]
    return UserRecord(
        user=user,
        password=await store.users.password(user),
        codes=tuple(code for code in codes if code is not None),
        group_ids=tuple(sorted(group.id for group in await store.groups.of_user(user))),
        software_token=await store.software_tokens.find(user),
        devices=(await store.devices.page(user, None, 100, only_remembered=False)).items,
        passkeys=(await store.passkeys.page(user, None, 100)).items,
    )


async def exported(store: Store, pool: Pool) -> bytes:
    """The export of a pool."""
    file = io.BytesIO()
    sealing = passphrases.new_header(pool.id, PASSPHRASE, b"0123456789abcdef", QUICK)
    await exporter.export_pool(store, pool, sealing, file.write)
    return file.getvalue()


def reader(export: bytes, passphrase: str = PASSPHRASE) -> Reader:
    file = io.BytesIO(export)
    return Reader(file, passphrases.sealer_of(read_header(file), passphrase))


def without_seals(export: bytes) -> list[dict[str, Any]]:
    """The lines, each without what is different in every export of the same."""
    lines = [msgspec.json.decode(line) for line in export.splitlines()]
    return [{name: line[name] for name in line if name != "sealed"} for line in lines]
