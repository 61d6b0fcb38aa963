"""The sender of messages that pools send themselves, by CustomEmailSender and CustomSMSSender."""

from collections.abc import Mapping
from typing import Final

from poolhouse.delivery.contract import SendFailure
from poolhouse.entities.messages import Message
from poolhouse.errors.triggers import TriggerRefused, TriggerTimedOut, TriggerUnreachable
from poolhouse.triggers.custom_sender import CodeSealer, CustomSender, KeyUnusable
from poolhouse.triggers.events import Invocation
from poolhouse.triggers.invoke import Invoker

TRIES: Final = 3
"""Of a function that fails. AWS invokes senders asynchronously, and Lambda tries such a call so
often; any more, and a function that fails after it has sent would flood the user."""

MOST_REMEMBERED: Final = 1_000
"""Messages whose ClientMetadata is kept in memory; beyond that the oldest is forgotten."""


class FunctionSender:
    """Passes messages to pools' own functions (`delivery.contract.Sender`).

    `sealer` is None where no keys are set, and then messages wait. `keeps`: whether the inbox keeps
    what functions sent.
    """

    def __init__(self, invoker: Invoker, sealer: CodeSealer | None, *, keeps: bool) -> None:
        self._invoker = invoker
        self._sealer = sealer
        self._keeps = keeps
        self._metadata: dict[str, Mapping[str, str]] = {}

    @property
    def keeps(self) -> bool:
        return self._keeps

    def remember(self, message: Message, client_metadata: Mapping[str, str] | None) -> None:
        """Return what the function gets with this message, until it has been sent.

        DIFFERS: another worker, and this one after a restart, tries again without it, as
        ClientMetadata is never stored; AWS's queue of asynchronous calls keeps it.
        """
        if client_metadata is None:
            return
        if len(self._metadata) >= MOST_REMEMBERED:
            del self._metadata[next(iter(self._metadata))]
        self._metadata[message.id] = client_metadata

    async def send(self, message: Message) -> None:
        """Return when the function has run. Raises SendFailure."""
        try:
            await self._call(message)
        except KeyUnusable as unusable:
            # UNVERIFIED: does AWS fail the API call for a key that it can't use?
            raise SendFailure(f"key unusable: {unusable.reason}") from None
        except TriggerUnreachable:
            raise SendFailure("function unreachable") from None
        except (TriggerRefused, TriggerTimedOut) as failure:  # what it said may hold anything
            last = message.attempts + 1 >= TRIES
            if last:
                self._metadata.pop(message.id, None)
            raise SendFailure(type(failure).__name__, refused=last) from None
        self._metadata.pop(message.id, None)

    async def _call(self, message: Message) -> None:
        function = message.function
        assert function is not None
        if self._sealer is None:
            raise KeyUnusable("no keys are set")
        sealed = await self._sealer.seal(message.code, function.key_arn, message.pool_id)
        trigger = CustomSender(
            channel=message.channel,
            source=message.trigger_source,
            sealed_code=sealed,
            client_metadata=self._metadata.get(message.id),
        )
        invocation = Invocation(
            pool_id=message.pool_id,
            username=message.username,
            client_id=function.client_id,
            user_agent=function.user_agent,
            user_attributes=function.user_attributes,
        )
        await trigger.invoke(self._invoker, function.arn, invocation)
