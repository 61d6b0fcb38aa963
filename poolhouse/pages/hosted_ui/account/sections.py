"""The sections as routes: each is answered to users who are signed in, recently if need be."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from poolhouse.entities.contacts import Contact
from poolhouse.errors.oauth import UnreadableRequest
from poolhouse.http.security_headers import FormTarget
from poolhouse.pages.hosted_ui.account.account_request import AccountRequest, load
from poolhouse.pages.hosted_ui.form_fields import FormField
from poolhouse.pages.hosted_ui.language_choice import texts_of
from poolhouse.pages.hosted_ui.redirects import redirect
from poolhouse.pages.hosted_ui.ui import HostedUi, in_other_language, is_own_form
from poolhouse.pages.hosted_ui.user_names import shown_name
from poolhouse.rules.auth import devices, first_factors, mfa
from poolhouse.rules.oauth import account_sign_in, authorization_requests
from poolhouse.rules.oauth.account_sign_in import Section
from poolhouse.rules.users import attributes
from poolhouse.wire.enums import AuthFactorType

Handler = Callable[[HostedUi, AccountRequest], Awaitable[Response]]

DONE: Final = "done"
"""The parameter that names what has just been changed, for the page after the form."""
NOTICES: Final = frozenset({"saved", "removed", "code_sent", "verified", "password_changed"})
"""Its values, and the ends of the names of their texts."""


@dataclass(frozen=True, slots=True)
class SectionPage:
    """A section: what answers GET and, if it has a form, POST. The audit trail has `name`."""

    section: Section
    name: str
    get: Handler
    post: Handler | None = None
    needs_recent_sign_in: bool = False
    """It changes what the user signs in with."""


def route(ui: HostedUi, page: SectionPage) -> Route:
    """Return the route of a section."""

    async def handle(loaded: AccountRequest) -> Response:
        return await _handled(ui, page, loaded)

    async def endpoint(request: Request) -> Response:
        return await ui.answer(page.name, request, load, handle)

    # The menu of languages is a form of every page.
    return Route(page.section.path, endpoint, methods=["GET", "POST"])


async def _handled(ui: HostedUi, page: SectionPage, loaded: AccountRequest) -> Response:
    await ui.dress(loaded)
    if loaded.signed_in is None:
        return redirect(sign_in_url(loaded, page.section), status=303)
    if not is_there(loaded, page.section):
        return redirect(url(loaded, Section.OVERVIEW), status=303)
    return await _answered(ui, page, loaded)


async def _answered(ui: HostedUi, page: SectionPage, loaded: AccountRequest) -> Response:
    """Return the response to a user who is signed in and has the section."""
    is_form = loaded.received.method == "POST"
    if is_form and not is_own_form(loaded):
        return redirect(url(loaded, page.section), status=303)
    if other := in_other_language(loaded, page.section.path):
        return other
    if page.needs_recent_sign_in and not loaded.is_recent:
        return _ask_to_sign_in(ui, loaded, page.section)
    if not is_form or page.post is None:
        return await page.get(ui, loaded)
    if any("\0" in value for value in loaded.form.values()):
        # As at the API: PostgreSQL can't store it (`api/json11.py`).
        raise UnreadableRequest().because("a field has a NUL character")
    return await page.post(ui, loaded)


def show(
    ui: HostedUi,
    page: AccountRequest,
    template: str,
    *,
    title: str,
    section: Section,
    errors: Mapping[str, str] | None = None,
    fields: Collection[FormField] = (),
    status: int = 200,
    **content: Any,
) -> Response:
    """Return the page of a section. `errors` are sentences by the name of their field."""
    texts = texts_of(page)
    done = page.params.get(DONE, "")
    notice = getattr(texts, f"account_done_{done}") if done in NOTICES and not errors else ""
    return ui.render(
        page,
        f"account/{template}",
        status=status,
        forms=FormTarget.HERE,
        title=title,
        name=shown_name(page.pool, page.user),
        action=url(page, section),
        back=None if section is Section.OVERVIEW else url(page, Section.OVERVIEW),
        return_uri=page.return_uri,
        errors=errors or {},
        shown=errors,
        fields=fields,
        ids={entry.name: entry.id for entry in fields},
        notice=notice,
        **content,
    )


def done(page: AccountRequest, section: Section, notice: str) -> Response:
    """Return the redirect to a section after a change, so that no reload repeats it."""
    return redirect(url(page, section, **{DONE: notice}), status=303)


def url(page: AccountRequest, section: Section, **more: str) -> str:
    """Return where a section is."""
    return f"{page.site.root_path}{section.path}?{page.query_with(**more)}"


def sign_in_url(page: AccountRequest, section: Section, **more: str) -> str:
    """Return where the user signs in, to come back to a section."""
    query = page.query_with(**{account_sign_in.PARAMETER: section.value}, **more)
    return f"{page.site.root_path}/login?{query}"


def is_there(page: AccountRequest, section: Section) -> bool:
    """Return whether the pool, the app client and the settings give the user a section."""
    pool = page.pool
    if section is Section.CONTACTS:
        return any(attributes.may_read(page.client, each.attribute) for each in Contact)
    if section is Section.SECOND_FACTORS:
        return bool(mfa.factors_of(pool))
    if section is Section.RECOVERY_CODES:
        return page.call.services.extras.recovery_codes and bool(mfa.factors_of(pool))
    if section is Section.PASSKEYS:
        return AuthFactorType.WEB_AUTHN in first_factors.allowed(pool)
    return section is not Section.DEVICES or devices.is_tracking(pool)


def _ask_to_sign_in(ui: HostedUi, page: AccountRequest, section: Section) -> Response:
    """Return the page that asks for another sign-in, before anything can be changed."""
    texts = texts_of(page)
    again = sign_in_url(
        page,
        section,
        prompt=authorization_requests.LOGIN,
        login_hint=shown_name(page.pool, page.user),
    )
    return show(
        ui,
        page,
        "sign_in_again.html",
        title=texts.account_sign_in_again_title,
        section=section,
        again=again,
    )
