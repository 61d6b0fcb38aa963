"""`GET /` in dev mode: what a developer's browser finds at the server's address."""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from support.running_server import RunningServer, running

CLIENT = "poolhousedevclient00000000"
POOL = "eu-central-1_Poolhouse"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with running(tmp_path, dev=True, memory=True) as server:
        yield server


def ask(
    server: RunningServer, accept: str = "text/html", method: str = "GET", **headers: str
) -> httpx.Response:
    sent = {"Accept": accept, **headers}
    return httpx.request(method, server.url, headers=sent, trust_env=False)


def overview(server: RunningServer, **headers: str) -> str:
    answer = ask(server, **headers)
    assert answer.status_code == 200
    return answer.text


def examples(page: str) -> dict[str, str]:
    """The examples by their names, as they are copied."""
    found = re.findall(r'<pre [^>]*aria-label="([^"]*)"[^>]*>(.*?)</pre>', page, re.DOTALL)
    return {name: html.unescape(text) for name, text in found}


def test_overview_in_a_browser_shows_pools_clients_and_addresses(server: RunningServer) -> None:
    page = overview(server)
    own = f"{server.url}/{POOL}"
    at_domain = f"{server.url}/domains/poolhouse"
    for shown in (server.url, POOL, CLIENT, own, f"{own}/.well-known/jwks.json", at_domain):
        assert f">{shown}<" in page
    assert f'href="/inbox?pool={POOL}"' in page
    for link in re.findall('href="(http[^"]*)"', page):
        assert httpx.get(html.unescape(link), trust_env=False).status_code == 200
    discovery = httpx.get(f"{own}/.well-known/openid-configuration", trust_env=False).json()
    assert discovery["issuer"] == own


def sign_in_pages(page: str) -> list[str]:
    return [html.unescape(link) for link in re.findall('href="([^"]*/login[^"]*)"', page)]


def test_overview_links_sign_in_pages_of_app_clients_that_have_one(server: RunningServer) -> None:
    (ready_made,) = sign_in_pages(overview(server))
    assert "Sign in to your account" in httpx.get(ready_made, trust_env=False).text
    implicit = {
        "AllowedOAuthFlowsUserPoolClient": True,
        "AllowedOAuthFlows": ["implicit"],
        "AllowedOAuthScopes": ["openid"],
        "CallbackURLs": ["myapp://cb", "https://app.example/cb?a=b"],
        "SupportedIdentityProviders": ["COGNITO"],
    }
    for members in (
        implicit,
        {**implicit, "CallbackURLs": ["myapp://cb"]},
        {**implicit, "AllowedOAuthFlowsUserPoolClient": False},
        {},
    ):
        server.client().create_user_pool_client(UserPoolId=POOL, ClientName="app", **members)
    (other,) = set(sign_in_pages(overview(server))) - {ready_made}
    assert "response_type=token" in other
    assert other.endswith("redirect_uri=https%3A%2F%2Fapp.example%2Fcb%3Fa%3Db")
    assert "Sign in to your account" in httpx.get(other, trust_env=False).text


def test_overview_is_at_the_address_of_a_domain_too(server: RunningServer) -> None:
    for domain, status in (("poolhouse", 200), ("poolhouse/", 200), ("other", 404)):
        answer = httpx.get(
            f"{server.url}/domains/{domain}", headers={"Accept": "text/html"}, trust_env=False
        )
        assert (answer.status_code, CLIENT in answer.text) == (status, status == 200)


@pytest.mark.parametrize("accept", ["*/*", "application/json", ""])
def test_overview_for_a_program_is_not_found(server: RunningServer, accept: str) -> None:
    answer = ask(server, accept)
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})


def test_overview_leaves_calls_and_preflights_alone(server: RunningServer) -> None:
    assert server.client().list_user_pools(MaxResults=1)["UserPools"]
    answer = ask(server, method="OPTIONS", Origin="https://app.example")
    assert answer.headers["access-control-allow-methods"] == "POST,OPTIONS"


def test_overview_is_kept_from_other_sites(server: RunningServer) -> None:
    """Neither by their own name for this machine nor by a request across origins."""
    assert ask(server, Host="evil.example").status_code == 403
    headers = ask(server, Origin="https://evil.example").headers
    assert "access-control-allow-origin" not in headers
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_overview_by_head_is_its_headers(server: RunningServer) -> None:
    answer = ask(server, method="HEAD")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 1_000


def test_overview_names_the_server_as_the_browser_does(server: RunningServer) -> None:
    page = overview(server, Host=f"localhost:{server.port}")
    assert f"http://localhost:{server.port}/{POOL}" in page
    assert "127.0.0.1" not in page


def test_overview_examples_for_boto3_can_be_pasted(server: RunningServer) -> None:
    exec(compile(examples(overview(server))["boto3"], "overview", "exec"), {})
    user = server.client().admin_get_user(UserPoolId=POOL, Username="alice")
    assert user["UserStatus"] == "CONFIRMED"


def test_overview_examples_for_cli_and_amplify_name_this_server(server: RunningServer) -> None:
    found = examples(overview(server))
    assert f"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER={server.url}\n" in found["AWS CLI"]
    assert "AWS_DEFAULT_REGION=eu-central-1\n" in found["AWS CLI"]
    assert f"--client-id {CLIENT} " in found["AWS CLI"]
    assert f"userPoolEndpoint: '{server.url}'" in found["Amplify"]
    assert f"userPoolId: '{POOL}'" in found["Amplify"]
    assert f"userPoolClientId: '{CLIENT}'" in found["Amplify"]


def test_overview_of_a_client_with_a_secret_does_not_show_it(server: RunningServer) -> None:
    made = server.client().create_user_pool_client(
        UserPoolId=POOL, ClientName="backend", GenerateSecret=True
    )["UserPoolClient"]
    page = overview(server)
    assert made["ClientId"] in page
    assert "has a secret" in page
    assert made["ClientSecret"] not in page


def test_overview_without_the_ready_made_pool_uses_another(server: RunningServer) -> None:
    cognito = server.client()
    cognito.delete_user_pool_domain(Domain="poolhouse", UserPoolId=POOL)
    cognito.delete_user_pool(UserPoolId=POOL)
    page = overview(server)
    assert "None yet." in page
    assert examples(page) == {}
    west = server.client(region_name="us-west-2")
    pool = west.create_user_pool(PoolName="barn")["UserPool"]["Id"]
    assert examples(overview(server)) == {}
    secret = west.create_user_pool_client(UserPoolId=pool, ClientName="a", GenerateSecret=True)
    assert secret["UserPoolClient"]["ClientSecret"]
    assert examples(overview(server)) == {}
    client = west.create_user_pool_client(UserPoolId=pool, ClientName="b")["UserPoolClient"]
    found = examples(overview(server))
    assert 'region_name="us-west-2"' in found["boto3"]  # the pool's own
    assert client["ClientId"] in found["boto3"]


def test_overview_of_many_pools_shows_some_and_that_there_are_more(server: RunningServer) -> None:
    cognito = server.client()
    for number in range(20):
        cognito.create_user_pool(PoolName=f"pool {number}")
    page = overview(server)
    assert 20 <= page.count("<article") <= 21
    assert "There are more pools" in page
    assert page.index(POOL) < page.index("<bdi>pool ")


def test_overview_with_aws_issuer_shows_it(tmp_path: Path) -> None:
    with running(tmp_path, dev=True, memory=True, aws_issuer=True) as server:
        page = overview(server)
        assert f"https://cognito-idp.eu-central-1.amazonaws.com/{POOL}" in page
        assert json.dumps(f"{server.url}/{POOL}/.well-known/jwks.json") in page
