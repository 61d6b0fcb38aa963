"""The modules of the test plan for RP-initiated logout (ev:domain-3.1), in its order.

Each signs in, sends the browser to the end session endpoint, and judges where that leads.
"""

import base64
import secrets
from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
from joserfc import jwt
from joserfc.jwk import OctKey
from support.basic_op import LOGOUT, Module, SignedIn
from support.page_browser import Page

from poolhouse.pages.hosted_ui.texts import texts_for

Run = Callable[[Module], object]
Request = dict[str, str]

SIGNED_OUT, QUESTION = texts_for("en").signed_out_title, texts_for("en").sign_out_question


def _request(signed_in: SignedIn, **changed: str | None) -> Request:
    """The parameters of a logout request; None leaves one out."""
    given = {
        "id_token_hint": signed_in.tokens["id_token"],
        "post_logout_redirect_uri": LOGOUT,
        "state": secrets.token_urlsafe(12),
        **changed,
    }
    return {name: value for name, value in given.items() if value is not None}


def _visited(module: Module, request: Request) -> Page:
    url = f"{module.app.metadata['end_session_endpoint']}?{urlencode(request)}"
    return module.app.visited(url.removesuffix("?"), module.browser)


def _discovery(module: Module) -> None:
    """The suite asks for https too, which an endpoint has if the server's address has it."""
    endpoints = {
        name: url for name, url in module.app.metadata.items() if name.endswith("endpoint")
    }
    module.must("end_session_endpoint" in endpoints, "discovery has end_session_endpoint")
    for name, url in endpoints.items():
        module.must(url.startswith(module.app.server.url), f"{name} is of this server")


def _returns(**changed: str | None) -> Run:
    """The browser returns with the state that was sent, or with none, and is signed out."""

    def run(module: Module) -> None:
        request = _request(module.sign_in(), **changed)
        page = _visited(module, request)
        module.must_now(page.status == 302, "the browser returns to the app")
        where, _, query = page.location.partition("?")
        module.must(where == LOGOUT, "it is the registered URI")
        given = dict(parse_qsl(query))
        module.must(given.pop("state", None) == request.get("state"), "the state is returned")
        module.should(not given, "no other parameters")
        error = module.error(module.asked(prompt="none")).get("error")
        known = {"login_required", "interaction_required"}
        module.must(error in known, "the user is signed out")

    return run


def _stays(changed: Callable[[Module, SignedIn], dict[str, str | None]]) -> Run:
    """The browser doesn't return: a page shows the error, or asks whether to sign out."""

    def run(module: Module) -> None:
        signed_in = module.sign_in()
        page = _visited(module, _request(signed_in, **changed(module, signed_in)))
        module.must(page.status in {200, 400}, "a page, and no redirect")
        module.must(SIGNED_OUT not in page.text, "the page shows the error")

    return run


def _shows_the_end(**changed: str | None) -> Run:
    """The user is signed out, and a page shows it; it may ask the user first."""

    def run(module: Module) -> None:
        page = _visited(module, _request(module.sign_in(), **changed))
        if QUESTION in page.text:
            page = module.browser.submit(page)
        module.must(page.status == 200 and SIGNED_OUT in page.text, "a page shows the end")
        error = module.visit(module.asked(prompt="none"))
        given = dict(parse_qsl(urlsplit(error.location).query))
        module.must("error" in given, "the user is signed out")

    return run


def _unsigned(_: Module, signed_in: SignedIn) -> dict[str, str | None]:
    """The hint, changed to the algorithm `none`."""
    header = base64.urlsafe_b64encode(msgspec.json.encode({"alg": "none"})).rstrip(b"=").decode()
    return {"id_token_hint": f"{header}.{signed_in.tokens['id_token'].split('.')[1]}."}


def _signed_by_client(module: Module, signed_in: SignedIn) -> dict[str, str | None]:
    """A hint with the claims of one, signed with the client's secret."""
    key = OctKey.import_key(module.app.secret)
    return {"id_token_hint": jwt.encode({"alg": "HS256"}, signed_in.claims, key)}


PLAN: dict[str, Run] = {
    "oidcc-rp-initiated-logout-discovery-endpoint-verification": _discovery,
    "oidcc-rp-initiated-logout": _returns(),
    "oidcc-rp-initiated-logout-bad-post-logout-redirect-uri": _stays(
        lambda *_: {"post_logout_redirect_uri": f"{LOGOUT}/unregistered"}
    ),
    "oidcc-rp-initiated-logout-modified-id-token-hint": _stays(_unsigned),
    "oidcc-rp-initiated-logout-no-id-token-hint": _stays(lambda *_: {"id_token_hint": None}),
    "oidcc-rp-initiated-logout-no-params": _shows_the_end(
        id_token_hint=None, post_logout_redirect_uri=None, state=None
    ),
    "oidcc-rp-initiated-logout-no-post-logout-redirect-uri": _shows_the_end(
        post_logout_redirect_uri=None
    ),
    "oidcc-rp-initiated-logout-no-state": _returns(state=None),
    "oidcc-rp-initiated-logout-only-state": _shows_the_end(
        id_token_hint=None, post_logout_redirect_uri=None
    ),
    "oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri": _stays(
        lambda *_: {"post_logout_redirect_uri": f"{LOGOUT}?foo=bar"}
    ),
    "oidcc-rp-initiated-logout-bad-id-token-hint": _stays(_signed_by_client),
}
