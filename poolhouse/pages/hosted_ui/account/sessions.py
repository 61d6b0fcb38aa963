"""`/account/sessions`: where the user is signed in, and the end of one session or of all."""

from datetime import UTC, datetime
from typing import NamedTuple

from starlette.responses import Response

from poolhouse.operations import tokens
from poolhouse.pages.hosted_ui import cookies, refusals
from poolhouse.pages.hosted_ui.account import sections
from poolhouse.pages.hosted_ui.account.account_request import AccountRequest
from poolhouse.pages.hosted_ui.account.sections import SectionPage
from poolhouse.pages.hosted_ui.language_choice import texts_of
from poolhouse.pages.hosted_ui.refusals import Errors
from poolhouse.pages.hosted_ui.ui import HostedUi
from poolhouse.rules.oauth.account_sign_in import Section
from poolhouse.rules.tokens import linked_sessions, user_agents
from poolhouse.services import user_sessions
from poolhouse.wire.enums import SessionTypeType
from poolhouse.wire.errors import ServiceError
from poolhouse.wire.structs import GlobalSignOutRequest, SessionDescriptionType

END, EVERYWHERE = "end", "everywhere"
"""What a form does, by the value of its field `action`."""


class ShownSession(NamedTuple):
    """A session as its line of the page shows it."""

    id: str
    where: str
    app: str
    address: str
    active_at: datetime
    is_browser: bool
    is_current: bool


async def show(ui: HostedUi, page: AccountRequest) -> Response:
    """Show the sessions, the last used first."""
    return await _list(ui, page, {})


async def end(ui: HostedUi, page: AccountRequest) -> Response:
    """End the session that the form names, or all of them.

    With a browser session its tokens end. With tokens of an app the browser stays signed in.
    """
    handle, action = page.form.get("session", ""), page.form.get("action")
    if action == EVERYWHERE:
        await page.perform(tokens.global_sign_out, GlobalSignOutRequest(AccessToken=""))
        page.name_step("RevokeUserSession")
        await refusals.run(page, lambda: user_sessions.revoke_all(page.acting, page.user))
        return _signed_out(ui, page)
    if action != END:
        return await show(ui, page)
    is_current = page.signed_in is not None and page.signed_in.session.handle == handle
    page.name_step("RevokeUserSession")
    try:
        await refusals.run(
            page,
            lambda: user_sessions.revoke(
                page.acting, page.user, handle, linked=_is_of_browser(handle)
            ),
        )
    except ServiceError as error:
        page.refused = error
        errors = refusals.of_error(error, [], texts_of(page))
        return await _list(ui, page, errors, status=refusals.status_of(error))
    return _signed_out(ui, page) if is_current else sections.done(page, Section.SESSIONS, "removed")


def _signed_out(ui: HostedUi, page: AccountRequest) -> Response:
    """Show that this browser is signed out, with the ways on from there."""
    texts = texts_of(page)
    response = sections.show(
        ui,
        page,
        "signed_out.html",
        title=texts.signed_out_title,
        section=Section.OVERVIEW,
        again=sections.sign_in_url(page, Section.OVERVIEW),
    )
    cookies.remove(response, cookies.BROWSER_SESSION, page.cookie_path)
    return response


async def _list(ui: HostedUi, page: AccountRequest, errors: Errors, status: int = 200) -> Response:
    there = await user_sessions.active(page.acting, page.user)
    return sections.show(
        ui,
        page,
        "sessions.html",
        title=texts_of(page).account_sessions_title,
        section=Section.SESSIONS,
        status=status,
        errors=errors,
        sessions=[await _described(page, each) for each in linked_sessions.listed(there, None)],
    )


async def _described(page: AccountRequest, session: SessionDescriptionType) -> ShownSession:
    texts = texts_of(page)
    client = await page.call.store.clients.find(session.ClientId or "")
    device = session.DeviceType
    current = page.signed_in.session.handle if page.signed_in else None
    return ShownSession(
        id=session.SessionId or "",
        where=texts.account_unknown_device
        if device in {None, user_agents.UNKNOWN}
        else device or "",
        app=client.name if client else session.ClientId or "",
        address=session.LastIPAddress or "",
        active_at=datetime.fromtimestamp(session.LastActiveDate or 0, UTC),
        is_browser=session.SessionType is SessionTypeType.SSO,
        is_current=session.SessionId == current,
    )


def _is_of_browser(handle: str) -> bool:
    return handle.startswith("sso")


PAGE = SectionPage(Section.SESSIONS, "AccountSessions", show, end)
