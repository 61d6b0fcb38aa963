"""Secrets that are guessed at the pages of a pool's domain."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from guesses.guessing_world import TO_APP, Guessable, Target, World, wrong_codes
from support.mfa_pools import registers_app
from support.page_browser import Form, Page
from support.sign_in_pages import Site, Visitor
from support.sign_ins import PASSWORD

from poolhouse.auth.challenges import recovery_code
from poolhouse.rules.auth.recovery_codes import ALPHABET

NEW = "Brand-new-horse-3!"
WRONG_PASSWORD = "page: Incorrect username or password."
WRONG_CODE = "page: Invalid verification code provided, please try again."
GONE = "page: Invalid code provided, please request a code again."
WRONG_RECOVERY_CODE = "page: Invalid code or auth state for the user."


class PageSite(Site):
    """The domain of the pool whose pages are visited."""

    def __init__(self, world: World) -> None:
        self.server = world.place  # type: ignore[assignment] # a visitor needs its port only
        self.pool, self.root = world.pool("pages"), world.domain("pages")


def _guess(visitor: Visitor, form: Form, **typed: str) -> bytes:
    """The request of a form that is filled in and sent."""
    body = urlencode({**form.fields, **typed})
    cookies = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    head = [
        f"POST {form.action} HTTP/1.1",
        *("Host: 127.0.0.1", f"Cookie: {cookies}", f"Content-Length: {len(body)}"),
        "Content-Type: application/x-www-form-urlencoded",
    ]
    return "\r\n".join([*head, "", body]).encode()


def _target(
    guess: Callable[[str], bytes], wrong: Callable[[int], str], right: str, **more: Any
) -> Target:
    return Target(
        wrong=lambda n: guess(wrong(n)), right=lambda: guess(right), right_says=TO_APP, **more
    )


def _user(world: World, username: str) -> tuple[PageSite, Visitor]:
    site = PageSite(world)
    world.confirmed(site.pool, username, email=f"{username}@home.example", email_verified="true")
    return site, site.visitor()


def password(world: World, username: str) -> Target:
    _, visitor = _user(world, username)
    form = visitor.login().forms[0]

    def guess(given: str) -> bytes:
        return _guess(visitor, form, username=username, password=given)

    return _target(guess, lambda n: f"Wrong-horse-{n}!", PASSWORD, wrong_says=WRONG_PASSWORD)


def forgotten_password(world: World, username: str) -> Target:
    site, visitor = _user(world, username)
    sent = visitor.submit(visitor.get(site.path("/forgotPassword")), username=username)
    form = visitor.get(sent.location).forms[0]
    code = world.code_of(site.pool, username)

    def guess(given: str) -> bytes:
        return _guess(visitor, form, code=given, password=NEW, confirm_password=NEW)

    return _target(guess, wrong_codes(code), code, wrong_says=WRONG_CODE, afterwards=(GONE,))


def recovery_codes(world: World, username: str) -> tuple[PageSite, list[str]]:
    """A user with an authenticator app, and the recovery codes that the account page has shown."""
    site, visitor = _user(world, username)
    account = f"{site.root}/account", urlencode({"client_id": site.pool.client_id})
    start = visitor.get("?".join(account))
    visitor.submit(visitor.get(start.location), username=username, password=PASSWORD)
    registers_app(site.pool, world.access_token(site.pool, username))
    site.pool.cognito.admin_set_user_mfa_preference(
        UserPoolId=site.pool.id,
        Username=username,
        SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True},
    )
    page = visitor.get("/recovery-codes?".join(account))
    shown = visitor.submit(page).text.split("<code>")[1:]
    return site, [each.partition("<")[0] for each in shown]


def asked_for_recovery_code(site: PageSite, username: str) -> Callable[[str], bytes]:
    """A new browser at the form for a recovery code; its request with a code."""
    visitor = site.visitor()
    asked = visitor.sign_in(username)
    page: Page = visitor.submit(asked, ("action", "recover"))
    form = next(each for each in page.forms if "code" in each.fields)
    return lambda code: _guess(visitor, form, code=code)


def recovery(world: World, username: str) -> Target:
    site, codes = recovery_codes(world, username)
    tail = len(ALPHABET)

    def wrong(n: int) -> str:
        return f"22222-222{ALPHABET[n // tail]}{ALPHABET[n % tail]}"

    return _target(
        asked_for_recovery_code(site, username),
        wrong,
        codes[0],
        wrong_says=WRONG_RECOVERY_CODE,
        afterwards=(f"to {site.root}/oauth2/authorize",),  # the step is used up
    )


PAGES = [
    Guessable(name="password, at a page", limit=5, covers=(), target=password),
    Guessable(
        name="password reset code, at a page",
        limit=5,
        covers=(),
        target=forgotten_password,
        hourly=True,
    ),
    Guessable(
        name="recovery code",
        limit=5,
        covers=(recovery_code.PARAMETER,),
        target=recovery,
        everywhere=True,
    ),
]
