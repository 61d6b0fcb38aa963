"""OAuth configurations of an app client that AWS refuses, and its sentence for each.

All are measured on the live service by ev:cdk-preflight, unless another source is named.
"""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from poolhouse.errors.pools import InvalidOAuthFlow, UnknownScope
from poolhouse.errors.protocol import InvalidParameter
from poolhouse.rules.pools import client_settings, settings
from poolhouse.wire.structs import CreateUserPoolClientRequest, CreateUserPoolRequest

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
POOL = settings.create(CreateUserPoolRequest(PoolName="p"), "us-east-1_abcDEF123", NOW)
ON = {"AllowedOAuthFlowsUserPoolClient": True}
CODE = {**ON, "AllowedOAuthFlows": ["code"], "AllowedOAuthScopes": ["openid"]}


def create(**members: Any) -> None:
    """`exists` are custom scopes."""
    exists = members.pop("exists", ())
    whole = {"UserPoolId": POOL.id, "ClientName": "c", **members}
    request = msgspec.convert(whole, CreateUserPoolClientRequest)
    client_settings.create(POOL, request, "client", "f" * 51, NOW, custom_scopes=exists)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/callback?a=b",
        "https://example.com:8443",
        "http://localhost",
        "http://localhost:3000/callback",
        "http://127.0.0.1:8080",
        "http://[::1]:8080/",
        "myapp://example",
        "com.example.app:/callback",
    ],
)
def test_client_urls_allowed_are_accepted(url: str) -> None:
    """The API model."""
    create(**CODE, CallbackURLs=[url], LogoutURLs=[url], DefaultRedirectURI=url)


@pytest.mark.parametrize("member", ["CallbackURLs", "LogoutURLs"])
@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://example.com/", "http://example.com/ cannot use the HTTP protocol."),
        (
            "http://localhost.example.com",
            "http://localhost.example.com cannot use the HTTP protocol.",
        ),
        ("http://127.0.0.2", "http://127.0.0.2 cannot use the HTTP protocol."),
        ("https://example.com/#x", "https://example.com/#x cannot use fragment"),
        ("example.com", "example.com is not an absolute URI"),
        ("/callback", "/callback is not an absolute URI"),
        ("javascript:alert(1)", "javascript:alert(1) cannot use the JAVASCRIPT protocol."),
        ("JavaScript://a.example/", "JavaScript://a.example/ cannot use the JAVASCRIPT protocol."),
        ("data:text/html,x", "data:text/html,x cannot use the DATA protocol."),
        ("vbscript:x", "vbscript:x cannot use the VBSCRIPT protocol."),
        ("file:///etc/passwd", "file:///etc/passwd cannot use the FILE protocol."),
        ("https://", "https:// is not an absolute URI"),
        ("https://[::1", "https://[::1 is not an absolute URI"),
    ],
)
def test_client_urls_not_allowed_are_refused(member: str, url: str, sentence: str) -> None:
    with pytest.raises(InvalidParameter) as refusal:
        create(**{**CODE, "CallbackURLs": ["https://example.com"], member: [url]})
    assert str(refusal.value) == sentence


def test_create_client_default_redirect_outside_callbacks_is_refused() -> None:
    with pytest.raises(InvalidParameter) as refusal:
        create(**CODE, CallbackURLs=["https://a.example"], DefaultRedirectURI="https://b.example")
    assert str(refusal.value) == (
        "The default redirect URI https://b.example is not in the callback URIs list."
    )


@pytest.mark.parametrize(
    "members", [{}, {"AllowedOAuthFlows": ["code"]}, {"AllowedOAuthScopes": ["openid"]}]
)
def test_client_oauth_without_flows_or_scopes_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameter) as refusal:
        create(**ON, **members)
    assert str(refusal.value) == (
        "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to"
        " use OAuth flows."
    )


def test_flows_may_rest_until_oauth_is_switched_on() -> None:
    """terraform-provider-aws#34945."""
    create(AllowedOAuthFlows=["code"], AllowedOAuthScopes=["openid"])


@pytest.mark.parametrize("flow", ["code", "implicit"])
def test_flows_with_a_browser_need_a_callback(flow: str) -> None:
    """crossfeed#440, measured too."""
    with pytest.raises(InvalidOAuthFlow) as refusal:
        create(**{**CODE, "AllowedOAuthFlows": [flow]})
    assert str(refusal.value) == (
        "CallbackUrls can not be empty when code flow or implicit flow is selected"
    )


@pytest.mark.parametrize("other", ["code", "implicit"])
def test_client_credentials_stand_alone(other: str) -> None:
    with pytest.raises(InvalidOAuthFlow) as refusal:
        create(
            **{**CODE, "AllowedOAuthFlows": ["client_credentials", other]},
            GenerateSecret=True,
            CallbackURLs=["https://example.com"],
        )
    assert str(refusal.value) == (
        "client_credentials flow can not be selected along with code flow or implicit flow."
    )


def test_client_credentials_need_a_secret() -> None:
    with pytest.raises(InvalidOAuthFlow) as refusal:
        create(**{**CODE, "AllowedOAuthFlows": ["client_credentials"]})
    assert str(refusal.value) == (
        "client_credentials flow can not be selected if client does not have a client secret."
    )


def test_create_client_openid_with_client_credentials_is_refused() -> None:
    """terraform-provider-aws#4984."""
    with pytest.raises(InvalidOAuthFlow) as refusal:
        create(**{**CODE, "AllowedOAuthFlows": ["client_credentials"]}, GenerateSecret=True)
    assert str(refusal.value) == "openid is not supported with client_credentials flow"


@pytest.mark.parametrize("scope", ["Cognito", "unknown/read"])
def test_unknown_scopes_are_refused(scope: str) -> None:
    """aws-cloudformation-user-guide#564."""
    with pytest.raises(UnknownScope) as refusal:
        create(
            **{**CODE, "AllowedOAuthScopes": ["openid", scope]},
            CallbackURLs=["https://example.com"],
        )
    assert str(refusal.value) == f"Invalid scope requested: {scope}"


def test_unknown_providers_are_refused() -> None:
    create(SupportedIdentityProviders=["COGNITO"])
    with pytest.raises(InvalidParameter) as refusal:
        create(SupportedIdentityProviders=["COGNITO", "Google"])
    assert str(refusal.value) == f"The provider Google does not exist for User Pool {POOL.id}."


def test_custom_scope_that_exists_is_accepted() -> None:
    scopes = ["openid", "weather/read"]
    members = {**CODE, "AllowedOAuthScopes": scopes, "CallbackURLs": ["https://example.com"]}
    create(**members, exists={"weather/read"})
    with pytest.raises(UnknownScope):
        create(**members, exists={"weather/write"})


def test_custom_scope_with_client_credentials_is_accepted() -> None:
    create(
        exists={"weather/read"},
        AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthScopes=["weather/read"],
        AllowedOAuthFlowsUserPoolClient=True,
        GenerateSecret=True,
    )
