"""The command line: `poolhouse dev`, `serve`, and what administers a server's store.

Typer costs 50 ms of a start, argparse 7, and both are small against the 300 that the server itself
takes to load; its help and its errors are worth that. Its use of `rich` would cost as much again
and is off. Whatever a single command needs is loaded by that command.
"""

from typing import Annotated

import typer

from poolhouse.cli import (
    audit,
    backup,
    check,
    keys,
    master_key,
    server_commands,
    signing_keys,
    transfer,
)

app = typer.Typer(
    help="An identity server for every client of Amazon Cognito user pools.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=True,
)


def _show_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version  # noqa: PLC0415 - only if it is asked for

        typer.echo(f"poolhouse {version('poolhouse')}")
        raise typer.Exit


@app.callback()
def _before_commands(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Take what is asked of the program itself."""


app.command()(server_commands.dev)
app.command()(server_commands.serve)
keys.app.command()(signing_keys.rotate_signing)
app.add_typer(keys.app, name="keys")
app.add_typer(master_key.app, name="master-key")
app.command()(audit.audit)
app.command()(check.check)
app.command()(transfer.export)
app.command("import")(transfer.import_)
app.command()(backup.backup)
