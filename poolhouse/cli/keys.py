"""`poolhouse keys`: administrators, their policies and their access keys."""

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer

from poolhouse.cli.flags import OF_A_STORE, refuse, takes_settings
from poolhouse.cli.tools import moment, table, with_store
from poolhouse.config import Settings
from poolhouse.entities.principals import AccessKey, Principal

app = typer.Typer(
    help="Administrators and their access keys.", no_args_is_help=True, rich_markup_mode=None
)

_DURATION: Final = re.compile(r"([1-9][0-9]{0,4})([smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

KeyId = Annotated[str, typer.Argument(metavar="KEY", help="The access key's id.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
@takes_settings("tool", OF_A_STORE)
def create(
    settings: Settings,
    user: Annotated[str, typer.Option(help="The administrator's name, made if it is new.")],
    policy: Annotated[
        list[Path] | None, typer.Option(help="File of an IAM policy; its name is the policy's.")
    ] = None,
    admin: Annotated[bool, typer.Option("--admin", help="Allow everything.")] = False,
    tag: Annotated[list[str] | None, typer.Option(help="KEY=VALUE, a tag to ask for.")] = None,
    expires: Annotated[
        str | None,
        typer.Option(help="Make a temporary key with a session token: 15m, 12h, 7d."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make an access key, and its administrator if there is none of the name.

    Policies and tags that are given take the place of those that the administrator had.
    """
    policies = _policies(policy or [], admin=admin)
    tags = _tags(tag or [])
    lifetime = _duration(expires) if expires else None
    key = with_store(
        settings, lambda store: _create(store, settings, user, policies, tags, lifetime)
    )
    _show(key, as_json=as_json)


@app.command("list")
@takes_settings("tool", OF_A_STORE)
def list_(settings: Settings, as_json: AsJson = False) -> None:
    """List the access keys, without their secrets."""
    keys: list[AccessKey] = with_store(settings, lambda store: store.principals.all_keys())
    if as_json:
        typer.echo(json.dumps([_facts(key) for key in keys], indent=2))
        return
    rows = [(key.id, key.principal_arn, _status(key), moment(key.created_at)) for key in keys]
    table(("Access key", "Administrator", "Status", "Created"), rows)


@app.command()
@takes_settings("tool", OF_A_STORE)
def disable(settings: Settings, key: KeyId) -> None:
    """Refuse the key from the next call on."""
    with_store(settings, lambda store: _set_enabled(store, key, enabled=False))


@app.command()
@takes_settings("tool", OF_A_STORE)
def enable(settings: Settings, key: KeyId) -> None:
    """Accept a disabled key again."""
    with_store(settings, lambda store: _set_enabled(store, key, enabled=True))


@app.command()
@takes_settings("tool", OF_A_STORE)
def delete(settings: Settings, key: KeyId) -> None:
    """Forget a key; its administrator stays."""
    with_store(settings, lambda store: _delete(store, key))


@app.command()
@takes_settings("tool", OF_A_STORE)
def rotate(settings: Settings, key: KeyId, as_json: AsJson = False) -> None:
    """Make another key for the same administrator; the old one works until it is disabled."""
    _show(with_store(settings, lambda store: _rotate(store, key)), as_json=as_json)


@app.command()
@takes_settings("tool", OF_A_STORE)
def can(
    settings: Settings,
    key: KeyId,
    action: Annotated[str, typer.Argument(help="cognito-idp:AdminConfirmSignUp, say.")],
    resource: Annotated[str, typer.Argument(help="A user pool's ARN, or *.")],
    context: Annotated[
        list[str] | None, typer.Option(help="KEY=VALUE of a condition key; lists by commas.")
    ] = None,
) -> None:
    """Say whether a key's policies allow an action on a resource, and which statement decides.

    Exits with 0 if it is allowed, with 1 if not.
    """
    from poolhouse.cli.explaining import explain  # noqa: PLC0415 - each command loads its own

    found = with_store(settings, lambda store: _known(store, key))
    lines, allowed = explain(found, settings, action, resource, _tags(context or []))
    typer.echo("\n".join(lines))
    raise typer.Exit(0 if allowed else 1)


async def _create(
    store: Any,
    settings: Settings,
    user: str,
    policies: dict[str, str],
    tags: dict[str, str],
    lifetime: timedelta | None,
) -> AccessKey:
    from poolhouse.clock import Clock  # noqa: PLC0415 - each command loads its own
    from poolhouse.ids import Ids  # noqa: PLC0415
    from poolhouse.store import principals  # noqa: PLC0415

    if re.fullmatch(r"[\w+=,.@-]{1,64}", user, re.ASCII) is None:
        refuse(["A name has 1 to 64 of letters, digits and +=,.@-_"])
    now = Clock().now()
    arn = f"arn:aws:iam::{settings.account_id}:user/{user}"
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
    await store.commit(write, store.principals.add_key(key))
    if not principal.policies:
        typer.echo(f"{arn} has no policy, so it may do nothing: give --policy.", err=True)
    return key


async def _set_enabled(store: Any, key_id: str, *, enabled: bool) -> None:
    key, _ = await _known(store, key_id)
    await store.commit(store.principals.save_key(msgspec.structs.replace(key, enabled=enabled)))


async def _delete(store: Any, key_id: str) -> None:
    from poolhouse.store import principals  # noqa: PLC0415 - each command loads its own

    await _known(store, key_id)
    await store.commit(principals.delete_key(key_id))


async def _rotate(store: Any, key_id: str) -> AccessKey:
    from poolhouse.clock import Clock  # noqa: PLC0415 - each command loads its own
    from poolhouse.ids import Ids  # noqa: PLC0415

    was, _ = await _known(store, key_id)
    now = Clock().now()
    lifetime = was.expires_at - was.created_at if was.expires_at else None
    key = _new_key(Ids(), was.principal_arn, now, lifetime)
    await store.commit(store.principals.add_key(key))
    return key


async def _known(store: Any, key_id: str) -> tuple[AccessKey, Principal]:
    found: tuple[AccessKey, Principal] | None = await store.principals.of_key(key_id)
    if found is None:
        refuse([f"There is no access key {key_id}."], status=1)
    return found


def _new_key(ids: Any, arn: str, now: datetime, lifetime: timedelta | None) -> AccessKey:
    """A key; a temporary one begins with ASIA and has a session token, as on AWS."""
    key_id: str = ids.access_key_id()
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


def _policies(files: list[Path], *, admin: bool) -> dict[str, str]:
    from poolhouse.first_start import EVERYTHING  # noqa: PLC0415 - each command loads its own
    from poolhouse.rules.policies import MalformedPolicy, compile_policy  # noqa: PLC0415

    policies = {"Everything": EVERYTHING} if admin else {}
    mistakes = []
    for file in files:
        try:
            policies[file.stem] = file.read_text(encoding="utf-8")
            compile_policy(policies[file.stem], file.stem)
        except OSError as error:
            mistakes.append(f"{file} can't be read: {error.strerror}.")
        except (MalformedPolicy, UnicodeDecodeError) as error:
            mistakes.append(f"{file} is no policy: {error}")
    if mistakes:
        refuse(mistakes)
    return policies


def _tags(given: list[str]) -> dict[str, str]:
    parted = [one.partition("=") for one in given]
    if wrong := [key for key, equals, _ in parted if not equals or not key]:
        refuse([f"{one!r} is not of the form KEY=VALUE." for one in wrong])
    return {key: value for key, _, value in parted}


def _duration(text: str) -> timedelta:
    parts = _DURATION.fullmatch(text)
    if parts is None:
        refuse([f"{text!r} is no duration: write 15m, 12h or 7d."])
    return timedelta(**{_UNITS[parts[2]]: int(parts[1])})


def _show(key: AccessKey, *, as_json: bool) -> None:
    from poolhouse.first_start import credentials_text  # noqa: PLC0415 - each loads its own

    if as_json:
        secrets = {"SecretAccessKey": key.secret}
        if key.session_token is not None:
            secrets["SessionToken"] = key.session_token
        typer.echo(json.dumps(_facts(key) | secrets, indent=2))
        return
    typer.echo(f"# {key.principal_arn}; the secret is shown this once", err=True)
    typer.echo(credentials_text(key), nl=False)


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
