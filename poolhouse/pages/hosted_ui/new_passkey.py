"""`/passkeys/add`: an app sends a signed-in user here to add a passkey (ev:oauth-2).

The page returns to the app with the parameter `result`. The user's operations make the passkey, by
the same calls, limits and audit records as at the API.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from poolhouse.entities.domains import MANAGED_LOGIN
from poolhouse.errors.oauth import AppNotApproved, RedirectMismatch
from poolhouse.errors.passkeys import InvalidCredential, PasskeysNotEnabled, TooManyPasskeys
from poolhouse.oauth.sites import Site
from poolhouse.operations import passkeys as operations
from poolhouse.pages.hosted_ui import refusals
from poolhouse.pages.hosted_ui.language_choice import PARAMETER, texts_of
from poolhouse.pages.hosted_ui.page_request import CLIENT_ID, load_client
from poolhouse.pages.hosted_ui.redirects import redirect, to_app
from poolhouse.pages.hosted_ui.signed_in_request import SignedInRequest, find_user
from poolhouse.pages.hosted_ui.texts import Texts
from poolhouse.pages.hosted_ui.ui import HostedUi, in_other_language, is_own_form
from poolhouse.pages.hosted_ui.user_names import shown_name
from poolhouse.rules.auth import passkeys as rules
from poolhouse.rules.oauth import authorization_requests, browser_sessions, device_grants
from poolhouse.services.context import Services
from poolhouse.wire.errors import ServiceError
from poolhouse.wire.structs import (
    CompleteWebAuthnRegistrationRequest,
    StartWebAuthnRegistrationRequest,
)

PATH: Final = "/passkeys/add"
SCRIPTS: Final = ("new_passkey.js",)

START, COMPLETE, NOT_NOW = "start", "complete", "not_now"
"""What a form does, by the value of its field `action`."""
SUCCESS, INVALID_SESSION = "success", "invalid_session"
"""Values of the parameter `result` (ev:oauth-2)."""
CANCELLED: Final = "cancelled"
"""UNVERIFIED: what does the app get if the user doesn't want a passkey?"""

_ACTION: Final = "action"
_ACCOUNT: Final = "account"
"""The field that names the session: another tab may have signed in another user meanwhile."""


@dataclass(slots=True, kw_only=True)
class NewPasskeyRequest(SignedInRequest):
    """A request for the page, with where it returns to."""

    redirect_uri: str
    state: str | None

    def query_with(self, **changed: str) -> str:
        """Return the query that leads to the page again."""
        kept = {CLIENT_ID: self.client.id, "redirect_uri": self.redirect_uri}
        if self.state is not None:
            kept["state"] = self.state
        if PARAMETER in self.params:
            kept[PARAMETER] = self.params[PARAMETER]
        return urlencode({**kept, **changed})


def route(ui: HostedUi) -> Route:
    """Return the page's route."""

    async def handle(page: NewPasskeyRequest) -> Response:
        return await _handled(ui, page)

    async def endpoint(request: Request) -> Response:
        return await ui.answer("PasskeysAdd", request, load, handle)

    return Route(PATH, endpoint, methods=["GET", "POST"])


async def load(services: Services, request: Request, site: Site) -> NewPasskeyRequest:
    """Return the checked request. Raises a ShownOnPage, and 404 at classic pages.

    Of the parameters of an authorization request that apps also send, only `state` means anything.
    UNVERIFIED: does the service return it, or a code?
    """
    page = await load_client(services, request, site)
    if page.pages_version != MANAGED_LOGIN:
        raise HTTPException(404)
    uri = authorization_requests.redirect_uri(
        page.client, page.params, with_wildcards=services.extras.wildcard_callbacks
    )
    if uri == device_grants.GRANT_TYPE:
        raise RedirectMismatch
    # UNVERIFIED: also for apps that register themselves? A link alone would lead to them.
    if browser_sessions.asks_first(page.client):
        raise AppNotApproved
    user = await find_user(page)
    return NewPasskeyRequest(
        **{each.name: getattr(page, each.name) for each in fields(page)},
        signed_in=user.signed_in,
        user_call=user.user_call,
        redirect_uri=uri,
        state=page.params.get("state"),
    )


async def _handled(ui: HostedUi, page: NewPasskeyRequest) -> Response:
    await ui.dress(page)
    # UNVERIFIED: how old may the session be? Here another sign-in makes it new enough.
    if page.signed_in is None or not browser_sessions.may_add_passkey(
        page.pool, page.client, page.signed_in.session, page.call.now
    ):
        return _to_app(page, INVALID_SESSION)
    if page.received.method != "POST":
        return _show(ui, page)
    if not is_own_form(page):
        return _again(page)
    if other := in_other_language(page, PATH):
        return other
    if page.form.get(_ACCOUNT) != page.signed_in.session.handle:
        return _again(page)
    return await _answer(ui, page)


async def _answer(ui: HostedUi, page: NewPasskeyRequest) -> Response:
    """Begin to make a passkey, store the one that the browser has made, or return without."""
    action = page.form.get(_ACTION)
    try:
        if action == START:
            return await _start(ui, page)
        if action == COMPLETE:
            made = CompleteWebAuthnRegistrationRequest(
                AccessToken="", Credential=credential_of(page.form)
            )
            await page.perform(operations.complete_web_authn_registration, made)
            return _to_app(page, SUCCESS)
    except ServiceError as error:
        return _refused(ui, page, error)
    return _to_app(page, CANCELLED) if action == NOT_NOW else _again(page)


async def _start(ui: HostedUi, page: NewPasskeyRequest) -> Response:
    """Show the page whose script asks the authenticator for a passkey."""
    return _render(ui, page, scripts=SCRIPTS, options=await creation_options(page))


async def creation_options(page: SignedInRequest) -> str:
    """Begin to make a passkey, and return what the script asks the browser for, as JSON.

    The log has a reason if the browser will refuse: users see only that there is no passkey.
    """
    response = await page.perform(
        operations.start_web_authn_registration, StartWebAuthnRegistrationRequest(AccessToken="")
    )
    options = response.CredentialCreationOptions
    party, host = options["rp"]["id"], urlsplit(page.site.url).hostname or ""
    if not rules.may_use(party, host):
        page.call.notes.append(f"browsers refuse passkeys of {party} at pages of {host}")
    return json.dumps(options)


def credential_of(form: Mapping[str, str]) -> dict[str, Any]:
    """Return the credential that the script has put into its form. Raises InvalidCredential."""
    try:
        made = json.loads(form.get("credential", ""))
    except (ValueError, RecursionError):
        raise InvalidCredential from None
    if not isinstance(made, dict):
        raise InvalidCredential
    return made


def _show(ui: HostedUi, page: NewPasskeyRequest) -> Response:
    """Show the question whether to add a passkey."""
    try:
        rules.check_enabled(page.pool)
    except PasskeysNotEnabled as error:
        return _refused(ui, page, error)
    return _render(ui, page)


def _refused(ui: HostedUi, page: NewPasskeyRequest, error: ServiceError) -> Response:
    """Show why no passkey was added."""
    page.refused = error
    return _render(
        ui,
        page,
        status=refusals.status_of(error),
        errors={"": _sentence(error, texts_of(page))},
        may_add=not isinstance(error, PasskeysNotEnabled | TooManyPasskeys),
    )


def _sentence(error: ServiceError, texts: Texts) -> str:
    if error.status >= 500:
        raise error
    if isinstance(error, PasskeysNotEnabled):
        return texts.add_passkey_off
    if isinstance(error, TooManyPasskeys):
        return texts.add_passkey_full
    if refusals.status_of(error) == 429:
        return texts.sentence(error)
    return texts.account_passkey_not_added


def _render(
    ui: HostedUi,
    page: NewPasskeyRequest,
    *,
    errors: dict[str, str] | None = None,
    status: int = 200,
    may_add: bool = True,
    options: str | None = None,
    scripts: tuple[str, ...] = (),
) -> Response:
    return ui.render(
        page,
        "add_passkey.html",
        status=status,
        title=texts_of(page).account_passkey_add,
        name=shown_name(page.pool, page.user),
        action=f"{page.site.root_path}{PATH}?{page.query}",
        account=page.signed_in.session.handle if page.signed_in else "",
        errors=errors or {},
        shown=errors,
        ids={},
        notice="",
        may_add=may_add,
        options=options,
        scripts=scripts,
    )


def _again(page: NewPasskeyRequest) -> Response:
    return redirect(f"{page.site.root_path}{PATH}?{page.query}", status=303)


def _to_app(page: NewPasskeyRequest, result: str) -> Response:
    """Return the redirect to the app with what has come of it."""
    parameters = {"result": result}
    if page.state is not None:
        parameters["state"] = page.state
    return to_app(page.redirect_uri, parameters)
