"""`poolhouse check`: check whether a server would start here."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import NoReturn
from urllib.parse import urlsplit

import click

from poolhouse.cli.flags import FAILED, OF_A_SERVER, takes_settings
from poolhouse.cli.store_access import is_there_a_store, wrapped_data_key
from poolhouse.config.addresses import address, is_loopback, is_wildcard
from poolhouse.config.settings import Settings

# Each command loads what it needs.
# ruff: noqa: PLC0415

Finding = tuple[bool, str]
"""Whether something is as a server needs it, and its description."""


def _report_mistakes(mistakes: Sequence[str]) -> NoReturn:
    _print_findings((False, mistake) for mistake in mistakes)
    raise click.exceptions.Exit(FAILED)


@click.command()
@takes_settings("serve", OF_A_SERVER, otherwise=_report_mistakes)
def check(settings: Settings) -> None:
    """Check whether `poolhouse serve` would start here.

    It checks the settings, the files and the store, and changes nothing.
    """
    from poolhouse.cli.certificate_check import refused_by_clients, unusable
    from poolhouse.cli.permission_checks import impossibilities, insecurities

    os.umask(0o077)
    wrong = [*insecurities(settings), *impossibilities(settings), *unusable(settings)]
    findings = [(False, each) for each in wrong or refused_by_clients(settings)]
    findings = [(True, "the settings"), *(findings or [(True, "the files")])]
    findings += _address_findings(settings)
    findings += _domain_findings(settings)
    findings += asyncio.run(_store_findings(settings))
    _print_findings(findings)
    raise click.exceptions.Exit(0 if all(fine for fine, _ in findings) else FAILED)


def _address_findings(settings: Settings) -> Iterator[Finding]:
    """Yield a finding if tokens and mails would name an address that no client can use."""
    if settings.public_url is None and is_wildcard(settings.host):
        yield (
            False,
            f"the address: tokens and mails would name {address(settings, settings.port)},"
            " which other machines can't reach: set `public_url`",
        )


def _domain_findings(settings: Settings) -> Iterator[Finding]:
    """Yield a finding if browsers couldn't safely reach pools' domains by `domain_url`."""
    from poolhouse.services.domain_urls import DomainUrls

    template = settings.domain_url
    if template is None:
        return
    if template.startswith("http://") and (settings.behind_proxy or not is_loopback(settings.host)):
        yield (
            False,
            f"the domains: `domain_url` {template} is without TLS: passwords and codes would be"
            " sent unencrypted",
        )
    names = DomainUrls(template).names_of_host(urlsplit(settings.public_url or "").netloc)
    for prefix in (name for name in names if "." not in name):
        yield (
            False,
            f"the domains: by `domain_url` {template} a domain {prefix} would have the host of"
            " `public_url`, where no domain answers",
        )


async def _store_findings(settings: Settings) -> list[Finding]:
    """Return what is found at the store, up to the first failure."""
    from poolhouse.cli.store_errors import STORE_FAILURES, sentence

    findings: list[Finding] = []
    try:
        async for finding in _store(settings):
            findings.append(finding)
    except STORE_FAILURES as error:
        findings.append((False, sentence(error)))
    return findings


async def _store(settings: Settings) -> AsyncIterator[Finding]:
    from poolhouse.bootstrap.store import opening_key_file, store_url
    from poolhouse.store import migrate, pools
    from poolhouse.store.store import open_database

    if not is_there_a_store(settings):
        yield True, "the store: none yet; the first start creates it"
        return
    database = await open_database(store_url(settings))
    try:
        granted = await database.granted_connections()
        if granted is not None:
            wanted = settings.workers * settings.postgres_connections
            each = settings.postgres_connections
            yield (
                wanted <= granted,
                f"the connections: {settings.workers} times `postgres_connections` {each} is"
                f" {wanted}; PostgreSQL grants {granted}",
            )
        version, newest = await database.version(), len(migrate.migrations())
        yield (
            version <= newest,
            f"the store: version {version}; this Poolhouse has versions up to {newest}",
        )
        if version == newest:
            yield _regions(settings, await pools.regions(database))
        if version and (wrapped := await wrapped_data_key(database)) is not None:
            yield True, f"the master key: {opening_key_file(settings, wrapped)} unseals the store"
    finally:
        await database.close()


def _regions(settings: Settings, with_pools: Sequence[str]) -> Finding:
    """Look for pools that no administrator can reach: signatures for their region are refused."""
    missing = [region for region in with_pools if region not in settings.region]
    if not missing:
        return True, f"the regions: {', '.join(settings.region)}"
    return (
        False,
        f"the regions: the store has pools of {', '.join(missing)}, which `region`"
        f" ({','.join(settings.region)}) lacks",
    )


def _print_findings(findings: Iterable[Finding]) -> None:
    for fine, what in findings:
        click.echo(f"{'ok' if fine else 'not ok':8}{what}")
