"""CustomEmailSender and CustomSMSSender: a function sends the message itself, instead of us.

It gets the code under the pool's KMS key. No call waits for it: it runs after the commit, and its
answer is ignored (ev:triggers-2, ev:triggers-6.11, ev:triggers-7).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from poolhouse.entities.messages import Channel, Occasion
from poolhouse.triggers.events import Invocation, event
from poolhouse.triggers.invoke import Invoker
from poolhouse.triggers.trigger import Notice

LIMIT_SECONDS: Final = 25.0
"""For one try. On AWS a sender has the time that its function is given, up to minutes: that can't
be told from here. It is less than what the delivery gives a try, so that the function's time-out
is known as one."""

TRIGGERS: Final = {Channel.EMAIL: "CustomEmailSender", Channel.SMS: "CustomSMSSender"}
_TYPES: Final = {
    Channel.EMAIL: "customEmailSenderRequestV1",
    Channel.SMS: "customSMSSenderRequestV1",
}


class KeyUnusable(Exception):
    """A code could not be sealed. `reason` is a few words or KMS's error code, never a secret."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CodeSealer(Protocol):
    async def seal(self, code: str, key_arn: str, pool_id: str) -> str:
        """Return the code as in a sender's event, in Base64. Raises KeyUnusable."""


def source(channel: Channel, occasion: Occasion) -> str:
    """Return the trigger source, such as `CustomEmailSender_SignUp`."""
    return f"{TRIGGERS[channel]}_{occasion}"


@dataclass(slots=True, kw_only=True)
class CustomSender(Notice):
    """Have the function send the message; the code comes from a `CodeSealer`."""

    channel: Channel
    source: str
    sealed_code: str
    client_metadata: Mapping[str, str] | None

    @property
    def name(self) -> str:  # type: ignore[override]  # one of two triggers
        return TRIGGERS[self.channel]

    def request(self, invocation: Invocation) -> Mapping[str, object]:
        # `clientMetadata` is null without metadata, unlike in other triggers' events, and there is
        # no `response` (github.com/DefinitelyTyped/DefinitelyTyped/pull/52111).
        return {
            "type": _TYPES[self.channel],
            # UNVERIFIED: AWS is said to escape < and > in temporary passwords, as HTML, before
            # sealing.
            "code": self.sealed_code,
            "clientMetadata": self.client_metadata,
            "userAttributes": invocation.user_attributes,
        }

    async def invoke(self, invoker: Invoker, arn: str, invocation: Invocation) -> None:
        """Invoke the sender; only an error in its response counts. Raises as `Invoker.notify`."""
        await invoker.notify(
            self.name, arn, event(self.source, invocation, self.request(invocation))
        )
