"""The senders that use HTTP, from their addresses.

Their libraries are loaded here, and so only by servers that send in this way.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from poolhouse.delivery.contract import Sender
from poolhouse.rules.aws.sigv4_signing import Credentials

if TYPE_CHECKING:
    import httpx

    from poolhouse.delivery.aws_api import AwsJsonClient


class SenderDependencies(msgspec.Struct, frozen=True, kw_only=True):
    """Dependencies of senders: the application's HTTP client, its clock and its secrets.

    `credentials` sign calls of AWS's APIs, `webhook_secret` signs webhooks; None: unsigned.
    `region` is for addresses that don't name theirs.
    """

    client: "Callable[[], httpx.AsyncClient]"
    now: Callable[[], datetime]
    region: str
    credentials: Credentials | None
    webhook_secret: bytes | None

    def __repr__(self) -> str:
        """Return the dependencies without the secrets."""
        return f"SenderDependencies(region={self.region!r})"


def ses(endpoint: str, from_address: str, dependencies: SenderDependencies) -> Sender:
    from poolhouse.delivery.ses import SERVICE, Ses  # noqa: PLC0415 - slow to load

    return Ses(_aws_api(endpoint, SERVICE, dependencies), from_address)


def sns(endpoint: str, dependencies: SenderDependencies) -> Sender:
    from poolhouse.delivery.sns import SERVICE, Sns  # noqa: PLC0415 - slow to load

    return Sns(_aws_api(endpoint, SERVICE, dependencies))


def sms_webhook(url: str, dependencies: SenderDependencies) -> Sender:
    from poolhouse.delivery.sms_webhook import SmsWebhook  # noqa: PLC0415 - slow to load

    return SmsWebhook(
        url, client=dependencies.client(), secret=dependencies.webhook_secret, now=dependencies.now
    )


def _aws_api(endpoint: str, service: str, dependencies: SenderDependencies) -> "AwsJsonClient":
    from poolhouse.delivery.aws_api import AwsJsonClient  # noqa: PLC0415 - slow to load

    return AwsJsonClient(
        endpoint,
        service,
        client=dependencies.client(),
        credentials=dependencies.credentials,
        region=dependencies.region,
        now=dependencies.now,
    )
