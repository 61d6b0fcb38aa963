"""Email by the API of Amazon SES (version 2, SendEmail), at AWS or a compatible server."""

import base64
from typing import Final

import msgspec

from poolhouse.delivery.aws_api import AwsJsonClient
from poolhouse.delivery.contract import SendFailure
from poolhouse.delivery.smtp import DEFAULT_FROM, compose
from poolhouse.entities.messages import Message

SERVICE: Final = "ses"

_PATH: Final = "/v2/email/outbound-emails"
_OF_THIS_MESSAGE: Final = frozenset({"MessageRejected", "BadRequestException"})
"""Errors about the message. The operator can correct all others, or they are temporary."""


class Ses:
    """Sends emails by SES, as whole mails, the same as by SMTP.

    `from_address` is for pools that name no sender of their own. SES must know either.
    """

    keeps: Final = False

    def __init__(self, api: AwsJsonClient, from_address: str = DEFAULT_FROM) -> None:
        self._api = api
        self._from_address = from_address

    async def send(self, message: Message) -> None:
        """Return when SES has taken the message over. Raises SendFailure."""
        mail, envelope_from, envelope_to = compose(message, self._from_address)
        body = msgspec.json.encode(
            {
                "FromEmailAddress": envelope_from,
                "Destination": {"ToAddresses": [envelope_to]},
                "Content": {"Raw": {"Data": base64.b64encode(mail.as_bytes()).decode()}},
                # SES gives the mail a Message-ID of its own; this one identifies repeated tries.
                "EmailTags": [{"Name": "poolhouse-message-id", "Value": message.id}],
            }
        )
        answer = await self._api.call(_PATH, "application/json", body)
        if not answer.is_success:
            # The error's code, and nothing of its words: they hold the address.
            reason = answer.aws_error or f"HTTP status {answer.status}"
            raise SendFailure(f"SES: {reason}", refused=reason in _OF_THIS_MESSAGE)
