"""Apps that have registered themselves, or that a document names, beside a live browser session."""

import json
import re
from collections.abc import Iterator

import pytest
from support.document_server import DocumentServer, allowing, documents
from support.domain_pools import OAUTH, DomainPool
from support.page_browser import Browser, Page
from support.running_server import RunningServer
from support.served_pools import PoolForTest

from poolhouse.entities.domains import MANAGED_LOGIN

__all__ = ["allowing", "documents"]

BACK = "https://thief.example/back"


@pytest.fixture
def domain(allowing: RunningServer) -> DomainPool:
    """A pool where apps may register, or name themselves by a document."""
    open_to_all = {"OpenDcrEnabled": True}
    made = DomainPool(allowing, PoolForTest(allowing.client(), OAUTH, DcrConfiguration=open_to_all))
    made.add_user()
    return made


@pytest.fixture(params=["registered", "document"])
def thief(
    request: pytest.FixtureRequest, domain: DomainPool, documents: DocumentServer
) -> Iterator[str]:
    """The client id of an app that calls itself as it likes."""
    if request.param == "registered":
        body = json.dumps({"redirect_uris": [BACK], "client_name": "Your bank"}).encode()
        sent = {"Content-Type": "application/json"}
        made = domain.browser().send("POST", f"{domain.root}/oauth2/register", body, sent)
        yield json.loads(made.body)["client_id"]
        return
    domain.pool.cognito.create_cimd_policy(
        UserPoolId=domain.pool.id,
        ClientId=domain.client_id,
        PolicyName="all",
        URLPatterns=["https://127.0.0.1:*/*"],
    )
    yield documents.publish(f"/{domain.name}.json", client_name="Your bank", redirect_uris=[BACK])


def authorized(domain: DomainPool, browser: Browser, client_id: str, **params: str) -> Page:
    return domain.authorize(browser, client_id=client_id, redirect_uri=BACK, **params)


def form_of(page: Page) -> tuple[str, dict[str, str]]:
    """Return the action and the hidden fields of the page's form."""
    action = re.search(r'<form method="post" action="([^"]*)"', page.text)
    assert action is not None
    fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page.text)
    return action[1].replace("&amp;", "&"), dict(fields)


def test_app_that_no_administrator_knows_gets_no_code_by_a_link(
    domain: DomainPool, thief: str
) -> None:
    browser = domain.signed_in()
    page = authorized(domain, browser, thief)
    assert page.location.startswith(f"{domain.root}/login?")
    shown = browser.get(page.location)
    assert "Sign in as alice" in shown.text
    # Not only the name that the app has chosen.
    assert re.search(r"Your bank \((thief\.example|127\.0\.0\.1)\)", shown.text)
    chosen = browser.post(*form_of(shown))
    assert chosen.location.startswith(f"{BACK}?code=")


@pytest.mark.parametrize("params", [{"prompt": "none"}, {"scope": "x"}, {"response_type": "x"}])
def test_error_leads_to_no_app_that_no_administrator_knows(
    domain: DomainPool, thief: str, params: dict[str, str]
) -> None:
    """RFC 9700 §4.11.2: a link of this server must not end where the app likes."""
    for browser in (domain.browser(), domain.signed_in()):
        page = authorized(domain, browser, thief, **params)
        assert page.location.startswith(f"{domain.root}/error?error=")


def test_page_for_passkeys_is_for_no_app_that_no_administrator_knows(
    domain: DomainPool, thief: str
) -> None:
    """Without a session it would return to the app at once."""
    managed = DomainPool(domain.server, domain.pool, MANAGED_LOGIN)
    asked = {"client_id": thief, "redirect_uri": BACK}
    page = managed.browser().get(f"{managed.root}/passkeys/add", **asked)
    assert page.location.startswith(f"{managed.root}/error?error=invalid_request")


def test_app_that_an_administrator_has_registered_gets_a_code_at_once(domain: DomainPool) -> None:
    assert domain.authorize(domain.signed_in()).query["code"]
