"""Scopes that an app client can be granted (ev:oauth-12)."""

import msgspec
import pytest
from support.store_samples import a_client

from poolhouse.entities.clients import Client
from poolhouse.errors.oauth import ScopeNotAllowed
from poolhouse.errors.tokens import NoScopeLeft, UnknownClientScope
from poolhouse.rules.oauth import authorization_requests, scopes
from poolhouse.rules.tokens import client_credentials
from poolhouse.wire.enums import OAuthFlowType
from poolhouse.wire.structs import UserPoolClientType

READ, WRITE, DELETED = "https://api.example/v1/read", "weather/write", "weather/deleted"
DCR = "aws.cognito/dcr/register"
EXISTING = frozenset({READ, WRITE})
URI = "https://app.example/back"


def client_with(*allowed: str) -> Client:
    settings = UserPoolClientType(
        AllowedOAuthScopes=list(allowed),
        AllowedOAuthFlows=[OAuthFlowType.CODE],
        AllowedOAuthFlowsUserPoolClient=True,
        CallbackURLs=[URI],
    )
    return msgspec.structs.replace(a_client(), settings=settings)


@pytest.mark.parametrize(
    ("scope", "server"),
    [
        ("weather/read", "weather"),
        (READ, "https://api.example/v1"),
        ("openid", None),
        ("aws.cognito.signin.user.admin", None),
        (DCR, None),
        ("weather", None),
        ("/read", None),
        ("weather/", None),
        ("", None),
    ],
)
def test_server_of_a_scope_is_all_before_the_last_slash(scope: str, server: str | None) -> None:
    assert scopes.server_of(scope) == server


def test_granted_leaves_out_inactive_scopes() -> None:
    client = client_with("openid", READ, DELETED)
    assert scopes.granted(client, ["openid", DELETED, READ, READ], EXISTING) == ["openid", READ]


@pytest.mark.parametrize("scope", [WRITE, "email", "weather/unknown", ""])
def test_granted_scope_that_the_client_never_had_is_refused(scope: str) -> None:
    with pytest.raises(scopes.NeverGiven) as refusal:
        scopes.granted(client_with("openid", READ), ["openid", scope], EXISTING)
    assert refusal.value.scope == scope


def of_authorization(client: Client, scope: str | None) -> tuple[str, ...]:
    params = {"response_type": "code"} | ({} if scope is None else {"scope": scope})
    return authorization_requests.check(client, URI, params, custom_scopes=EXISTING).scopes


def test_authorization_request_for_an_inactive_scope_goes_on_without_it() -> None:
    client = client_with("openid", READ, DELETED)
    assert of_authorization(client, f"openid {DELETED}") == ("openid",)
    assert of_authorization(client, None) == ("openid", READ)


@pytest.mark.parametrize("scope", [WRITE, f"openid {WRITE}", DELETED, "openid  email"])
def test_authorization_request_for_a_scope_beyond_the_clients_is_refused(scope: str) -> None:
    with pytest.raises(ScopeNotAllowed):
        of_authorization(client_with("openid", "email", DELETED), scope)


def test_client_credentials_leave_out_inactive_scopes() -> None:
    client = client_with(READ, DELETED, DCR)
    assert client_credentials.granted(client, None, EXISTING) == [READ, DCR]
    assert client_credentials.granted(client, [DELETED, READ], EXISTING) == [READ]
    with pytest.raises(NoScopeLeft):
        client_credentials.granted(client, [DELETED], EXISTING)


@pytest.mark.parametrize("scope", [WRITE, "openid"])
def test_client_credentials_for_a_scope_that_the_client_never_had_are_refused(scope: str) -> None:
    with pytest.raises(UnknownClientScope):
        client_credentials.granted(client_with(READ, "openid"), [READ, scope], EXISTING)
