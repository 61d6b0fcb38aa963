"""PostAuthentication: a function learns that a user has passed every challenge.

It runs once for each sign-in, before there are tokens; its error keeps them back
(ev:triggers-6.4, ev:triggers-8).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from poolhouse.triggers.answers import present
from poolhouse.triggers.events import Invocation
from poolhouse.triggers.trigger import Notice


@dataclass(slots=True, kw_only=True)
class PostAuthentication(Notice):
    """Notify the function. `new_device_used` matters only in pools that remember devices."""

    name = "PostAuthentication"
    source = "PostAuthentication_Authentication"
    new_device_used: bool
    client_metadata: Mapping[str, str] | None

    def request(self, invocation: Invocation) -> Mapping[str, object]:
        return {
            "userAttributes": invocation.user_attributes,
            "newDeviceUsed": self.new_device_used,
            **present(clientMetadata=self.client_metadata),
        }
