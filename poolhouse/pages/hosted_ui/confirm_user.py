"""`GET /confirmUser`: where the link in a sign-up's mail leads, and the page that users see there.

The link confirms as ConfirmSignUp does, because it is ConfirmSignUp: with its checks, its count of
attempts and its trigger. The page repeats nothing of the request. It doesn't reveal more than the
operation reveals to every client: users who don't exist look like wrong codes.

The page has the looks and the language of the pool's domain, also at the server's own address. No
menu of languages is on it, since each request is an attempt.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs

import msgspec
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from poolhouse.api.endpoint import PREFIX, CognitoEndpoint
from poolhouse.entities.users import UserStatus
from poolhouse.errors.oauth import OAuthError
from poolhouse.errors.users import CannotConfirm
from poolhouse.http.asgi import SITE
from poolhouse.http.messages import HttpRequest, HttpResponse
from poolhouse.oauth.sites import Site
from poolhouse.pages.hosted_ui import language_choice, looks
from poolhouse.pages.hosted_ui.own_texts import catalogue_of
from poolhouse.pages.hosted_ui.page_request import ClientRequest, cookies_of, load_client
from poolhouse.pages.hosted_ui.texts import Texts
from poolhouse.pages.looks import BUILT_IN
from poolhouse.pages.responses import Pages, received
from poolhouse.rules.auth.secret_hash import secret_hash
from poolhouse.rules.oauth import client_ids
from poolhouse.services.branding import StyleSheets
from poolhouse.services.context import Services
from poolhouse.services.domain_urls import FOLDER
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


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What the page shows: a title and a text. The status of refusals is AWS's (ev:oauth-2)."""

    words: Callable[[Texts], tuple[str, str]]
    status: int = 400
    is_good: bool = False


_CONFIRMED: Final = _Outcome(
    lambda texts: (texts.confirmed_title, texts.confirmed), 200, is_good=True
)
_ALREADY: Final = _Outcome(
    lambda texts: (texts.confirmed_before_title, texts.confirmed_before), is_good=True
)
_USELESS: Final = _Outcome(lambda texts: (texts.link_useless_title, texts.link_useless))
_UNFINISHED: Final = _Outcome(lambda texts: (texts.link_unfinished_title, texts.link_unfinished))
_PATIENCE: Final = _Outcome(lambda texts: (texts.link_limit_title, texts.link_limit))
_REFUSALS: Final[Mapping[str, _Outcome]] = {
    ExpiredCodeException.code: _Outcome(
        lambda texts: (texts.link_expired_title, texts.link_expired)
    ),
    AliasExistsException.code: _Outcome(lambda texts: (texts.link_taken_title, texts.link_taken)),
    NotAuthorizedException.code: _Outcome(
        lambda texts: (texts.link_refused_title, texts.link_refused)
    ),
    # The function ran after the confirmation, which it can't undo.
    UserLambdaValidationException.code: _UNFINISHED,
    UnexpectedLambdaException.code: _UNFINISHED,
    InvalidLambdaResponseException.code: _UNFINISHED,
    LimitExceededException.code: _PATIENCE,
    TooManyFailedAttemptsException.code: _PATIENCE,
    TooManyRequestsException.code: _Outcome(lambda texts: (texts.link_busy_title, texts.link_busy)),
    InternalErrorException.code: _Outcome(
        lambda texts: (texts.failed_title, texts.link_failed), 500
    ),
}


class ConfirmationPage:
    """Answers `GET /confirmUser?client_id=…&user_name=…&confirmation_code=…`."""

    def __init__(
        self,
        api: CognitoEndpoint,
        services: Services,
        *,
        pages: Pages,
        domain_pages: Pages,
        sheets: StyleSheets,
    ) -> None:
        """`domain_pages` have the operator's own templates, and `pages` don't.

        A link that names no app client is answered by a page of the server's own.
        """
        self._api = api
        self._services = services
        self._pages = pages
        self._domain_pages = domain_pages
        self._sheets = sheets

    async def endpoint(self, request: Request) -> Response:
        """Confirm the user. HEAD, by which mail scanners look at links, does nothing."""
        if request.method == "HEAD":
            return await self._page(request, _CONFIRMED)
        link = {name: values[0] for name, values in _values(request).items()}
        return await self._page(request, _outcome(await self._confirm(received(request), link)))

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
        if not client_ids.may_be_id(client_id):
            return None
        store = self._services.store
        await store.configuration.refresh()
        client = await store.clients.find(client_id)
        return client.secrets[0].value if client and client.secrets else None

    async def _page(self, request: Request, outcome: _Outcome) -> Response:
        """Return the page in the looks of the app client that the link names, if there is one."""
        raw, found = received(request), await self._client_request(request)
        catalogue = catalogue_of(self._services.page_changes, found.pool.id if found else None)
        params = {"lang": request.query_params.get(language_choice.PARAMETER, "")}
        texts = language_choice.texts_for_request(raw, params, cookies_of(raw), catalogue)
        title, text = outcome.words(texts)
        return (self._domain_pages if found else self._pages).page(
            "message.html",
            status=outcome.status,
            language=texts.code_of_language,
            direction=texts.direction,
            looks=await looks.of_page(found, self._sheets) if found else BUILT_IN,
            texts=texts,
            title=title,
            text=text,
            detail=found.client.name if found else "",
            error_title=texts.error_title,
            is_good=outcome.is_good,
        )

    async def _client_request(self, request: Request) -> ClientRequest | None:
        """Return the request of the app client that the link names; None if it names none.

        Of the server's own address, which most links have, it is one at the domain's path.
        """
        site = getattr(request.state, SITE, None)
        at = site if isinstance(site, Site) else self._root(request)
        try:
            found = await load_client(self._services, request, at)
        except OAuthError:
            return None
        if at.pool is None and found.site.domain is not None:
            found.site = replace(found.site, root_path=f"{FOLDER}{found.site.domain.name}")
        return found

    def _root(self, request: Request) -> Site:
        return Site(self._services.url(received(request).origin), "", None, None)


def _values(request: Request) -> dict[str, list[str]]:
    """Return the query's parameters that have values."""
    return parse_qs(received(request).query.decode("latin-1"))


def _outcome(answer: HttpResponse) -> _Outcome:
    if answer.status == 200:
        return _CONFIRMED
    headers = dict(answer.headers)
    code = headers.get(b"x-amzn-errortype", b"").decode().rstrip(":")
    sentence = headers.get(b"x-amzn-errormessage", b"").decode()
    # A link is opened twice more often than not, if only because a scanner did it first.
    if sentence == CannotConfirm(status=UserStatus.CONFIRMED.value).text:
        return _ALREADY
    return _REFUSALS.get(code, _USELESS)
