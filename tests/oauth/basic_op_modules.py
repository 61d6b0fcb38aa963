"""The modules of the Basic OP test plan (ev:domain-3.1), in its order, by their names."""

import base64
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import msgspec
from support.basic_op import Module, SignedIn, Skipped
from support.domain_endpoints import CHALLENGE, VERIFIER
from support.page_browser import CALLBACK

Run = Callable[[Module], object]


def _signs_in(**params: str | None) -> Run:
    return lambda module: module.sign_in(**params)


def _with_scope(scope: str, **params: str) -> Run:
    def run(module: Module) -> None:
        module.needs_scopes(scope)
        signed_in = module.sign_in(scope=scope, **params)
        module.judge_user_info(signed_in, module.user_info(signed_in.tokens))

    return run


def _without_response_type(module: Module) -> None:
    given = module.error(module.asked(response_type=None))
    known = {"invalid_request", "unsupported_response_type"}
    module.must(given.get("error") in known, "a missing response type is named")


def _unsigned_id_token(module: Module) -> None:
    """Applies to registered clients of servers that name the algorithm `none`."""
    if "none" not in module.app.metadata["id_token_signing_alg_values_supported"]:
        raise Skipped
    raise AssertionError("the server offers unsigned ID tokens")


def _user_info(read: Callable[[Module, SignedIn], httpx.Response]) -> Run:
    def run(module: Module) -> None:
        signed_in = module.sign_in()
        module.judge_user_info(signed_in, read(module, signed_in))

    return run


def _by_form(module: Module, signed_in: SignedIn) -> httpx.Response:
    form = {"access_token": signed_in.tokens["access_token"]}
    return httpx.post(module.app.metadata["userinfo_endpoint"], data=form)


def _prompt_login(module: Module) -> None:
    _signs_in_again(module, prompt="login")


def _signs_in_again(module: Module, **params: str) -> None:
    """The user is asked a second time, after some time has passed, and `auth_time` is later."""
    module.sign_in()
    module.let_seconds_pass()
    first = module.sign_in()
    second = module.sign_in(**params)
    module.must(second.was_shown_a_form, "the user is asked again")
    module.must(second.claims["auth_time"] > first.claims["auth_time"], "auth_time is later")


def _prompt_none_without_session(module: Module) -> None:
    given = module.error(module.asked(prompt="none", state="s" * 128))
    known = {"login_required", "interaction_required", "consent_required"}
    module.must(given.get("error") in known, "a user interface is required")


def _same_sign_in(module: Module, first: dict[str, str], second: dict[str, str]) -> None:
    """The second request is answered without the user, for the same sign-in."""
    one = module.sign_in(**first)
    hint = {"id_token_hint": one.tokens["id_token"]} if "id_token_hint" in second else {}
    other = module.sign_in(**(second | hint))
    module.must(not other.was_shown_a_form, "the user isn't asked again")
    for claim in ("sub", "auth_time"):
        module.must(one.claims[claim] == other.claims[claim], f"the same {claim}")


def _twice(first: dict[str, str], second: dict[str, str]) -> Run:
    return lambda module: _same_sign_in(module, first, second)


def _acr_values(module: Module) -> None:
    """Servers that advertise no values are asked for 1 and 2."""
    signed_in = module.sign_in(acr_values="1 2")
    module.should(signed_in.claims.get("acr") in {"1", "2"}, "acr is one of the values")


def _code_reuse(module: Module) -> None:
    signed_in = module.sign_in()
    answer = module.exchange(signed_in.code)
    module.must(answer.status_code == 400, "a used code is refused")
    module.must(answer.json().get("error") == "invalid_grant", "invalid_grant")


def _code_reuse_later(module: Module) -> None:
    """The suite waits thirty seconds first, on which nothing here depends."""
    signed_in = module.sign_in()
    module.must(module.exchange(signed_in.code).json().get("error") == "invalid_grant", "refused")
    module.should(module.user_info(signed_in.tokens).status_code == 401, "its tokens are revoked")


def _unregistered_redirect_uri(module: Module) -> None:
    page = module.visit(module.asked(redirect_uri=f"{CALLBACK}/unregistered"))
    module.must(page.status == 400, "an error page, and no redirect")


def _authorize_by_post(module: Module) -> None:
    """A server that doesn't lead to the app gets a warning."""
    url = module.app.metadata["authorization_endpoint"]
    module.should(httpx.post(url, data=module.asked()).status_code in {200, 302}, "POST works")


def _secret_in_the_form(module: Module) -> None:
    asked = module.asked()
    location = module.app.signed_in(module.visit(asked), module.browser)
    form = {"client_id": module.app.client_id, "client_secret": module.app.secret}
    answer = module.exchange(httpx.URL(location).params["code"], **form)
    module.must_now(answer.status_code == 200, f"tokens for the code: {answer.text}")
    module.must(module.verified(answer.json()["id_token"])["nonce"] == asked["nonce"], "the nonce")


def _request_object(module: Module, **outside: str) -> dict[str, str]:
    """Return a request whose parameters are in an unsigned object, but for the required ones."""
    asked = module.asked()
    parts = (b'{"alg":"none"}', msgspec.json.encode({**asked, "iss": module.app.client_id}))
    encoded = [base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts]
    required = {name: asked[name] for name in ("client_id", "scope", "response_type")}
    return {**required, "request": f"{'.'.join(encoded)}.", **outside}


def _request_uri(module: Module) -> None:
    """Applies to registered clients of servers that read unsigned request objects."""
    supported = module.app.metadata.get("request_object_signing_alg_values_supported", [])
    if "none" not in supported:
        raise Skipped
    raise AssertionError("the server names request objects")


def _unsigned_request_object(module: Module) -> None:
    page = module.visit(_request_object(module))
    module.must(page.status != 400, "the object counts, or the app gets request_not_supported")


def _redirect_uri_beside_a_request_object(module: Module) -> None:
    page = module.visit(_request_object(module, redirect_uri=f"{CALLBACK}/unregistered"))
    module.must(page.status == 400, "an error page: the object isn't obeyed by half")


def _essential_claims(module: Module) -> None:
    claims = msgspec.json.encode({"userinfo": {"name": {"essential": True}}}).decode()
    signed_in = module.sign_in(claims=claims)
    found = module.judge_user_info(signed_in, module.user_info(signed_in.tokens))
    module.should("name" in found, "userInfo has the name")
    module.should("name" not in signed_in.claims, "the ID token doesn't have the name")


def _refresh(module: Module) -> None:
    signed_in = module.sign_in()
    grants = module.app.metadata.get("grant_types_supported", ["authorization_code", "implicit"])
    module.should("refresh_token" in grants, "discovery names the grant")
    form = {"grant_type": "refresh_token", "refresh_token": signed_in.tokens["refresh_token"]}
    endpoint = module.app.metadata["token_endpoint"]
    other = module.app.pool.cognito.create_user_pool_client(
        UserPoolId=module.app.pool.id, ClientName="second", GenerateSecret=True
    )["UserPoolClient"]
    auth = (other["ClientId"], other["ClientSecret"])
    stolen = httpx.post(endpoint, data=form, auth=auth)
    module.must(stolen.json().get("error") == "invalid_grant", "it is bound to its client")
    auth = (module.app.client_id, module.app.secret)
    renewed: dict[str, Any] = httpx.post(endpoint, data=form, auth=auth).json()
    module.must_now("access_token" in renewed, "new tokens")
    again = module.verified(renewed["id_token"])
    for claim in ("sub", "iss", "aud", "auth_time"):
        module.must(again[claim] == signed_in.claims[claim], f"the same {claim}")
    module.must(module.user_info(renewed).status_code == 200, "the new access token works")


def _pkce(module: Module) -> None:
    asked = module.asked(code_challenge=CHALLENGE, code_challenge_method="S256")
    location = module.app.signed_in(module.visit(asked), module.browser)
    code = httpx.URL(location).params["code"]
    answer = module.exchange(code, code_verifier=VERIFIER)
    module.must(answer.status_code == 200, f"tokens for the code: {answer.text}")


def _plan() -> Iterator[tuple[str, Run]]:
    yield "oidcc-server", _signs_in()
    yield "oidcc-response-type-missing", _without_response_type
    yield "oidcc-idtoken-signature", _signs_in()
    yield "oidcc-idtoken-unsigned", _unsigned_id_token
    yield "oidcc-userinfo-get", _user_info(lambda run, given: run.user_info(given.tokens))
    yield (
        "oidcc-userinfo-post-header",
        _user_info(lambda run, given: run.user_info(given.tokens, "POST")),
    )
    yield "oidcc-userinfo-post-body", _user_info(_by_form)
    yield "oidcc-ensure-request-without-nonce-succeeds-for-code-flow", _signs_in(nonce=None)
    for scope in ("profile", "email", "address", "phone"):
        yield f"oidcc-scope-{scope}", _with_scope(f"openid {scope}")
    yield "oidcc-scope-all", _with_scope("openid email phone address profile")
    yield "oidcc-alternate-happy-flow", _with_scope("email openid")
    yield "oidcc-display-page", _signs_in(display="page")
    yield "oidcc-display-popup", _signs_in(display="popup")
    yield "oidcc-prompt-login", _prompt_login
    yield "oidcc-prompt-none-not-logged-in", _prompt_none_without_session
    yield "oidcc-prompt-none-logged-in", _twice({}, {"prompt": "none"})
    yield "oidcc-max-age-1", lambda module: _signs_in_again(module, max_age="1")
    yield "oidcc-max-age-10000", _twice({"max_age": "15000"}, {"max_age": "10000"})
    yield "oidcc-ensure-request-with-unknown-parameter-succeeds", _signs_in(extra="foobar")
    yield "oidcc-id-token-hint", _twice({}, {"prompt": "none", "id_token_hint": ""})
    yield "oidcc-login-hint", _signs_in(login_hint="alice")
    yield "oidcc-ui-locales", _signs_in(ui_locales="se")
    yield "oidcc-claims-locales", _signs_in(claims_locales="se")
    yield "oidcc-ensure-request-with-acr-values-succeeds", _acr_values
    yield "oidcc-codereuse", _code_reuse
    yield "oidcc-codereuse-30seconds", _code_reuse_later
    yield "oidcc-ensure-registered-redirect-uri", _unregistered_redirect_uri
    yield "oidcc-ensure-post-request-succeeds", _authorize_by_post
    yield "oidcc-server-client-secret-post", _secret_in_the_form
    unsigned = "-unsigned-supported-correctly-or-rejected-as-unsupported"
    yield f"oidcc-request-uri{unsigned}", _request_uri
    yield (
        "oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported",
        _unsigned_request_object,
    )
    yield "oidcc-claims-essential", _essential_claims
    yield "oidcc-ensure-request-object-with-redirect-uri", _redirect_uri_beside_a_request_object
    yield "oidcc-refresh-token", _refresh
    yield "oidcc-ensure-request-with-valid-pkce-succeeds", _pkce


PLAN = dict(_plan())
