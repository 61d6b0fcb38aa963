"""Flags that are made from the settings, so that each has one name and one line of help."""

import functools
import os
import types
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn, Union, get_args, get_origin

import click
import msgspec

from poolhouse.bootstrap.settings import PREFIX, flag, load
from poolhouse.config.settings import FACTS, BadSettings, Purpose, Settings

OF_A_STORE: Final = ("data", "store", "master_key", "account_id")
"""Settings that a command needs to work on a server's store."""

OF_ITS_REGIONS: Final = (*OF_A_STORE, "region")
"""Settings of a command whose result depends on the regions that servers serve."""

_SELDOM_SECRET: Final = frozenset({"store", "sms_webhook"})
"""Addresses: they may hold a password, but most don't."""

OF_A_SERVER: Final = tuple(
    name for name, facts in FACTS.items() if not facts.secret or name in _SELDOM_SECRET
)
"""All but the secrets: a command line is seen by every user of the machine."""

_NOT_TAKEN: Final[dict[Purpose, frozenset[str]]] = {
    "dev": frozenset({"workers"}),
    "serve": frozenset({"memory", "code", "fixed_ids", "seed", "tls_port"}),
}
"""Settings that a command refuses, with the reason. Their flags aren't in its help."""

_REPEATED: Final = {"region": "REGION", "triggers": "FUNCTION=PLACE"}
"""Flags that may be given several times, with what each of them takes."""

PATH: Final = click.Path(path_type=Path)
"""The type of a parameter that is a file. The command itself finds out whether it can be used."""

Command = Callable[..., None]
Decorator = Callable[[Command], Command]

_config: Final[Decorator] = click.option(
    "--config",
    type=PATH,
    metavar="PATH",
    help=f"TOML file of settings; default: {PREFIX}CONFIG, else ./poolhouse.toml if it exists.",
)

_DEFAULTS: Final = {field.name: field.default for field in msgspec.structs.fields(Settings)}

FAILED: Final = 1
MISUSED: Final = 2
"""Exit statuses: the command could not do it, or was asked wrongly."""


def refuse(mistakes: Sequence[str], status: int = MISUSED) -> NoReturn:
    """Print what is wrong, a sentence a line, and end the command."""
    for mistake in mistakes:
        click.echo(mistake, err=True)
    raise click.exceptions.Exit(status)


def takes_settings(
    purpose: Purpose,
    names: Sequence[str],
    otherwise: Callable[[Sequence[str]], NoReturn] = refuse,
) -> Decorator:
    """Give a command these settings' flags, and `settings` as its first argument.

    The flags reach `load` as texts, as variables do: mistakes in them are reported with all others,
    by `otherwise`.
    """

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def run(*, config: Path | None, **given: Any) -> None:
            flags = {name: _listed(given.pop(name)) for name in names}
            try:
                settings = load(purpose, flags, os.environ, config)
            except BadSettings as bad:
                otherwise(bad.mistakes)
            command(settings, **given)

        hidden = _NOT_TAKEN.get(purpose, frozenset())
        flags = [_option(name, hidden=name in hidden) for name in names]
        decorated: Command = run
        for option in reversed([*flags, _config]):  # as decorators apply: the undermost first
            decorated = option(decorated)
        return decorated

    return decorate


def _option(name: str, *, hidden: bool) -> Decorator:
    """Return the decorator that gives a command the flag of a setting."""
    facts = FACTS[name]
    kind = get_args(facts.type)[0]
    text = facts.help + _default(name)
    if kind is bool:
        both = f"{flag(name)}/--no-{flag(name)[2:]}"
        return click.option(both, name, default=None, help=text, hidden=hidden)
    return click.option(
        flag(name),
        name,
        multiple=name in _REPEATED,
        metavar=_REPEATED.get(name) or _metavar(kind),
        help=text,
        hidden=hidden,
    )


def _listed(value: Any) -> Any:
    """Return the values of a repeated flag as `load` takes them, and others as they are."""
    return list(value) if isinstance(value, tuple) else value


def _default(name: str) -> str:
    """Return the default at the end of a help line.

    The flag's own default is None, which shows that it was not given.
    """
    default = _DEFAULTS[name]
    if default is msgspec.NODEFAULT:  # made for each server: nothing is set
        return ""
    if default is False:
        return f" [default: no-{flag(name)[2:]}]"
    if isinstance(default, tuple):
        default = ",".join(default)
    return f" [default: {default}]" if default else ""


def _metavar(kind: Any) -> str:
    kinds = set(_plain(kind))
    if kinds & {int, float}:
        return "NUMBER"
    return "PATH" if Path in kinds else "TEXT"


def _plain(kind: Any) -> Iterator[Any]:
    """Yield the types that a setting may have, without what else is said of them."""
    if get_origin(kind) is Annotated:
        yield from _plain(get_args(kind)[0])
    elif get_origin(kind) in (Union, types.UnionType):
        for one in get_args(kind):
            yield from _plain(one)
    else:
        yield kind
