"""Every row of ev:oauth-3, ev:oauth-3.1 and ev:oauth-3.2 that is about the request alone."""

from datetime import UTC, datetime
from typing import Any

import pytest

from poolhouse.entities.clients import Client
from poolhouse.errors.oauth import (
    BadChallenge,
    BadParameter,
    BadResponseType,
    LoginOptionUnavailable,
    OAuthError,
    OAuthNotEnabled,
    RedirectMismatch,
    ResponseTypeNotAllowed,
    ScopeNotAllowed,
    SentToApp,
    ShownOnPage,
    UnknownAppClient,
)
from poolhouse.rules.oauth import authorization_requests as rules
from poolhouse.wire.enums import OAuthFlowType
from poolhouse.wire.structs import UserPoolClientType

CALLBACK = "https://app.example.com/callback"
CALLBACKS = [CALLBACK, "https://app.example.com", "myapp://cb", "http://localhost:3000/cb?a=b"]
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
NOW = datetime(2026, 11, 30, tzinfo=UTC)


def client(**settings: Any) -> Client:
    given: dict[str, Any] = {
        "AllowedOAuthFlowsUserPoolClient": True,
        "AllowedOAuthFlows": [OAuthFlowType.CODE, OAuthFlowType.IMPLICIT],
        "AllowedOAuthScopes": ["openid", "email", "files/read"],
        "CallbackURLs": CALLBACKS,
        **settings,
    }
    return Client(
        id="c1",
        pool_id="eu-central-1_P",
        settings=UserPoolClientType(**given),
        created_at=NOW,
        modified_at=NOW,
    )


def params(**changed: str | None) -> dict[str, str]:
    given: dict[str, str | None] = {
        "client_id": "c1",
        "redirect_uri": CALLBACK,
        "response_type": "code",
        **changed,
    }
    return {name: value for name, value in given.items() if value is not None}


def refused(error: type[OAuthError], of: Client | None = None, **changed: str | None) -> OAuthError:
    """Check a request as pages do it, and return its refusal, which must be of this class."""
    with pytest.raises(OAuthError) as raised:
        given = params(**changed)
        rules.check(of or client(), rules.redirect_uri(of or client(), given), given)
    assert type(raised.value) is error
    return raised.value


# Shown on a page: no app can be trusted with a redirect (ev:oauth-3.2)

HOSTILE = [
    "",
    "https://app.example.com/Callback",
    "HTTPS://app.example.com/callback",
    "https://APP.example.com/callback",
    "https://app.example.com:443/callback",
    "https://app.example.com/callback/",
    "https://app.example.com/callback?",
    "https://app.example.com/callback#",
    "https://app.example.com/callback#access_token=x",
    "https://app.example.com/callback?next=https://evil.example",
    "https://app.example.com/callback/../other",
    "https://app.example.com/%63allback",
    "https://app.example.com/callback%2F",
    "https://app.example.com/callback%00",
    "https://app.example.com/callback ",
    " https://app.example.com/callback",
    "https://app.example.com/callback\n",
    "https://app.example.com/callback\r\nLocation: https://evil.example",
    "https://app.example.com./callback",
    "https://app.example.com@evil.example/callback",
    "https://user:pass@app.example.com/callback",
    "https://evil.example/https://app.example.com/callback",
    "https://app.example.com.evil.example/callback",
    "https://evil.example\\@app.example.com/callback",
    "https:app.example.com/callback",
    "https:///app.example.com/callback",
    "//app.example.com/callback",
    "/callback",
    "http://app.example.com/callback",
    "javascript:alert(1)//https://app.example.com/callback",
    "data:text/html,https://app.example.com/callback",
    "https://\u0430pp.example.com/callback",
    "https://app\u3002example.com/callback",
    "https://app.example.com\u2215callback",
    "https://app.example.com",  # registered, but not for the client below
    "myapp://cb/",
    "MYAPP://cb",
    "myapp:cb",
    "http://localhost:3001/cb?a=b",
    "http://localhost:3000/cb",
    "http://127.0.0.1:3000/cb?a=b",
]


@pytest.mark.parametrize("uri", HOSTILE)
def test_redirect_uri_other_than_a_registered_one_is_shown_on_the_page(uri: str) -> None:
    """sagemaker-dashboards-for-ml#4: the comparison is exact."""
    one = client(CallbackURLs=[CALLBACK, "myapp://cb", "http://localhost:3000/cb?a=b"])
    assert isinstance(refused(RedirectMismatch, one, redirect_uri=uri), ShownOnPage)


@pytest.mark.parametrize("uri", CALLBACKS)
def test_redirect_uri_registered_is_returned_unchanged(uri: str) -> None:
    assert rules.redirect_uri(client(), params(redirect_uri=uri)) == uri


@pytest.mark.parametrize(
    ("uri", "named"),
    [
        ("http://127.0.0.1:3000/", "redirect_uri 'http://127.0.0.1:3000/' isn't"),
        ("https://app.example.com/other?token=s3cret", "'https://app.example.com/other'… isn't"),
        ("https://app.example.com/other#s3cret", "'https://app.example.com/other'… isn't"),
        ("https://user:s3cret@app.example.com/", "redirect_uri with user information isn't"),
        ("https://evil.example/\n\x1b[2Js", "'https://evil.example/\\n\\x1b[2Js' isn't"),
        (f"https://evil.example/{'s' * 9_000}", f"'https://evil.example/{'s' * 179}'… isn't"),
        (None, "redirect_uri is missing"),
    ],
)
def test_redirect_uri_refused_has_a_reason_that_names_it_without_secrets(
    uri: str | None, named: str
) -> None:
    reason = refused(RedirectMismatch, redirect_uri=uri).reason or ""
    assert named in reason
    assert "s3cret" not in reason


def test_redirect_uri_missing_is_shown_on_the_page() -> None:
    refused(RedirectMismatch, redirect_uri=None)


@pytest.mark.parametrize("providers", [None, ["COGNITO"]])
def test_redirect_uri_missing_falls_back_to_the_default_with_one_provider(
    providers: list[str] | None,
) -> None:
    """ev:domain-1.4, by the model's documentation of DefaultRedirectURI."""
    one = client(DefaultRedirectURI=CALLBACK, SupportedIdentityProviders=providers)
    assert rules.redirect_uri(one, params(redirect_uri=None)) == CALLBACK


def test_redirect_uri_missing_has_no_default_with_two_providers() -> None:
    one = client(DefaultRedirectURI=CALLBACK, SupportedIdentityProviders=["COGNITO", "Google"])
    refused(RedirectMismatch, one, redirect_uri=None)


def test_redirect_uri_wrong_has_no_default() -> None:
    refused(RedirectMismatch, client(DefaultRedirectURI=CALLBACK), redirect_uri="https://evil")


def test_client_unknown_is_shown_on_the_page() -> None:
    with pytest.raises(UnknownAppClient):
        rules.redirect_uri(None, params())


@pytest.mark.parametrize(
    "settings",
    [
        {"AllowedOAuthFlowsUserPoolClient": False},
        {"AllowedOAuthFlowsUserPoolClient": None},
        {"AllowedOAuthFlows": None},
        {"AllowedOAuthFlows": []},
    ],
)
def test_client_without_oauth_flows_is_shown_on_the_page(settings: dict[str, Any]) -> None:
    """amazon-cognito-auth-js#121."""
    error = refused(OAuthNotEnabled, client(**settings))
    assert (error.code, isinstance(error, ShownOnPage)) == ("invalid_request", True)


@pytest.mark.parametrize("given", ["Google", "cognito", "", "COGNITO "])
def test_provider_that_the_client_lacks_is_shown_on_the_page(given: str) -> None:
    """ev:oauth-3.2."""
    with pytest.raises(LoginOptionUnavailable):
        rules.check_login_option(client(), params(identity_provider=given))


def test_provider_cognito_is_refused_where_the_client_lacks_it() -> None:
    one = client(SupportedIdentityProviders=["Google"])
    with pytest.raises(LoginOptionUnavailable):
        rules.check_login_option(one, params(identity_provider="COGNITO"))


# Sent to the app (ev:oauth-3.1)


@pytest.mark.parametrize("given", [None, "", "Code", "code token", "id_token", "none"])
def test_response_type_missing_or_unknown_is_an_invalid_request(given: str | None) -> None:
    assert refused(BadResponseType, response_type=given).code == "invalid_request"


@pytest.mark.parametrize(
    ("response_type", "allowed"),
    [
        ("code", [OAuthFlowType.IMPLICIT]),
        ("token", [OAuthFlowType.CODE]),
        ("code", [OAuthFlowType.CLIENT_CREDENTIALS]),
    ],
)
def test_response_type_not_of_the_client_is_unauthorized(
    response_type: str, allowed: list[OAuthFlowType]
) -> None:
    one = client(AllowedOAuthFlows=allowed)
    error = refused(ResponseTypeNotAllowed, one, response_type=response_type)
    assert error.code == "unauthorized_client"


@pytest.mark.parametrize(
    ("challenge", "method"),
    [
        (CHALLENGE, None),
        (None, "S256"),
        (CHALLENGE, "plain"),
        (CHALLENGE, "s256"),
        (CHALLENGE, ""),
        ("", "S256"),
        (CHALLENGE[:-1], "S256"),
        (CHALLENGE + "A", "S256"),
        (CHALLENGE[:-1] + "=", "S256"),
        (CHALLENGE[:-1] + "+", "S256"),
        (CHALLENGE[:-1] + "\u00e9", "S256"),
    ],
)
def test_challenge_without_method_or_of_another_form_is_an_invalid_request(
    challenge: str | None, method: str | None
) -> None:
    error = refused(BadChallenge, code_challenge=challenge, code_challenge_method=method)
    assert error.code == "invalid_request"


@pytest.mark.parametrize(
    "scope",
    ["unknown", "openid profile", "openid  email", "offline_access", "openid offline_access",
     "OPENID", "files/write", "openid,email", "openid\temail"],
)  # fmt: skip
def test_scope_not_allowed_is_invalid_request_by_that_description(scope: str) -> None:
    """ev:oauth-3.1; for `offline_access` MemberJunction/MJ#4266."""
    error = refused(ScopeNotAllowed, scope=scope)
    assert (error.code, error.description) == ("invalid_request", "invalid_scope")


@pytest.mark.parametrize("scope", [None, ""])
def test_scope_absent_means_all_of_the_client(scope: str | None) -> None:
    """ev:domain-1.4."""
    given = params(scope=scope)
    asked = rules.check(client(), CALLBACK, given, custom_scopes=["files/read"])
    assert asked.scopes == ("openid", "email", "files/read")


def test_scope_is_granted_in_the_requests_order_once() -> None:
    asked = rules.check(client(), CALLBACK, params(scope="email openid email"))
    assert asked.scopes == ("email", "openid")


@pytest.mark.parametrize(
    "resource",
    ["https://api.example.com/", "http://localhost", "http://localhost:8080/a", "myapi://x"],
)
def test_resource_of_an_allowed_scheme_is_kept(resource: str) -> None:
    """ev:domain-1.4."""
    assert rules.check(client(), CALLBACK, params(resource=resource)).resource == resource


@pytest.mark.parametrize(
    "resource",
    ["", "api", "http://api.example.com", "http://localhost.evil.example", "https://a#b", "//a",
     "https://", "HTTPS://a"],
)  # fmt: skip
def test_resource_of_another_form_is_an_invalid_request(resource: str) -> None:
    assert refused(BadParameter, resource=resource).code == "invalid_request"


@pytest.mark.parametrize("max_age", ["", "-1", "1.5", "a", "9999999999", "\u0661"])
def test_max_age_that_is_no_number_is_an_invalid_request(max_age: str) -> None:
    refused(BadParameter, max_age=max_age)


def test_state_too_long_is_an_invalid_request() -> None:
    refused(BadParameter, state="s" * 4_097)


@pytest.mark.parametrize("name", ["state", "scope", "code_challenge", "redirect_uri", "prompt"])
def test_parameter_doubled_is_an_invalid_request(name: str) -> None:
    """RFC 6749 §3.1."""
    with pytest.raises(BadParameter):
        rules.check(client(), CALLBACK, params(), frozenset({name}))


def test_parameter_unknown_may_be_doubled() -> None:
    """ev:oauth-3: it is ignored."""
    assert rules.check(client(), CALLBACK, params(display="page"), frozenset({"display"}))


def test_prompt_none_beside_another_is_an_invalid_request() -> None:
    with pytest.raises(SentToApp):
        rules.prompts({"prompt": "none consent"})


def test_prompts_are_a_list() -> None:
    assert rules.prompts({"prompt": "login  consent"}) == {"login", "consent"}


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"state": "s", "nonce": "n", "scope": "email", "max_age": "0"},
        {"code_challenge": CHALLENGE, "code_challenge_method": "S256"},
        {"resource": "https://a", "acr_values": "a b", "response_type": "token"},
    ],
)
def test_request_as_parameters_is_checked_to_the_same_request(changed: dict[str, str]) -> None:
    asked = rules.check(client(), CALLBACK, params(**changed))
    assert rules.check(client(), CALLBACK, rules.as_parameters(asked)) == asked


# Beyond the service, by settings


@pytest.mark.parametrize(
    ("scope", "left"),
    [
        ("openid offline_access", "openid"),
        ("offline_access openid email", "openid email"),
        ("offline_access", "offline_access"),
        ("openid", "openid"),
        (None, None),
    ],
)
def test_offline_access_is_left_out_beside_other_scopes(
    scope: str | None, left: str | None
) -> None:
    assert rules.without_offline_access(params(scope=scope)).get("scope") == left
