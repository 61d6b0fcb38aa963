"""Exports and imports round-trip, on both engines and across them."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from support.store_contents import tables
from transfer.conftest import MakeUrl
from transfer.generated_pools import (
    Contents,
    exported,
    keep,
    kept,
    open_store,
    reader,
    whole,
    without_seals,
)

from poolhouse.transfer.importer import load

ENGINES = ["sqlite", "postgres"]
SEALED = {"secrets", "private_key", "sealed"}
UNDER_WAY = "sign_in"
"""The column of a device that a sign-in waits for: it is left behind."""
COMPARED = [
    *("pools", "clients", "signing_keys", "groups"),
    *("users", "names", "credentials", "codes", "memberships"),
    *("software_tokens", "devices", "passkeys"),
    *("domains", "pool_resources", "pool_assets"),
]
LEFT_BEHIND = {
    *("data_keys", "configuration", "schema_version"),  # the store's own
    *("principals", "access_keys", "audit"),  # the administrators'
    *("outbox", "inbox", "attempts", "deleted_groups"),  # soon past
    *("sessions", "spent", "passkey_challenges"),  # of users who are just signing in or signed in
    *("authorization_codes", "browser_sessions", "device_grants"),  # the same at a domain
    "recovery_codes",  # hashed with the data key
    "client_documents",  # a cache
}
"""What docs/transfer.md says doesn't move."""


async def test_export_covers_or_excludes_every_table(new_url: MakeUrl) -> None:
    """A forgotten table would be lost in a move."""
    url = await new_url("sqlite")
    await (await open_store(url)).close()
    assert set(tables(url)) == {*COMPARED, *LEFT_BEHIND}


async def rows(url: str) -> dict[str, list[str]]:
    """Every row of the pool's tables, but for what is sealed or under way."""
    passed_over = {*SEALED, UNDER_WAY}
    contents = await asyncio.to_thread(tables, url)
    return {
        table: sorted(
            str({name: row[name] for name in row if name not in passed_over})
            for row in contents[table]
        )
        for table in COMPARED
    }


@pytest.mark.parametrize("source", ENGINES)
@pytest.mark.parametrize("target", ENGINES)
def test_export_and_import_of_generated_pools_round_trip(
    source: str, target: str, new_url: MakeUrl
) -> None:
    """And exported from there, byte by byte but for the seals."""

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(whole())
    def moves(contents: Contents) -> None:
        asyncio.run(move(contents))

    async def move(contents: Contents) -> None:
        urls = await new_url(source), await new_url(target)
        stores = await open_store(urls[0]), await open_store(urls[1])
        try:
            await keep(stores[0], contents)
            export = await exported(stores[0], contents.pool)
            assert await load(stores[1], reader(export)) == len(contents.users)
            assert await kept(stores[1]) == contents
            assert await rows(urls[1]) == await rows(urls[0])
            again = await exported(stores[1], contents.pool)
            assert without_seals(again) == without_seals(export)
            assert await load(stores[1], reader(again)) == 0, "twice is like once"
        finally:
            await stores[0].close()
            await stores[1].close()

    moves()
