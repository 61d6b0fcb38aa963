"""`/account/recovery-codes`: make codes for the day on which the second factor is lost."""

from starlette.responses import Response

from poolhouse.pages.hosted_ui import refusals
from poolhouse.pages.hosted_ui.account import sections
from poolhouse.pages.hosted_ui.account.account_request import AccountRequest
from poolhouse.pages.hosted_ui.account.sections import SectionPage
from poolhouse.pages.hosted_ui.language_choice import texts_of
from poolhouse.pages.hosted_ui.ui import HostedUi
from poolhouse.rules.auth import mfa
from poolhouse.rules.oauth.account_sign_in import Section
from poolhouse.services import recovery_codes
from poolhouse.wire.errors import ServiceError


async def show(ui: HostedUi, page: AccountRequest) -> Response:
    """Show how many codes are left."""
    return await _page(ui, page)


async def make(ui: HostedUi, page: AccountRequest) -> Response:
    """Make codes in place of those before, and show them: this page only has them."""
    if not mfa.enabled(page.user.mfa):
        return await show(ui, page)
    page.name_step("MakeRecoveryCodes")
    try:
        codes = await refusals.run(page, lambda: recovery_codes.replace_all(page.acting))
    except ServiceError as error:
        page.refused = error
        errors = refusals.of_error(error, [], texts_of(page))
        return await _page(ui, page, errors=errors, status=refusals.status_of(error))
    return await _page(ui, page, codes=codes)


async def _page(
    ui: HostedUi,
    page: AccountRequest,
    *,
    codes: list[str] | None = None,
    errors: refusals.Errors | None = None,
    status: int = 200,
) -> Response:
    texts = texts_of(page)
    left = await page.call.store.recovery_codes.unused(page.user)
    return sections.show(
        ui,
        page,
        "recovery_codes.html",
        title=texts.account_recovery_codes_title,
        section=Section.RECOVERY_CODES,
        status=status,
        errors=errors,
        codes=codes or [],
        left=left,
        has_second_factor=bool(mfa.enabled(page.user.mfa)),
        second_factors=sections.url(page, Section.SECOND_FACTORS),
    )


PAGE = SectionPage(
    Section.RECOVERY_CODES, "AccountRecoveryCodes", show, make, needs_recent_sign_in=True
)
