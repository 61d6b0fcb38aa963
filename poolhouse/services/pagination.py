"""Pagination as operations see it: where a list goes on, as a token that only we can make."""

from datetime import timedelta
from functools import partial
from typing import Final

from poolhouse.crypto.contexts import Context
from poolhouse.errors.pools import PageTokenForOthers, PageTokenInvalid
from poolhouse.rules.aws import pagination_tokens
from poolhouse.services.context import Call

LIFE: Final = timedelta(hours=1)
"""Lifetime of a token (ev:users-12 for ListUsers). UNVERIFIED: other lists?"""


def page_token(call: Call, parameters: str, position: str | None) -> str | None:
    """Return the token of the next page; None when there is none.

    `parameters` identifies the list that this is a page of: the operation, its pool, its filter.
    The size of a page isn't among them: it may change from page to page.
    """
    if position is None:
        return None
    seal = partial(call.services.sealer.seal, context=Context.PAGINATION_TOKEN)
    expires_at = int((call.now + LIFE).timestamp())
    return pagination_tokens.issue(seal, position.encode(), parameters, expires_at)


def position_of(call: Call, token: str | None, parameters: str) -> str | None:
    """Return the position of the token's page; None, the first page, without a token.

    Raises PageTokenInvalid or PageTokenForOthers.
    """
    if token is None:
        return None
    unseal = partial(call.services.sealer.unseal, context=Context.PAGINATION_TOKEN)
    try:
        return pagination_tokens.read(unseal, token, parameters, call.now).decode()
    except pagination_tokens.OtherParameters:
        raise PageTokenForOthers from None
    except pagination_tokens.UnusableToken:
        raise PageTokenInvalid from None
