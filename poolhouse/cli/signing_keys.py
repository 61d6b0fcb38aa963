"""`poolhouse keys rotate-signing`: new keys for a pool's tokens."""

from typing import TYPE_CHECKING, NamedTuple

import click

from poolhouse.cli.flags import FAILED, OF_A_STORE, refuse, takes_settings
from poolhouse.cli.store_access import moment, with_store
from poolhouse.config.settings import Settings

if TYPE_CHECKING:
    from datetime import datetime

    from poolhouse.entities.signing_keys import PoolKey
    from poolhouse.store.interface import Write
    from poolhouse.store.store import Store

# Each command loads what it needs.
# ruff: noqa: PLC0415


class Rotated(NamedTuple):
    """The new keys, when they begin to sign, and until when those before them verify."""

    made: "list[PoolKey]"
    signs_from: "datetime"
    old_until: "datetime"


@click.command()
@click.argument("pool_id", metavar="POOL_ID", help="The user pool's id.")
@click.option(
    "--now",
    is_flag=True,
    help="Sign with the new keys at once, before verifiers have fetched them.",
)
@click.option(
    "--drop-old",
    is_flag=True,
    help="Like --now, and refuse the old keys' tokens: for a stolen key.",
)
@click.option("--yes", is_flag=True, help="Don't ask for confirmation.")
@takes_settings("tool", OF_A_STORE)
def rotate_signing(
    settings: Settings, *, pool_id: str, now: bool, drop_old: bool, yes: bool
) -> None:
    """Publish new keys for a pool's tokens.

    They sign six minutes later, when every verifier has fetched them. The old keys stay published
    until the last token that they signed has expired.
    """
    from poolhouse.audit.operators import arn_of, recorded

    if not yes:
        with_store(settings, lambda store: _require_pool(store, pool_id))
        harm = (
            " and remove the old ones, so that users must refresh their tokens" if drop_old else ""
        )
        click.confirm(f"Create new signing keys for {pool_id}{harm}?", abort=True, err=True)
    at_once = now or drop_old
    record = recorded("RotateSigningKeys", arn_of(settings, pool_id))
    made, signs_from, old_until = with_store(
        settings, lambda store: rotate(store, pool_id, record, at_once=at_once, drop_old=drop_old)
    )
    when = "from now on" if at_once else f"from {moment(signs_from)} UTC on"
    for key in made:
        click.echo(f"{pool_id} signs {key.use.upper()} tokens {when} with the key {key.kid}.")
    if at_once:
        click.echo("Verifiers that cache the key set may refuse new tokens for up to five minutes.")
    if drop_old:
        click.echo("Tokens of the old keys are refused from now on.")
    else:
        click.echo(f"The old keys verify until {moment(old_until)} UTC, and are then removed.")
    click.echo("GetSigningCertificate gives SAML identity providers the new certificate.")


async def rotate(
    store: "Store",
    pool_id: str,
    *records: "Write",
    at_once: bool = False,
    drop_old: bool = False,
) -> Rotated:
    """Add new keys and set the moment at which the old ones are retired, in one commit.

    `records` are committed with it.

    Workers find the key that signs by their clocks. So they need nothing more at that moment, and
    no call finds no key, or two.
    """
    from poolhouse.clock import Clock
    from poolhouse.crypto.signing_keys import SigningKey
    from poolhouse.entities.signing_keys import KeyUse, PoolKey
    from poolhouse.rules.tokens.signing_keys import (
        OVERLAP,
        PUBLISHED_BEFORE,
        is_retired,
        is_rotating,
    )
    from poolhouse.store import pools

    await _require_pool(store, pool_id)
    now = Clock().now()
    old = await store.pools.keys(pool_id)
    if is_rotating(old, now) and not at_once:
        refuse(
            [f"{pool_id} has new keys that don't sign yet. --now creates others that sign now."],
            FAILED,
        )
    signs_from = now if at_once else now + PUBLISHED_BEFORE
    made = []
    for use in KeyUse:
        key = SigningKey.generate()
        made.append(
            PoolKey(
                kid=key.kid,
                pool_id=pool_id,
                use=use,
                private_der=key.private_der(),
                created_at=now,
            )
        )
    if drop_old:
        ending = [pools.delete_key(key.kid) for key in old]
    else:
        ending = [
            pools.retire_key(key.kid, signs_from, key.retired_at)
            for key in old
            if not is_retired(key, now)
        ]
    await store.commit(*ending, *map(store.pools.add_key, made), *records)
    return Rotated(made, signs_from, signs_from + OVERLAP)


async def _require_pool(store: "Store", pool_id: str) -> None:
    if await store.pools.find(pool_id) is None:
        refuse([f"Unknown user pool {pool_id}."], FAILED)
