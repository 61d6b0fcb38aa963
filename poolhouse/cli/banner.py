"""Print what `poolhouse dev` serves and example commands, when it is ready."""

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from poolhouse.bootstrap import first_start
from poolhouse.config.addresses import secure_address
from poolhouse.config.settings import Settings

_USERNAME: Final = "alice"
_PASSWORD: Final = "Correct-horse-9"  # noqa: S105 - of an example


def text(
    settings: Settings, url: str, domain: str | None = None, authority: Path | None = None
) -> str:
    """Return addresses, names and keys of the ready-made pool, and the next commands.

    `domain` is the address of the pool's domain, if it has one. `authority` is the certificate that
    clients of the second port, HTTPS, have to trust.
    """
    pool, client = first_start.dev_pool_id(settings), first_start.CLIENT_ID
    facts = {
        "Endpoint": url,
        "Inbox": f"{url}/inbox",
        "Region": f"{settings.home_region} (all others are served too)",
        "User pool": pool,
        "App client": client,
        "Domain": domain or "none: another pool has its name",
        "Access key": f"any, such as {first_start.ACCESS_KEY_ID}",
        "Secret key": f"any, such as {first_start.SECRET_ACCESS_KEY}",
        "Trigger": f"{_place(first_start.handler(settings))} ({first_start.FUNCTION})",
    }
    if others := _other_functions(settings):
        facts["Functions"] = f"{others}, for pools whose LambdaConfig names them"
    if authority is not None and (secure := secure_address(settings)):
        facts["HTTPS"] = f"{secure}, for clients that trust {_short(authority)}"
        facts["Trust in Node"] = f"NODE_EXTRA_CA_CERTS={authority.resolve()}"
    if not settings.memory:
        facts["Data"] = _short(settings.data.resolve())
    if settings.smtp_host is not None:
        facts["Mail server"] = (
            f"{settings.smtp_host}:{settings.smtp_port}, in addition to the inbox"
        )
    width = max(map(len, facts)) + 3
    table = "\n".join(f"  {name:{width}}{value}" for name, value in facts.items())
    environment = " \\\n      ".join(
        (
            f"export AWS_ACCESS_KEY_ID={first_start.ACCESS_KEY_ID}",
            f"AWS_SECRET_ACCESS_KEY={first_start.SECRET_ACCESS_KEY}",
            f"AWS_DEFAULT_REGION={settings.home_region} AWS_PAGER=",
            f"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER={url}",
        )
    )
    commands = (
        f"sign-up --client-id {client} \\\n"
        f"      --username {_USERNAME} --password {_PASSWORD} \\\n"
        f"      --user-attributes Name=email,Value={_USERNAME}@example.com",
        f"admin-confirm-sign-up --user-pool-id {pool} \\\n"
        f"      --username {_USERNAME} --client-metadata ticket=4711",
        f"admin-get-user --user-pool-id {pool} \\\n      --username {_USERNAME}",
        f"initiate-auth --client-id {client} \\\n"
        f"      --auth-flow USER_PASSWORD_AUTH \\\n"
        f"      --auth-parameters USERNAME={_USERNAME},PASSWORD={_PASSWORD}",
    )
    examples = "\n\n".join(f"  aws cognito-idp {command}" for command in commands)
    return f"""
Poolhouse is ready. It is for development: every caller is an administrator.

{table}

Point the AWS CLI at it:

  {environment}

Sign a user up, confirm the sign-up without a code, get the user, and sign in:

{examples}

Ctrl-C stops it.
"""


def _other_functions(settings: Settings) -> str:
    """Return the functions beside the starter pool's, each as its place and name."""
    starters = first_start.names_of_function(settings)
    return ", ".join(
        f"{_place(place)} ({name})"
        for name, place in settings.triggers.items()
        if name not in starters
    )


def _place(handler: str) -> str:
    """Return a file, or of an address the host: what comes after it may be a secret."""
    if "://" in handler:
        url = urlsplit(handler)
        return f"{url.scheme}://{url.netloc}"
    file, colon, _ = handler.rpartition(":")
    return _short(Path(file)) if colon else handler


def _short(path: Path) -> str:
    """Return a path as one would type it here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
