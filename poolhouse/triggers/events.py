"""The event that every trigger shares (ev:triggers-3)."""

import re
from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from poolhouse.entities.pools import region_of

NO_CLIENT: Final = "CLIENT_ID_NOT_APPLICABLE"
"""The `clientId` of AdminCreateUser's events, and of no others (ev:triggers-3)."""

UNKNOWN_SDK: Final = "aws-sdk-unknown-unknown"

_ADMIN_CREATE_USER: Final = "_AdminCreateUser"
"""The end of the sources of AdminCreateUser, whichever trigger they belong to."""

# `aws-sdk-nodejs/2.856.0 linux/v14 …` is known to arrive as `aws-sdk-nodejs-2.856.0`.
# UNVERIFIED: what is made of the User-Agents of other SDKs (`Boto3/1.35`)?
_SDK: Final = re.compile(r"(aws-sdk-[a-z0-9-]{1,32})/([0-9][A-Za-z0-9.+-]{0,31})(?:\s|$)")


class Invocation(msgspec.Struct, frozen=True, kw_only=True):
    """An event's facts about its call and the user.

    `username` is the canonical username. `client_id` is None for IAM operations that name no app
    client, and null in the event. `user_agent` is None for callers that sent none.
    """

    pool_id: str
    username: str
    client_id: str | None = None
    user_agent: str | None = None
    user_attributes: Mapping[str, str] = {}
    user_not_found: bool | None = None
    """Whether the user is unknown; None if the app client reveals which users exist."""


class CallerContext(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    aws_sdk_version: str
    client_id: str | None


class Event(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An event as a function receives it; a value of None in `request` is JSON null.

    `response` carries the trigger's keys at their defaults, so that handlers may fill it in.
    Events of custom senders have none.
    """

    version: str
    trigger_source: str
    region: str
    user_pool_id: str
    user_name: str
    caller_context: CallerContext
    request: Mapping[str, object]
    response: Mapping[str, object] | UnsetType = UNSET


def event(
    source: str,
    invocation: Invocation,
    request: Mapping[str, object],
    response: Mapping[str, object] | UnsetType = UNSET,
    version: str = "1",
) -> Event:
    """Return the event of `source`, e.g. `PreSignUp_SignUp`. `version` is a string on AWS too.

    Where no app client was named, `clientId` is null, except for AdminCreateUser
    (github.com/awslabs/swift-aws-lambda-events/pull/71).
    UNVERIFIED: is it null for AdminResetUserPassword too, as here?
    """
    client_id = invocation.client_id
    if client_id is None and source.endswith(_ADMIN_CREATE_USER):
        client_id = NO_CLIENT
    return Event(
        version=version,
        trigger_source=source,
        region=region_of(invocation.pool_id),
        user_pool_id=invocation.pool_id,
        user_name=invocation.username,
        caller_context=CallerContext(
            aws_sdk_version=sdk_version(invocation.user_agent),
            client_id=client_id,
        ),
        request=request,
        response=response,
    )


def sdk_version(user_agent: str | None) -> str:
    """Return such as `aws-sdk-js-2.1639.0` for an AWS SDK's User-Agent.

    Returns `aws-sdk-unknown-unknown` for any other.
    """
    found = _SDK.match(user_agent or "")
    return f"{found[1]}-{found[2]}" if found else UNKNOWN_SDK
