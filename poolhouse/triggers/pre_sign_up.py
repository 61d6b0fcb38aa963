"""PreSignUp: a function may refuse a new user, or confirm and verify it at once.

It runs before the user is stored, so that a refusal leaves nothing behind (ev:triggers-6.1,
ev:triggers-8).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec

from poolhouse.entities.contacts import Contact
from poolhouse.errors.triggers import NothingToVerify, UnrecognizableOutput
from poolhouse.triggers.answers import present
from poolhouse.triggers.events import Invocation
from poolhouse.triggers.trigger import Trigger

_CONFIRM: Final = "autoConfirmUser"
_VERIFY_EMAIL: Final = "autoVerifyEmail"
_VERIFY_PHONE: Final = "autoVerifyPhone"


class PreSignUpSource(StrEnum):
    SIGN_UP = "PreSignUp_SignUp"
    ADMIN_CREATE_USER = "PreSignUp_AdminCreateUser"


class PreSignUpAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The response about the new user; without a function all three are False."""

    auto_confirm: bool = False
    auto_verify_email: bool = False
    auto_verify_phone: bool = False


@dataclass(slots=True, kw_only=True)
class PreSignUp(Trigger[PreSignUpAnswer]):
    """Ask the function; its error, or an answer that is not allowed, refuses the sign-up.

    The event's attributes are those of the request: a user who isn't stored yet has no `sub` and
    no `cognito:user_status`. AdminCreateUser ignores the answer: its users are confirmed by their
    first sign-in.
    """

    name = "PreSignUp"
    blank = {_CONFIRM: False, _VERIFY_EMAIL: False, _VERIFY_PHONE: False}  # noqa: RUF012
    source: PreSignUpSource
    validation_data: Mapping[str, str] | None
    client_metadata: Mapping[str, str] | None

    def request(self, invocation: Invocation) -> Mapping[str, object]:
        return {
            "userAttributes": invocation.user_attributes,
            "validationData": self.validation_data,
            **present(clientMetadata=self.client_metadata),
        }

    def answer(self, response: Mapping[str, object], invocation: Invocation) -> PreSignUpAnswer:
        if self.source is PreSignUpSource.ADMIN_CREATE_USER:
            return PreSignUpAnswer()
        attributes = invocation.user_attributes
        return PreSignUpAnswer(
            auto_confirm=_flag(response, _CONFIRM),
            auto_verify_email=_verify(response, _VERIFY_EMAIL, attributes, Contact.EMAIL),
            auto_verify_phone=_verify(response, _VERIFY_PHONE, attributes, Contact.PHONE),
        )

    def absent(self) -> PreSignUpAnswer:
        return PreSignUpAnswer()


def _flag(response: Mapping[str, object], flag: str) -> bool:
    """Return a JSON boolean; absent and null mean false.

    UNVERIFIED: what does Cognito make of "true" or 1? A guess could confirm a user whose function
    answered "false", so anything else is refused.
    """
    value = response.get(flag)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise UnrecognizableOutput()
    return value


def _verify(
    response: Mapping[str, object], flag: str, attributes: Mapping[str, str], attribute: Contact
) -> bool:
    wanted = _flag(response, flag)
    if wanted and not attributes.get(attribute):
        raise NothingToVerify(flag=flag, attribute=attribute)
    return wanted
