"""PreAuthentication: a function may refuse a sign-in before the password is looked at.

It runs once for each attempt, so its refusal tells nothing about the password (ev:triggers-6.3).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from poolhouse.triggers.answers import present
from poolhouse.triggers.events import Invocation
from poolhouse.triggers.trigger import Notice


@dataclass(slots=True, kw_only=True)
class PreAuthentication(Notice):
    """Ask the function; its error refuses the sign-in. What else it answers is ignored.

    `validation_data` is the ClientMetadata of InitiateAuth. The event's `userNotFound` is absent if
    the app client reveals which users exist: then no function is asked about unknown users.
    """

    name = "PreAuthentication"
    source = "PreAuthentication_Authentication"
    validation_data: Mapping[str, str] | None

    def request(self, invocation: Invocation) -> Mapping[str, object]:
        return {
            "userAttributes": invocation.user_attributes,
            "validationData": self.validation_data,
            **present(userNotFound=invocation.user_not_found),
        }
