"""Sign-ins of apps whose client_id is the URL of a metadata document, from authorize to refresh."""

import base64
import hashlib
import json
from typing import Any

import pytest
from support.document_server import DocumentServer
from support.domain_pools import OAUTH, DomainPool
from support.page_browser import CALLBACK, Browser, Page
from support.running_server import RunningServer
from support.served_pools import PoolForTest
from support.sign_ins import PASSWORD, claims_of

BACK = "https://notes.example/back"
VERIFIER = "v" * 43
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
)


class App:
    """An app of a document, at the domain of a pool with a policy and alice."""

    def __init__(self, server: RunningServer, documents: DocumentServer, **members: Any) -> None:
        self.pool = PoolForTest(server.client(), client=OAUTH)
        self.site = DomainPool(server, self.pool)
        self.site.add_user(email="alice@example.com")
        self.confidential: dict[str, Any] = self.pool.cognito.create_user_pool_client(
            UserPoolId=self.pool.id, ClientName="notes", GenerateSecret=True, **OAUTH
        )["UserPoolClient"]
        made = self.pool.cognito.create_cimd_policy(
            UserPoolId=self.pool.id,
            ClientId=self.confidential["ClientId"],
            PolicyName="notes",
            URLPatterns=["https://127.0.0.1:*/*"],
        )
        self.policy_id: str = made["CIMDPolicy"]["CIMDPolicyId"]
        self.url = documents.publish(f"/{self.site.name}.json", **members)

    def authorize(self, browser: Browser | None = None, **params: str | None) -> Page:
        given: dict[str, str | None] = {
            "client_id": self.url,
            "redirect_uri": BACK,
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **params,
        }
        return self.site.authorize(browser, **given)

    def code(self) -> str:
        """Sign alice in by the page, and return the code that the app gets."""
        browser = self.site.browser()
        page = self.authorize(browser)
        assert page.status == 302, page.text
        path = page.location.removeprefix(self.site.server.url)
        assert browser.get(path).status == 200
        form = {"_csrf": browser.cookies["XSRF-TOKEN"], "username": "alice", "password": PASSWORD}
        done = browser.post(path, form)
        assert done.location.startswith(f"{BACK}?"), done.text
        return done.query["code"]

    def token(self, **form: str) -> tuple[int, dict[str, Any]]:
        page = self.site.browser().post(f"{self.site.root}/oauth2/token", form)
        return page.status, json.loads(page.body)

    def exchanged(self, code: str) -> dict[str, Any]:
        status, tokens = self.token(
            grant_type="authorization_code",
            client_id=self.url,
            code=code,
            redirect_uri=BACK,
            code_verifier=VERIFIER,
        )
        assert status == 200, tokens
        return tokens

    def user_info(self, access_token: str) -> int:
        sent = {"Authorization": f"Bearer {access_token}"}
        path = f"{self.site.root}/oauth2/userInfo"
        return self.site.browser().send("GET", path, headers=sent).status


@pytest.fixture
def app(allowing: RunningServer, documents: DocumentServer) -> App:
    return App(allowing, documents)


def test_app_of_document_signs_a_user_in_and_refreshes(app: App) -> None:
    """Its tokens name the URL as their client, and it needs no secret."""
    tokens = app.exchanged(app.code())
    assert claims_of(tokens["id_token"])["aud"] == app.url
    assert claims_of(tokens["access_token"])["client_id"] == app.url
    assert app.user_info(tokens["access_token"]) == 200
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    status, renewed = app.token(**refresh, client_id=app.url)
    assert status == 200
    assert claims_of(renewed["access_token"])["client_id"] == app.url


def test_app_of_document_without_refresh_grant_gets_no_refresh_token(
    allowing: RunningServer, documents: DocumentServer
) -> None:
    """dg:cognito-user-pools-client-id-metadata: a grant type needs the document too."""
    app = App(allowing, documents, grant_types=["authorization_code"])
    assert "refresh_token" not in app.exchanged(app.code())
    status, answer = app.token(grant_type="refresh_token", refresh_token="x", client_id=app.url)
    assert (status, answer["error"]) == (400, "unauthorized_client")


@pytest.mark.parametrize(
    "params",
    [
        {"redirect_uri": CALLBACK},
        {"redirect_uri": BACK + "/more"},
        {"redirect_uri": None},
        {"client_id": "https://127.0.0.1:1/unknown.json"},
        {"client_id": "https://elsewhere.example/client.json"},
        {"client_id": "https://127.0.0.1"},
    ],
)
def test_authorize_with_another_redirect_or_document_never_redirects_to_the_app(
    app: App, params: dict[str, str | None]
) -> None:
    """The app client's own redirect URIs don't count for the document."""
    page = app.authorize(None, **params)
    assert page.status in (302, 400)
    if page.status == 302:
        assert page.location.startswith((f"{app.site.url}/error", f"{app.site.root}/error"))


def test_code_of_document_app_is_of_no_other_client(app: App) -> None:
    code = app.code()
    status, answer = app.token(
        grant_type="authorization_code",
        client_id=app.confidential["ClientId"],
        client_secret=app.confidential["ClientSecret"],
        code=code,
        redirect_uri=BACK,
        code_verifier=VERIFIER,
    )
    assert (status, answer["error"]) == (400, "invalid_grant")


def test_tokens_of_document_app_end_with_its_policy(app: App) -> None:
    tokens = app.exchanged(app.code())
    assert app.user_info(tokens["access_token"]) == 200
    app.pool.cognito.delete_cimd_policy(UserPoolId=app.pool.id, CIMDPolicyId=app.policy_id)
    assert app.user_info(tokens["access_token"]) == 401
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    status, answer = app.token(**refresh, client_id=app.url)
    assert (status, answer["error"]) == (400, "invalid_client")


def test_discovery_document_names_metadata_documents_while_there_is_a_policy(app: App) -> None:
    """Clients of the draft look there before they use their URL."""
    path = f"/{app.pool.id}/.well-known/openid-configuration"
    member = "client_id_metadata_document_supported"
    assert json.loads(app.site.browser().get(path).body)[member] is True
    app.pool.cognito.delete_cimd_policy(UserPoolId=app.pool.id, CIMDPolicyId=app.policy_id)
    assert member not in json.loads(app.site.browser().get(path).body)


def test_document_app_has_no_tokens_of_its_own(app: App) -> None:
    """dg:cognito-user-pools-client-id-metadata."""
    status, answer = app.token(grant_type="client_credentials", client_id=app.url)
    assert (status, answer["error"]) == (400, "unauthorized_client")
