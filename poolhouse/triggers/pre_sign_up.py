"""PreSignUp: a function may refuse a new user, or confirm and verify it at once.

It runs before the user is stored, so that a refusal leaves nothing behind (ev:triggers-6.1,
ev:triggers-8).
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

from poolhouse.errors.triggers import NothingToVerify, UnrecognizableOutput
from poolhouse.triggers.answers import present
from poolhouse.triggers.events import Invocation, event
from poolhouse.triggers.invoke import Invoker

_TRIGGER: Final = "PreSignUp"
_CONFIRM: Final = "autoConfirmUser"
_VERIFY_EMAIL: Final = "autoVerifyEmail"
_VERIFY_PHONE: Final = "autoVerifyPhone"


class PreSignUpSource(StrEnum):
    SIGN_UP = "PreSignUp_SignUp"
    ADMIN_CREATE_USER = "PreSignUp_AdminCreateUser"
    EXTERNAL_PROVIDER = "PreSignUp_ExternalProvider"


class PreSignUpAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of the new user; without a function, all three stay False."""

    auto_confirm: bool = False
    auto_verify_email: bool = False
    auto_verify_phone: bool = False


async def pre_sign_up(
    invoker: Invoker,
    arn: str,
    source: PreSignUpSource,
    invocation: Invocation,
    *,
    user_attributes: Mapping[str, str],
    validation_data: Mapping[str, str] | None,
    client_metadata: Mapping[str, str] | None,
) -> PreSignUpAnswer:
    """Ask the function; its error, or an answer that is not allowed, refuses the sign-up.

    `user_attributes` are those of the request: a user who does not exist has no `sub` and no
    `cognito:user_status`. AdminCreateUser ignores the answer: its users are confirmed by their
    first sign-in.
    """
    response = await invoker.call(
        _TRIGGER,
        arn,
        event(
            source,
            invocation,
            request={
                "userAttributes": user_attributes,
                "validationData": validation_data,
                **present(clientMetadata=client_metadata),
            },
            response={_CONFIRM: False, _VERIFY_EMAIL: False, _VERIFY_PHONE: False},
        ),
    )
    if source is PreSignUpSource.ADMIN_CREATE_USER:
        return PreSignUpAnswer()
    return PreSignUpAnswer(
        # UNVERIFIED: a federated user is EXTERNAL_PROVIDER whatever the function says?
        auto_confirm=_flag(response, _CONFIRM) and source is PreSignUpSource.SIGN_UP,
        auto_verify_email=_verify(response, _VERIFY_EMAIL, user_attributes, "email"),
        auto_verify_phone=_verify(response, _VERIFY_PHONE, user_attributes, "phone_number"),
    )


def _flag(response: Mapping[str, object], flag: str) -> bool:
    """A JSON boolean; absent and null mean false.

    UNVERIFIED: what does Cognito make of "true" or 1? A guess could confirm a user whose
    function answered "false", so anything else is refused.
    """
    value = response.get(flag)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise UnrecognizableOutput()
    return value


def _verify(
    response: Mapping[str, object], flag: str, attributes: Mapping[str, str], attribute: str
) -> bool:
    wanted = _flag(response, flag)
    if wanted and not attributes.get(attribute):
        raise NothingToVerify(flag=flag, attribute=attribute)
    return wanted
