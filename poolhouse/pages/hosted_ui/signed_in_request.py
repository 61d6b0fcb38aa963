"""One request for a page on which a signed-in user runs operations of the API."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from poolhouse.entities.users import User
from poolhouse.pages.hosted_ui import refusals
from poolhouse.pages.hosted_ui.page_request import ClientRequest
from poolhouse.services import browser_sessions
from poolhouse.services.browser_sessions import SignedIn
from poolhouse.services.context import SignedInCall
from poolhouse.services.retry import until_committed

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class SignedInRequest(ClientRequest):
    """A request of a browser. `signed_in` is None in one without a valid session."""

    signed_in: SignedIn | None
    user_call: SignedInCall | None
    """How the user's operations run."""

    @property
    def acting(self) -> SignedInCall:
        """Return the call of the user. Only users who are signed in get as far."""
        if self.user_call is None:
            raise RuntimeError("an operation is run without a signed-in user")
        return self.user_call

    @property
    def user(self) -> User:
        """Return the user as the last operation has read it."""
        return self.acting.user

    async def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run a step as the API runs an operation of its user."""
        return await until_committed(self.acting, work)

    async def perform(self, operation: Callable[[Any, Any], Awaitable[T]], request: object) -> T:
        """Run an operation of the API for the user, and name it in the audit record.

        Raises only ServiceErrors that can be shown.
        """
        self.name_step(step_of(request))
        return await refusals.run(self, lambda: operation(self.acting, request))

    def name_step(self, step: str) -> None:
        """Add what is done to the audit record of this request."""
        done = self.call.audit.step
        self.call.audit.step = step if done is None else f"{done}, {step}"


class BrowserUser(NamedTuple):
    """The user of a browser's session, and how their operations run; both None without one."""

    signed_in: SignedIn | None
    user_call: SignedInCall | None


async def find_user(page: ClientRequest) -> BrowserUser:
    """Return the user of the browser's session, with the audit record and notes of the request."""
    signed_in = await browser_sessions.find(
        page.call, page.pool, page.browser_cookie, page.site.url
    )
    if signed_in is None:
        return BrowserUser(None, None)
    page.call.audit.target = signed_in.user.username
    call = SignedInCall(
        page.call.services,
        page.call.caller,
        pool=page.pool,
        client=page.client,
        user=signed_in.user,
        audit=page.call.audit,
        notes=page.call.notes,
    )
    return BrowserUser(signed_in, call)


def step_of(request: object) -> str:
    """Return the name of the operation that a request is for."""
    return type(request).__name__.removesuffix("Request")
