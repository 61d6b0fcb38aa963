"""One request for a section of the account page: the app client, and the user who is signed in."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields
from typing import Any, TypeVar
from urllib.parse import urlencode

from starlette.requests import Request

from poolhouse.errors.protocol import RateExceeded
from poolhouse.oauth.sites import Site
from poolhouse.pages.hosted_ui import browser_session
from poolhouse.pages.hosted_ui.page_request import CLIENT_ID, load_client, params_of
from poolhouse.pages.hosted_ui.signed_in_request import SignedInRequest, find_user, step_of
from poolhouse.pages.responses import received
from poolhouse.rules.oauth import account_sign_in
from poolhouse.rules.oauth.browser_sessions import RECENT
from poolhouse.services.context import Services, UserOrSessionCall
from poolhouse.services.retry import until_committed
from poolhouse.store.interface import Conflict

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class AccountRequest(SignedInRequest):
    """A request for a section."""

    return_uri: str | None
    """The app's address for the link back: a registered one."""

    def query_with(self, **changed: str) -> str:
        """Return the query that leads to another section of the same app client."""
        kept = {CLIENT_ID: self.client.id}
        if self.return_uri is not None:
            kept[account_sign_in.RETURN_URI] = self.return_uri
        if "lang" in self.params:
            kept["lang"] = self.params["lang"]
        return urlencode({**kept, **changed})

    @property
    def is_recent(self) -> bool:
        """Return whether the user has signed in recently enough for every change."""
        return (
            self.signed_in is not None
            and self.call.now < self.signed_in.session.started_at + RECENT
        )

    async def perform_as_either(
        self, operation: Callable[[Any, Any], Awaitable[T]], request: object
    ) -> T:
        """Run an operation that takes users who are signing in, too, as `perform` does."""
        self.name_step(step_of(request))
        call = self._either_call()
        try:
            return await until_committed(call, lambda: operation(call, request))
        except Conflict:
            raise RateExceeded from None

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
    user = await find_user(page)
    return AccountRequest(
        **{each.name: getattr(page, each.name) for each in fields(page)},
        signed_in=user.signed_in,
        user_call=user.user_call,
        return_uri=return_uri,
    )
