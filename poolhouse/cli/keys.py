"""`poolhouse keys`: administrators, their policies and their access keys.

`signing_keys.py` has the command on the keys of pools.
"""

import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import msgspec

from poolhouse.cli.flags import FAILED, OF_A_STORE, OF_ITS_REGIONS, PATH, refuse, takes_settings
from poolhouse.cli.store_access import moment, table, with_store
from poolhouse.config.settings import Settings
from poolhouse.entities.principals import AccessKey, Principal

if TYPE_CHECKING:
    from poolhouse.ids import Ids
    from poolhouse.store.store import Store

# Each command loads what it needs.
# ruff: noqa: PLC0415

_NAME: Final = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
_DURATION: Final = re.compile(r"([1-9][0-9]{0,4})([smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
SESSION: Final = timedelta(hours=12)
"""Default lifetime of a temporary key, as that of STS GetSessionToken."""

_key = click.argument("key", metavar="KEY", help="The access key's id.")
_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command()
@click.option("--user", metavar="NAME", required=True, help="The administrator's name.")
@click.option(
    "--policy",
    type=PATH,
    multiple=True,
    metavar="FILE",
    help="File of an IAM policy, which gets the file's name. May be given several times.",
)
@click.option("--admin", is_flag=True, help="Allow everything.")
@click.option(
    "--tag", multiple=True, metavar="KEY=VALUE", help="Tag for conditions on aws:PrincipalTag."
)
@click.option("--expires", metavar="DURATION", help="Create a temporary key, for 15m, 12h or 7d.")
@click.option("--session-token", is_flag=True, help="Create a temporary key for 12h.")
@_as_json
@takes_settings("tool", OF_A_STORE)
def create(
    settings: Settings,
    *,
    user: str,
    policy: Sequence[Path],
    admin: bool,
    tag: Sequence[str],
    expires: str | None,
    session_token: bool,
    as_json: bool,
) -> None:
    """Create an access key.

    An administrator of a new name is created, too. Given policies and tags replace those of an
    existing one.
    """
    if not _NAME.fullmatch(user):
        refuse([f"Invalid name {user!r}: use 1 to 64 letters, digits and +=,.@-_"])
    arn = f"arn:aws:iam::{settings.account_id}:user/{user}"
    policies = _policies(policy, admin=admin)
    tags = _pairs(tag)
    lifetime = _duration(expires) if expires else SESSION if session_token else None
    key = with_store(
        settings, lambda store: _create(store, arn, policies, tags, lifetime), make=True
    )
    _show(key, as_json=as_json)


@click.command("list")
@_as_json
@takes_settings("tool", OF_A_STORE)
def list_(settings: Settings, *, as_json: bool) -> None:
    """List the access keys, without their secrets."""
    keys = with_store(settings, lambda store: store.principals.all_keys())
    if as_json:
        click.echo(json.dumps([_facts(key) for key in keys], indent=2))
        return
    rows = [
        (
            key.id,
            key.principal_arn,
            _status(key),
            moment(key.created_at),
            moment(key.expires_at) if key.expires_at else "",
        )
        for key in keys
    ]
    table(("Access key", "Administrator", "Status", "Created (UTC)", "Expires (UTC)"), rows)


@click.command()
@_key
@takes_settings("tool", OF_A_STORE)
def disable(settings: Settings, key: str) -> None:
    """Disable a key, from the next call on."""
    with_store(settings, lambda store: _set_enabled(store, key, enabled=False))
    click.echo(f"{key} is disabled.")


@click.command()
@_key
@takes_settings("tool", OF_A_STORE)
def enable(settings: Settings, key: str) -> None:
    """Enable a disabled key."""
    with_store(settings, lambda store: _set_enabled(store, key, enabled=True))
    click.echo(f"{key} is enabled.")


@click.command()
@_key
@takes_settings("tool", OF_A_STORE)
def delete(settings: Settings, key: str) -> None:
    """Delete a key; its administrator stays."""
    with_store(settings, lambda store: _delete(store, key))
    click.echo(f"{key} is deleted.")


@click.command()
@_key
@_as_json
@takes_settings("tool", OF_A_STORE)
def rotate(settings: Settings, *, key: str, as_json: bool) -> None:
    """Create another key for the same administrator.

    The old one works until it is disabled.
    """
    _show(with_store(settings, lambda store: _rotate(store, key)), as_json=as_json)


@click.command()
@_key
@click.argument("action", metavar="ACTION", help="An action such as AdminConfirmSignUp.")
@click.argument("resource", metavar="RESOURCE", help="A user pool's id or ARN, or *.")
@click.option(
    "--context",
    multiple=True,
    metavar="KEY=VALUE",
    help="Value of a condition key; separate several with commas.",
)
@takes_settings("tool", OF_ITS_REGIONS)
def can(
    settings: Settings,
    key: str,
    action: str,
    resource: str,
    context: Sequence[str],
) -> None:
    """Show whether a key's policies allow an action.

    It names the statement that decides. The exit code is 0 if the action is allowed, else 1.
    """
    from poolhouse.cli.keys_can import Question, explain

    asked = Question.of(action, resource, _pairs(context), settings)

    async def answer(store: "Store") -> tuple[list[str], bool]:
        holder = await _find_key(store, key)
        pool = await store.pools.find(asked.pool_id) if asked.pool_id else None
        return explain(holder, asked, pool, settings)

    lines, allowed = with_store(settings, answer)
    click.echo("\n".join(lines))
    raise click.exceptions.Exit(0 if allowed else FAILED)


async def _create(
    store: "Store",
    arn: str,
    policies: dict[str, str],
    tags: dict[str, str],
    lifetime: timedelta | None,
) -> AccessKey:
    from poolhouse.audit.operators import recorded
    from poolhouse.clock import Clock
    from poolhouse.ids import Ids
    from poolhouse.store import principals

    now = Clock().now()
    was = await store.principals.find(arn)
    if was is None:
        principal = Principal(arn=arn, policies=policies, tags=tags, created_at=now)
        write = principals.add(principal)
    else:
        principal = msgspec.structs.replace(
            was, policies=policies or was.policies, tags=tags or was.tags
        )
        write = principals.save(principal)
    key = _new_key(Ids(), principal.arn, now, lifetime)
    record = recorded("CreateAccessKey", arn, target=key.id)
    await store.commit(write, store.principals.add_key(key), record)
    if not principal.policies:
        click.echo(
            f"{arn} has no policy, so every call is denied: give --policy or --admin.", err=True
        )
    return key


async def _set_enabled(store: "Store", key_id: str, *, enabled: bool) -> None:
    from poolhouse.audit.operators import recorded

    key, _ = await _find_key(store, key_id)
    action = "EnableAccessKey" if enabled else "DisableAccessKey"
    await store.commit(
        store.principals.save_key(msgspec.structs.replace(key, enabled=enabled)),
        recorded(action, key.principal_arn, target=key_id),
    )


async def _delete(store: "Store", key_id: str) -> None:
    from poolhouse.audit.operators import recorded
    from poolhouse.store import principals

    key, _ = await _find_key(store, key_id)
    record = recorded("DeleteAccessKey", key.principal_arn, target=key_id)
    await store.commit(principals.delete_key(key_id), record)


async def _rotate(store: "Store", key_id: str) -> AccessKey:
    from poolhouse.audit.operators import recorded
    from poolhouse.clock import Clock
    from poolhouse.ids import Ids

    was, _ = await _find_key(store, key_id)
    now = Clock().now()
    lifetime = was.expires_at - was.created_at if was.expires_at else None
    key = _new_key(Ids(), was.principal_arn, now, lifetime)
    record = recorded("RotateAccessKey", key.principal_arn, target=key.id)
    await store.commit(store.principals.add_key(key), record)
    return key


async def _find_key(store: "Store", key_id: str) -> tuple[AccessKey, Principal]:
    found = await store.principals.of_key(key_id)
    if found is None:
        refuse([f"Unknown access key {key_id}."], FAILED)
    return found


def _new_key(ids: "Ids", arn: str, now: datetime, lifetime: timedelta | None) -> AccessKey:
    """Return a key; a temporary one begins with ASIA and has a session token, as on AWS."""
    key_id = ids.access_key_id()
    if lifetime is None:
        return AccessKey(
            id=key_id, principal_arn=arn, secret=ids.secret_access_key(), created_at=now
        )
    return AccessKey(
        id=f"ASIA{key_id[4:]}",
        principal_arn=arn,
        secret=ids.secret_access_key(),
        session_token=ids.random_bytes(64).hex(),
        expires_at=now + lifetime,
        created_at=now,
    )


def _policies(files: Sequence[Path], *, admin: bool) -> dict[str, str]:
    from poolhouse.bootstrap.first_start import EVERYTHING
    from poolhouse.rules.aws.iam import MalformedPolicy, compile_policy

    policies = {"Everything": EVERYTHING} if admin else {}
    mistakes = []
    for file in files:
        if file.stem in policies:
            mistakes.append(f"Two policies have the name {file.stem}.")
        try:
            policies[file.stem] = file.read_text(encoding="utf-8")
            compile_policy(policies[file.stem], file.stem)
        except OSError as error:
            mistakes.append(f"{file} can't be read: {error.strerror}.")
        except (MalformedPolicy, UnicodeDecodeError) as error:
            mistakes.append(f"{file} is not a policy: {error}")
    if mistakes:
        refuse(mistakes)
    return policies


def _pairs(given: Sequence[str]) -> dict[str, str]:
    parted = [one.partition("=") for one in given]
    if wrong := [key for key, equals, _ in parted if not equals or not key]:
        refuse([f"{one!r} is not of the form KEY=VALUE." for one in wrong])
    return {key: value for key, _, value in parted}


def _duration(text: str) -> timedelta:
    parts = _DURATION.fullmatch(text)
    if parts is None:
        refuse([f"{text!r} is not a duration: use a number with m, h or d, such as 12h."])
    return timedelta(**{_UNITS[parts[2]]: int(parts[1])})


def _show(key: AccessKey, *, as_json: bool) -> None:
    from poolhouse.bootstrap.first_start import credentials_text

    if as_json:
        secrets = {"SecretAccessKey": key.secret}
        if key.session_token is not None:
            secrets["SessionToken"] = key.session_token
        click.echo(json.dumps(_facts(key) | secrets, indent=2))
        return
    click.echo(f"# {key.principal_arn}; the secret is shown only once", err=True)
    click.echo(credentials_text(key), nl=False)


def _facts(key: AccessKey) -> dict[str, str]:
    facts = {
        "AccessKeyId": key.id,
        "Arn": key.principal_arn,
        "Status": _status(key),
        "CreateDate": key.created_at.isoformat(),
    }
    if key.expires_at is not None:
        facts["Expiration"] = key.expires_at.isoformat()
    return facts


def _status(key: AccessKey) -> str:
    return "Active" if key.enabled else "Inactive"
