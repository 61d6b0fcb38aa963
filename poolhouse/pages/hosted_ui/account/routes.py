"""The routes of the account page."""

from typing import Final

from starlette.routing import Route

from poolhouse.pages.hosted_ui.account import (
    contacts,
    devices,
    overview,
    passkeys,
    password,
    profile,
    recovery_codes,
    second_factors,
    sections,
    sessions,
)
from poolhouse.pages.hosted_ui.ui import HostedUi
from poolhouse.rules.oauth.account_sign_in import Section
from poolhouse.services.domain_extras import DomainExtras

PAGES: Final = (
    overview.PAGE,
    profile.PAGE,
    contacts.PAGE,
    password.PAGE,
    second_factors.PAGE,
    recovery_codes.PAGE,
    passkeys.PAGE,
    devices.PAGE,
    sessions.PAGE,
)


def account_routes(ui: HostedUi, extras: DomainExtras) -> list[Route]:
    """Return the routes of the account page; none unless the setting `account_page` is on.

    DIFFERS: AWS has no account page.
    """
    if not extras.account_page:
        return []
    return [
        sections.route(ui, page)
        for page in PAGES
        if page.section is not Section.RECOVERY_CODES or extras.recovery_codes
    ]
