"""A code is exchanged once, whatever arrives together (RFC 6749 §4.1.2)."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from support.domain_endpoints import WEB_APP, Endpoints, add_domain, code_of
from support.page_browser import CALLBACK
from support.running_server import RunningServer
from support.served_pools import NewPool

pytestmark = pytest.mark.both_stores


@pytest.fixture
def granted(server: RunningServer, new_pool: NewPool) -> tuple[Endpoints, str]:
    """An app client, and a code of it."""
    pool = new_pool(client=WEB_APP)
    pool.sign_up()
    pool.admin_confirm()
    return Endpoints(add_domain(server, pool), pool.client), code_of(server, pool)


def test_code_exchanged_many_times_at_once_succeeds_once(granted: tuple[Endpoints, str]) -> None:
    app, code = granted
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda _: app.exchange(code), range(32)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 400: 31}
    errors = {answer.json()["error"] for answer in answers if answer.status_code == 400}
    assert errors == {"invalid_grant"}


def test_second_use_of_code_revokes_what_the_first_gave(granted: tuple[Endpoints, str]) -> None:
    """One of two holders of a code has stolen it."""
    app, code = granted
    tokens = app.exchange(code).json()
    assert app.exchange(code).json() == {"error": "invalid_grant"}
    headers = {"authorization": f"Bearer {tokens['access_token']}"}
    assert httpx.get(f"{app.url}/oauth2/userInfo", headers=headers).status_code == 401
    assert app.refresh(tokens["refresh_token"]).json() == {"error": "invalid_grant"}


def test_code_survives_refused_exchanges(granted: tuple[Endpoints, str], new_pool: NewPool) -> None:
    """A client that has got the code of another one can't use it up."""
    app, code = granted
    thief = Endpoints(app.url, new_pool(client=WEB_APP).client)
    assert thief.exchange(code).json() == {"error": "invalid_client"}
    wrong = app.exchange(code, redirect_uri=f"{CALLBACK}?a=b")
    assert wrong.json()["error"] == "unauthorized_client"
    assert app.exchange(code).status_code == 200


def test_refresh_many_times_at_once_always_succeeds(granted: tuple[Endpoints, str]) -> None:
    app, code = granted
    token = app.exchange(code).json()["refresh_token"]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: app.refresh(token), range(16)))
    assert {answer.status_code for answer in answers} == {200}


def test_code_ends_when_its_user_signs_out_everywhere(
    server: RunningServer, new_pool: NewPool
) -> None:
    """Its session would begin after the sign-out, and so outlive it."""
    pool = new_pool(client=WEB_APP)
    pool.sign_up()
    pool.admin_confirm()
    app = Endpoints(add_domain(server, pool), pool.client)
    stolen = code_of(server, pool)
    pool.cognito.admin_user_global_sign_out(UserPoolId=pool.id, Username="alice")
    assert app.exchange(stolen).json() == {"error": "invalid_grant"}
    assert app.exchange(code_of(server, pool)).status_code == 200
