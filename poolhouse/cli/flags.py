"""Flags that are made from the settings, so that each has one name and one line of help."""

import functools
import inspect
import os
import types
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn, Union, get_args, get_origin

import msgspec
import typer

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
    "serve": frozenset({"memory", "code", "fixed_ids", "seed"}),
}
"""Settings that a command refuses, with the reason. Their flags aren't in its help."""

_REPEATED: Final = {"region": "REGION", "triggers": "FUNCTION=PLACE"}
"""Flags that may be given several times, with what each of them takes."""

_DEFAULTS: Final = {field.name: field.default for field in msgspec.structs.fields(Settings)}

FAILED: Final = 1
MISUSED: Final = 2
"""Exit statuses: the command could not do it, or was asked wrongly."""


def refuse(mistakes: Sequence[str], status: int = MISUSED) -> NoReturn:
    """Print what is wrong, a sentence a line, and end the command."""
    for mistake in mistakes:
        typer.echo(mistake, err=True)
    raise typer.Exit(status)


def takes_settings(
    purpose: Purpose,
    names: Sequence[str],
    otherwise: Callable[[Sequence[str]], NoReturn] = refuse,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command these settings' flags, and `settings` as its first argument.

    The flags reach `load` as texts, as variables do: mistakes in them are told with all others,
    and `otherwise` tells them.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def run(*, config: Path | None, **given: Any) -> None:
            flags = {name: given.pop(name) for name in names}
            try:
                settings = load(purpose, flags, os.environ, config)
            except BadSettings as bad:
                otherwise(bad.mistakes)
            command(settings, **given)

        _, *own = inspect.signature(command).parameters.values()
        hidden = _NOT_TAKEN.get(purpose, frozenset())
        flags = [_parameter(name, hidden=name in hidden) for name in names]
        parameters = [*own, *flags, _config_parameter()]
        run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in parameters]
        )
        return run

    return decorate


def _parameter(name: str, *, hidden: bool) -> inspect.Parameter:
    facts = FACTS[name]
    plain = get_args(facts.type)[0]
    options: Any = {"help": facts.help + _default(name), "hidden": hidden}
    default: Any = None
    if plain is bool:
        kind: Any = bool | None
        option = typer.Option(default, f"{flag(name)}/--no-{flag(name)[2:]}", **options)
    elif name in _REPEATED:
        kind, default = list[str], []
        option = typer.Option(default, flag(name), metavar=_REPEATED[name], **options)
    else:
        kind = str | None
        option = typer.Option(default, flag(name), metavar=_metavar(plain), **options)
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=option, annotation=kind)


def _default(name: str) -> str:
    """Return the default at the end of a help line.

    Typer's own default is None, which shows that the flag was not given.
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


def _config_parameter() -> inspect.Parameter:
    option = typer.Option(
        None,
        "--config",
        metavar="PATH",
        help=f"TOML file of settings; default: {PREFIX}CONFIG, else ./poolhouse.toml if it exists.",
    )
    return inspect.Parameter(
        "config", inspect.Parameter.KEYWORD_ONLY, default=option, annotation=Path | None
    )
