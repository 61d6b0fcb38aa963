"""Make a transport from a line of configuration.

A function is named by its ARN (with or without a qualifier), by its bare name, or `*` for every
function without a line of its own. Where it runs is one of

    lambda+https://lambda.us-east-1.amazonaws.com     the Lambda API
    lambda+http://localhost:9001/function             … that calls it by this name, not its ARN
    https://example.com/pre-sign-up                   a webhook
    functions/pre_sign_up.py:lambda_handler           a Python handler
    functions/pre-sign-up.mjs:handler                 a Node handler (.mjs, .cjs, .js)
    functions/pre-sign-up.handler                     Lambda's own form: the file's suffix is found
    exec:functions/bootstrap                          a program that speaks Lambda's Runtime API
    exec:functions/bootstrap:app.handler              … to which `_HANDLER` names this
"""

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec

from poolhouse.rules.aws.sigv4_signing import Credentials
from poolhouse.triggers import arns
from poolhouse.triggers.transports import socket_owner
from poolhouse.triggers.transports.contract import Transport
from poolhouse.triggers.transports.local import (
    MOST_CHILDREN,
    Handler,
    LocalHandler,
    Runtime,
    custom_runtime,
    node_runtime,
    python_runtime,
)

if TYPE_CHECKING:
    import httpx

EVERY_FUNCTION: Final = "*"

_LAMBDA: Final = "lambda+"
_EXEC: Final = "exec:"
_SUFFIXES: Final = (".js", ".mjs", ".cjs", ".py")


def no_variables(arn: str) -> Mapping[str, str]:
    """Return the environment of functions that need none."""
    return {}


class TransportDependencies(msgspec.Struct, frozen=True, kw_only=True):
    """Dependencies of transports. `folder` is where relative handler paths start.

    `credentials` sign calls of the Lambda API, `webhook_secret` signs webhooks; None: unsigned.
    `now` may be another time than the machine's own, which `wall_clock` gives. `environment` gives
    the variables of a local handler by its function's ARN. `client` gives the one HTTP client of
    all transports. It isn't called, nor its library loaded, unless one needs it.
    """

    client: "Callable[[], httpx.AsyncClient]"
    now: Callable[[], datetime]
    wall_clock: Callable[[], datetime]
    new_request_id: Callable[[], str]
    folder: Path
    python: str
    node: str
    credentials: Credentials | None = None
    webhook_secret: bytes | None = None
    environment: Callable[[str], Mapping[str, str]] = no_variables
    most_children: int = MOST_CHILDREN

    def __repr__(self) -> str:
        """Return the dependencies without the secrets."""
        return f"TransportDependencies(folder={str(self.folder)!r})"


def rooted(place: str, folder: Path) -> str:
    """Return where a function runs, with the path of a local handler starting at the folder."""
    if "://" in place:
        return place
    kind = _EXEC if place.startswith(_EXEC) else ""
    return f"{kind}{folder.absolute() / place.removeprefix(kind)}"


def transport(function: str, place: str, dependencies: TransportDependencies) -> Transport:
    """Return the transport for one line. Raises ValueError with what is wrong with it."""
    if function != EVERY_FUNCTION and not arns.is_name(function) and arns.parse(function) is None:
        raise ValueError(f"{function!r} is neither the ARN nor the name of a Lambda function")
    if place.startswith(_LAMBDA):
        return _lambda_api(function, place, dependencies)
    if "://" in place:
        _checked_url(function, place)
        from poolhouse.triggers.transports.webhook import Webhook  # noqa: PLC0415 - slow to load

        return Webhook(
            place,
            client=dependencies.client(),
            secret=dependencies.webhook_secret,
            now=dependencies.now,
        )
    handler, runtime = _local(function, place, dependencies)
    return LocalHandler(
        handler,
        runtime,
        wall_clock=dependencies.wall_clock,
        new_request_id=dependencies.new_request_id,
        environment=dependencies.environment,
        most_children=dependencies.most_children,
    )


def _local(
    function: str, place: str, dependencies: TransportDependencies
) -> tuple[Handler, Runtime]:
    if place.startswith(_EXEC):
        return _program(function, place.removeprefix(_EXEC), dependencies.folder), custom_runtime(
            dependencies.python
        )
    handler = _handler(function, place, dependencies.folder)
    if handler.file.suffix == ".py":
        return handler, python_runtime(dependencies.python)
    return handler, node_runtime(dependencies.node)


def _lambda_api(function: str, place: str, dependencies: TransportDependencies) -> Transport:
    url = _checked_url(function, place.removeprefix(_LAMBDA))
    name = unquote(url.path.strip("/"))
    if "/" in name or url.query:
        raise ValueError(
            f"{function}: {place!r} may have a function's name after the host, and nothing else"
        )
    from poolhouse.triggers.transports.lambda_api import LambdaApi  # noqa: PLC0415 - slow to load

    return LambdaApi(
        f"{url.scheme}://{url.netloc}",
        client=dependencies.client(),
        credentials=dependencies.credentials,
        now=dependencies.now,
        function=name or None,
    )


def _checked_url(function: str, address: str) -> SplitResult:
    """Return the parsed address.

    A password in it is found first, so that no other error message shows it.
    """
    authority = address.partition("://")[2].partition("/")[0]
    if "@" in authority or "#" in address:
        raise ValueError(f"{function}: an address has no user, password or #fragment here")
    try:
        url = urlsplit(address)
        usable = url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(f"{function}: {address!r} is not an http:// or https:// address")
    return url


def _handler(function: str, place: str, folder: Path) -> Handler:
    """Parse `file.py:name`, or Lambda's `file.name` with the suffix left out."""
    path, colon, name = place.rpartition(":")
    if colon:
        file = (folder / path).resolve()
        if file.suffix not in _SUFFIXES:
            raise ValueError(f"{function}: {path!r} is not a Python (.py) or Node (.js) file")
        found = [file]
    else:
        file = folder / place
        if file.suffix in _SUFFIXES and file.is_file():
            raise ValueError(f"{function}: {place!r} names no function: write {place}:handler")
        path, _, name = place.rpartition(".")
        found = [(folder / (path + suffix)).resolve() for suffix in _SUFFIXES]
    if not name.isidentifier():
        raise ValueError(f"{function}: {place!r} does not end with the name of a function")
    present = [file for file in found if file.is_file()]
    if not present:
        raise ValueError(f"{function}: there is no file for {place!r} in {folder}")
    if len(present) > 1:
        names = " and ".join(file.name for file in present)
        raise ValueError(f"{function}: {place!r} could be {names}: write file:name")
    return Handler(file=present[0], function=name)


def _program(function: str, place: str, folder: Path) -> Handler:
    """Parse `program` or `program:handler`."""
    if not socket_owner.IS_SUPPORTED:
        raise ValueError(
            f"{function}: {_EXEC}{place} needs Linux, which identifies the connecting process"
        )
    path, _, name = place.partition(":")
    file = (folder / path).resolve()
    if not file.is_file():
        raise ValueError(f"{function}: there is no file {path!r} in {folder}")
    if not os.access(file, os.X_OK):
        raise ValueError(f"{function}: {path!r} is not executable: chmod +x {path}")
    return Handler(file=file, function=name or file.name)
