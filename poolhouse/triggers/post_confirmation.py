"""PostConfirmation: a function learns that a user was confirmed or has chosen a new password.

It runs after the change was written. Its error reaches the caller and undoes nothing
(ev:triggers-6.2, ev:triggers-8).
"""

from collections.abc import Mapping
from enum import StrEnum

from poolhouse.triggers.answers import present
from poolhouse.triggers.events import Invocation, event
from poolhouse.triggers.invoke import Invoker


class PostConfirmationSource(StrEnum):
    """AdminConfirmSignUp has no source of its own: it is CONFIRM_SIGN_UP too."""

    CONFIRM_SIGN_UP = "PostConfirmation_ConfirmSignUp"
    CONFIRM_FORGOT_PASSWORD = "PostConfirmation_ConfirmForgotPassword"  # noqa: S105 - no password


async def post_confirmation(
    invoker: Invoker,
    arn: str,
    source: PostConfirmationSource,
    invocation: Invocation,
    *,
    user_attributes: Mapping[str, str],
    client_metadata: Mapping[str, str] | None,
) -> None:
    """Tell the function; what it answers is ignored, but it must be an answer.

    `user_attributes` are the caller's to prepare: the user's attributes as they now stand, with
    `sub` and `cognito:user_status` ("CONFIRMED"), every value a string.
    """
    await invoker.call(
        "PostConfirmation",
        arn,
        event(
            source,
            invocation,
            request={
                "userAttributes": user_attributes,
                **present(clientMetadata=client_metadata),
            },
            response={},
        ),
    )
