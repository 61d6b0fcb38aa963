"""Sign a user in at the end of a sign-up or a password reset, and return to the app.

Apps that ask for a level get users to the sign-in page instead, where the level is a minimum.
"""

from collections.abc import Awaitable, Callable

from starlette.responses import Response

from poolhouse.auth import engine
from poolhouse.auth.attempt import AuthResponse
from poolhouse.pages.hosted_ui import factor_setup, page_state, refusals, sign_in_challenges
from poolhouse.pages.hosted_ui.completion import finish
from poolhouse.pages.hosted_ui.page_request import PageRequest
from poolhouse.pages.hosted_ui.redirects import redirect
from poolhouse.pages.hosted_ui.sign_in_steps import Step, levels_of, new_attempt
from poolhouse.pages.hosted_ui.ui import HostedUi
from poolhouse.wire.enums import AuthFlowType
from poolhouse.wire.errors import ServiceError


async def by_password(ui: HostedUi, page: PageRequest, username: str, password: str) -> Response:
    """Sign in with the password that the user has just set."""
    given = {"USERNAME": username, "PASSWORD": password}

    async def work() -> AuthResponse:
        attempt = new_attempt(page, given, is_start=True)
        return await engine.start(attempt, AuthFlowType.USER_PASSWORD_AUTH)

    return await _end(ui, page, username, work)


async def by_code(ui: HostedUi, page: PageRequest, username: str, session: str) -> Response:
    """Sign in by the code that has confirmed the sign-up, for users without a password."""

    async def work() -> AuthResponse:
        attempt = new_attempt(page, {"USERNAME": username}, session=session, is_start=True)
        return await engine.start(attempt, AuthFlowType.USER_AUTH)

    return await _end(ui, page, username, work)


async def by_sign_up(ui: HostedUi, page: PageRequest, username: str, session: str) -> Response:
    """Sign in by the session of a sign-up in this browser.

    Raises the refusal, for a user who isn't confirmed yet.
    """
    if levels_of(page):
        return to_sign_in(page, username)

    async def work() -> AuthResponse:
        attempt = new_attempt(page, {"USERNAME": username}, session=session, is_start=True)
        return await engine.start_signed_up(attempt)

    return await _ended(ui, page, username, await refusals.run(page, work))


def to_sign_in(page: PageRequest, username: str) -> Response:
    """Return the redirect to the page where the user signs in, with the name filled in."""
    query = page.query_with(login_hint=username)
    response = redirect(f"{page.site.root_path}/login?{query}")
    page_state.drop(page, response)
    return response


async def _end(
    ui: HostedUi, page: PageRequest, username: str, work: Callable[[], Awaitable[AuthResponse]]
) -> Response:
    """Return to the app, or to the sign-in page if this sign-in is refused.

    What came before it has succeeded, so that its form isn't shown again.
    """
    if levels_of(page):
        return to_sign_in(page, username)
    try:
        result = await refusals.run(page, work)
    except ServiceError as error:
        page.refused = error
        return to_sign_in(page, username)
    return await _ended(ui, page, username, result)


async def _ended(ui: HostedUi, page: PageRequest, username: str, result: AuthResponse) -> Response:
    """Return to the app, or show the next challenge, such as a second factor."""
    if result.challenge is None:
        response = await finish(page, result)
    else:
        step = await factor_setup.begun(page, Step.issued(result, username))
        response = sign_in_challenges.form(ui, page, step)
    page_state.drop(page, response)
    return response
