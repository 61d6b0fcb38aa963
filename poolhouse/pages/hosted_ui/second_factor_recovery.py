"""A recovery code in place of the second factor, at the pages that ask for one."""

from dataclasses import replace
from typing import Any, Final

from poolhouse.auth import engine, session_codec
from poolhouse.auth.attempt import AuthResponse
from poolhouse.auth.challenges import recovery_code
from poolhouse.pages.hosted_ui.page_request import PageRequest
from poolhouse.pages.hosted_ui.sign_in_steps import Step, code_of, new_attempt
from poolhouse.pages.hosted_ui.texts import Texts
from poolhouse.rules.auth import recovery_codes
from poolhouse.wire.errors import ServiceError

RECOVER: Final = "recover"
"""The value of the button that leads to the form."""


def is_offered(page: PageRequest, step: Step) -> bool:
    """Return whether a recovery code may be used here: by the setting, and by the step."""
    if not page.call.services.extras.recovery_codes or step.recovers:
        return False
    try:
        session = session_codec.unseal(new_attempt(page, {}), step.session)
    except ServiceError:
        return False  # the form's answer is refused for it
    return recovery_codes.may_replace(session)


def is_asked_for(page: PageRequest, step: Step) -> bool:
    """Return whether the form that was sent leads to a recovery code, or has one."""
    if not page.call.services.extras.recovery_codes:
        return False
    return step.recovers or page.form.get("action") == RECOVER


async def respond(page: PageRequest, step: Step) -> AuthResponse | Step:
    """Run the code of the form, or return the step whose form asks for one."""
    if not step.recovers:
        return replace(step, recovers=True)
    given = {"USERNAME": step.username, recovery_code.PARAMETER: code_of(page.form)}
    return await page.run(
        lambda: engine.recover(new_attempt(page, given, session=step.session), step.challenge)
    )


def content(page: PageRequest, step: Step, texts: Texts) -> tuple[str, dict[str, Any]]:
    """Return the template of the form, and what is in it."""
    return "sign_in_recovery.html", {"title": texts.account_recovery_title}
