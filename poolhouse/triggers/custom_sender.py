"""CustomEmailSender and CustomSMSSender: a function sends the message itself, instead of us.

It gets the code under the pool's KMS key. No call waits for it: it runs after the commit, and its
answer is ignored (ev:triggers-2, ev:triggers-6.11, ev:triggers-7).
"""

from collections.abc import Mapping
from typing import Final, Protocol

from poolhouse.entities.messages import Channel, Occasion
from poolhouse.triggers.events import Invocation, event
from poolhouse.triggers.invoke import Invoker

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
        """The code as a sender's event has it, in Base64. Raises KeyUnusable."""


def source(channel: Channel, occasion: Occasion) -> str:
    """The trigger source, e.g. `CustomEmailSender_SignUp`."""
    return f"{TRIGGERS[channel]}_{occasion}"


async def custom_sender(
    invoker: Invoker,
    arn: str,
    channel: Channel,
    source: str,
    invocation: Invocation,
    *,
    sealed_code: str,
    user_attributes: Mapping[str, str],
    client_metadata: Mapping[str, str] | None,
) -> None:
    """Have the function send the message; the code comes from a `CodeSealer`.

    Raises what `Invoker.tell` raises: an error of the function is the only answer that counts.
    """
    # `clientMetadata` is null without metadata, unlike in other triggers' events, and there is no
    # `response` (github.com/DefinitelyTyped/DefinitelyTyped/pull/52111).
    request = {
        "type": _TYPES[channel],
        # UNVERIFIED: AWS is said to escape < and > in temporary passwords, as HTML, before sealing.
        "code": sealed_code,
        "clientMetadata": client_metadata,
        "userAttributes": user_attributes,
    }
    await invoker.tell(TRIGGERS[channel], arn, event(source, invocation, request))
