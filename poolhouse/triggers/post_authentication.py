"""PostAuthentication: a function learns that a user has passed every challenge.

It runs once for each sign-in, before there are tokens; its error keeps them back
(ev:triggers-6.4, ev:triggers-8).
"""

from collections.abc import Mapping
from typing import Final

from poolhouse.triggers.answers import present
from poolhouse.triggers.events import Invocation, event
from poolhouse.triggers.invoke import Invoker

SOURCE: Final = "PostAuthentication_Authentication"


async def post_authentication(
    invoker: Invoker,
    arn: str,
    invocation: Invocation,
    *,
    user_attributes: Mapping[str, str],
    new_device_used: bool,
    client_metadata: Mapping[str, str] | None,
) -> None:
    """Tell the function; what it answers is ignored, but it must be an answer.

    `new_device_used` means something only in pools that remember devices.
    """
    await invoker.call(
        "PostAuthentication",
        arn,
        event(
            SOURCE,
            invocation,
            request={
                "userAttributes": user_attributes,
                "newDeviceUsed": new_device_used,
                **present(clientMetadata=client_metadata),
            },
            response={},
        ),
    )
