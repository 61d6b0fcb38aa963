"""The senders of messages that the settings name: SMTP, SES, SNS, a webhook, or the inbox."""

import contextlib
from collections.abc import Mapping

from poolhouse.bootstrap import functions as configured_functions
from poolhouse.clock import Clock
from poolhouse.config.settings import Settings
from poolhouse.delivery import factory
from poolhouse.delivery.contract import Sender
from poolhouse.delivery.inbox import Inbox, InboxBesideSender
from poolhouse.entities.messages import Channel
from poolhouse.http.client import HttpClient


def of_channels(
    settings: Settings, clock: Clock, client: HttpClient, closing: contextlib.AsyncExitStack
) -> Mapping[Channel, Sender]:
    """Return the sender of each channel. In dev mode the inbox keeps every message beside it."""
    set_up = _set_up(settings, clock, client, closing)
    if not settings.dev:
        return set_up
    return {
        channel: InboxBesideSender(set_up[channel]) if channel in set_up else Inbox()
        for channel in Channel
    }


def _set_up(
    settings: Settings, clock: Clock, client: HttpClient, closing: contextlib.AsyncExitStack
) -> Mapping[Channel, Sender]:
    """Return the senders that were set up. What they keep open, `closing` closes."""
    dependencies = factory.SenderDependencies(
        client=client,
        now=clock.now,
        region=settings.home_region,
        credentials=configured_functions.credentials(settings),
        webhook_secret=configured_functions.webhook_secret(settings),
    )
    senders: dict[Channel, Sender] = {}
    if settings.smtp_host is not None:
        from poolhouse.delivery.smtp import Smtp  # noqa: PLC0415 - loaded by servers that send mail

        smtp = Smtp(
            settings.smtp_host,
            settings.smtp_port,
            username=settings.smtp_username,
            password=settings.smtp_password,
            tls=settings.smtp_tls,
            from_address=settings.email_from,
        )
        closing.push_async_callback(smtp.close)
        senders[Channel.EMAIL] = smtp
    elif settings.ses_endpoint is not None:
        senders[Channel.EMAIL] = factory.ses(
            settings.ses_endpoint, settings.email_from, dependencies
        )
    if settings.sns_endpoint is not None:
        senders[Channel.SMS] = factory.sns(settings.sns_endpoint, dependencies)
    elif settings.sms_webhook is not None:
        senders[Channel.SMS] = factory.sms_webhook(settings.sms_webhook, dependencies)
    return senders
