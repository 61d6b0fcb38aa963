"""UserMigration: a function migrates a user at the first sign-in, or at a forgotten password.

It is invoked for names that no user of the pool has, with the password in the clear: that is what
it has to try where the user comes from. It runs before there is a user (ev:triggers-6.10,
ev:triggers-8).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec

from poolhouse.errors.triggers import MigrationFailed
from poolhouse.triggers.answers import present, read, texts
from poolhouse.triggers.events import Invocation
from poolhouse.triggers.trigger import Trigger
from poolhouse.wire.enums import DeliveryMediumType, MessageActionType, UserStatusType

_RESPONSE: Final = (
    "userAttributes",
    "finalUserStatus",
    "messageAction",
    "desiredDeliveryMediums",
    "forceAliasCreation",
    "enableSMSMFA",
)


class UserMigrationSource(StrEnum):
    AUTHENTICATION = "UserMigration_Authentication"
    FORGOT_PASSWORD = "UserMigration_ForgotPassword"  # noqa: S105 - no password


class MigratedUser(msgspec.Struct, frozen=True, kw_only=True):
    """A user to be stored, as the function describes them.

    `attributes` are as the function gave them: the caller holds them against the schema. Among them
    `username` may name the user, who otherwise bears the typed name. `message_action` SUPPRESS:
    no welcome message, which else goes out by `desired_delivery_mediums`.
    """

    attributes: dict[str, str]
    final_status: str | None = None
    message_action: MessageActionType | None = None
    desired_delivery_mediums: tuple[DeliveryMediumType, ...] = (DeliveryMediumType.SMS,)
    force_alias_creation: bool = False
    enable_sms_mfa: bool = False

    @property
    def keeps_password(self) -> bool:
        """Return whether the typed password becomes the user's; if not, the user must reset it."""
        return self.final_status == UserStatusType.CONFIRMED


class _Answer(msgspec.Struct, frozen=True, rename="camel"):
    user_attributes: dict[str, str | None] | None = None
    final_user_status: str | None = None
    message_action: MessageActionType | None = None
    desired_delivery_mediums: tuple[DeliveryMediumType, ...] | None = None
    force_alias_creation: bool | None = None
    enable_sms_mfa: bool | None = msgspec.field(default=None, name="enableSMSMFA")


@dataclass(slots=True, kw_only=True)
class UserMigration(Trigger[MigratedUser | None]):
    """Ask the function for the user of this name; the event's `userName` is what was typed.

    `password` is the typed one, None for a forgotten one. The answer is None if the function gives
    no attributes for a forgotten password: the caller there hides who exists. At a sign-in that is
    MigrationFailed.
    """

    name = "UserMigration"
    blank = dict.fromkeys(_RESPONSE)
    source: UserMigrationSource
    password: str | None
    validation_data: Mapping[str, str] | None
    client_metadata: Mapping[str, str] | None

    def request(self, invocation: Invocation) -> Mapping[str, object]:
        return {
            **present(password=self.password),
            "validationData": self.validation_data,
            # Seen in logged events, always null.
            "userAttributes": None,
            **present(clientMetadata=self.client_metadata),
        }

    def answer(self, response: Mapping[str, object], invocation: Invocation) -> MigratedUser | None:
        answer = read(response, _Answer)
        attributes = texts(answer.user_attributes)
        if not attributes:
            if self.source is UserMigrationSource.AUTHENTICATION:
                raise MigrationFailed(client_id=invocation.client_id)
            # UNVERIFIED: is that answered as for an unknown user?
            return None
        return MigratedUser(
            attributes=attributes,
            final_status=answer.final_user_status,
            message_action=answer.message_action,
            desired_delivery_mediums=answer.desired_delivery_mediums or (DeliveryMediumType.SMS,),
            force_alias_creation=answer.force_alias_creation or False,
            enable_sms_mfa=answer.enable_sms_mfa or False,
        )

    def absent(self) -> None:
        return None
