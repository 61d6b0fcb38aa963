"""`/oauth2/authorize`: where it leads, with a browser session and without (ev:oauth-3)."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from support.audit_reading import Trail
from support.domain_pools import OAUTH, DomainPool
from support.functions_server import FunctionError, FunctionsServer, arn
from support.page_browser import CALLBACK, Browser
from support.running_server import RunningServer
from support.served_pools import NewPool

from poolhouse.auth import authorization
from poolhouse.bootstrap.first_start import CLIENT_ID
from poolhouse.entities.domains import MANAGED_LOGIN
from poolhouse.rules.pools.client_oauth import USER_SCOPES


@pytest.mark.parametrize("path", ["/oauth2/authorize", "/authorize"])
def test_authorize_without_session_leads_to_login_with_the_same_query(
    domain: DomainPool, path: str
) -> None:
    """ev:oauth-3; the alias: amazon-cognito-auth-js#50."""
    query = urlencode(domain.asked(nonce="n", ui_locales="de", unknown="x y"))
    page = domain.browser().get(f"{domain.root}{path}?{query}")
    assert (page.status, page.location) == (302, f"{domain.root}/login?{query}")
    assert page.header("cache-control") == "no-cache, no-store, max-age=0, must-revalidate"
    assert page.header("referrer-policy") == "no-referrer"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/oauth2/authorize", "/authorize", "/logout"])
def test_authorize_and_logout_other_methods_are_refused(
    domain: DomainPool, path: str, method: str
) -> None:
    """ev:oauth-2: GET only. The body is empty, the cookie is there (amazon-cognito-auth-js#52)."""
    page = domain.browser().send(method, f"{domain.root}{path}?{urlencode(domain.asked())}")
    assert (page.status, page.body) == (405, b"")
    assert page.set_cookies["XSRF-TOKEN"].value
    assert page.header("allow") == "GET, HEAD"


def test_authorize_with_session_returns_a_code_at_once(domain: DomainPool) -> None:
    """ev:domain-1.1."""
    page = domain.authorize(domain.signed_in())
    assert (page.status, page.location.partition("?")[0]) == (302, CALLBACK)
    assert list(page.query) == ["code", "state"]
    assert page.query["state"] == "s1"
    assert len(page.query["code"]) == 36
    assert "cognito" not in page.set_cookies  # silent returns don't prolong it (ev:oauth-8)


@pytest.mark.parametrize("prompt", ["select_account", "consent", "unknown"])
def test_authorize_prompts_without_local_effect_use_the_session(
    domain: DomainPool, prompt: str
) -> None:
    """ev:oauth-3: `select_account` and `consent` do nothing locally."""
    assert domain.authorize(domain.signed_in(), prompt=prompt).query["code"]


def test_authorize_prompt_login_leads_to_login_in_spite_of_a_session(domain: DomainPool) -> None:
    """ev:oauth-3: the old session isn't invalidated."""
    browser = domain.signed_in()
    page = domain.authorize(browser, prompt="login")
    assert page.location.startswith(f"{domain.root}/login?")
    assert page.query["prompt"] == "login"
    assert domain.authorize(browser).query["code"]


def test_authorize_prompt_none_with_session_returns_a_code(domain: DomainPool) -> None:
    assert domain.authorize(domain.signed_in(), prompt="none").query["code"]


def test_authorize_prompt_none_without_session_is_login_required(domain: DomainPool) -> None:
    """ev:oauth-3.1."""
    page = domain.authorize(prompt="none")
    assert page.location == f"{CALLBACK}?state=s1&error=login_required"


def test_authorize_prompt_none_beside_another_is_refused(domain: DomainPool) -> None:
    """UNVERIFIED; OpenID Connect Core §3.1.2.1."""
    page = domain.authorize(domain.signed_in(), prompt="none login")
    assert page.query == {"state": "s1", "error": "invalid_request"}


@pytest.mark.parametrize("max_age", ["0", "60"])
def test_authorize_max_age_below_the_sessions_leads_to_login(
    domain: DomainPool, max_age: str
) -> None:
    """ev:oauth-16."""
    browser = domain.signed_in(ago=timedelta(minutes=2))
    assert "/login?" in domain.authorize(browser, max_age=max_age).location
    assert domain.authorize(browser, max_age="600").query["code"]


def test_authorize_max_age_of_zero_asks_within_the_same_second(domain: DomainPool) -> None:
    assert "/login?" in domain.authorize(domain.signed_in(), max_age="0").location


@pytest.mark.parametrize(
    ("acr_values", "is_met"),
    [
        ("urn:cognito:loa:1", True),
        ("urn:cognito:loa:2", True),
        ("urn:cognito:loa:3", False),
        ("urn:cognito:loa:4 urn:cognito:loa:1", True),
        ("unknown", True),
        ("unknown urn:cognito:loa:4", False),
    ],
)
def test_authorize_level_above_the_sessions_leads_to_login(
    domain: DomainPool, acr_values: str, is_met: bool
) -> None:
    """ev:oauth-16: step-up; OpenID Connect Core §3.1.2.1: unknown values are voluntary."""
    page = domain.authorize(domain.signed_in(level=2), acr_values=acr_values)
    assert ("code" in page.query) is is_met
    assert (f"{domain.root}/login?" in page.location) is not is_met


def test_authorize_implicit_returns_tokens_in_the_fragment(domain: DomainPool) -> None:
    """ev:oauth-3: never a refresh token."""
    page = domain.authorize(domain.signed_in(), response_type="token", nonce="n")
    assert page.location.startswith(f"{CALLBACK}#")
    assert list(page.fragment) == ["id_token", "access_token", "token_type", "expires_in", "state"]
    assert page.fragment["token_type"] == "Bearer"
    assert page.fragment["expires_in"] == "3600"


def test_authorize_implicit_without_openid_returns_no_id_token(domain: DomainPool) -> None:
    """ev:oauth-3."""
    page = domain.authorize(domain.signed_in(), response_type="token", scope="profile")
    assert list(page.fragment) == ["access_token", "token_type", "expires_in", "state"]


def test_authorize_implicit_refusal_is_in_the_fragment(domain: DomainPool) -> None:
    """ev:oauth-3.1."""
    page = domain.authorize(response_type="token", scope="unknown")
    assert page.location == (
        f"{CALLBACK}#error_description=invalid_scope&state=s1&error=invalid_request"
    )


@pytest.mark.parametrize(
    ("state", "sent_back"),
    [
        ("", ""),
        ("eyJhIjoiYiJ9", "eyJhIjoiYiJ9"),
        ("a%20b", "a%20b"),
        ("a+b", "a%20b"),
        ("a%2Bb%3D%26c%23", "a%2Bb%3D%26c%23"),
        ("%7B%22a%22%3A1%7D", "%7B%22a%22%3A1%7D"),
        ("%25%32%35", "%2525"),
        ("%E2%9C%93", "%E2%9C%93"),
        ("%0D%0ASet-Cookie:a", "%0D%0ASet-Cookie%3Aa"),
        ("%3Cscript%3E", "%3Cscript%3E"),
    ],
)
def test_authorize_state_comes_back_encoded_once(
    domain: DomainPool, state: str, sent_back: str
) -> None:
    """ev:domain-1.4: with a live session as with a new sign-in, and in refusals."""
    query = urlencode(domain.asked(state=None)) + f"&state={state}"
    for browser, more in ((domain.signed_in(), ""), (domain.browser(), "&prompt=none")):
        page = browser.get(f"{domain.root}/oauth2/authorize?{query}{more}")
        assert f"state={sent_back}" in page.location.partition("?")[2].split("&")
        assert page.header("set-cookie") is None


@pytest.mark.parametrize(
    ("given", "is_there"),
    [
        ({"identity_provider": "COGNITO"}, True),
        ({"identity_provider": "Google"}, False),
        ({"identity_provider": "cognito"}, False),
        ({"identity_provider": ""}, False),
        ({"idp_identifier": "example.com"}, False),
    ],
)
def test_authorize_unknown_provider_is_shown_on_the_error_page(
    domain: DomainPool, given: dict[str, Any], is_there: bool
) -> None:
    """ev:oauth-3.2."""
    page = domain.authorize(**given)
    if is_there:
        assert page.location.startswith(f"{domain.root}/login?")
    else:
        assert page.location == (
            f"{domain.root}/error?error=invalid_request&client_id={domain.client_id}"
        )


def test_authorize_refused_tokens_return_the_functions_sentence(
    server: RunningServer, new_pool: NewPool, functions: FunctionsServer
) -> None:
    """ev:oauth-3.1: a function refuses the tokens of the implicit grant."""
    made = DomainPool(server, new_pool(client=OAUTH), MANAGED_LOGIN)
    made.add_user()
    made.pool.cognito.update_user_pool(
        UserPoolId=made.pool.id, LambdaConfig={"PreTokenGeneration": arn("tokens")}
    )

    def refuse(_: dict[str, Any]) -> None:
        raise FunctionError("<b>not today</b>")

    functions.answers["TokenGeneration_HostedAuth"] = refuse
    page = made.authorize(made.signed_in(), response_type="token")
    assert page.fragment == {
        "error_description": "PreTokenGeneration failed with error <b>not today</b>.",
        "state": "s1",
        "error": "invalid_request",
    }
    assert "<" not in page.location


def test_authorize_failure_is_sent_to_the_app(
    domain: DomainPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ev:oauth-3.1: a server failure."""
    browser = domain.signed_in()

    async def fail(*_: object) -> None:
        raise RuntimeError("the disk is gone")

    monkeypatch.setattr(authorization, "resume", fail)
    assert domain.authorize(browser).location == f"{CALLBACK}?state=s1&error=server_error"


def test_authorize_is_audited_when_it_issues_a_code(
    domain: DomainPool, server: RunningServer
) -> None:
    trail = Trail(server)
    issued = domain.authorize(domain.signed_in())
    record = trail.of_id(issued.header("x-amzn-requestid") or "")
    assert (record.action, record.target, record.outcome) == (
        "cognito-idp:Authorize_GET",
        "alice",
        "ok",
    )
    refused = domain.authorize(redirect_uri="https://evil.example")
    record = trail.of_id(refused.header("x-amzn-requestid") or "")
    assert record.outcome == "redirect_mismatch"


def test_authorize_without_session_is_not_audited(
    domain: DomainPool, server: RunningServer
) -> None:
    page = domain.authorize()
    answer = {"ResponseMetadata": {"RequestId": page.header("x-amzn-requestid")}}
    assert Trail(server).has_none(answer)


@pytest.mark.parametrize("path", ["/login", "/login/continue"])
def test_login_as_start_shows_a_refused_scope_on_the_error_page(
    domain: DomainPool, path: str
) -> None:
    """ev:domain-1.1: social-app-django#538."""
    page = domain.browser().get(f"{domain.root}{path}", **domain.asked(scope="openid other"))
    assert page.location == (
        f"{domain.root}/error?error=invalid_scope&client_id={domain.client_id}"
    )


def test_authorize_at_the_root_of_dev_mode_finds_the_pool_by_client_id(
    dev: RunningServer,
) -> None:
    """ev:domain-1.6: as other local servers have it."""
    browser = Browser(dev.port)
    asked = {
        "client_id": CLIENT_ID,
        "redirect_uri": "http://localhost:3000/",
        "response_type": "code",
        "state": "s1",
    }
    page = browser.get("/oauth2/authorize", **asked)
    assert page.location == f"/login?{urlencode(asked)}"
    assert browser.get("/oauth2/authorize", **asked | {"client_id": "other"}).location == (
        "/error?error=invalid_request&client_id=other"
    )
    assert browser.get("/login/session", **asked).location == f"/login?{_with_scopes(asked)}"
    out = browser.get("/logout", client_id=CLIENT_ID, logout_uri="http://localhost:3000/")
    assert out.location == "http://localhost:3000/"
    assert out.set_cookies["cognito"]["path"] == "/"


def _with_scopes(asked: dict[str, str]) -> str:
    """Return the query by which pages hand a request on: with the scopes that are granted."""
    scopes = " ".join(sorted(USER_SCOPES))
    named = {name: asked[name] for name in ("client_id", "redirect_uri", "response_type")}
    return urlencode({**named, "scope": scopes, "state": asked["state"]})
