"""The command line: `poolhouse dev`, `serve`, and what administers a server's store.

Click parses it, which a server has anyway, because uvicorn loads it. A command's module is loaded
when the command runs, and loads what that command needs.
"""

import click

from poolhouse.cli.command_group import CommandGroup


@click.group(
    cls=CommandGroup,
    help="An identity server for every client of Amazon Cognito user pools.",
    places={
        "dev": "poolhouse.cli.server_commands:dev",
        "serve": "poolhouse.cli.server_commands:serve",
        "audit": "poolhouse.cli.audit:audit",
        "check": "poolhouse.cli.check:check",
        "export": "poolhouse.cli.transfer:export",
        "import": "poolhouse.cli.transfer:import_",
        "backup": "poolhouse.cli.backup:backup",
    },
)
@click.version_option(
    package_name="poolhouse", message="poolhouse %(version)s", help="Show the version."
)
def app() -> None:
    """Parse what stands before the command's name."""


@app.group(
    "keys",
    cls=CommandGroup,
    places={
        "create": "poolhouse.cli.keys:create",
        "list": "poolhouse.cli.keys:list_",
        "disable": "poolhouse.cli.keys:disable",
        "enable": "poolhouse.cli.keys:enable",
        "delete": "poolhouse.cli.keys:delete",
        "rotate": "poolhouse.cli.keys:rotate",
        "can": "poolhouse.cli.keys:can",
        "rotate-signing": "poolhouse.cli.signing_keys:rotate_signing",
    },
)
def _keys() -> None:
    """Manage access keys, and the keys that sign tokens."""


@app.group("master-key", cls=CommandGroup, places={"rotate": "poolhouse.cli.master_key:rotate"})
def _master_key() -> None:
    """Manage the master key, which unseals the store's secrets."""
