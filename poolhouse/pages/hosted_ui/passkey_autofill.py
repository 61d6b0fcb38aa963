"""`/login/passkey`: passkeys in the field for the name, where browsers have them (ev:domain-4.3).

The page's script asks here for a challenge, so that the page itself can be cached, and sends what
the authenticator has signed.
"""

from typing import Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response

from poolhouse.auth import engine, passkey_sign_in
from poolhouse.errors.protocol import RateExceeded
from poolhouse.pages.hosted_ui import factor_setup, sign_in, sign_in_challenges, sign_in_refusals
from poolhouse.pages.hosted_ui.completion import finish
from poolhouse.pages.hosted_ui.language_choice import texts_of
from poolhouse.pages.hosted_ui.page_request import PageRequest
from poolhouse.pages.hosted_ui.redirects import redirect
from poolhouse.pages.hosted_ui.sign_in_steps import Step, new_attempt
from poolhouse.pages.hosted_ui.ui import HostedPage, HostedUi
from poolhouse.pages.responses import json_response
from poolhouse.store.interface import Conflict
from poolhouse.wire.errors import ServiceError

PATH: Final = "/login/passkey"


async def challenge(_: HostedUi, page: PageRequest) -> Response:
    """Return a challenge for any passkey of the pool's users, as JSON."""
    if not sign_in.autofills_passkeys(page):
        raise HTTPException(404)
    options, session = await passkey_sign_in.challenge(page.call)
    return json_response({"options": msgspec.Raw(options.encode()), "session": session})


async def answer(ui: HostedUi, page: PageRequest) -> Response:
    """Sign in with the passkey; show the next step, or return to the app."""
    if not sign_in.autofills_passkeys(page):
        return redirect(f"{page.site.root_path}/login?{page.query}", status=303)
    given = {"CREDENTIAL": page.form.get("credential", "")}
    session = page.form.get("session", "")
    try:
        try:
            result = await page.run(
                lambda: engine.start_with_passkey(
                    new_attempt(page, given, session=session, is_start=True)
                )
            )
            if result.challenge is None:
                return await finish(page, result)
            step = Step.issued(result, page.call.audit.target or "")
            return sign_in_challenges.form(ui, page, await factor_setup.begun(page, step))
        except Conflict:
            raise RateExceeded from None
    except ServiceError as error:
        page.refused = error
        elsewhere = sign_in_refusals.elsewhere(page, error, "")
        shown = sign_in_refusals.shown(error, texts_of(page))
        return elsewhere or sign_in.start_form(ui, page, "", shown)


PAGE: Final = HostedPage(PATH, "LoginPasskey", challenge, answer)
