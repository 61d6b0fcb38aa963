"""Text messages by the API of Amazon SNS (Publish), at AWS or a compatible server."""

import re
from typing import Final
from urllib.parse import urlencode

from poolhouse.delivery.aws_api import AwsJsonClient
from poolhouse.delivery.contract import SendFailure
from poolhouse.entities.messages import Message

SERVICE: Final = "sns"

_FORM: Final = "application/x-www-form-urlencoded; charset=utf-8"
_ERROR_CODE: Final = re.compile(rb"<Code>\s*([A-Za-z.]{1,100})\s*</Code>")
_OF_THIS_MESSAGE: Final = frozenset(
    {"InvalidParameter", "ParameterValueInvalid", "ValidationException"}
)
"""Errors about the message. The operator can correct all others, or they are temporary."""

_ATTRIBUTE: Final = "MessageAttributes.entry.1"


class Sns:
    """Sends text messages by SNS."""

    keeps: Final = False

    def __init__(self, api: AwsJsonClient) -> None:
        self._api = api

    async def send(self, message: Message) -> None:
        """Return when SNS has taken the message over. Raises SendFailure."""
        form = {
            "Action": "Publish",
            "Version": "2010-03-31",
            "PhoneNumber": message.destination,
            "Message": message.body,
            # Codes are worth a better route than advertisements.
            f"{_ATTRIBUTE}.Name": "AWS.SNS.SMS.SMSType",
            f"{_ATTRIBUTE}.Value.DataType": "String",
            f"{_ATTRIBUTE}.Value.StringValue": "Transactional",
        }
        answer = await self._api.call("/", _FORM, urlencode(form).encode())
        if not answer.is_success:
            # The error's code, and nothing of its words: they may hold the number.
            found = _ERROR_CODE.search(answer.body)
            reason = found[1].decode() if found else f"HTTP status {answer.status}"
            raise SendFailure(f"SNS: {reason}", refused=reason in _OF_THIS_MESSAGE)
