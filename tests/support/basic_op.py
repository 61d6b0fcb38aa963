"""What modules of the OpenID Foundation's test plans do, and how they judge.

A module visits the domain as the suite's browser does, asks the endpoints as its client, and ends
with one of the suite's four results.
"""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import KeySet
from msgspec.structs import replace

from poolhouse import app as building
from poolhouse.store import browser_sessions
from support.page_browser import CALLBACK, Page
from support.running_server import RunningServer
from support.signed_in_apps import App

PASSED, WARNING, SKIPPED, FAILED = "passed", "warning", "skipped", "failed"
LOGOUT = "https://app.example.com/bye"

PROFILE = {
    **{name: name for name in ("name", "given_name", "family_name", "middle_name", "nickname")},
    "preferred_username": "al",
    "profile": "https://example.com/alice",
    "picture": "https://example.com/alice.png",
    "website": "https://example.com",
    "gender": "female",
    "birthdate": "1990-01-31",
    "zoneinfo": "Europe/Berlin",
    "locale": "de-DE",
    "updated_at": "1796000000",
}
EMAIL = {"email": "alice@example.com", "email_verified": "true"}
PHONE = {"phone_number": "+4930123456", "phone_number_verified": "true"}
ADDRESS = {"address": "Street 1, Berlin"}
SCOPES = {"profile": PROFILE, "email": EMAIL, "phone": PHONE, "address": ADDRESS}
"""Scopes of OpenID Connect Core §5.4 with their claims, as alice has them."""


class Skipped(Exception):
    """The module doesn't apply to this server, as its discovery document says."""


class Stopped(Exception):
    """The module can't go on after a failure."""


@dataclass
class SignedIn:
    """A sign-in of a module: what was asked, and what came of it."""

    asked: dict[str, str]
    code: str
    tokens: dict[str, Any]
    claims: dict[str, Any]
    was_shown_a_form: bool


def served(server: RunningServer) -> App:
    """A pool with alice, who has every attribute, and a confidential app client."""
    claims = {name: value for of_scope in SCOPES.values() for name, value in of_scope.items()}
    return App(
        server,
        {
            "GenerateSecret": True,
            "AllowedOAuthScopes": ["openid", "email", "phone", "profile"],
            "LogoutURLs": [LOGOUT],
        },
        claims,
    )


@dataclass
class Module:
    """A run of one module, with a browser of its own."""

    app: App
    failures: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.browser = self.app.site.visitor()
        self._keys = KeySet.import_key_set(httpx.get(self.app.metadata["jwks_uri"]).json())

    @property
    def result(self) -> str:
        return FAILED if self.failures else WARNING if self.warnings else PASSED

    def must(self, is_met: object, text: str) -> None:
        if not is_met:
            self.failures.append(text)

    def should(self, is_met: object, text: str) -> None:
        if not is_met:
            self.warnings.append(text)

    def must_now(self, is_met: object, text: str) -> None:
        self.must(is_met, text)
        if not is_met:
            raise Stopped

    def needs_scopes(self, scope: str) -> None:
        if not set(scope.split()) <= set(self.app.metadata["scopes_supported"]):
            raise Skipped

    def asked(self, **params: str | None) -> dict[str, str]:
        """Return the parameters of an authorization request; None leaves one out."""
        given: dict[str, str | None] = {
            "client_id": self.app.client_id,
            "redirect_uri": CALLBACK,
            "scope": "openid",
            "state": secrets.token_urlsafe(12),
            "nonce": secrets.token_urlsafe(12),
            "response_type": "code",
            **params,
        }
        return {name: value for name, value in given.items() if value is not None}

    def visit(self, asked: dict[str, str]) -> Page:
        """Return the page that the authorization endpoint leads to, or the redirect to the app."""
        url = f"{self.app.metadata['authorization_endpoint']}?{urlencode(asked)}"
        return self.app.visited(url, self.browser)

    def error(self, asked: dict[str, str]) -> dict[str, str]:
        """Return the error that the app gets, which must be well formed."""
        page = self.visit(asked)
        self.must_now(page.status == 302, "the app gets the error")
        given = dict(parse_qsl(urlsplit(page.location).query))
        self.must(given.get("state") == asked["state"], "the state is returned")
        self.must("error" in given and "code" not in given, "an error and no code")
        known = {"error", "error_description", "error_uri", "state", "iss"}
        self.should(given.keys() <= known, "no other parameters")
        return given

    def sign_in(self, **params: str | None) -> SignedIn:
        """Sign in, exchange the code, and verify the ID token; userInfo must answer."""
        asked = self.asked(**params)
        page = self.visit(asked)
        was_shown_a_form = page.status == 200
        self.must_now(was_shown_a_form or page.status == 302, "a form, or the app")
        location = self.app.signed_in(page, self.browser) if was_shown_a_form else page.location
        where, _, query = location.partition("?")
        self.must_now(where == CALLBACK, "the redirect goes to the app")
        given = dict(parse_qsl(query))
        self.must(given.get("state") == asked["state"], "the state is returned")
        self.must_now("code" in given, f"a code: {given.get('error')}")
        answer = self.exchange(given["code"])
        self.must_now(answer.status_code == 200, f"tokens for the code: {answer.text}")
        tokens = answer.json()
        claims = self.verified(tokens["id_token"])
        self.must(claims.get("nonce") == asked.get("nonce"), "the nonce of the request")
        self.must(self.user_info(tokens).status_code == 200, "userInfo answers")
        return SignedIn(asked, given["code"], tokens, claims, was_shown_a_form)

    def exchange(self, code: str, **form: str) -> httpx.Response:
        """Exchange a code by Basic, or with the credentials that the form has."""
        auth = (self.app.client_id, self.app.secret) if "client_secret" not in form else None
        content = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
        return httpx.post(self.app.metadata["token_endpoint"], data=content | form, auth=auth)

    def verified(self, id_token: str) -> dict[str, Any]:
        """Return the claims of an ID token whose signature and claims are good."""
        token = jwt.decode(id_token, self._keys, algorithms=["RS256"])
        claims: dict[str, Any] = token.claims
        self.must("kid" in token.header, "the key's id")
        self.must(claims["iss"] == self.app.metadata["issuer"], "the issuer")
        self.must(claims["aud"] == self.app.client_id, "the audience")
        self.must(claims["sub"] and claims["iat"] < claims["exp"], "sub, iat and exp")
        return claims

    def user_info(self, tokens: dict[str, Any], method: str = "GET") -> httpx.Response:
        headers = {"authorization": f"Bearer {tokens['access_token']}"}
        return httpx.request(method, self.app.metadata["userinfo_endpoint"], headers=headers)

    def judge_user_info(self, signed_in: SignedIn, answer: httpx.Response) -> dict[str, Any]:
        """Judge userInfo as the suite's ValidateUserInfoStandardClaims does; its claims."""
        self.must_now(answer.status_code == 200, f"userInfo answers: {answer.text}")
        claims: dict[str, Any] = answer.json()
        self.must(claims["sub"] == signed_in.claims["sub"], "the sub of the ID token")
        for name, kind in (("email_verified", bool), ("phone_number_verified", bool)):
            self.must(isinstance(claims.get(name, kind()), kind), f"{name} is a flag")
        self.must(isinstance(claims.get("updated_at", 0), int), "updated_at is a number")
        self.must(isinstance(claims.get("address", {}), dict), "address is an object")
        for scope in signed_in.asked["scope"].split():
            missing = SCOPES.get(scope, {}).keys() - claims.keys()
            self.should(not missing, f"claims of the scope {scope}: {missing} lack")
        return claims

    def let_seconds_pass(self, seconds: int = 2) -> None:
        """Make the browser's sign-in older, in place of waiting."""
        pool_id, sub = self.app.pool.id, self.app.sub()

        async def age(app: building.App) -> None:
            store = app.services.store
            user = await store.users.by_sub(pool_id, sub)
            assert user is not None
            for session in await store.browser_sessions.of_user(user, 100):
                # The user's password is new. Sessions that began with another one would be over.
                older = replace(
                    session,
                    started_at=session.started_at - timedelta(seconds=seconds),
                    proofs=("swk",),
                )
                await store.commit(browser_sessions.save(older))

        self.app.server.run(age)
