"""`/error`: what a browser shows if no app can be answered (ev:oauth-3.2)."""

import pytest
from support.domain_pools import OAUTH, DomainPool
from support.looks import CSS
from support.page_browser import Browser
from support.running_server import RunningServer
from support.served_pools import NewPool

from poolhouse.pages.hosted_ui.texts import texts_for

TEXTS = texts_for("en")


@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("redirect_mismatch", TEXTS.redirect_mismatch_title),
        ("invalid_request", TEXTS.bad_link_title),
        ("server_error", TEXTS.failed_title),
        ("<script>alert(1)</script>", TEXTS.failed_title),
        ("", TEXTS.failed_title),
    ],
)
def test_error_page_shows_what_the_code_means_with_status_400(
    domain: DomainPool, code: str, title: str
) -> None:
    """amazon-cognito-auth-js#121."""
    page = domain.browser().get(f"{domain.root}/error", error=code, client_id="<script>")
    assert page.status == 400
    assert f"<h1>{title}</h1>" in page.text
    assert "<script" not in page.text
    assert '<html lang="en" dir="ltr">' in page.text


def test_error_page_is_not_there_where_no_domain_is(server: RunningServer) -> None:
    assert Browser(server.port).get("/error", error="invalid_request").status == 404


def test_error_page_names_the_app_and_has_its_looks(
    server: RunningServer, new_pool: NewPool
) -> None:
    domain = DomainPool(server, new_pool(client=OAUTH))
    domain.pool.cognito.set_ui_customization(
        UserPoolId=domain.pool.id, ClientId=domain.client_id, CSS=CSS
    )
    page = domain.browser().get(
        f"{domain.root}/error", error="redirect_mismatch", client_id=domain.client_id
    )
    assert f"<title>Error: {TEXTS.redirect_mismatch_title}</title>" in page.text
    assert "<bdi>app · redirect_mismatch</bdi>" in page.text
    assert f'href="{domain.root}/branding/{domain.pool.id}/' in page.text


def test_app_client_without_oauth_flows_is_told_what_its_operator_sets(
    server: RunningServer, new_pool: NewPool
) -> None:
    """amazon-cognito-auth-js#121."""
    domain = DomainPool(server, new_pool(client={}))
    browser = domain.browser()
    refused = browser.get(
        f"{domain.root}/oauth2/authorize", client_id=domain.client_id, response_type="code"
    )
    page = browser.get(refused.location)
    assert page.status == 400
    assert f"<h1>{TEXTS.oauth_not_enabled_title}</h1>" in page.text
    assert "AllowedOAuthFlowsUserPoolClient" in page.text
    assert "<bdi>app · invalid_request</bdi>" in page.text
