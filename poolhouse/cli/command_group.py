"""Groups of commands whose modules are loaded when they are needed."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

import click

_INTERRUPTED: Final = 130
"""The exit status that shells expect of a program that Ctrl-C has ended: 128 and SIGINT."""


class CommandGroup(click.Group):
    """Commands in the order of their definition.

    `places` has a `module:attribute` for each name. The module is loaded when its command is run,
    and for the group's help.
    """

    def __init__(self, *args: Any, places: Mapping[str, str], **options: Any) -> None:
        super().__init__(*args, **options)
        self._places = places

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(dict.fromkeys([*self._places, *self.commands]))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, or None after all are loaded: the error suggests one of them."""
        is_known = cmd_name in self.list_commands(ctx)
        for name in [cmd_name] if is_known else self._places:
            if name not in self.commands:
                module, _, attribute = self._places[name].partition(":")
                self.add_command(getattr(import_module(module), attribute), name)
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise click.exceptions.Exit(_INTERRUPTED) from None
