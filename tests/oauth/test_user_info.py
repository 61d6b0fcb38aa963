"""`/oauth2/userInfo` (ev:oauth-5)."""

from typing import Any

import httpx
import pytest
from support.access_tokens import token_of
from support.domain_endpoints import WEB_APP, Endpoints, add_domain, code_of
from support.running_server import RunningServer
from support.served_pools import NewPool, PoolForTest

from poolhouse.entities.signing_keys import KeyUse


@pytest.fixture
def alice(new_pool: NewPool) -> PoolForTest:
    """A pool with alice, whose email address is verified."""
    made: PoolForTest = new_pool(client=WEB_APP)
    made.sign_up(attributes={"email": "alice@example.com", "name": "Alice"})
    made.admin_confirm()
    verified = [{"Name": "email_verified", "Value": "true"}]
    made.cognito.admin_update_user_attributes(
        UserPoolId=made.id, Username="alice", UserAttributes=verified
    )
    return made


@pytest.fixture
def app(server: RunningServer, alice: PoolForTest) -> Endpoints:
    return Endpoints(add_domain(server, alice), alice.client)


def reads(app: Endpoints, access_token: str, method: str = "GET") -> httpx.Response:
    headers = {"authorization": f"Bearer {access_token}"}
    return httpx.request(method, f"{app.url}/oauth2/userInfo", headers=headers)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("scopes", "claims"),
    [
        (("openid",), {"email", "email_verified", "name"}),
        (("openid", "email"), {"email", "email_verified"}),
        (("openid", "profile"), {"name"}),
        (("openid", "phone"), set()),
    ],
)
def test_user_info_has_the_claims_of_the_scopes(
    server: RunningServer,
    alice: PoolForTest,
    app: Endpoints,
    method: str,
    scopes: tuple[str, ...],
    claims: set[str],
) -> None:
    """Flags are texts here."""
    token = app.exchange(code_of(server, alice, scopes=scopes)).json()["access_token"]
    shown = reads(app, token, method).json()
    assert shown.keys() == {"sub", "username"} | claims
    assert (shown["sub"], shown["username"]) == (alice.user()["attributes"]["sub"], "alice")
    assert shown.get("email_verified", "true") == "true"


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer x", "Basic eDp5", "Bearer \u00e9"])
def test_user_info_without_good_token_is_a_bad_request(app: Endpoints, header: str | None) -> None:
    sent = {} if header is None else {b"authorization": header.encode("latin-1")}
    answer = httpx.get(f"{app.url}/oauth2/userInfo", headers=sent)
    sentence = "Bad OAuth2 request at UserInfo Endpoint"
    assert answer.status_code == 400
    assert answer.json() == {"error": "invalid_request", "error_description": sentence}
    challenge = f'Bearer error="invalid_request", error_description="{sentence}"'
    assert answer.headers["www-authenticate"] == challenge


def test_user_info_of_api_sign_in_lacks_openid(
    server: RunningServer, alice: PoolForTest, app: Endpoints
) -> None:
    answer = reads(app, token_of(server, alice))
    assert answer.status_code == 401
    assert answer.json() == {
        "error": "invalid_token",
        "error_description": "Access token does not contain openid scope",
    }


def _of_another_pool(server: RunningServer, _: PoolForTest, new_pool: NewPool) -> str:
    other = new_pool(client=WEB_APP)
    other.sign_up()
    return token_of(server, other, scope="openid")


def _expired(server: RunningServer, alice: PoolForTest, _: NewPool) -> str:
    return token_of(server, alice, scope="openid", exp=1)


def _of_signed_out(server: RunningServer, alice: PoolForTest, _: NewPool) -> str:
    token = token_of(server, alice, scope="openid")
    alice.cognito.admin_user_global_sign_out(UserPoolId=alice.id, Username="alice")
    return token


@pytest.mark.parametrize("make", [_of_another_pool, _expired, _of_signed_out])
def test_user_info_of_unusable_token_is_refused(
    server: RunningServer, alice: PoolForTest, app: Endpoints, new_pool: NewPool, make: Any
) -> None:
    answer = reads(app, make(server, alice, new_pool))
    sentence = "Access token is expired, disabled, or deleted, or the user has globally signed out."
    assert answer.status_code == 401
    assert answer.json() == {"error": "invalid_token", "error_description": sentence}


def test_user_info_of_id_token_is_a_bad_request(
    server: RunningServer, alice: PoolForTest, app: Endpoints
) -> None:
    token = token_of(server, alice, use=KeyUse.ID, token_use="id", scope="openid")
    answer = reads(app, token)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_user_info_takes_the_token_of_a_form(
    server: RunningServer, alice: PoolForTest, app: Endpoints
) -> None:
    """OpenID Connect Core §5.3.1, RFC 6750 §2.2."""
    token = app.exchange(code_of(server, alice)).json()["access_token"]
    url = f"{app.url}/oauth2/userInfo"
    assert httpx.post(url, data={"access_token": token}).json()["username"] == "alice"
    assert httpx.get(f"{url}?access_token={token}").status_code == 400
    for form in ({}, {"access_token": "x"}, {"access_token": [token, token]}):
        answer = httpx.post(url, data=form)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
