"""PreAuthentication: a function may refuse a sign-in before the password is looked at.

It runs once for each attempt, so its refusal tells nothing about the password (ev:triggers-6.3).
"""

from collections.abc import Mapping
from typing import Final

from poolhouse.triggers.answers import present
from poolhouse.triggers.events import Invocation, event
from poolhouse.triggers.invoke import Invoker

SOURCE: Final = "PreAuthentication_Authentication"


async def pre_authentication(
    invoker: Invoker,
    arn: str,
    invocation: Invocation,
    *,
    user_attributes: Mapping[str, str],
    validation_data: Mapping[str, str] | None,
    user_not_found: bool | None,
) -> None:
    """Ask the function; its error refuses the sign-in. What else it answers is ignored.

    `validation_data` is the ClientMetadata of InitiateAuth. `user_not_found` is None where the app
    client doesn't hide user existence: then the function isn't invoked for unknown users.
    """
    await invoker.call(
        "PreAuthentication",
        arn,
        event(
            SOURCE,
            invocation,
            request={
                "userAttributes": user_attributes,
                "validationData": validation_data,
                **present(userNotFound=user_not_found),
            },
            response={},
        ),
    )
