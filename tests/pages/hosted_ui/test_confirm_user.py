"""The page of the link in a sign-up's mail: the looks and the language of the pool's domain.

What the link does is in tests/operations/test_messaging_links.py.
"""

import html
import re
from urllib.parse import urlsplit

import pytest
from support.domain_pools import OAUTH, DomainPool
from support.looks import PAGE, asset
from support.page_browser import Page
from support.running_server import RunningServer
from support.sent_codes import messages_to
from support.served_pools import NewPool, PoolForTest

from poolhouse.entities.domains import MANAGED_LOGIN
from poolhouse.pages.hosted_ui.texts import LANGUAGES, texts_for

BY_LINK = {
    "AutoVerifiedAttributes": ["email"],
    "VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_LINK"},
}
LOGO = {"components": {"form": {"logo": {"enabled": True}}}}


@pytest.fixture(scope="module")
def styled(server: RunningServer) -> DomainPool:
    """A domain whose app client has a style with a logo."""
    pool = PoolForTest(server.client(), client=OAUTH, **BY_LINK)
    domain = DomainPool(server, pool, MANAGED_LOGIN)
    pool.cognito.create_managed_login_branding(
        UserPoolId=pool.id,
        ClientId=pool.client_id,
        Settings={**PAGE, **LOGO},
        Assets=[asset("FORM_LOGO")],
    )
    return domain


def link_to(domain: DomainPool, username: str) -> str:
    """Sign a user up, and return the path of the link in the mail."""
    domain.pool.sign_up(username, attributes={"email": f"{username}@barn.example"})
    (mail,) = messages_to(domain.server, domain.pool, username)
    found = re.search('<a href="([^"]*)">', mail.body)
    assert found
    parts = urlsplit(html.unescape(found[1]))
    return f"{parts.path}?{parts.query}"


def files_of(page: Page) -> list[str]:
    return re.findall(r'(?:href|src)="([^"]*/branding/[^"]*)"', page.text)


def words_of(page: Page) -> tuple[str, str]:
    """The heading, and the text below it."""
    found = re.search(r"<h1>(.*?)</h1>\s*<p[^>]*>(.*?)</p>", page.text, re.DOTALL)
    assert found, page.text
    return html.unescape(found[1]), html.unescape(found[2])


@pytest.mark.parametrize("at_domain", [False, True], ids=["server", "domain"])
def test_link_has_the_looks_of_the_app_client(styled: DomainPool, *, at_domain: bool) -> None:
    """The mail's link leads to the server's own address, and an app's own to its domain."""
    browser = styled.browser()
    path = link_to(styled, "dan" if at_domain else "sam")
    page = browser.get(f"{styled.root}{path}" if at_domain else path)
    assert (page.status, words_of(page)[0]) == (200, texts_for("en").confirmed_title)
    files = files_of(page)
    assert [each.rpartition(".")[2] for each in files] == ["css", "svg"]
    assert {browser.get(each).status for each in files} == {200}
    assert "img-src data: 'self'" in (page.header("content-security-policy") or "")
    assert "<bdi>app</bdi>" in page.text


def test_link_of_another_pools_client_has_the_servers_own_looks(
    styled: DomainPool, new_pool: NewPool
) -> None:
    other = new_pool(client=OAUTH)
    page = styled.browser().get(f"{styled.root}/confirmUser", client_id=other.client_id)
    assert (page.status, files_of(page)) == (400, [])


def test_link_of_pool_without_domain_has_the_servers_own_looks(
    server: RunningServer, styled: DomainPool, new_pool: NewPool
) -> None:
    pool = new_pool(client=OAUTH)
    page = styled.browser().get("/confirmUser", client_id=pool.client_id)
    assert (page.status, files_of(page)) == (400, [])
    assert "<bdi>app</bdi>" in page.text


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_link_is_answered_in_the_language_of_the_browser(styled: DomainPool, language: str) -> None:
    texts = texts_for(language)
    page = styled.browser().send(
        "GET",
        f"{styled.root}/confirmUser?client_id={styled.client_id}&user_name=x&confirmation_code=1",
        headers={"Accept-Language": language},
    )
    assert page.status == 400
    assert words_of(page) == (texts.link_useless_title, texts.link_useless)
    assert f'<html lang="{language}" dir="{texts.direction}">' in page.text
    title = texts.error_title.format(title=texts.link_useless_title)
    assert f"<title>{title}</title>" in page.text


def test_link_with_lang_is_answered_in_that_language(styled: DomainPool) -> None:
    texts = texts_for("ar")
    browser = styled.browser()
    path = f"{link_to(styled, 'ali')}&lang=ar"
    first, again = (browser.send("GET", path, headers={"Accept-Language": "de"}) for _ in range(2))
    assert words_of(first) == (texts.confirmed_title, texts.confirmed)
    assert (again.status, words_of(again)[0]) == (400, texts.confirmed_before_title)
    assert f"<title>{texts.confirmed_before_title}</title>" in again.text
    assert 'dir="rtl"' in first.text


def test_link_of_unknown_client_has_a_language_too(styled: DomainPool) -> None:
    page = styled.browser().send(
        "GET", "/confirmUser?client_id=1example", headers={"Accept-Language": "he"}
    )
    assert words_of(page)[0] == texts_for("he").link_useless_title
