"""`GET /confirmUser`: where the link in a sign-up's mail leads, and the page that users see there.

The link confirms as ConfirmSignUp does, because it is ConfirmSignUp: with its checks, its count of
attempts and its trigger. The page holds nothing of what the request says, so nothing has to be
escaped, and it tells no more than the operation tells every client: users who don't exist look like
wrong codes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qs

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from poolhouse.api.endpoint import PREFIX, CognitoEndpoint
from poolhouse.entities.users import UserStatus
from poolhouse.errors.users import CannotConfirm
from poolhouse.http.messages import HttpRequest, HttpResponse
from poolhouse.pages.responses import Pages, received
from poolhouse.rules.auth.secret_hash import secret_hash
from poolhouse.store.store import Store
from poolhouse.wire.errors import (
    AliasExistsException,
    ExpiredCodeException,
    InternalErrorException,
    InvalidLambdaResponseException,
    LimitExceededException,
    NotAuthorizedException,
    TooManyFailedAttemptsException,
    TooManyRequestsException,
    UnexpectedLambdaException,
    UserLambdaValidationException,
)

_TARGET: Final = (b"x-amz-target", f"{PREFIX}.ConfirmSignUp".encode())
_CLIENT_ID: Final = re.compile(r"[A-Za-z0-9_+]{1,128}")


@dataclass(frozen=True, slots=True)
class _PageText:
    """Text for a user. The status of refusals is that of AWS's error pages (ev:oauth-2)."""

    title: str
    text: str
    status: int = 400


_CONFIRMED: Final = _PageText(
    "You’re confirmed", "Your account is ready. You can close this page and sign in.", 200
)
_ALREADY: Final = _PageText(
    "Already confirmed", "This account was confirmed before. You can close this page and sign in."
)
_USELESS: Final = _PageText(
    "This link doesn’t work",
    "It may be incomplete, or a newer one was sent. Open the link in the newest message, or ask"
    " for another one where you signed up.",
)
_UNFINISHED: Final = _PageText(
    "Confirmed, but not finished",
    "Your account is confirmed, but a step that follows has failed. You can sign in; if something"
    " is missing there, tell the people who run the app.",
)
_PATIENCE: Final = _PageText("Too many attempts", "Wait an hour, then open the link again.")
_BUSY: Final = _PageText("Too many requests", "Open the link again in a moment.")
_FAILED: Final = _PageText(
    "Something went wrong", "It isn’t your fault. Open the link again in a moment.", 500
)
_REFUSALS: Final[Mapping[str, _PageText]] = {
    ExpiredCodeException.code: _PageText(
        "This link has expired",
        "It is older than a day, or a newer one was sent. Ask for another one where you signed up.",
    ),
    AliasExistsException.code: _PageText(
        "Another account has this address",
        "Sign in to that one, or sign up with another address.",
    ),
    NotAuthorizedException.code: _PageText(
        "This account can’t be confirmed", "Tell the people who run the app."
    ),
    # The function ran after the confirmation, which it can't undo.
    UserLambdaValidationException.code: _UNFINISHED,
    UnexpectedLambdaException.code: _UNFINISHED,
    InvalidLambdaResponseException.code: _UNFINISHED,
    LimitExceededException.code: _PATIENCE,
    TooManyFailedAttemptsException.code: _PATIENCE,
    TooManyRequestsException.code: _BUSY,
    InternalErrorException.code: _FAILED,
}


class ConfirmationPage:
    """Answers `GET /confirmUser?client_id=…&user_name=…&confirmation_code=…`."""

    def __init__(self, api: CognitoEndpoint, store: Store, pages: Pages) -> None:
        self._api = api
        self._store = store
        self._pages = pages

    async def endpoint(self, request: Request) -> Response:
        """Confirm the user and say so. HEAD, by which mail scanners look at links, does nothing."""
        if request.method == "HEAD":
            return self._page(_CONFIRMED)
        link = {name: values[0] for name, values in _values(request).items()}
        return self._page(_outcome(await self._confirm(received(request), link)))

    async def _confirm(self, request: HttpRequest, link: Mapping[str, str]) -> HttpResponse:
        """Call ConfirmSignUp through the public API; a link can't carry ClientMetadata."""
        client_id, username = link.get("client_id", ""), link.get("user_name", "")
        body = {
            "ClientId": client_id,
            "Username": username,
            "ConfirmationCode": link.get("confirmation_code", ""),
        }
        if secret := await self._secret(client_id):
            # The link came from us, for this client: it needs no secret as well.
            body["SecretHash"] = secret_hash(secret, username, client_id)
        agent = [(name, value) for name, value in request.headers if name == b"user-agent"]
        return await self._api.handle(
            replace(
                request,
                method="POST",
                path=b"/",
                query=b"",
                headers=[_TARGET, *agent],
                body=msgspec.json.encode(body),
            )
        )

    async def _secret(self, client_id: str) -> str | None:
        """Return one of the app client's secrets; None for an unknown client or one without."""
        if not _CLIENT_ID.fullmatch(client_id):
            return None
        await self._store.configuration.refresh()
        client = await self._store.clients.find(client_id)
        return client.secrets[0].value if client and client.secrets else None

    def _page(self, result: _PageText) -> Response:
        return self._pages.page(
            "message.html",
            status=result.status,
            title=result.title,
            text=result.text,
            is_good=result in (_CONFIRMED, _ALREADY),
        )


def _values(request: Request) -> dict[str, list[str]]:
    """Return the query's parameters that have values."""
    return parse_qs(received(request).query.decode("latin-1"))


def _outcome(answer: HttpResponse) -> _PageText:
    if answer.status == 200:
        return _CONFIRMED
    headers = dict(answer.headers)
    code = headers.get(b"x-amzn-errortype", b"").decode().rstrip(":")
    sentence = headers.get(b"x-amzn-errormessage", b"").decode()
    # A link is opened twice more often than not, if only because a scanner did it first.
    if sentence == CannotConfirm(status=UserStatus.CONFIRMED.value).text:
        return _ALREADY
    return _REFUSALS.get(code, _USELESS)
