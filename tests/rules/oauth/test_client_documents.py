"""Client ID metadata documents: what is read of one, and the client that it makes."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from poolhouse.entities.client_documents import DocumentContent
from poolhouse.entities.clients import Client, ClientSecret
from poolhouse.entities.pool_resources import ClientDocumentPolicy
from poolhouse.rules.oauth import client_documents
from poolhouse.rules.oauth.client_documents import UnusableDocument
from poolhouse.wire.enums import ExplicitAuthFlowsType, FeatureType, OAuthFlowType
from poolhouse.wire.structs import RefreshTokenRotationType, UserPoolClientType

URL = "https://app.example/client.json"
NOW = datetime(2026, 11, 30, tzinfo=UTC)
BACK = "https://app.example/back"


def document(**members: Any) -> bytes:
    """A good document with these members; None leaves one out."""
    whole = {"client_id": URL, "redirect_uris": [BACK], **members}
    return json.dumps({name: value for name, value in whole.items() if value is not None}).encode()


def read(body: bytes, content_type: str = "application/json") -> DocumentContent:
    return client_documents.read(URL, content_type, body)


@pytest.mark.parametrize(
    "content_type",
    [
        *("application/json", "application/json; charset=utf-8", " APPLICATION/JSON"),
        "application/cimd+json",
    ],
)
def test_read_document_of_any_json_type_has_its_redirects(content_type: str) -> None:
    assert read(document(), content_type).redirect_uris == (BACK,)


def test_read_document_ignores_members_that_it_does_not_know() -> None:
    found = read(document(client_name="App", logo_uri="https://x", jwks={"keys": []}, deep=[[[1]]]))
    assert found == DocumentContent(client_name="App", redirect_uris=(BACK,))


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"client_id": "https://app.example/other.json"}, "client_id isn't its URL"),
        ({"client_id": URL.upper()}, "client_id isn't its URL"),
        ({"client_id": URL + "/"}, "client_id isn't its URL"),
        ({"client_id": None}, "form of RFC 7591"),
        ({"client_secret": "hunter2"}, "secret"),
        ({"client_secret_expires_at": 0}, "secret"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "isn't none"),
        ({"token_endpoint_auth_method": "client_secret_basic"}, "isn't none"),
        ({"grant_types": ["client_credentials"]}, "grant type"),
        ({"grant_types": ["refresh_token"]}, "grant type"),
        ({"response_types": ["id_token"]}, "response type"),
        ({"redirect_uris": None}, "form of RFC 7591"),
        ({"redirect_uris": []}, "redirect_uris is missing"),
        ({"redirect_uris": "https://app.example/back"}, "form of RFC 7591"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "no app can receive"),
        ({"redirect_uris": ["http://app.example/back"]}, "HTTP"),
        ({"redirect_uris": [BACK] * 101}, "more than 100"),
        ({"padding": "x" * client_documents.LARGEST}, "more than 16384 bytes"),
    ],
)
def test_read_document_that_lies_or_asks_too_much_is_unusable(
    members: dict[str, Any], reason: str
) -> None:
    with pytest.raises(UnusableDocument, match=reason):
        read(document(**members))


@pytest.mark.parametrize("content_type", ["text/html", "", "application/jsonp", "text/json"])
def test_read_document_of_another_type_is_unusable(content_type: str) -> None:
    with pytest.raises(UnusableDocument, match="content type"):
        read(document(), content_type)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b'"text"',
        b"\xff\xfe",
        b'{"x":' + b"[" * 8_000 + b"]" * 8_000 + b"}",
        b"[" * 16_000,
        b'{"a":' * 3_000,
    ],
)
def test_read_document_that_is_no_document_is_unusable(body: bytes) -> None:
    with pytest.raises(UnusableDocument, match="form of RFC 7591"):
        read(body)


def test_read_document_name_is_one_short_line() -> None:
    name = "A\u202e\n\tB" + "x" * 500
    assert read(document(client_name=name)).client_name == ("A B" + "x" * 500)[:128]
    assert read(document(client_name=" \n ")).client_name is None


def policy(**members: Any) -> ClientDocumentPolicy:
    return ClientDocumentPolicy(
        pool_id="eu-central-1_a",
        policy_id="p",
        client_id="app",
        name="n",
        created_at=NOW,
        modified_at=NOW,
        **{"cache_seconds": 100_000, "url_patterns": ("https://app.example/*",), **members},
    )


@pytest.mark.parametrize(
    ("cache_control", "seconds"),
    [
        ("", 100_000),
        ("no-store", 100_000),
        ("public, max-age=90000", 90_000),
        ("MAX-AGE=90000, public", 90_000),
        ("max-age=86400", 86_400),
        ("max-age=31556952", 31_556_952),
        ("max-age=86399", 100_000),
        ("max-age=31556953", 100_000),
        ("s-max-age=90000", 100_000),
        ("max-age=999999999999999999999", 100_000),
    ],
)
def test_cached_document_expires_by_its_max_age_or_the_policy(
    cache_control: str, seconds: int
) -> None:
    """dg:cognito-user-pools-client-id-metadata, the reference of CIMDPolicyType."""
    content = DocumentContent(redirect_uris=(BACK,))
    kept = client_documents.cached(policy(), URL, content, cache_control, NOW)
    assert kept.expires_at == NOW + timedelta(seconds=seconds)
    assert (kept.cached_at, kept.content, kept.url) == (NOW, content, URL)


def app(**settings: Any) -> Client:
    return Client(
        id="app",
        pool_id="eu-central-1_a",
        settings=UserPoolClientType(
            ClientName="partners",
            CallbackURLs=["https://own.example/back"],
            DefaultRedirectURI="https://own.example/back",
            AllowedOAuthFlows=[OAuthFlowType.CODE, OAuthFlowType.IMPLICIT],
            AllowedOAuthScopes=["openid"],
            AccessTokenValidity=5,
            EnablePropagateAdditionalUserContextData=True,
            **settings,
        ),
        secrets=(ClientSecret(id="s", value="secret", created_at=NOW),),
        created_at=NOW,
        modified_at=NOW,
    )


def test_client_of_document_has_settings_of_the_app_client_and_is_public() -> None:
    content = DocumentContent(client_name="Notes", redirect_uris=(BACK,))
    made = client_documents.client(app(), URL, content)
    assert (made.id, made.pool_id, made.secrets) == (URL, "eu-central-1_a", ())
    assert made.name == "Notes (app.example)"
    assert made.settings.CallbackURLs == [BACK]
    assert made.settings.DefaultRedirectURI is None
    assert made.settings.AllowedOAuthScopes == ["openid"]
    assert made.settings.AccessTokenValidity == 5
    assert made.settings.EnablePropagateAdditionalUserContextData is False


@pytest.mark.parametrize(
    ("grants", "flows"),
    [
        (("authorization_code",), [OAuthFlowType.CODE]),
        (("implicit",), [OAuthFlowType.IMPLICIT]),
        (("implicit", "authorization_code"), [OAuthFlowType.CODE, OAuthFlowType.IMPLICIT]),
    ],
)
def test_client_of_document_has_flows_that_both_allow(
    grants: tuple[str, ...], flows: list[OAuthFlowType]
) -> None:
    """dg:cognito-user-pools-client-id-metadata."""
    content = DocumentContent(redirect_uris=(BACK,), grant_types=grants)
    assert client_documents.client(app(), URL, content).settings.AllowedOAuthFlows == flows


def test_client_of_document_without_refresh_grant_cannot_refresh() -> None:
    rotation = RefreshTokenRotationType(Feature=FeatureType.ENABLED)
    flows = ExplicitAuthFlowsType
    named = [flows.ALLOW_USER_AUTH, flows.ALLOW_REFRESH_TOKEN_AUTH]
    content = DocumentContent(redirect_uris=(BACK,))
    made = client_documents.client(app(ExplicitAuthFlows=named), URL, content).settings
    assert made.ExplicitAuthFlows == [flows.ALLOW_USER_AUTH]
    made = client_documents.client(app(), URL, content).settings
    assert made.ExplicitAuthFlows == [flows.ALLOW_USER_SRP_AUTH]
    made = client_documents.client(app(RefreshTokenRotation=rotation), URL, content).settings
    assert made.RefreshTokenRotation is not None
    assert made.RefreshTokenRotation.Feature is FeatureType.DISABLED
    both = DocumentContent(
        redirect_uris=(BACK,), grant_types=("authorization_code", "refresh_token")
    )
    kept = client_documents.client(app(ExplicitAuthFlows=named), URL, both).settings
    assert kept.ExplicitAuthFlows == named


def test_client_without_document_has_no_redirect() -> None:
    made = client_documents.client(app(), URL, None)
    assert (made.id, made.settings.CallbackURLs, made.name) == (URL, [], "app.example")
