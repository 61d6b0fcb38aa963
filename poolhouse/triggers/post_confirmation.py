"""PostConfirmation: a function learns that a user was confirmed or has chosen a new password.

It runs after the change was written. Its error reaches the caller and undoes nothing
(ev:triggers-6.2, ev:triggers-8).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from poolhouse.triggers.answers import present
from poolhouse.triggers.events import Invocation
from poolhouse.triggers.trigger import Notice


class PostConfirmationSource(StrEnum):
    """AdminConfirmSignUp has no source of its own: it is CONFIRM_SIGN_UP too."""

    CONFIRM_SIGN_UP = "PostConfirmation_ConfirmSignUp"
    CONFIRM_FORGOT_PASSWORD = "PostConfirmation_ConfirmForgotPassword"  # noqa: S105 - no password


@dataclass(slots=True, kw_only=True)
class PostConfirmation(Notice):
    """Notify the function that a user is CONFIRMED."""

    name = "PostConfirmation"
    source: PostConfirmationSource
    client_metadata: Mapping[str, str] | None

    def request(self, invocation: Invocation) -> Mapping[str, object]:
        return {
            "userAttributes": invocation.user_attributes,
            **present(clientMetadata=self.client_metadata),
        }
