"""Text messages by a webhook: an SMS provider of the operator's choice, behind a few lines of code.

The message is POSTed as JSON,

    {"id": …, "phoneNumber": "+12065550100", "message": "Your verification code is 012345. ",
     "userPoolId": …, "userName": …, "triggerSource": "CustomMessage_SignUp"}

signed with the configured secret, if there is one (`rules.messages.webhook_signature`). Any status
from 200 to 299 accepts the message. 400, 413 and 422 refuse it for good, and after any other it is
sent again. The `id` stays the same then: a receiver that has sent it may accept it and do nothing.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import httpx
import msgspec

from poolhouse.delivery.contract import ANSWER_LIMIT, SendFailure
from poolhouse.entities.messages import Message
from poolhouse.http.client import ConnectionFailed, SignedWebhook

_OF_THIS_MESSAGE: Final = frozenset({400, 413, 422})


class SmsWebhook:
    """`client` is the application's."""

    keeps: Final = False

    def __init__(
        self,
        url: str,
        *,
        client: httpx.AsyncClient,
        secret: bytes | None,
        now: Callable[[], datetime],
    ) -> None:
        self._webhook = SignedWebhook(url, client=client, secret=secret, now=now)

    async def send(self, message: Message) -> None:
        """Return when the receiver has taken the message over. Raises SendFailure."""
        body = msgspec.json.encode(
            {
                "id": message.id,
                "phoneNumber": message.destination,
                "message": message.body,
                "userPoolId": message.pool_id,
                "userName": message.username,
                "triggerSource": message.trigger_source,
            }
        )
        try:
            answer = await self._webhook.post(body, {}, limit=ANSWER_LIMIT)
        except ConnectionFailed as failed:
            raise SendFailure(failed.kind) from None
        if not answer.is_success:
            refused = answer.status in _OF_THIS_MESSAGE
            raise SendFailure(f"HTTP status {answer.status}", refused=refused)
