"""The functions that the settings and the seed file name, and what they are run with."""

import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec.structs import replace

from poolhouse import metrics
from poolhouse.bootstrap import first_start
from poolhouse.clock import Clock
from poolhouse.config.addresses import address
from poolhouse.config.settings import Settings
from poolhouse.http.client import HttpClient
from poolhouse.ids import Ids
from poolhouse.rules.aws.sigv4_signing import Credentials
from poolhouse.triggers import arns, custom_sender
from poolhouse.triggers.custom_sender import CodeSealer
from poolhouse.triggers.factory import EVERY_FUNCTION, TransportDependencies, transport
from poolhouse.triggers.invoke import Invoker
from poolhouse.triggers.transports.contract import Transport

Environment = Mapping[str, str]


def with_seeded(settings: Settings) -> Settings:
    """Add the functions of the seed file, and their environment. What is set otherwise wins.

    Raises BadSeed.
    """
    if settings.seed is None:
        return settings
    from poolhouse.bootstrap.seed import document as seeds  # noqa: PLC0415 - loads a YAML parser, which few need

    seed = seeds.read(settings.seed, settings.home_region)
    functions = {*seed.environment, *settings.environment}
    return replace(
        settings,
        triggers={**seed.triggers, **settings.triggers},
        environment={
            each: {**seed.environment.get(each, {}), **settings.environment.get(each, {})}
            for each in functions
        },
    )


def transports(
    settings: Settings, clock: Clock, ids: Ids, client: HttpClient
) -> Mapping[str, Transport]:
    """Return the functions that triggers may name, by ARN or name."""
    places = dict(settings.triggers)
    if settings.dev:
        places.setdefault(first_start.FUNCTION, first_start.handler(settings))
    dependencies = TransportDependencies(
        client=client,
        now=clock.now,
        wall_clock=Clock().now,
        new_request_id=ids.request_id,
        folder=Path.cwd(),
        python=sys.executable,
        node=shutil.which("node") or "node",
        credentials=credentials(settings),
        webhook_secret=webhook_secret(settings),
        environment=environment_of(settings),
    )
    return {
        function: transport(function, place, dependencies) for function, place in places.items()
    }


def environment_of(settings: Settings) -> Callable[[str], Environment]:
    """Return what gives each function's variables by its ARN.

    The most exact name wins: the ARN, the ARN without a qualifier, the bare name, `*`. In dev mode
    AWS SDKs in functions reach this server, unless their variables name another.
    """
    given = settings.environment
    basis = _of_this_server(settings) if settings.dev else {}

    def of(arn: str) -> Environment:
        variables = dict(basis)
        for name in (EVERY_FUNCTION, *reversed(arns.candidates(arn))):
            variables |= given.get(name, {})
        return variables

    return of


def _of_this_server(settings: Settings) -> Environment:
    """Return the variables by which an AWS SDK calls this server as an administrator of dev mode.

    `public_url` may be a proxy's, so the address is that on which the server listens.
    """
    return {
        "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": address(
            replace(settings, public_url=None), settings.port
        ),
        "AWS_ACCESS_KEY_ID": first_start.ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": first_start.SECRET_ACCESS_KEY,
    }


def invoker_of_senders(functions: Mapping[str, Transport]) -> Invoker:
    """Return the invoker of custom senders.

    A sender that times out may have sent its message, so it isn't called again at once.
    """
    return Invoker(
        functions,
        functions.get(EVERY_FUNCTION),
        limit_seconds=custom_sender.LIMIT_SECONDS,
        observe=metrics.trigger,
        attempts=1,
    )


def code_sealer(settings: Settings, clock: Clock, client: HttpClient) -> CodeSealer | None:
    """Return what seals codes for pools' senders, or None if there is no key to seal with.

    Its library is loaded only if there is one.
    """
    if settings.sender_key is None:
        return None
    from poolhouse.triggers.code_envelope import CodeEnvelope  # noqa: PLC0415
    from poolhouse.triggers.data_keys import data_key_source  # noqa: PLC0415

    return CodeEnvelope(
        data_key_source(
            settings.sender_key,
            client=client,
            credentials=credentials(settings),
            now=clock.now,
            folder=Path.cwd(),
        )
    )


def credentials(settings: Settings) -> Credentials | None:
    """Return what signs the requests that we make; None: emulators accept unsigned ones."""
    if settings.aws_access_key_id is None or settings.aws_secret_access_key is None:
        return None
    return Credentials(
        settings.aws_access_key_id, settings.aws_secret_access_key, settings.aws_session_token
    )


def webhook_secret(settings: Settings) -> bytes | None:
    return None if settings.webhook_secret is None else settings.webhook_secret.encode()
