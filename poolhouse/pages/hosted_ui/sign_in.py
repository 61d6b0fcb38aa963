"""`/login`: the name and password, and every challenge that follows them.

The steps are the sign-in engine's, as at the API. Between two of them the sealed auth session
travels in the form, so that two tabs don't disturb each other.
"""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from poolhouse.auth import engine
from poolhouse.auth.attempt import AuthResponse
from poolhouse.entities.domains import MANAGED_LOGIN
from poolhouse.errors.auth import InvalidSession, SessionExpired
from poolhouse.errors.oauth import ScopeNotAllowed, ScopeNotAllowedAtLogin
from poolhouse.errors.protocol import RateExceeded
from poolhouse.oauth.sites import Site
from poolhouse.pages.hosted_ui import (
    chooser,
    confirmation,
    empty_fields,
    factor_setup,
    form_fields,
    sign_in_challenges,
    sign_in_refusals,
)
from poolhouse.pages.hosted_ui.completion import finish
from poolhouse.pages.hosted_ui.language_choice import texts_of
from poolhouse.pages.hosted_ui.page_request import PageRequest, load
from poolhouse.pages.hosted_ui.sign_in_refusals import Shown
from poolhouse.pages.hosted_ui.sign_in_steps import Step, levels_of, new_attempt
from poolhouse.pages.hosted_ui.ui import HostedPage, HostedUi
from poolhouse.pages.hosted_ui.user_names import name_field
from poolhouse.rules.auth import first_factors
from poolhouse.services.context import Services
from poolhouse.store.interface import Conflict
from poolhouse.wire.enums import AuthFactorType as Factor
from poolhouse.wire.enums import AuthFlowType as Flow
from poolhouse.wire.enums import ChallengeNameType as Challenge
from poolhouse.wire.errors import ServiceError, UserNotConfirmedException

LONGEST_NAME: Final = 128
"""Characters of a name that pages put into a field: what the API's model allows."""


async def show(ui: HostedUi, page: PageRequest) -> Response:
    """Show the form to sign in; `login_hint` fills in the name (ev:domain-1.4).

    A browser with a session is offered its account first (ev:domain-1.1).
    """
    if offer := await chooser.offer(ui, page):
        return offer
    return start_form(ui, page, page.params.get("login_hint", ""))


async def answer(ui: HostedUi, page: PageRequest) -> Response:
    """Run the step whose form was sent; show the next one, or return to the app."""
    step, username = Step.sent(page), page.form.get("username", "").strip()
    try:
        missing = _missing(page, username, step)
        if missing is not None:
            return _refused(ui, page, step, missing)
        outcome = await _run(page, step, username)
        if isinstance(outcome, AuthResponse):
            return await finish(page, outcome)
        return sign_in_challenges.form(ui, page, outcome)
    except ServiceError as error:
        page.refused = error
        if isinstance(error, UserNotConfirmedException):
            return await confirmation.to_confirmation(ui, page, username)
        elsewhere = sign_in_refusals.elsewhere(page, error, username)
        shown = sign_in_refusals.shown(error, texts_of(page))
        return elsewhere or _refused(ui, page, step, shown)


async def _load(services: Services, request: Request, site: Site) -> PageRequest:
    """Return the request of an app that may have started here, and not at authorize."""
    try:
        return await load(services, request, site)
    except ScopeNotAllowed:
        if request.method == "POST":
            raise
        raise ScopeNotAllowedAtLogin from None


PAGES: Final = (
    HostedPage("/login", "Login", show, answer, _load),
    # Managed login's address after its first step, which apps have copied (ev:domain-1.3).
    HostedPage("/login/continue", "Login", show, answer, _load),
)


def autofills_passkeys(page: PageRequest) -> bool:
    """Return whether passkeys are offered in the field for the name.

    An app that asks for a level gets the steps that lead to it.
    """
    allowed = Factor.WEB_AUTHN in first_factors.allowed(page.pool)
    return asks_name_first(page) and allowed and not page.authorization.acr_values


def asks_name_first(page: PageRequest) -> bool:
    """Return whether users choose a first factor after their name, as in managed login."""
    return page.pages_version == MANAGED_LOGIN and len(first_factors.allowed(page.pool)) > 1


async def _run(page: PageRequest, step: Step | None, username: str) -> AuthResponse | Step:
    """Return the next step, or the end of the sign-in."""
    try:
        if step is None:
            outcome: AuthResponse | Step = await _start(page, username)
        else:
            outcome = await sign_in_challenges.respond(page, step)
        if isinstance(outcome, AuthResponse) and outcome.challenge is not None:
            outcome = Step.issued(outcome, username)
        if isinstance(outcome, Step):
            outcome = await factor_setup.begun(page, outcome)
    except Conflict:
        raise RateExceeded from None
    return outcome


async def _start(page: PageRequest, username: str) -> AuthResponse:
    """Begin to sign in with a password, or by the name alone."""
    password = page.form.get("password", "")
    given = {"USERNAME": username}
    if password:
        given["PASSWORD"] = password
    flow = Flow.USER_PASSWORD_AUTH if password else Flow.USER_AUTH
    if levels := levels_of(page):
        given |= {"TARGET_ACR_VALUES": levels, "PREFERRED_CHALLENGE": Challenge.PASSWORD.value}
        flow = Flow.USER_AUTH
    return await page.run(lambda: engine.start(new_attempt(page, given, is_start=True), flow))


def _missing(page: PageRequest, username: str, step: Step | None) -> Shown | None:
    """Return what to show of a form with an empty field; None if it is complete."""
    texts = texts_of(page)
    if step is not None:
        return empty_fields.missing(texts, step, page.form)
    if not username:
        return Shown.missing(texts, name_field(page.pool, texts).label, "username")
    if not page.form.get("password") and not asks_name_first(page):
        return Shown.missing(texts, texts.password, "password")
    return None


def _refused(ui: HostedUi, page: PageRequest, step: Step | None, shown: Shown) -> Response:
    """Show the same form again with what is wrong; what was typed stays, except the password."""
    username = page.form.get("username", "")
    if step is None or shown.starts_again:
        return start_form(ui, page, username, shown)
    try:
        return sign_in_challenges.form(ui, page, step, shown)
    except (InvalidSession, SessionExpired) as error:
        # The form shows what the Session has, which wasn't read yet.
        return start_form(ui, page, username, sign_in_refusals.shown(error, texts_of(page)))


def start_form(
    ui: HostedUi, page: PageRequest, username: str, shown: Shown | None = None
) -> Response:
    """Show the form that begins a sign-in."""
    texts = texts_of(page)
    content: dict[str, Any] = {
        "title": texts.sign_in_title,
        "shown": shown,
        "username": username[:LONGEST_NAME],
        "name_field": name_field(page.pool, texts),
        "name_first": asks_name_first(page),
        "signs_up": not page.pool.admins_create_users_only,
    }
    autofills = content["autofills"] = autofills_passkeys(page)
    scripts = ("passkey_autofill.js",) if autofills else form_fields.PASSWORD_SCRIPTS
    # DIFFERS: AWS's classic pages have every form twice, for wide and for narrow windows.
    if shown is None and not username:
        return ui.render_first(page, "sign_in.html", scripts=scripts, **content)
    status = shown.status if shown else 200
    return ui.render(page, "sign_in.html", status=status, scripts=scripts, **content)
