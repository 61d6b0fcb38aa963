"""PreTokenGeneration: its three event versions, and what becomes of answers (ev:triggers-6.5)."""

from collections.abc import Callable
from typing import Any

import pytest
from support.sign_in_functions import ATTRIBUTES, INVOCATION, Function, about, event
from support.trigger_world import ARN

from poolhouse.entities.token_overrides import NO_OVERRIDES, GroupOverride, TokenOverrides
from poolhouse.triggers.invoke import Invoker
from poolhouse.triggers.pre_token_generation import PreTokenGeneration, PreTokenSource
from poolhouse.triggers.transports.contract import Transport
from poolhouse.wire.enums import PreTokenGenerationLambdaVersionType as Version
from poolhouse.wire.errors import InvalidLambdaResponseException

ROLE = "arn:aws:iam::123456789012:role/staff"
GROUPS = GroupOverride(groups=("staff", "all"), iam_roles=(ROLE,), preferred_role=ROLE)
GROUPS_AS_TOLD = {
    "groupsToOverride": ["staff", "all"],
    "iamRolesToOverride": [ROLE],
    "preferredRole": ROLE,
}
NO_GROUPS = GroupOverride()
NO_GROUPS_AS_TOLD: dict[str, Any] = {
    "groupsToOverride": [],
    "iamRolesToOverride": [],
    "preferredRole": None,
}
LATER = [Version.V2_0, Version.V3_0]


async def asked(
    invoker: Invoker,
    version: Version = Version.V2_0,
    source: PreTokenSource = PreTokenSource.AUTHENTICATION,
    *,
    groups: GroupOverride = NO_GROUPS,
    client_metadata: dict[str, str] | None = None,
) -> TokenOverrides:
    return await PreTokenGeneration(
        source=source,
        speaks=version,
        groups=groups,
        scopes=["openid", "api/read"],
        client_metadata=client_metadata,
    ).invoke(invoker, ARN, about(INVOCATION, user_attributes=ATTRIBUTES))


async def answered(response: object, version: Version = Version.V2_0) -> TokenOverrides:
    return await asked(Function(response).invoker, version)


def v1(**details: Any) -> dict[str, Any]:
    return {"claimsOverrideDetails": details}


def v2(**details: Any) -> dict[str, Any]:
    return {"claimsAndScopeOverrideDetails": details}


async def test_pre_token_generation_event_of_version_1_has_the_documented_members() -> None:
    """Live events: no scopes, no `clientMetadata` where there is none."""
    function = Function()
    await asked(function.invoker, Version.V1_0)
    request = {"userAttributes": ATTRIBUTES, "groupConfiguration": NO_GROUPS_AS_TOLD}
    response = {"claimsOverrideDetails": None}
    assert function.events == [event("TokenGeneration_Authentication", request, response)]


@pytest.mark.parametrize(("version", "number"), [(Version.V2_0, "2"), (Version.V3_0, "3")])
async def test_pre_token_generation_event_of_later_versions_has_the_documented_members(
    version: Version, number: str
) -> None:
    function = Function()
    metadata = {"locale": "de"}
    await asked(function.invoker, version, groups=GROUPS, client_metadata=metadata)
    request = {
        "userAttributes": ATTRIBUTES,
        "groupConfiguration": GROUPS_AS_TOLD,
        "scopes": ["openid", "api/read"],
        "clientMetadata": metadata,
    }
    response = {"claimsAndScopeOverrideDetails": None}
    source = "TokenGeneration_Authentication"
    assert function.events == [event(source, request, response, version=number)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (PreTokenSource.AUTHENTICATION, "TokenGeneration_Authentication"),
        (PreTokenSource.NEW_PASSWORD_CHALLENGE, "TokenGeneration_NewPasswordChallenge"),
        (PreTokenSource.AUTHENTICATE_DEVICE, "TokenGeneration_AuthenticateDevice"),
        (PreTokenSource.REFRESH_TOKENS, "TokenGeneration_RefreshTokens"),
        (PreTokenSource.CLIENT_CREDENTIALS, "TokenGeneration_ClientCredentials"),
    ],
)
async def test_pre_token_generation_trigger_source_names_the_occasion(
    source: PreTokenSource, expected: str
) -> None:
    function = Function()
    await asked(function.invoker, source=source)
    assert function.events[0]["triggerSource"] == expected


@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize(
    "response",
    [
        {},
        {"claimsOverrideDetails": None, "claimsAndScopeOverrideDetails": None},
        {"claimsOverrideDetails": {}, "claimsAndScopeOverrideDetails": {}},
    ],
)
async def test_pre_token_generation_response_without_details_changes_nothing(
    version: Version, response: object
) -> None:
    assert await answered(response, version) == NO_OVERRIDES


async def test_details_of_another_version_change_nothing() -> None:
    claims = {"claimsToAddOrOverride": {"a": "b"}}
    assert await answered(v2(idTokenGeneration=claims), Version.V1_0) == NO_OVERRIDES
    for version in LATER:
        assert await answered(v1(**claims), version) == NO_OVERRIDES


async def test_version_1_changes_the_id_token_and_the_groups() -> None:
    response = v1(
        claimsToAddOrOverride={"tier": "gold", "nothing": None},
        claimsToSuppress=["email"],
        groupOverrideDetails=GROUPS_AS_TOLD,
    )
    assert await answered(response, Version.V1_0) == TokenOverrides(
        id_claims_to_add={"tier": "gold"}, id_claims_to_suppress=("email",), groups=GROUPS
    )


VALUES = {"text": "x", "int": 7, "float": 1.5, "flag": True, "list": ["a", 1], "map": {"a": [{}]}}


@pytest.mark.parametrize("version", LATER)
async def test_later_versions_change_both_tokens_and_the_scopes(version: Version) -> None:
    response = v2(
        idTokenGeneration={
            "claimsToAddOrOverride": {**VALUES, "nothing": None},
            "claimsToSuppress": ["email"],
        },
        accessTokenGeneration={
            "claimsToAddOrOverride": VALUES,
            "claimsToSuppress": ["device_key"],
            "scopesToAdd": ["api/write"],
            "scopesToSuppress": ["api/read"],
        },
        groupOverrideDetails=GROUPS_AS_TOLD,
    )
    assert await answered(response, version) == TokenOverrides(
        id_claims_to_add=VALUES,
        id_claims_to_suppress=("email",),
        access_claims_to_add=VALUES,
        access_claims_to_suppress=("device_key",),
        scopes_to_add=("api/write",),
        scopes_to_suppress=("api/read",),
        groups=GROUPS,
    )


@pytest.mark.parametrize("nothing", [None, {}, dict.fromkeys(["claimsToAddOrOverride"])])
async def test_pre_token_generation_empty_token_details_change_nothing(nothing: object) -> None:
    response = v2(idTokenGeneration=nothing, accessTokenGeneration=nothing)
    assert await answered(response) == NO_OVERRIDES


@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize(
    ("details", "groups"),
    [
        # Guide: an empty or null object removes the groups.
        ({"groupOverrideDetails": None}, GroupOverride()),
        ({"groupOverrideDetails": {}}, GroupOverride()),
        ({"groupOverrideDetails": {"groupsToOverride": None}}, GroupOverride()),
        ({"groupOverrideDetails": NO_GROUPS_AS_TOLD}, GroupOverride()),
        ({"groupOverrideDetails": {"groupsToOverride": ["a"]}}, GroupOverride(groups=("a",))),
        ({}, None),
    ],
)
async def test_pre_token_generation_response_without_groups_keeps_them(
    version: Version, details: dict[str, Any], groups: GroupOverride | None
) -> None:
    response = {**v1(**details), **v2(**details)}
    assert (await answered(response, version)).groups == groups


@pytest.mark.parametrize("value", [7, 1.5, True, ["a"], {"a": "b"}])
async def test_version_1_takes_no_values_but_strings(value: object) -> None:
    with pytest.raises(InvalidLambdaResponseException, match="Unrecognizable lambda output"):
        await answered(v1(claimsToAddOrOverride={"claim": value}), Version.V1_0)


@pytest.mark.parametrize(
    "response",
    [
        {"claimsAndScopeOverrideDetails": "none"},
        {"claimsAndScopeOverrideDetails": []},
        v2(idTokenGeneration=[]),
        v2(idTokenGeneration={"claimsToAddOrOverride": ["a"]}),
        v2(idTokenGeneration={"claimsToSuppress": "email"}),
        v2(idTokenGeneration={"claimsToSuppress": [7]}),
        v2(accessTokenGeneration={"scopesToAdd": "openid"}),
        v2(accessTokenGeneration={"scopesToAdd": [None]}),
        v2(accessTokenGeneration={"scopesToSuppress": {"openid": True}}),
        v2(groupOverrideDetails=["staff"]),
        v2(groupOverrideDetails={"groupsToOverride": "staff"}),
        v2(groupOverrideDetails={"preferredRole": [ROLE]}),
    ],
)
async def test_answers_of_the_wrong_shape_are_refused(response: object) -> None:
    with pytest.raises(InvalidLambdaResponseException, match="Unrecognizable lambda output"):
        await answered(response)


async def test_pre_token_generation_real_function_reads_groups_and_sets_claims(
    handler: Callable[..., Transport],
) -> None:
    text = """
        export const handler = async (event) => {
          event.response.claimsAndScopeOverrideDetails = {
            accessTokenGeneration: {
              claimsToAddOrOverride: { teams: event.request.groupConfiguration.groupsToOverride },
              scopesToAdd: undefined,
            },
            groupOverrideDetails: undefined,
          };
          return event;
        };
    """
    overrides = await asked(Invoker({ARN: handler("app.mjs", text)}), groups=GROUPS)
    assert overrides == TokenOverrides(access_claims_to_add={"teams": ["staff", "all"]})
