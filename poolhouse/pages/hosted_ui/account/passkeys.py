"""`/account/passkeys`: the user's passkeys; one more is added by a script, one less without."""

from datetime import UTC, datetime
from typing import NamedTuple

from starlette.responses import Response

from poolhouse.operations import passkeys as operations
from poolhouse.pages.hosted_ui import new_passkey, refusals
from poolhouse.pages.hosted_ui.account import sections
from poolhouse.pages.hosted_ui.account.account_request import AccountRequest
from poolhouse.pages.hosted_ui.account.sections import SectionPage
from poolhouse.pages.hosted_ui.language_choice import texts_of
from poolhouse.pages.hosted_ui.refusals import Errors
from poolhouse.pages.hosted_ui.ui import HostedUi
from poolhouse.rules.oauth.account_sign_in import Section
from poolhouse.wire.errors import ServiceError
from poolhouse.wire.structs import (
    CompleteWebAuthnRegistrationRequest,
    DeleteWebAuthnCredentialRequest,
    ListWebAuthnCredentialsRequest,
)

START, COMPLETE, REMOVE = "start", "complete", "remove"
"""What a form does, by the value of its field `action`."""


class ShownPasskey(NamedTuple):
    """A passkey as its line of the page shows it."""

    id: str
    name: str
    made_at: datetime


async def show(ui: HostedUi, page: AccountRequest) -> Response:
    """Show the passkeys."""
    return await _list(ui, page, {})


async def change(ui: HostedUi, page: AccountRequest) -> Response:
    """Begin to add a passkey, store the one that the browser has made, or remove one."""
    action = page.form.get("action")
    try:
        if action == START:
            return await _start(ui, page)
        if action == COMPLETE:
            credential = new_passkey.credential_of(page.form)
            made = CompleteWebAuthnRegistrationRequest(AccessToken="", Credential=credential)
            await page.perform(operations.complete_web_authn_registration, made)
            return sections.done(page, Section.PASSKEYS, "saved")
        if action == REMOVE:
            gone = DeleteWebAuthnCredentialRequest(
                AccessToken="", CredentialId=page.form.get("passkey", "")
            )
            await page.perform(operations.delete_web_authn_credential, gone)
            return sections.done(page, Section.PASSKEYS, "removed")
    except ServiceError as error:
        page.refused = error
        errors = refusals.of_error(error, [], texts_of(page))
        return await _list(ui, page, errors, status=refusals.status_of(error))
    return await show(ui, page)


async def _start(ui: HostedUi, page: AccountRequest) -> Response:
    """Show the page whose script asks the authenticator for a passkey."""
    texts = texts_of(page)
    return sections.show(
        ui,
        page,
        "new_passkey.html",
        title=texts.account_passkey_add,
        section=Section.PASSKEYS,
        scripts=new_passkey.SCRIPTS,
        options=await new_passkey.creation_options(page),
    )


async def _list(ui: HostedUi, page: AccountRequest, errors: Errors, status: int = 200) -> Response:
    texts = texts_of(page)
    found = await operations.list_web_authn_credentials(
        page.acting, ListWebAuthnCredentialsRequest(AccessToken="")
    )
    return sections.show(
        ui,
        page,
        "passkeys.html",
        title=texts.account_passkeys_title,
        section=Section.PASSKEYS,
        status=status,
        errors=errors,
        passkeys=[
            ShownPasskey(
                each.CredentialId,
                each.FriendlyCredentialName,
                datetime.fromtimestamp(each.CreatedAt, UTC),
            )
            for each in found.Credentials
        ],
    )


PAGE = SectionPage(Section.PASSKEYS, "AccountPasskeys", show, change, needs_recent_sign_in=True)
