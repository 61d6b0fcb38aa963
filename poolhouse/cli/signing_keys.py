"""`poolhouse keys rotate-signing`: new keys for a pool's tokens."""

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from poolhouse.cli.flags import FAILED, OF_A_STORE, refuse, takes_settings
from poolhouse.cli.tools import moment, with_store
from poolhouse.config import Settings

if TYPE_CHECKING:
    from datetime import datetime

    from poolhouse.entities.signing_keys import PoolKey
    from poolhouse.store.opening import Store

# Each command loads what it needs.
# ruff: noqa: PLC0415


class Rotated(NamedTuple):
    """The keys that sign now, and until when those before them verify."""

    made: "list[PoolKey]"
    old_until: "datetime"


@takes_settings("tool", OF_A_STORE)
def rotate_signing(
    settings: Settings,
    pool_id: Annotated[str, typer.Argument(metavar="POOL_ID", help="The user pool's id.")],
    drop_old: Annotated[
        bool,
        typer.Option("--drop-old", help="For a stolen key: refuse what the old keys have signed."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Sign a pool's tokens with new keys from the next call on.

    The old keys stay published, and verify what they have signed for as long as that can live.
    """
    if not yes:
        harm = " and drop the old ones, so that users must refresh their tokens" if drop_old else ""
        typer.confirm(f"Make new signing keys for {pool_id}{harm}?", abort=True, err=True)
    made, old_until = with_store(settings, lambda store: rotate(store, pool_id, drop_old=drop_old))
    for key in made:
        typer.echo(f"{pool_id} signs {key.use.upper()} tokens with the key {key.kid}.")
    if drop_old:
        typer.echo("What the old keys have signed is refused.")
    else:
        typer.echo(f"The old keys verify until {moment(old_until)} UTC, and are dropped then.")
    typer.echo("GetSigningCertificate gives SAML identity providers the new certificate.")


async def rotate(store: "Store", pool_id: str, *, drop_old: bool = False) -> Rotated:
    """Make the keys take over in one commit: no call finds none that signs, or two."""
    from poolhouse.clock import Clock
    from poolhouse.entities.signing_keys import KeyUse, PoolKey
    from poolhouse.keys import SigningKey
    from poolhouse.rules.signing_keys import OVERLAP
    from poolhouse.store import pools

    if await store.pools.find(pool_id) is None:
        refuse([f"There is no user pool {pool_id}."], FAILED)
    now = Clock().now()
    old = await store.pools.keys(pool_id)
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
        ending = [pools.forget_key(key.kid) for key in old]
    else:
        ending = [pools.retire_key(key.kid, now) for key in old if key.retired_at is None]
    await store.commit(*ending, *map(store.pools.add_key, made))
    return Rotated(made, now + OVERLAP)
