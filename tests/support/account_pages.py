"""A user's browser at the account page of a pool's domain."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from msgspec.structs import replace

from poolhouse.app import App
from poolhouse.entities.audit import AuditRecord
from poolhouse.entities.authorization import BrowserSession
from poolhouse.store import browser_sessions
from support.audit_reading import Trail
from support.mfa_pools import AuthenticatorApp, registers_app
from support.page_browser import Page
from support.running_server import RunningServer
from support.served_pools import PoolForTest
from support.sign_in_pages import WEB_APP, Site, Visitor
from support.sign_ins import FLOWS, PASSWORD, AuthApi, result_of
from support.store_contents import eventually

LOGOUT = "https://app.example.com/bye"
CLIENT: dict[str, Any] = {**WEB_APP, "ExplicitAuthFlows": FLOWS, "LogoutURLs": [LOGOUT]}


class Account:
    """A domain with alice, who is confirmed, and the browser in which she signs in."""

    def __init__(
        self, server: RunningServer, *, client: dict[str, Any] | None = None, **settings: Any
    ) -> None:
        self.server = server
        attributes = settings.pop("attributes", {})
        mfa = settings.pop("mfa", None)
        self.pool = PoolForTest(server.client(), {**CLIENT, **(client or {})}, **settings)
        if mfa:
            self.pool.cognito.set_user_pool_mfa_config(UserPoolId=self.pool.id, **mfa)
        if "ClientSecret" in self.pool.client:
            self.pool.cognito.admin_create_user(
                UserPoolId=self.pool.id, Username="alice", MessageAction="SUPPRESS"
            )
            self.pool.cognito.admin_set_user_password(
                UserPoolId=self.pool.id, Username="alice", Password=PASSWORD, Permanent=True
            )
        else:
            self.pool.sign_up(attributes=attributes)
            self.pool.admin_confirm()
        self.site = Site(server, self.pool)
        self.browser = self.site.visitor()

    def path(self, section: str = "", **params: str) -> str:
        path = f"{self.site.root}/account{section and '/'}{section}"
        return f"{path}?{urlencode({'client_id': self.pool.client_id, **params})}"

    def open(self, section: str = "", **params: str) -> Page:
        return self.browser.get(self.path(section, **params))

    def sign_in(self, visitor: Visitor | None = None, **params: str) -> Page:
        """Sign in at the account page, and return the response after the password."""
        browser = visitor or self.browser
        page = browser.get(self.path(**params))
        return browser.submit(browser.get(page.location), username="alice", password=PASSWORD)

    def press(self, page: Page, /, *pressed: tuple[str, str], **typed: str) -> Page:
        """Send the first form that has these hidden fields or buttons, with what is typed."""
        for form in page.forms:
            there = [*form.fields.items(), *form.buttons]
            if all(each in there for each in pressed) and typed.keys() <= form.fields.keys():
                return self.browser.post(form.action, {**form.fields, **dict(pressed), **typed})
        raise AssertionError(f"no form with {pressed} and {[*typed]} in {page.text}")

    def follow(self, page: Page) -> Page:
        assert page.status == 303, page.text
        return self.browser.get(page.location)

    def tokens(self) -> dict[str, Any]:
        """Return the tokens of another sign-in of alice, at the API."""
        return result_of(AuthApi(self.pool, by_admin=False).by_password())

    def has_app(self) -> AuthenticatorApp:
        """Let alice set up an authenticator app, and turn it on."""
        app = registers_app(self.pool, self.tokens()["AccessToken"])
        self.pool.cognito.admin_set_user_mfa_preference(
            UserPoolId=self.pool.id,
            Username="alice",
            SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True},
        )
        return app

    def sessions(self) -> list[BrowserSession]:
        """Return alice's browser sessions as they are stored."""
        sub = self.pool.user()["attributes"]["sub"]

        async def read(app: App) -> list[BrowserSession]:
            store = app.services.store
            user = await store.users.by_sub(self.pool.id, sub)
            assert user is not None
            return await store.browser_sessions.of_user(user, 100)

        return self.server.run(read)

    def let_pass(self, time: timedelta) -> None:
        """Move the sign-ins of browsers into the past, as by passkey: the password is new."""
        found = self.sessions()

        async def move(app: App) -> None:
            for each in found:
                moved = replace(each, started_at=each.started_at - time, proofs=("swk",))
                await app.services.store.commit(browser_sessions.save(moved))

        self.server.run(move)

    def recorded(self, action: str, step: str) -> AuditRecord:
        """Return the audit record of a page's form with this step, as soon as it is stored."""

        def found() -> list[AuditRecord] | None:
            there = [
                each
                for each in Trail(self.server).now()
                if (each.action, each.step, each.outcome) == (f"cognito-idp:{action}", step, "ok")
                and each.resource.endswith(self.pool.id)
            ]
            return there or None

        return eventually(found)[-1]
