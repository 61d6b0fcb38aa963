"""`/account`: the sections that this user has, each with its present state."""

from typing import NamedTuple

from starlette.responses import Response

from poolhouse.entities.contacts import Contact
from poolhouse.pages.hosted_ui.account import sections
from poolhouse.pages.hosted_ui.account.account_request import AccountRequest
from poolhouse.pages.hosted_ui.account.sections import SectionPage
from poolhouse.pages.hosted_ui.language_choice import texts_of
from poolhouse.pages.hosted_ui.ui import HostedUi
from poolhouse.rules.auth import mfa
from poolhouse.rules.oauth.account_sign_in import Section
from poolhouse.rules.users import attributes


class SectionLink(NamedTuple):
    """A line of the overview. `state` may be a text of the user's own."""

    url: str
    title: str
    state: str


async def show(ui: HostedUi, page: AccountRequest) -> Response:
    """Show the list of sections."""
    texts = texts_of(page)
    titles = {
        Section.PROFILE: texts.account_profile_title,
        Section.CONTACTS: texts.account_contacts_title,
        Section.PASSWORD: texts.account_password_title,
        Section.SECOND_FACTORS: texts.account_second_factors_title,
        Section.RECOVERY_CODES: texts.account_recovery_codes_title,
        Section.PASSKEYS: texts.account_passkeys_title,
        Section.DEVICES: texts.account_devices_title,
        Section.SESSIONS: texts.account_sessions_title,
    }
    return sections.show(
        ui,
        page,
        "overview.html",
        title=texts.account_title,
        section=Section.OVERVIEW,
        entries=[
            SectionLink(sections.url(page, section), title, _state(page, section))
            for section, title in titles.items()
            if sections.is_there(page, section)
        ],
        sign_out=sections.url(page, Section.SESSIONS),
        current=page.signed_in.session.handle if page.signed_in else "",
    )


def _state(page: AccountRequest, section: Section) -> str:
    texts, user = texts_of(page), page.user
    if section is Section.PROFILE and attributes.may_read(page.client, "name"):
        return user.attributes.get("name", "")
    if section is Section.CONTACTS:
        there = [
            user.attributes.get(each, "")
            for each in Contact
            if attributes.may_read(page.client, each.attribute)
        ]
        return " · ".join(filter(None, there))
    if section is Section.SECOND_FACTORS:
        return texts.account_on if mfa.enabled(user.mfa) else texts.account_off
    return ""


PAGE = SectionPage(Section.OVERVIEW, "Account", show)
