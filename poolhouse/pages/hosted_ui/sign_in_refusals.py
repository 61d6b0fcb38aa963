"""What a page shows of a refused step, or where the browser goes instead."""

from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import urlencode

from starlette.responses import Response

from poolhouse.errors.auth import InvalidSession, SessionExpired, SessionUsed
from poolhouse.errors.oauth import SignInRefused
from poolhouse.errors.triggers import TriggerRefused, TriggerTimedOut, TriggerUnreachable
from poolhouse.pages.hosted_ui.page_request import PageRequest
from poolhouse.pages.hosted_ui.redirects import redirect
from poolhouse.pages.hosted_ui.refusals import status_of
from poolhouse.pages.hosted_ui.texts import Texts
from poolhouse.wire.errors import (
    CodeMismatchException,
    EnableSoftwareTokenMFAException,
    ExpiredCodeException,
    InvalidPasswordException,
    PasswordHistoryPolicyViolationException,
    PasswordResetRequiredException,
    ServiceError,
)

_FIELDS: Final = {
    CodeMismatchException: "code",
    EnableSoftwareTokenMFAException: "code",
    ExpiredCodeException: "code",
    InvalidPasswordException: "new_password",
    PasswordHistoryPolicyViolationException: "new_password",
}
"""The field that an error is about."""
_AFTER_SUCCESS: Final = ("PostAuthentication", "PreTokenGeneration")
"""Functions that run when the user has answered everything: trying again would not help."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A refusal as a page shows it. `field` is the name of the field that it is about."""

    sentence: str
    field: str | None = None
    status: int = 400
    starts_again: bool = False
    """The sign-in can't go on from the step that was sent."""

    @classmethod
    def missing(cls, texts: Texts, label: str, field: str) -> Self:
        """Return the refusal of an empty field."""
        return cls(texts.field_required.format(label=label), field)


def shown(error: ServiceError, texts: Texts) -> Shown:
    """Return what to show of an error of the engine. Raises the error if it is the server's own."""
    if error.status >= 500:
        raise error
    if isinstance(error, InvalidSession | SessionExpired | SessionUsed):
        return Shown(texts.step_expired, starts_again=True)
    field = next((name for kind, name in _FIELDS.items() if isinstance(error, kind)), None)
    return Shown(texts.sentence(error) or texts.something_failed, field, status_of(error))


def elsewhere(page: PageRequest, error: ServiceError, username: str) -> Response | None:
    """Return the redirect of an error that another page continues from; else None.

    Raises SignInRefused if the app gets it.
    """
    named = urlencode({"username": username[:128]})
    if isinstance(error, PasswordResetRequiredException):
        return redirect(f"{page.site.root_path}/forgotPassword?{page.query}&{named}")
    if isinstance(error, SessionUsed):
        # The form was sent twice. If the first has signed in, its session answers the app.
        return redirect(f"{page.site.root_path}/oauth2/authorize?{page.query}", status=303)
    if isinstance(
        error, TriggerRefused | TriggerUnreachable | TriggerTimedOut
    ) and error.text.startswith(_AFTER_SUCCESS):
        raise SignInRefused(error.text) from None
    return None
