"""One request for a section of the account page: the app client, and the user who is signed in."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from starlette.requests import Request

from poolhouse.entities.users import User
from poolhouse.errors.protocol import RateExceeded
from poolhouse.oauth.sites import Site
from poolhouse.pages.hosted_ui import browser_session, refusals
from poolhouse.pages.hosted_ui.page_request import (
    CLIENT_ID,
    ClientRequest,
    load_client,
    params_of,
)
from poolhouse.pages.responses import received
from poolhouse.rules.oauth import account_sign_in
from poolhouse.services import browser_sessions
from poolhouse.services.browser_sessions import SignedIn
from poolhouse.services.context import Services, SignedInCall, UserOrSessionCall
from poolhouse.services.retry import until_committed
from poolhouse.store.interface import Conflict

T = TypeVar("T")

RECENT: Final = timedelta(minutes=10)
"""Time after a sign-in in which a user may change what they sign in with."""


@dataclass(slots=True, kw_only=True)
class AccountRequest(ClientRequest):
    """A request for a section. `signed_in` is None in a browser without a valid session."""

    signed_in: SignedIn | None
    user_call: SignedInCall | None
    """How the user's operations run."""
    return_uri: str | None
    """The app's address for the link back: a registered one."""

    @property
    def query(self) -> str:
        """Return the query that leads to another section of the same app client."""
        return self.query_with()

    def query_with(self, **changed: str) -> str:
        """Return the same with more parameters."""
        kept = {CLIENT_ID: self.client.id}
        if self.return_uri is not None:
            kept[account_sign_in.RETURN_URI] = self.return_uri
        if "lang" in self.params:
            kept["lang"] = self.params["lang"]
        return urlencode({**kept, **changed})

    @property
    def acting(self) -> SignedInCall:
        """Return the call of the user. Sections are shown to users who are signed in only."""
        if self.user_call is None:
            raise RuntimeError("a section is shown without a signed-in user")
        return self.user_call

    @property
    def user(self) -> User:
        """Return the user as the last operation has read it."""
        return self.acting.user

    @property
    def is_recent(self) -> bool:
        """Return whether the user has signed in recently enough for every change."""
        return (
            self.signed_in is not None
            and self.call.now < self.signed_in.session.started_at + RECENT
        )

    async def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run a step as the API runs an operation of its user."""
        return await until_committed(self.acting, work)

    async def perform(self, operation: Callable[[Any, Any], Awaitable[T]], request: object) -> T:
        """Run an operation of the API for the user, and name it in the audit record.

        Raises only ServiceErrors that can be shown.
        """
        self.name_step(_step_of(request))
        return await refusals.run(self, lambda: operation(self.acting, request))

    async def perform_as_either(
        self, operation: Callable[[Any, Any], Awaitable[T]], request: object
    ) -> T:
        """Run an operation that takes users who are signing in, too, as `perform` does."""
        self.name_step(_step_of(request))
        call = self._either_call()
        try:
            return await until_committed(call, lambda: operation(call, request))
        except Conflict:
            raise RateExceeded from None

    def name_step(self, step: str) -> None:
        """Add what is done to the audit record of this request."""
        done = self.call.audit.step
        self.call.audit.step = step if done is None else f"{done}, {step}"

    def _either_call(self) -> UserOrSessionCall:
        call = self.acting
        return UserOrSessionCall(
            call.services,
            call.caller,
            pool=call.pool,
            client=call.client,
            user=call.user,
            session=None,
            audit=call.audit,
            notes=call.notes,
        )


async def load(services: Services, request: Request, site: Site) -> AccountRequest:
    """Return the request for a section. Raises a ShownOnPage.

    A request that names no app client is of the one at which its browser has signed in.
    """
    raw = received(request)
    client_id = None
    if CLIENT_ID not in params_of(raw):
        client_id = await browser_session.client_id_of(services, raw, site)
    page = await load_client(services, request, site, client_id)
    account_sign_in.check_client(page.client)
    return_uri = account_sign_in.return_uri(page.client, page.params)
    signed_in = await browser_sessions.find(
        page.call, page.pool, page.browser_cookie, page.site.url
    )
    return AccountRequest(
        **{each.name: getattr(page, each.name) for each in fields(page)},
        signed_in=signed_in,
        user_call=None if signed_in is None else _user_call(page, signed_in.user),
        return_uri=return_uri,
    )


def _step_of(request: object) -> str:
    """Return the name of the operation that a request is for."""
    return type(request).__name__.removesuffix("Request")


def _user_call(page: ClientRequest, user: User) -> SignedInCall:
    """Return the call of the user, with the audit record and the notes of the request."""
    page.call.audit.target = user.username
    return SignedInCall(
        page.call.services,
        page.call.caller,
        pool=page.pool,
        client=page.client,
        user=user,
        audit=page.call.audit,
        notes=page.call.notes,
    )
