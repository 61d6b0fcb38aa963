"""PreAuthentication and PostAuthentication: what functions are told around a sign-in."""

from typing import Any

import pytest
from support.sign_in_functions import ATTRIBUTES, INVOCATION, Function, about, event
from support.trigger_world import ARN

from poolhouse.triggers.post_authentication import PostAuthentication
from poolhouse.triggers.pre_authentication import PreAuthentication
from poolhouse.wire.errors import InvalidLambdaResponseException


async def test_pre_authentication_event_has_the_documented_members() -> None:
    """ev:triggers-6.3; live events have `validationData` null where there is none."""
    function = Function()
    await PreAuthentication(validation_data=None).invoke(
        function.invoker, ARN, about(INVOCATION, user_attributes=ATTRIBUTES, user_not_found=False)
    )
    request = {"userAttributes": ATTRIBUTES, "validationData": None, "userNotFound": False}
    assert function.events == [event("PreAuthentication_Authentication", request, {})]


async def test_pre_authentication_event_of_unknown_user_has_user_not_found() -> None:
    function = Function()
    await PreAuthentication(validation_data={"captcha": "7x"}).invoke(
        function.invoker, ARN, about(INVOCATION, user_attributes={}, user_not_found=True)
    )
    assert function.events[0]["request"] == {
        "userAttributes": {},
        "validationData": {"captcha": "7x"},
        "userNotFound": True,
    }


async def test_pre_authentication_event_without_existence_errors_omits_user_not_found() -> None:
    """Guide: it is populated when PreventUserExistenceErrors is ENABLED."""
    function = Function()
    await PreAuthentication(validation_data=None).invoke(
        function.invoker, ARN, about(INVOCATION, user_attributes=ATTRIBUTES, user_not_found=None)
    )
    assert function.events[0]["request"].keys() == {"userAttributes", "validationData"}


@pytest.mark.parametrize(
    ("client_metadata", "expected"),
    [(None, {}), ({"device": "tablet"}, {"clientMetadata": {"device": "tablet"}})],
)
@pytest.mark.parametrize("new_device_used", [False, True])
async def test_post_authentication_event_has_the_documented_members(
    client_metadata: dict[str, str] | None, expected: dict[str, Any], new_device_used: bool
) -> None:
    """ev:triggers-6.4; live events have no `clientMetadata` where there is none."""
    function = Function()
    await PostAuthentication(
        new_device_used=new_device_used, client_metadata=client_metadata
    ).invoke(function.invoker, ARN, about(INVOCATION, user_attributes=ATTRIBUTES))
    request = {"userAttributes": ATTRIBUTES, "newDeviceUsed": new_device_used, **expected}
    assert function.events == [event("PostAuthentication_Authentication", request, {})]


async def test_authentication_trigger_response_is_ignored_but_must_be_an_object() -> None:
    for response in ({}, {"anything": [1]}):
        await _both(Function(response))
    with pytest.raises(InvalidLambdaResponseException, match="Unrecognizable lambda output"):
        await _both(Function("no object"))


async def _both(function: Function) -> None:
    await PreAuthentication(validation_data=None).invoke(
        function.invoker, ARN, about(INVOCATION, user_attributes={}, user_not_found=None)
    )
    await PostAuthentication(new_device_used=False, client_metadata=None).invoke(
        function.invoker, ARN, about(INVOCATION, user_attributes={})
    )
